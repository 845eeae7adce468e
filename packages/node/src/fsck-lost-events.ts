/**
 * Final events that have to come again. Neighbours make one stretch, which is removed in one list of operations and
 * leaves one hole to be filled from members.
 */
import type { EventId } from '@chirograph/codec'
import { holeKey, positionKey, type StoreOp } from '@chirograph/interface'
import type { ChainCheck } from './fsck-chain.js'
import { removeOps, type Slot } from './fsck-chain-rows.js'
import { type Hole, holeOp } from './holes.js'

interface Stretch {
  readonly top: number
  /** Known except directly below a hole that is noted already, which then grows. */
  readonly before: EventId
  readonly grows: Hole | null
  bottom: number
  readonly ops: StoreOp[]
}

export interface LostEvent {
  readonly code: 'event-damaged' | 'event-missing' | 'body-damaged' | 'body-missing' | 'signature-damaged'
  readonly sequence: number
  readonly slot?: Slot
  readonly id?: EventId | null | undefined
  readonly detail?: string | undefined
  /** The lowest of several that are missing. */
  readonly bottom?: number
}

/** What is known of the place that lacks. */
export interface Above {
  /** The event that must stand there, by the one above. */
  readonly expected: EventId | null | undefined
  /** The hole that lies directly above. */
  readonly hole: Hole | null
}

export interface LostEvents {
  add(lost: LostEvent, above: Above): void
  /** Something is held below the stretch, if there is one: it ends here. */
  end(): void
}

export function createLostEvents({ check, org, place, walked, nameOf }: ChainCheck): LostEvents {
  let stretch: Stretch | null = null

  return {
    add({ code, sequence, slot, id, detail, bottom = sequence }, { expected, hole }) {
      if (stretch === null) {
        const grows = expected == null ? hole : null
        const before = expected ?? grows?.before
        // Below history that is still being fetched the same fetching brings it.
        stretch = before == null ? null : { top: sequence, before, grows, bottom: sequence, ops: [] }
      }
      const ops = stretch?.ops ?? []
      if (stretch !== null) stretch.bottom = bottom
      if (slot !== undefined) {
        ops.push(...removeOps(slot.place))
        walked.gone.add(slot.place)
      } else
        for (let at = bottom; at <= sequence; at++) walked.gone.add({ ...place, sequence: at, branch: 0 })
      if (id != null) {
        walked.missing.add(id)
        ops.push({ kind: 'delete', key: positionKey(id) })
      }
      check.findings.add({
        code,
        what: `${nameOf(sequence)}${bottom === sequence ? '' : ` down to ${bottom}`}${detail === undefined ? '' : `: ${detail}`}`,
        author: org,
        generation: place.generation,
        sequence,
        id: id ?? null,
        fix: ops,
      })
    },
    end() {
      if (stretch === null) return
      const { top, bottom, before, grows, ops } = stretch
      ops.push(holeOp({ ...place, fromSequence: bottom, lowest: grows?.lowest ?? top + 1, before }))
      if (grows !== null) ops.unshift({ kind: 'delete', key: holeKey(grows) })
      stretch = null
    },
  }
}
