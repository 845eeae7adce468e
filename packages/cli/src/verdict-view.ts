/** A verdict for a person: one of four outcomes in words, then each check with its reason. */
import { type Check, checkOrder, describeVerdict, type Verdict } from '@chirograph/verifier'
import { describeMs } from './duration.js'
import { exitCodes } from './exit-codes.js'
import { plainText } from './plain-text.js'
import type { Colours } from './terminal.js'

export type Outcome = 'Verified' | 'Verified with a warning' | 'Could not check' | 'Not valid'

export function outcomeOf({ verdict, warnings }: Verdict): Outcome {
  if (verdict === 'fail') return 'Not valid'
  if (verdict === 'indeterminate') return 'Could not check'
  return warnings.length > 0 ? 'Verified with a warning' : 'Verified'
}

/** What a script learns. A false signature weighs more than an expiry, and what fails more than what is not known. */
export function verdictExitCode({ verdict, checks }: Verdict): number {
  if (verdict === 'pass') return exitCodes.ok
  const { status, validity, ...others } = checks
  const rest: Check[] = Object.values(others)
  if (verdict === 'indeterminate') {
    return [status, ...rest].some(({ code }) => unknownIssuer.has(code))
      ? exitCodes.issuerUnknown
      : exitCodes.couldNotCheck
  }
  if (checks.issuerKey.code === 'did-not-listed') return exitCodes.issuerUnknown
  const isRestricted = status.code === 'revoked' || status.code === 'suspended'
  if (rest.some(({ result }) => result === 'fail')) return exitCodes.notValid
  if (status.result === 'fail') return isRestricted ? exitCodes.revokedOrSuspended : exitCodes.notValid
  return validity.code === 'expired' || validity.code === 'not-yet-valid'
    ? exitCodes.outsideValidity
    : exitCodes.notValid
}

const unknownIssuer: ReadonlySet<string> = new Set(['other-network', 'unknown-status-type'])

export function renderVerdict(verdict: Verdict, colours: Colours): string {
  const { bold, green, yellow, red, dim } = colours
  const outcome = outcomeOf(verdict)
  const paint = {
    Verified: green,
    'Verified with a warning': yellow,
    'Could not check': yellow,
    'Not valid': red,
  }[outcome]
  const sign = { Verified: '✔', 'Verified with a warning': '!', 'Could not check': '?', 'Not valid': '✘' }[
    outcome
  ]
  const [, ...lines] = describeVerdict(verdict).split('\n').map(plainText)
  return [
    `${paint(bold(`${sign} ${outcome}`))}${reasonOf(verdict)}`,
    ...contextLines(verdict).map((line) => dim(`  ${line}`)),
    '',
    ...lines.map((line) => paintedLine(line, colours)),
  ].join('\n')
}

/** The one reason that decided, so that nobody has to read the list for it. */
function reasonOf({ verdict, checks }: Verdict): string {
  if (verdict === 'pass') return ''
  const deciding = checkOrder.map((name) => checks[name]).find(({ result }) => result === verdict)
  return deciding ? `: ${plainText(deciding.detail)}` : ''
}

function contextLines({ issuer, asOf }: Verdict): string[] {
  return [
    ...(issuer ? [`issued by ${plainText(issuer.name)}`] : []),
    ...(asOf
      ? [
          `as of height ${asOf.height}, ${new Date(asOf.timeMs).toISOString()}, ${asOf.ageSeconds < 2 ? 'just now' : `${describeMs(asOf.ageSeconds * 1_000)} old`}`,
        ]
      : []),
  ]
}

/** describeVerdict begins each line with `+`, `-`, `?` or `!`. */
function paintedLine(line: string, { green, red, yellow }: Colours): string {
  const rest = line.slice(1)
  if (line.startsWith('+')) return `  ${green('✔')}${rest}`
  if (line.startsWith('-')) return `  ${red('✘')}${rest}`
  return `  ${yellow(line.charAt(0))}${rest}`
}
