/** A verdict without its sentences for people, which are no part of the format. */
import type { Verdict } from '@chirograph/verifier'

export function summaryOf({ verdict, checks, ...findings }: Verdict) {
  const codes = Object.entries(checks).map(([name, check]: [string, Verdict['checks']['status']]) => {
    return [name, { result: check.result, code: check.code }] as const
  })
  return { verdict, checks: Object.fromEntries(codes), ...findings }
}
