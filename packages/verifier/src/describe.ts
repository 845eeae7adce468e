/** A verdict in words, for a terminal or a page. */
import type { Check, Warning } from './check.js'
import { describeTime } from './date-time.js'
import type { Checks, Verdict } from './verdict.js'

/**
 * Lines of text. The first is the answer ("Valid. Issued by …, proven as of …."); then one line for each check, and one
 * for each warning.
 */
export function describeVerdict(verdict: Verdict): string {
  const checks = checkOrder.map((name) => {
    const check = verdict.checks[name]
    return `${symbols[check.result]} ${titles[name]}: ${check.detail}`
  })
  return [answerOf(verdict), ...checks, ...verdict.warnings.map((warning) => `! ${warnings[warning]}`)].join(
    '\n',
  )
}

function answerOf({ verdict, checks, issuer, asOf }: Verdict): string {
  const inOrder = checkOrder.map((name) => checks[name])
  if (verdict === 'pass') {
    // A pass has a proven checkpoint and a proven issuer.
    if (issuer === undefined || asOf === undefined)
      throw new Error('a pass names its issuer and its checkpoint')
    return `Valid. Issued by ${issuer.name}, proven as of ${describeTime(asOf.timeMs)}.`
  }
  const because = (result: Check['result']) => inOrder.find((check) => check.result === result)?.detail ?? ''
  return verdict === 'fail' ? `Not valid. ${because('fail')}` : `Cannot tell. ${because('indeterminate')}`
}

/** What decides most comes first, so that the first failing check is the best reason. */
export const checkOrder: readonly (keyof Checks)[] = [
  'schema',
  'proof',
  'issuerKey',
  'issuanceLogged',
  'status',
  'validity',
  'recognition',
]

const titles: Readonly<Record<keyof Checks, string>> = {
  schema: 'Form',
  proof: 'Signature',
  issuerKey: 'Issuer',
  issuanceLogged: 'Issuance',
  recognition: 'Recognition',
  validity: 'Dates',
  status: 'Status',
}

const symbols: Readonly<Record<Check['result'], string>> = { pass: '+', fail: '-', indeterminate: '?' }

const warnings: Readonly<Record<Warning, string>> = {
  'demo-network': 'This is a demonstration network: its credentials mean nothing.',
  'issuer-frozen': 'The issuer contradicted itself on the log since; its later acts do not count.',
  'issuer-closed': 'The issuer has closed.',
  'issuer-key-compromised':
    'A key of the issuer was stolen once; what was signed with it since does not count.',
  'issuer-not-recognised': 'The issuer was not recognised for this class of records.',
  'issuer-not-recognised-now': 'The issuer was recognised when it issued, and is no longer.',
  'other-proof-not-checked': 'The credential has further signatures of kinds that are not checked here.',
  'other-proof-invalid': 'The credential has a further signature that does not hold.',
  'other-status-entry-not-checked': 'The credential has further status entries that are not checked here.',
  'credential-schema-not-checked': 'The credential names a schema of its own, which is not checked here.',
}
