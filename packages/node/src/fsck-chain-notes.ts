/** What a store notes of its chains: history that is still to come, holes, and how far bodies were pruned. */
import type { EventId } from '@chirograph/codec'
import {
  bodyFloorKey,
  type ChainPlace,
  historyKey,
  holeKey,
  readBodyFloorKey,
  readHistoryKey,
  spaceRange,
} from '@chirograph/interface'
import { bodyFloorOp, readBodyFloor } from './body-floor.js'
import type { Check } from './fsck.js'
import type { ChainCheck } from './fsck-chain.js'
import type { Head } from './fsck-head.js'
import { type AuthorNumbers, isKeyWhole, shown } from './fsck-notes.js'
import { readHistory } from './history.js'
import { type Hole, readHole } from './holes.js'

export interface ChainNotes {
  readonly history: { readonly lowest: number | null; readonly before: EventId } | null
  /** By the sequence above each. */
  readonly holes: ReadonlyMap<number, Hole>
  /** Bodies of kinds that may be pruned need not be here up to this sequence; -1 where nothing was pruned. */
  readonly bodyFloor: number
}

export interface NotesOfChains {
  of(place: ChainPlace): ChainNotes
  /**
   * Notes of chains other than these are findings: there is nothing that they could be of. Of an author whose last
   * final event is not known nothing is said: there may be key periods of which nothing is here yet.
   */
  checkOthers(chains: readonly ChainPlace[], cut: Head['cut']): void
}

/** What is noted of each chain; bytes that are no such note are findings. */
export async function readChainNotes(check: Check, authors: AuthorNumbers): Promise<NotesOfChains> {
  const { store, findings } = check
  const history = new Map<string, NonNullable<ChainNotes['history']>>()
  const holes = new Map<string, Map<number, Hole>>()
  const floors = new Map<string, number>()
  const noted: Noted[] = []
  for await (const [key, value] of store.range(spaceRange('history'))) {
    if (!isKeyWhole(check, 'history', key)) continue
    const place = readHistoryKey(key)
    const { author, generation } = place
    const note = readHistory(value)
    if (note !== undefined && authors.orgOf(author) !== undefined) {
      history.set(chainName(place), note)
      noted.push({ code: 'history-note', note: 'the note', place, key })
    } else
      findings.add({
        code: 'history-note',
        what: `the note of author ${author}, key period ${generation}`,
        fix: [{ kind: 'delete', key }],
      })
  }
  for await (const [key, value] of store.range(spaceRange('hole'))) {
    if (!isKeyWhole(check, 'hole', key)) continue
    const hole = readHole(key, value)
    if (hole === undefined || authors.orgOf(hole.author) === undefined) {
      findings.add({
        code: 'history-note',
        what: `a hole noted under ${shown(key)}`,
        fix: [{ kind: 'delete', key }],
      })
      continue
    }
    const name = chainName(hole)
    noted.push({ code: 'history-note', note: 'a hole', place: hole, key })
    holes.set(name, (holes.get(name) ?? new Map()).set(hole.lowest, hole))
  }
  for await (const [key, value] of store.range(spaceRange('bodyFloor'))) {
    if (!isKeyWhole(check, 'bodyFloor', key)) continue
    const place = readBodyFloorKey(key)
    const { author, generation } = place
    const floor = readBodyFloor(value)
    if (floor !== undefined && authors.orgOf(author) !== undefined) {
      floors.set(chainName(place), floor)
      noted.push({ code: 'body-floor', note: 'the floor', place, key })
    } else
      findings.add({
        code: 'body-floor',
        what: `the floor of author ${author}, key period ${generation}`,
        fix: [{ kind: 'delete', key }],
      })
  }
  return {
    of(place) {
      const name = chainName(place)
      return {
        history: history.get(name) ?? null,
        holes: holes.get(name) ?? new Map(),
        bodyFloor: floors.get(name) ?? -1,
      }
    },
    checkOthers(chains, cut) {
      const there = new Set(chains.map(chainName))
      for (const { code, note, place, key } of noted) {
        const org = authors.orgOf(place.author)
        if (there.has(chainName(place)) || org === undefined || !cut.has(org)) continue
        findings.add({
          code,
          what: `${note} of author ${place.author}, key period ${place.generation}, of which there are no events`,
          fix: [{ kind: 'delete', key }],
        })
      }
    },
  }
}

/** A note that is whole, and where it lies. */
interface Noted {
  readonly code: 'history-note' | 'body-floor'
  readonly note: string
  readonly place: ChainPlace
  readonly key: Uint8Array
}

function chainName({ author, generation }: ChainPlace): string {
  return `${author}/${generation}`
}

/** Which of the notes a chain turned out to need. */
export interface NotesMet {
  readonly isPassedHistory: boolean
  /** Nothing has to be here below where the walk ended. */
  readonly isOpen: boolean
  readonly usedHoles: ReadonlySet<Hole>
}

/** The notes of a chain against what was found of it. */
export function checkChainNotes(chain: ChainCheck, met: NotesMet): void {
  checkHistory(chain, met)
  checkFloor(chain)
  const { check, org, place, notes, nameOf } = chain
  for (const hole of notes.holes.values())
    if (!met.usedHoles.has(hole))
      check.findings.add({
        code: 'history-note',
        what: `${nameOf(hole.fromSequence)}: a hole is noted where nothing lacks`,
        author: org,
        generation: place.generation,
        sequence: hole.fromSequence,
        fix: [{ kind: 'delete', key: holeKey(hole) }],
      })
}

/** A note of history that is open of a chain which is whole. */
function checkHistory({ check, org, place, notes }: ChainCheck, { isPassedHistory, isOpen }: NotesMet): void {
  if (notes.history === null || isPassedHistory || isOpen) return
  check.findings.add({
    code: 'history-note',
    what: `of ${check.known.nameOf(org)}, key period ${place.generation}: nothing lacks where it says so`,
    author: org,
    generation: place.generation,
    fix: [{ kind: 'delete', key: historyKey(place) }],
  })
}

/** Only what is final is pruned. */
function checkFloor({ check, org, place, tip, notes: { bodyFloor } }: ChainCheck): void {
  if (tip === undefined || bodyFloor <= (tip?.sequence ?? -1)) return
  check.findings.add({
    code: 'body-floor',
    what: `of ${check.known.nameOf(org)}, key period ${place.generation}: it lies above what is final`,
    author: org,
    generation: place.generation,
    fix: [
      tip === null
        ? { kind: 'delete', key: bodyFloorKey(place) }
        : bodyFloorOp({ ...place, sequence: tip.sequence }),
    ],
  })
}
