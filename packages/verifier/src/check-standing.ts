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
  const status = statusOfRow(checkpoint.credential, atMs)
  if (status.state === 'revoked') {
    return fail(
      'revoked',
      `The issuer revoked the credential on ${describeTime(status.sinceMs)} (${status.reason}).`,
    )
  }
  if (status.state === 'suspended') {
    return fail(
      'suspended',
      `The credential is suspended until ${describeTime(status.untilMs)} (${status.reason}).`,
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

/** How old the checkpoint is by the verifier's clock, in whole seconds; 0 when it is ahead. */
export function ageSecondsOf({ timeMs }: Checkpoint, atMs: number): number {
  return Math.max(0, Math.ceil((atMs - timeMs) / 1000))
}

function passOf({ ended }: Extract<StatusAt, { state: 'active' }>, timeMs: number): Check {
  if (ended === null) {
    return pass('never-restricted', `As of ${describeTime(timeMs)} it was never revoked or suspended.`)
  }
  const when = describeTime(ended.endedMs)
  return ended.by === 'lapse'
    ? pass('suspension-lapsed', `A suspension of the credential ended by itself on ${when}.`)
    : pass('reinstated', `The issuer lifted a suspension of the credential on ${when}.`)
}

function timeOf(value: unknown): number | undefined | 'malformed' {
  if (value === undefined) return undefined
  return (typeof value === 'string' ? parseDateTime(value) : undefined) ?? 'malformed'
}
