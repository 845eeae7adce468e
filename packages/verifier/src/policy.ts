/** What a verifier may decide for itself. Everything else is settled by the rules. */
import type { OrgId } from '@chirograph/event'
import { clockBoundMsDefault, proofAgeSecondsDefault } from './limits.js'

export interface Policy {
  /** How old the status proof may be for "not restricted" to count, in seconds. Default 86,400: a day. */
  readonly maxAgeSeconds?: number
  /** How far the network's clock may be ahead of this one, in milliseconds. Default 300,000. */
  readonly clockBoundMs?: number
  /** Whether the issuer must have been recognised for this class of records when it issued. Default true. */
  readonly requireRecognition?: boolean
  /**
   * Whose recognitions count: those that the network gave, by its genesis or by a quorum (`network`), and those of members,
   * by id. Default the network's alone, because any member can recognise any other.
   */
  readonly recognisers?: readonly ('network' | OrgId)[]
}

/** Fills in the defaults. Asserts numbers: a NaN would turn every comparison with it into a pass. */
export function completePolicy(policy: Policy): Required<Policy> {
  const complete = {
    maxAgeSeconds: policy.maxAgeSeconds ?? proofAgeSecondsDefault,
    clockBoundMs: policy.clockBoundMs ?? clockBoundMsDefault,
    requireRecognition: policy.requireRecognition ?? true,
    recognisers: policy.recognisers ?? (['network'] as const),
  }
  for (const bound of [complete.maxAgeSeconds, complete.clockBoundMs]) {
    if (!Number.isSafeInteger(bound) || bound < 0)
      throw new Error(`a policy bound is a whole number, not ${bound}`)
  }
  return complete
}
