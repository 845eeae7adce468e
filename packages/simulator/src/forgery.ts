/** A branch of an organisation's chain by somebody who has its log key: signed well, and never meant by its owner. */
import type { EventId } from '@chirograph/codec'
import { createEvent, type EventBody, encodeSegment, type OrgId, type VerifiedEvent } from '@chirograph/event'

/** What is signed, and to whom it is shown first. */
export interface Forgery {
  /** The member whose key is used. */
  readonly author: number
  /** The nodes that get the branch at once; the others may hear of it from them. */
  readonly to: readonly number[]
  readonly bodies: readonly EventBody[]
  /** False: one signature at the end stands for all. */
  readonly isEachSigned: boolean
  /** A key that was replaced since; the current one by default. */
  readonly generation?: number
}

/** Signs the bodies one after the other behind a place, as the segments in which they travel. */
export function forgeBranch(args: {
  readonly forgery: Forgery
  readonly networkId: Uint8Array
  readonly author: OrgId
  readonly generation: number
  /** The event that the branch follows. */
  readonly behind: { readonly sequence: number; readonly id: EventId } | undefined
  readonly timeMs: number
  readonly sign: (message: Uint8Array) => Uint8Array
}): Uint8Array[] {
  const { forgery, networkId, author, generation, behind, timeMs, sign } = args
  const events: VerifiedEvent[] = []
  let tip = behind
  for (const body of forgery.bodies) {
    const sequence = (tip?.sequence ?? -1) + 1
    const place = { networkId, author, generation, sequence, prev: tip?.id ?? null, references: [] }
    const event = createEvent({ ...place, timeMs, body }, sign)
    events.push(event)
    tip = { sequence, id: event.id }
  }
  if (forgery.isEachSigned)
    return events.map((event) => encodeSegment({ items: [event], signature: event.signature }))
  const last = events.at(-1)
  return last === undefined ? [] : [encodeSegment({ items: events, signature: last.signature })]
}
