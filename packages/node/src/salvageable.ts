/**
 * Which restrictions of a frozen author nobody has told again yet. Whoever forks decides how many events that is asked
 * of, so what was found is kept until what it depends on moves, and what restricts nothing is not looked at again.
 */
import type { EventId } from '@chirograph/codec'
import { type AuthenticEvent, bodyBytesMax, headerBytesMax, type OrgId, runBytesMax } from '@chirograph/event'
import { pendingOf, pendingSizeOf } from '@chirograph/log'
import { type Replica, salvageBodyOf } from '@chirograph/replica'
import { restrictsIfTold, suspensionMsMax } from '@chirograph/status'

export interface Salvageable {
  /** Events of the generation in which this author is frozen, in their order in its chain. */
  of(org: OrgId, nowMs: number): readonly EventId[]
}

/** What was found of one author. Its events are at most those that a replica keeps of a frozen chain. */
interface Found {
  readonly generation: number
  readonly final: Replica['final']
  readonly pending: { readonly count: number; readonly bytes: number }
  /** It holds from then on, and until then: suspensions begin to count, and end. */
  readonly fromMs: number
  readonly untilMs: number
  readonly ids: readonly EventId[]
  /** Revocations that restrict nothing: while their author is frozen, credentials only become more restricted. */
  readonly idle: Set<EventId>
}

/** What a salvage has beside the event's body: its header, the run up to a signature, that, and some framing. */
const besideBodyMax = headerBytesMax + runBytesMax + 256

export function createSalvageable(replica: Replica): Salvageable {
  const found = new Map<OrgId, Found>()

  return {
    of(org, nowMs) {
      for (const author of found.keys()) if (!replica.frozen.has(author)) found.delete(author)
      const generation = replica.frozen.get(org)
      if (generation === undefined) return []
      const last = found.get(org)
      if (last !== undefined && isCurrent(last, { replica, org, generation, nowMs })) return last.ids
      const idle = last?.generation === generation ? last.idle : new Set<EventId>()
      const fresh = find(replica, { org, generation, nowMs, idle })
      found.set(org, fresh)
      return fresh.ids
    },
  }
}

interface Asked {
  readonly org: OrgId
  readonly generation: number
  readonly nowMs: number
}

function isCurrent(last: Found, { replica, org, generation, nowMs }: Asked & { replica: Replica }): boolean {
  const { count, bytes } = pendingSizeOf(replica.log, { author: org, from: generation, to: generation })
  const timeMs = nextTimeMs(replica, nowMs)
  return (
    last.generation === generation &&
    last.final === replica.final &&
    last.pending.count === count &&
    last.pending.bytes === bytes &&
    timeMs >= last.fromMs &&
    timeMs < last.untilMs
  )
}

function find(
  replica: Replica,
  { org, generation, nowMs, idle }: Asked & { readonly idle: Set<EventId> },
): Found {
  const { log, final } = replica
  const height = final.header.core.height + 1
  const timeMs = nextTimeMs(replica, nowMs)
  const ids: EventId[] = []
  let untilMs = Number.POSITIVE_INFINITY
  for (const { id, event } of pendingOf(log, { author: org, generation })) {
    if (event === undefined || idle.has(id)) continue
    const { body } = event
    if (body.kind !== 'status.revoke' && body.kind !== 'status.suspend') continue
    if (body.kind === 'status.suspend')
      for (const atMs of [body.untilMs - suspensionMsMax, body.untilMs])
        if (atMs > timeMs) untilMs = Math.min(untilMs, atMs)
    if (restrictsIfTold(final.state, { event, height, timeMs })) {
      if (isTellable(replica, event)) ids.push(id)
    } else if (body.kind === 'status.revoke') idle.add(id)
  }
  const { count, bytes } = pendingSizeOf(log, { author: org, from: generation, to: generation })
  return { generation, final, pending: { count, bytes }, fromMs: timeMs, untilMs, ids, idle }
}

/** Small ones always are, but for branches woven to prevent it: making the salvage to see that would cost most of all. */
function isTellable({ log }: Replica, event: AuthenticEvent): boolean {
  return event.bodyBytes.length <= bodyBytesMax - besideBodyMax || salvageBodyOf(log, event) !== undefined
}

/** The time of a header that would have it. */
function nextTimeMs({ final }: Replica, nowMs: number): number {
  return Math.max(nowMs, final.header.core.timeMs + 1)
}
