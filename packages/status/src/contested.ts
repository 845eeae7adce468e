/**
 * What a stolen key is not believed any more. The test is by height, so the order of events inside a cut plays no part.
 * SPEC S39 to S43.
 */
import type { BatchRow, Compromise, CredentialRow } from './rows.js'

/** An act as rows name it: whose, in which key generation, and where it became final. */
interface Act {
  readonly byOrg: Compromise['org']
  readonly generation: number
  readonly height: number
}

/** Whether the act's key was somebody else's by then: it became final above the height since which it was. */
export function isContested({ byOrg, generation, height }: Act, compromises: readonly Compromise[]): boolean {
  return compromises.some(
    (one) => one.org === byOrg && one.generation === generation && height > one.sinceHeight,
  )
}

/** S41: a batch is void while its issuance is contested, and nobody reaffirmed it with a key that is not. */
export function isBatchContested(
  { org, generation, height, reaffirmed }: Pick<BatchRow, 'org' | 'generation' | 'height' | 'reaffirmed'>,
  compromises: readonly Compromise[],
): boolean {
  if (!isContested({ byOrg: org, generation, height }, compromises)) return false
  return reaffirmed === null || isContested(reaffirmed, compromises)
}

/** S42: a lifting that is contested lifts nothing; the restriction below it was kept for this. */
export function liftingOf(
  { lifted }: CredentialRow,
  compromises: readonly Compromise[],
): CredentialRow['lifted'] {
  return lifted === null || isContested(lifted, compromises) ? null : lifted
}
