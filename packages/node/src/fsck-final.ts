/**
 * What of a chain is final, from its tip down. Each event names the one below it by its hash, so it is known at every
 * place which event must stand there; what does not is lost, unless a note says that it is still to come.
 */
import type { EventId } from '@chirograph/codec'
import { type ChainPlace, historyKey, type StoreOp, strayKey } from '@chirograph/interface'
import { historyValue } from './facts.js'
import type { ChainCheck } from './fsck-chain.js'
import { faultOfContent, type Good } from './fsck-chain-events.js'
import type { NotesMet } from './fsck-chain-notes.js'
import { placeName, type Slot } from './fsck-chain-rows.js'
import { createLostEvents, type LostEvent } from './fsck-lost-events.js'
import { removeStray, takeStray } from './fsck-strays.js'
import { type Hole, holeOp } from './holes.js'

export interface FinalWalk {
  /** The event that must stand at a place, by the one directly above; undefined where that is not known. */
  expectedAt(sequence: number): EventId | null | undefined
  /** What stands at the next place down of which anything is here. */
  take(sequence: number, found: { readonly good: readonly Good[]; readonly broken: readonly Slot[] }): void
  /** Nothing further down is here. */
  end(): NotesMet
}

export function createFinalWalk(chain: ChainCheck): FinalWalk {
  const { check, org, place, walked, notes, tip, strays, nameOf } = chain
  const { findings } = check
  const { history } = notes
  const lost = createLostEvents(chain)
  const usedHoles = new Set<Hole>()
  let expected: EventId | null | undefined = tip === undefined ? undefined : (tip?.id ?? null)
  let next = tip?.sequence ?? -1
  let lastHole: Hole | null = null
  /** From here down nothing has to be here: history is still being fetched. */
  let isOpen = tip !== null && (walked.open.has(org) || history?.lowest === null)
  let isPassedHistory = false
  const at = (sequence: number) => ({ author: org, generation: place.generation, sequence })

  const lose = (event: LostEvent) => lost.add(event, { expected, hole: lastHole })

  /** A noted hole around a place. */
  const holeAround = (sequence: number) =>
    [...notes.holes.values()].find((hole) => hole.fromSequence <= sequence && sequence < hole.lowest)

  /** Whether the history at a place is still on its way. */
  const enterHistory = (sequence: number) => {
    if (history === null || isPassedHistory || sequence >= (history.lowest ?? Number.POSITIVE_INFINITY))
      return
    isPassedHistory = true
    isOpen = true
  }

  const enterHole = (hole: Hole) => {
    usedHoles.add(hole)
    if (expected == null || next + 1 !== hole.lowest || hole.before === expected) return
    findings.add({
      code: 'history-note',
      what: `${nameOf(next)}: the hole that is noted there names another event`,
      ...at(next),
      fix: [holeOp({ ...hole, before: expected })],
    })
  }

  /** Places down to above `below` are still to come, as a note says. */
  const leave = (below: number, hole: Hole | undefined) => {
    if (hole !== undefined) enterHole(hole)
    lost.end()
    walked.events.toFetch += next - below
    lastHole = isOpen ? null : (hole ?? null)
    next = below
    expected = undefined
  }

  /** What lies between the event above and this one, which must be noted or is missing. */
  const skipTo = (sequence: number) => {
    while (next > sequence) {
      enterHistory(next)
      const hole = holeAround(next)
      if (isOpen || hole !== undefined) {
        leave(isOpen ? sequence : Math.max(sequence, (hole?.fromSequence ?? 0) - 1), hole)
        continue
      }
      const tops = [...notes.holes.values()].map(({ lowest }) => lowest - 1).filter((top) => top < next)
      const bottom = Math.max(sequence, -1, ...tops, (history?.lowest ?? 0) - 1) + 1
      lose({ code: 'event-missing', sequence: next, id: expected, bottom })
      next = bottom - 1
      expected = undefined
    }
  }

  /** An event whose header is the one that must stand there. */
  const hold = (sequence: number, found: Good) => {
    if (found.isStray)
      findings.add({
        code: 'stray-mark',
        what: `${nameOf(sequence)} is final, and marked as passed over`,
        ...at(sequence),
        id: found.id,
        fix: [{ kind: 'delete', key: strayKey(found.place) }],
      })
    const isSnapshotTip =
      history !== null && history.lowest === sequence + 1 && history.before === found.id && !found.body
    const fault = isSnapshotTip ? undefined : faultOfContent(chain, found, notes)
    if (fault !== undefined)
      lose({ code: fault.code, sequence, slot: found, id: found.id, detail: fault.detail })
    else {
      lost.end()
      walked.events.count++
      // All of it counts as to be fetched, though its header is here.
      if (isSnapshotTip) walked.events.toFetch++
      else {
        walked.arrived.add(found.place)
        // What is held below is held down to the beginning.
        isOpen = false
        if (!found.body) walked.events.pruned++
      }
    }
    next = sequence - 1
    expected = sequence === 0 ? undefined : found.header.prev
    if (!isSnapshotTip) lastHole = null
    const isLowest = history !== null && history.lowest === sequence && !isPassedHistory
    if (isLowest && history.before !== found.header.prev)
      findings.add({
        code: 'history-note',
        what: `of ${check.known.nameOf(org)}, key period ${place.generation}: it does not name what lies before place ${sequence}`,
        author: org,
        generation: place.generation,
        fix: [historyFix(place, { lowest: sequence, before: found.header.prev })],
      })
  }

  return {
    expectedAt: (sequence) => (sequence === next ? expected : undefined),
    take(sequence, { good, broken }) {
      skipTo(sequence)
      const found =
        expected === undefined
          ? (good.find(({ isStray }) => !isStray) ?? (good.length === 1 ? good[0] : undefined))
          : good.find(({ id }) => id === expected)
      for (const other of good) if (other !== found) takeStray(chain, other)
      const isMarked = (slot: Slot) => strays.has(placeName(slot.place))
      const unmarked = broken.filter((slot) => !isMarked(slot))
      for (const slot of broken.filter(isMarked))
        removeStray(chain, slot, 'it was passed over, and is read by nobody')
      enterHistory(sequence)
      const hole = holeAround(sequence)
      if (found !== undefined) {
        for (const slot of unmarked) removeStray(chain, slot, 'it is on no branch that is known')
        hold(sequence, found)
      } else if (unmarked.length === 0 && (isOpen || hole !== undefined)) {
        // Branches that were passed over are here; the final one is on its way.
        leave(sequence - 1, hole)
      } else {
        const [slot] = unmarked
        if (slot === undefined) lose({ code: 'event-missing', sequence, id: expected })
        else lose({ code: 'event-damaged', sequence, slot, id: expected })
        next = sequence - 1
        expected = undefined
      }
    },
    end() {
      if (tip != null) {
        skipTo(-1)
        lost.end()
      }
      return { isPassedHistory, isOpen, usedHoles }
    },
  }
}

/** The event above says what lies before it: nothing at the beginning of a chain, of which there is no note. */
function historyFix(
  place: ChainPlace,
  { lowest, before }: { readonly lowest: number; readonly before: EventId | null },
): StoreOp {
  const key = historyKey(place)
  return before === null
    ? { kind: 'delete', key }
    : { kind: 'put', key, value: historyValue({ lowest, before }) }
}
