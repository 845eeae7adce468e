/** Is the credential in force now: its own dates, and what the network says about it? SPEC V22 to V25. */
import { type StatusAt, statusOfRow } from '@chirograph/status'
import { type Check, cannotTell, fail, pass } from './check.js'
import type { Checkpoint } from './checkpoint.js'
import { describeTime, parseDateTime } from './date-time.js'
import type { JsonObject } from './json-value.js'
import type { Policy } from './policy.js'

/** SPEC V22: `validFrom` and `validUntil`, where there are any, against the verifier's clock. */
export function checkValidity(document: JsonObject, atMs: number): Check {
  const from = timeOf(document.validFrom)
  const until = timeOf(document.validUntil)
  if (from === 'malformed' || until === 'malformed') {
    return fail('malformed-date', 'The dates of the credential are not dates with a time zone.')
  }
  if (from !== undefined && until !== undefined && until < from) {
    return fail('malformed-date', 'The credential ends before it begins.')
  }
  if (from !== undefined && atMs < from) {
    return fail('not-yet-valid', `The credential is not valid before ${describeTime(from)}.`)
  }
  if (until !== undefined && atMs > until)
    return fail('expired', `The credential expired on ${describeTime(until)}.`)
  return pass(
    'in-force',
    until === undefined ? 'The credential has no end date.' : `Valid until ${describeTime(until)}.`,
  )
}

/**
 * SPEC V23 to V25: a restriction counts however old the proof is; its absence counts only when the proof is fresh. A
 * suspension lapses by the verifier's clock.
 */
export function checkStatus(
  checkpoint: Checkpoint,
  { atMs, policy }: { atMs: number; policy: Required<Policy> },
): Check {
  const { credential, org } = checkpoint
  const status = statusOfRow(credential, { atMs, compromises: org.compromises })
  const who = actorOf(checkpoint)
  if (status.state === 'revoked') {
    return fail(
      'revoked',
      `${who} revoked the credential on ${describeTime(status.sinceMs)} (${status.reason}).`,
    )
  }
  if (status.state === 'suspended') {
    const by = who === 'The issuer' ? '' : ` by ${who.charAt(0).toLowerCase()}${who.slice(1)}`
    return fail(
      'suspended',
      `The credential is suspended${by} until ${describeTime(status.untilMs)} (${status.reason}).`,
    )
  }
  if (checkpoint.timeMs > atMs + policy.clockBoundMs) {
    return cannotTell(
      'proof-from-future',
      'The status proof is from the future: the clock of this device may be wrong.',
    )
  }
  if (ageSecondsOf(checkpoint, atMs) > policy.maxAgeSeconds) {
    return cannotTell(
      'proof-too-old',
      `The status proof is of ${describeTime(checkpoint.timeMs)}: ask for a newer one.`,
    )
  }
  return passOf(status, checkpoint.timeMs)
}

/** Who restricted it, for a sentence. */
function actorOf({ credential, issuer, networkId }: Checkpoint): string {
  const by = credential?.restriction.byOrg
  if (by === networkId) return 'A quorum of the network'
  return by === undefined || by === issuer ? 'The issuer' : 'The custodian of the issuer'
}

/** How old the checkpoint is by the verifier's clock, in whole seconds; 0 when it is ahead. */
export function ageSecondsOf({ timeMs }: Checkpoint, atMs: number): number {
  return Math.max(0, Math.ceil((atMs - timeMs) / 1000))
}

function passOf({ ended }: Extract<StatusAt, { state: 'active' }>, timeMs: number): Check {
  if (ended === null) {
    return pass('never-restricted', `As of ${describeTime(timeMs)} it was never revoked or suspended.`)
  }
  const when = describeTime(ended.endedMs)
  switch (ended.by) {
    case 'lapse':
      return pass('suspension-lapsed', `A suspension of the credential ended by itself on ${when}.`)
    case 'annulment':
      return pass('revocation-annulled', `A quorum of the network annulled a revocation on ${when}.`)
    case 'reinstatement':
      return pass('reinstated', `The issuer lifted a suspension of the credential on ${when}.`)
  }
}

function timeOf(value: unknown): number | undefined | 'malformed' {
  if (value === undefined) return undefined
  return (typeof value === 'string' ? parseDateTime(value) : undefined) ?? 'malformed'
}
