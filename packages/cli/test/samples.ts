/** Values that several tests of the command need. */
import { contentIdOfDigest, type EventId } from '@chirograph/codec'
import type { Check, CheckCode, Tri, Verdict, Warning } from '@chirograph/verifier'

export function idOf(byte: number): EventId {
  return contentIdOfDigest(new Uint8Array(32).fill(byte))
}

type Named = keyof Verdict['checks']

/** A verdict in which every check passes but these. */
export function verdictOf(
  deviations: Partial<Record<Named, readonly [Tri, CheckCode]>> = {},
  warnings: readonly Warning[] = [],
): Verdict {
  const check = (name: Named, code: CheckCode): Check => {
    const [result, other] = deviations[name] ?? ['pass', code]
    return { result, code: other, detail: `Told of ${name}.` }
  }
  const checks = {
    schema: check('schema', 'well-formed'),
    proof: check('proof', 'signature-valid'),
    issuerKey: check('issuerKey', 'key-of-issuer'),
    issuanceLogged: check('issuanceLogged', 'issued-on-log'),
    recognition: check('recognition', 'recognised-at-issue'),
    validity: check('validity', 'in-force'),
    status: check('status', 'never-restricted'),
  }
  const results = Object.values(checks).map(({ result }) => result)
  const verdict = results.includes('fail')
    ? 'fail'
    : results.includes('indeterminate')
      ? 'indeterminate'
      : 'pass'
  return {
    verdict,
    checks,
    warnings,
    asOf: { height: 9, timeMs: Date.UTC(2026, 5, 30, 12), ageSeconds: 180 },
    issuer: {
      // An id is 64 hex characters, as this is.
      org: '11'.repeat(32) as NonNullable<Verdict['issuer']>['org'],
      did: 'did:web:college.example',
      name: 'Sample College',
      state: 'active',
      custodian: null,
      recognisedAtIssue: true,
      recognisedNow: true,
    },
  }
}
