/**
 * Every chain from its last event down: what is above names what is below by its hash, so one look at each event tells
 * whether it is the one that was agreed on. What is not final is held together, as a node that runs does.
 */
import { type EventId, equalBytes, fromHex, sha256 } from '@chirograph/codec'
import {
  decodeBody,
  decodeHeader,
  type EventHeader,
  type EventKind,
  isSignedBy,
  nextKeyHashOf,
  type OrgId,
  type SignedHeader,
} from '@chirograph/event'
import {
  bodyFloorKey,
  bodyKey,
  type ChainPlace,
  chainRange,
  type EventPlace,
  eventKey,
  eventRange,
  historyKey,
  holeKey,
  placeValue,
  positionKey,
  readBodyFloorKey,
  readEventKey,
  readHistoryKey,
  type StoreEntry,
  type StoreOp,
  spaceRange,
  strayKey,
} from '@chirograph/interface'
import type { CutEntry } from '@chirograph/log'
import { logKeyOfGeneration, readOrg } from '@chirograph/status'
import { bodyFloorOp, readBodyFloor } from './body-floor.js'
import type { Check } from './fsck.js'
import type { Head } from './fsck-head.js'
import { type AuthorNumbers, behind, isKeyWhole, padded, shown } from './fsck-notes.js'
import { readHistory } from './history.js'
import { type Hole, holeOp, readHole } from './holes.js'
import { createPlaceSet, type PlaceSet } from './place-set.js'
import { isPrunable } from './prunable.js'
import { readStoredValue } from './stored-event.js'

/** What was met on the way, for the checks of what points at events. */
export interface Walked {
  /** Places with a header, damaged or not. */
  readonly held: PlaceSet
  /** Places of which an arrival has to tell. */
  readonly arrived: PlaceSet
  /** Places that are damaged, or must be: what points at them is no damage of its own. */
  readonly gone: PlaceSet
  readonly missing: Set<EventId>
  /** Places that the index by id leads to. */
  readonly indexed: PlaceSet
  readonly forks: FoundFork[]
  /** Authors whose history is on its way, and nothing further down is here. */
  readonly open: Set<OrgId>
  readonly events: { count: number; pruned: number; toFetch: number }
}

/** Two signed events at one place. */
export interface FoundFork {
  readonly org: OrgId
  readonly generation: number
  readonly sequence: number
  readonly headers: readonly SignedHeader[]
}

interface ChainNotes {
  readonly history: { readonly lowest: number | null; readonly before: EventId } | null
  /** By the sequence above each. */
  readonly holes: ReadonlyMap<number, Hole>
  /** Bodies of kinds that may be pruned need not be here up to this sequence; -1 where nothing was pruned. */
  readonly bodyFloor: number
}

export async function checkChains(check: Check, authors: AuthorNumbers, head: Head): Promise<Walked> {
  const walked: Walked = {
    held: createPlaceSet(),
    arrived: createPlaceSet(),
    gone: createPlaceSet(),
    missing: new Set(),
    indexed: createPlaceSet(),
    forks: [],
    open: new Set(),
    events: { count: 0, pruned: 0, toFetch: 0 },
  }
  const notes = await readNotes(check, authors)
  for (const place of await chainsOf(check, authors, head)) {
    const org = authors.orgOf(place.author)
    if (org === undefined) {
      await nameForeign(check, place, walked)
      continue
    }
    const name = `${place.author}/${place.generation}`
    await checkChain({
      check,
      authors,
      head,
      org,
      place,
      walked,
      notes: {
        history: notes.history.get(name) ?? null,
        holes: notes.holes.get(name) ?? new Map(),
        bodyFloor: notes.floors.get(name) ?? -1,
      },
    })
  }
  return walked
}

async function readNotes(check: Check, authors: AuthorNumbers) {
  const { store, findings } = check
  const history = new Map<string, NonNullable<ChainNotes['history']>>()
  const holes = new Map<string, Map<number, Hole>>()
  const floors = new Map<string, number>()
  for await (const [key, value] of store.range(spaceRange('history'))) {
    if (!isKeyWhole(check, 'history', key)) continue
    const { author, generation } = readHistoryKey(key)
    const note = readHistory(value)
    if (note !== undefined && authors.orgOf(author) !== undefined)
      history.set(`${author}/${generation}`, note)
    else
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
    const name = `${hole.author}/${hole.generation}`
    holes.set(name, (holes.get(name) ?? new Map()).set(hole.lowest, hole))
  }
  for await (const [key, value] of store.range(spaceRange('bodyFloor'))) {
    if (!isKeyWhole(check, 'bodyFloor', key)) continue
    const { author, generation } = readBodyFloorKey(key)
    const floor = readBodyFloor(value)
    if (floor !== undefined && authors.orgOf(author) !== undefined)
      floors.set(`${author}/${generation}`, floor)
    else
      findings.add({
        code: 'body-floor',
        what: `the floor of author ${author}, key period ${generation}`,
        fix: [{ kind: 'delete', key }],
      })
  }
  return { history, holes, floors }
}

/** Chains of which something is here, and those of which something must be; of each author the latest first, which tell of the earlier ones. */
async function chainsOf({ store }: Check, authors: AuthorNumbers, head: Head): Promise<ChainPlace[]> {
  const chains = new Map<string, ChainPlace>()
  const note = (place: ChainPlace) => void chains.set(`${place.author}/${place.generation}`, place)
  for (const space of ['event', 'body'] as const) {
    const all = spaceRange(space)
    for (let from: Uint8Array | undefined = all.from; from !== undefined; ) {
      const bounds = { from, to: all.to, limit: 1 }
      from = undefined
      for await (const [key] of store.range(bounds)) {
        const { author, generation } = readEventKey(padded(key))
        note({ author, generation })
        from = chainRange(space, { author, generation }).to
        if (key.length < 9) from = behind(key)
      }
    }
  }
  for (const { author: org, generation } of head.cut.values()) {
    const author = authors.numberOf(org)
    if (author === undefined) continue
    for (let at = 0; at <= generation; at++) note({ author, generation: at })
  }
  return [...chains.values()].sort((a, b) => a.author - b.author || b.generation - a.generation)
}

/** Events under a number that is nobody's, or under a key that is none. */
async function nameForeign({ store, findings }: Check, place: ChainPlace, walked: Walked): Promise<void> {
  const fix: StoreOp[] = []
  for (const space of ['event', 'body'] as const)
    for await (const [key] of store.range(chainRange(space, place))) {
      fix.push({ kind: 'delete', key })
      if (key.length === 18) walked.gone.add(readEventKey(key))
    }
  findings.add({
    code: 'unknown-row',
    what: `events under the number ${place.author}, which is no author's`,
    generation: place.generation,
    fix,
  })
}

interface Slot {
  readonly place: EventPlace
  readonly value: Uint8Array | undefined
  readonly body: Uint8Array | undefined
}

interface Good extends Slot {
  readonly id: EventId
  readonly header: EventHeader
  readonly headerBytes: Uint8Array
  readonly signature: Uint8Array | null
  readonly isStray: boolean
}

interface ChainArgs {
  readonly check: Check
  readonly authors: AuthorNumbers
  readonly head: Head
  readonly org: OrgId
  readonly place: ChainPlace
  readonly walked: Walked
  readonly notes: ChainNotes
}

/** A stretch that has to be fetched again. */
interface Run {
  readonly top: number
  /** Known except directly below a hole that is noted already, which then grows. */
  readonly before: EventId
  readonly grows: Hole | null
  bottom: number
  readonly ops: StoreOp[]
}

async function checkChain(args: ChainArgs): Promise<void> {
  const { check, org, place, walked, notes } = args
  const { findings, known } = check
  const tip = finalTip(args)
  const keys = await logKeysOf(args)
  const strays = await straysIn(check, place)
  const pending: Good[] = []
  const brokenPending: Slot[] = []
  /** The event that must stand next, going down; undefined where that is not known. */
  let expected: EventId | null | undefined = tip === undefined ? undefined : (tip?.id ?? null)
  let next = tip?.sequence ?? -1
  let run: Run | null = null
  const { history } = notes
  /** From here down nothing has to be here: history is still being fetched. */
  let isOpen = tip !== null && (walked.open.has(org) || history?.lowest === null)
  let isPassedHistory = false

  const name = (sequence: number) => `${known.nameOf(org)}, key period ${place.generation}, place ${sequence}`

  const endRun = () => {
    if (run === null) return
    const { top, bottom, before, grows } = run
    const hole: Hole = { ...place, fromSequence: bottom, lowest: grows?.lowest ?? top + 1, before }
    run.ops.push(holeOp(hole))
    if (grows !== null) run.ops.unshift({ kind: 'delete', key: holeKey(grows) })
    run = null
  }

  /** A final event that has to come again. One operation list for a stretch, so that its hole is noted once. */
  const lose = (
    code: 'event-damaged' | 'event-missing' | 'body-damaged' | 'body-missing' | 'signature-damaged',
    sequence: number,
    {
      slot,
      id,
      detail,
      bottom = sequence,
    }: {
      slot?: Slot
      id?: EventId | null | undefined
      detail?: string
      /** The lowest of several that are missing. */
      bottom?: number
    },
  ) => {
    const before = expected
    if (run === null) {
      const grows = before == null ? (lastHole ?? null) : null
      const from = before ?? grows?.before
      // Below history that is still being fetched the same fetching brings it.
      run = from == null ? null : { top: sequence, before: from, grows, bottom: sequence, ops: [] }
    }
    const ops = run?.ops ?? []
    if (run !== null) run.bottom = bottom
    if (slot !== undefined) {
      ops.push(...removeOps(slot.place))
      walked.gone.add(slot.place)
    } else for (let at = bottom; at <= sequence; at++) walked.gone.add({ ...place, sequence: at, branch: 0 })
    if (id != null) {
      walked.missing.add(id)
      ops.push({ kind: 'delete', key: positionKey(id) })
    }
    findings.add({
      code,
      what: `${name(sequence)}${bottom === sequence ? '' : ` down to ${bottom}`}${detail === undefined ? '' : `: ${detail}`}`,
      author: org,
      generation: place.generation,
      sequence,
      id: id ?? null,
      fix: ops,
    })
  }
  let lastHole: Hole | null = null
  const usedHoles = new Set<Hole>()
  let above: ReadonlySet<EventId> = new Set()

  /** A noted hole around a place, and whether the history above it is still on its way. */
  const holeAround = (sequence: number) =>
    [...notes.holes.values()].find((hole) => hole.fromSequence <= sequence && sequence < hole.lowest)
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
      what: `${name(next)}: the hole that is noted there names another event`,
      author: org,
      generation: place.generation,
      sequence: next,
      fix: [holeOp({ ...hole, before: expected })],
    })
  }

  /** What lies between the event above and this one, which must be noted or is missing. */
  const skipTo = (sequence: number) => {
    while (next > sequence) {
      enterHistory(next)
      const hole = holeAround(next)
      const below = isOpen ? sequence : Math.max(sequence, (hole?.fromSequence ?? 0) - 1)
      if (isOpen || hole !== undefined) {
        if (hole !== undefined) enterHole(hole)
        endRun()
        walked.events.toFetch += next - below
        lastHole = isOpen ? null : (hole ?? null)
        next = below
      } else {
        const top = Math.max(
          -1,
          ...[...notes.holes.values()].map(({ lowest }) => lowest - 1).filter((at) => at < next),
        )
        const bottom = Math.max(sequence, top, (history?.lowest ?? 0) - 1) + 1
        lose('event-missing', next, { id: expected, bottom })
        next = bottom - 1
      }
      expected = undefined
    }
  }

  const takeFinal = async (sequence: number, good: readonly Good[], broken: readonly Slot[]) => {
    skipTo(sequence)
    const found =
      expected === undefined
        ? (good.find(({ isStray }) => !isStray) ?? (good.length === 1 ? good[0] : undefined))
        : good.find(({ id }) => id === expected)
    for (const other of good) if (other !== found) await takeStray(args, other, keys)
    const marked = broken.filter(({ place: at }) => strays.has(placeKey(at)))
    for (const slot of marked) removeStray(args, slot, 'it was passed over, and is read by nobody')
    enterHistory(sequence)
    const hole = holeAround(sequence)
    if (found === undefined && broken.length === marked.length && (isOpen || hole !== undefined)) {
      // Branches that were passed over are here; the final one is on its way.
      if (hole !== undefined) enterHole(hole)
      endRun()
      walked.events.toFetch++
      lastHole = isOpen ? null : (hole ?? null)
      next = sequence - 1
      expected = undefined
      return
    }
    if (found === undefined) {
      const slot = broken.find((one) => !marked.includes(one))
      if (slot === undefined) lose('event-missing', sequence, { id: expected })
      else lose('event-damaged', sequence, { slot, id: expected })
      next = sequence - 1
      expected = undefined
      return
    }
    for (const slot of broken)
      if (!marked.includes(slot)) removeStray(args, slot, 'it is on no branch that is known')
    if (found.isStray)
      findings.add({
        code: 'stray-mark',
        what: `${name(sequence)} is final, and marked as passed over`,
        author: org,
        generation: place.generation,
        sequence,
        id: found.id,
        fix: [{ kind: 'delete', key: strayKey(found.place) }],
      })
    const isSnapshotTip =
      history !== null && history.lowest === sequence + 1 && history.before === found.id && !found.body
    const fault = isSnapshotTip ? undefined : faultOfContent(args, found, keys)
    if (fault !== undefined) lose(fault.code, sequence, { slot: found, id: found.id, detail: fault.detail })
    else {
      endRun()
      if (!isSnapshotTip) walked.arrived.add(found.place)
      walked.events.count++
      // All of it counts as to be fetched, though its header is here.
      if (isSnapshotTip) walked.events.toFetch++
      else {
        // What is held below is held down to the beginning.
        isOpen = false
        if (!found.body) walked.events.pruned++
      }
    }
    next = sequence - 1
    expected = found.header.prev
    if (sequence === 0) expected = undefined
    if (!isSnapshotTip) lastHole = null
    if (history !== null && history.lowest === sequence && !isPassedHistory) {
      if (history.before !== found.header.prev)
        findings.add({
          code: 'history-note',
          what: `of ${known.nameOf(org)}, key period ${place.generation}: it does not name what lies before place ${sequence}`,
          author: org,
          generation: place.generation,
          fix: found.header.prev === null ? [{ kind: 'delete', key: historyKey(place) }] : null,
        })
    }
  }

  for await (const { sequence, slots } of slotsDown(check, place)) {
    for (const slot of slots) if (slot.value !== undefined) walked.held.add(slot.place)
    const isFinal = tip != null && sequence <= tip.sequence
    // An expectation is of the place directly below; it says nothing of one further down.
    const named = isFinal && sequence === next ? expected : undefined
    const { good, broken } = await judge(args, slots, { strays, keys, expected: named, above })
    above = new Set(good.flatMap(({ header: { prev } }) => prev ?? []))
    noteFork(args, sequence, good, keys)
    if (!isFinal) {
      if (tip === null && isClosedGeneration(args)) {
        for (const one of good) await takeStray(args, one, keys)
        for (const slot of broken) removeStray(args, slot, 'it was passed over, and is read by nobody')
        continue
      }
      pending.push(...good)
      brokenPending.push(...broken)
    } else await takeFinal(sequence, good, broken)
  }
  if (tip != null) {
    skipTo(-1)
    endRun()
  }
  checkNotesOfChain(args, { isPassedHistory, isOpen })
  checkFloor(args, tip)
  for (const hole of notes.holes.values())
    if (!usedHoles.has(hole))
      findings.add({
        code: 'history-note',
        what: `${name(hole.fromSequence)}: a hole is noted where nothing lacks`,
        author: org,
        generation: place.generation,
        sequence: hole.fromSequence,
        fix: [{ kind: 'delete', key: holeKey(hole) }],
      })
  if (isOpen) walked.open.add(org)
  else walked.open.delete(org)
  judgePending({ ...args, pending, broken: brokenPending, keys, tip: tip ?? null, strays })
}

/** The last final event of a chain; null where nothing of it is final, undefined where that is not known. */
function finalTip({ head, org, place }: ChainArgs): CutEntry | null | undefined {
  const current = head.cut.get(org)
  if (current === undefined || place.generation > current.generation) return null
  if (place.generation === current.generation) return current
  return head.closedEnd(org, place.generation)
}

function isClosedGeneration({ head, org, place }: ChainArgs): boolean {
  return place.generation < (head.cut.get(org)?.generation ?? 0)
}

function removeOps(place: EventPlace): StoreOp[] {
  return [eventKey(place), bodyKey(place), strayKey(place)].map((key) => ({ kind: 'delete', key }))
}

function placeKey({ sequence, branch }: EventPlace): string {
  return `${sequence}/${branch}`
}

/** Headers and bodies side by side, from the highest sequence down, all branches of one at a time. */
async function* slotsDown(
  check: Check,
  place: ChainPlace,
): AsyncIterable<{ readonly sequence: number; readonly slots: readonly Slot[] }> {
  const { store } = check
  const bodies = wholeKeys(check, 'body', store.pages({ ...chainRange('body', place), reverse: true }))
  const events = wholeKeys(check, 'event', store.pages({ ...chainRange('event', place), reverse: true }))
  try {
    let [event, body] = [await events.next(), await bodies.next()]
    let slots: Slot[] = []
    while (!event.done || !body.done) {
      const [at, of] = [event.done ? undefined : event.value, body.done ? undefined : body.value]
      const order = at === undefined ? 1 : of === undefined ? -1 : compareDown(at.place, of.place)
      const found = order <= 0 ? at : of
      if (found === undefined) break
      const { sequence } = found.place
      if (slots[0] !== undefined && slots[0].place.sequence !== sequence) {
        yield { sequence: slots[0].place.sequence, slots }
        slots = []
      }
      slots.push({
        place: found.place,
        value: order <= 0 ? at?.value : undefined,
        body: order >= 0 ? of?.value : undefined,
      })
      check.step('events')
      if (order <= 0) event = await events.next()
      if (order >= 0) body = await bodies.next()
    }
    if (slots[0] !== undefined) yield { sequence: slots[0].place.sequence, slots }
  } finally {
    await Promise.all([events.return(undefined), bodies.return(undefined)])
  }
}

async function* wholeKeys(
  check: Check,
  space: 'event' | 'body',
  pages: AsyncIterable<readonly StoreEntry[]>,
): AsyncGenerator<{ readonly place: EventPlace; readonly value: Uint8Array }, void, undefined> {
  for await (const page of pages)
    for (const [key, value] of page)
      if (isKeyWhole(check, space, key)) yield { place: readEventKey(key), value }
}

function compareDown(a: EventPlace, b: EventPlace): number {
  return b.sequence - a.sequence || b.branch - a.branch
}

/** Which of the events at a place are events of this chain, and which are bytes that were one. A body alone is neither. */
async function judge(
  { check, org, place, walked }: ChainArgs,
  slots: readonly Slot[],
  {
    strays,
    keys,
    expected,
    above,
  }: {
    readonly strays: ReadonlySet<string>
    readonly keys: Keys
    /** What must stand here by what is above: that one is an event whatever the index says. */
    readonly expected: EventId | null | undefined
    readonly above: ReadonlySet<EventId>
  },
) {
  const read: Good[] = []
  const broken: Slot[] = []
  for (const slot of slots) {
    const { value } = slot
    if (value === undefined) {
      check.danglingBodies.push(slot.place)
      continue
    }
    const stored = readStoredValue(value)
    const decoded = stored && decodeHeader(stored.headerBytes)
    const header = decoded?.kind === 'decoded' ? decoded.header : undefined
    const isHere =
      header?.author === org &&
      header.generation === place.generation &&
      header.sequence === slot.place.sequence
    if (!stored || decoded?.kind !== 'decoded' || !isHere) broken.push(slot)
    else if (!equalBytes(decoded.header.networkId, check.known.networkIdBytes)) broken.push(slot)
    else {
      const { id } = decoded
      read.push({ ...slot, ...stored, id, header: decoded.header, isStray: strays.has(placeKey(slot.place)) })
    }
  }
  const values = read.length === 0 ? [] : await check.store.getMany(read.map(({ id }) => positionKey(id)))
  const good: Good[] = []
  for (const [index, one] of read.entries()) {
    const value = values[index]
    const isIndexed = value !== undefined && equalBytes(value, placeValue(one.place))
    const { signature, headerBytes, id } = one
    // A header that was changed is another event: no index knows it, nothing names it, nobody signed it.
    const isNamed = id === expected || above.has(id)
    const isVouched =
      isIndexed || isNamed || (signature !== null && isSigned(check, { headerBytes, signature }, keys))
    const isCopy = !isIndexed && read.some((other) => other !== one && other.id === id)
    if (!isVouched || isCopy) {
      broken.push(one)
      continue
    }
    good.push(one)
    if (isIndexed) walked.indexed.add(one.place)
    else check.unindexed.push({ id, place: one.place, org, hasValue: value !== undefined })
  }
  return { good, broken }
}

function noteFork(
  { org, place, walked, check }: ChainArgs,
  sequence: number,
  good: readonly Good[],
  keys: Keys,
) {
  if (good.length < 2) return
  const headers = good.flatMap(({ headerBytes, signature }) =>
    signature !== null && isSigned(check, { headerBytes, signature }, keys)
      ? [{ headerBytes, signature }]
      : [],
  )
  if (headers.length < 2) return
  // The lowest place is the one that is proven: going down, the last.
  const at = walked.forks.findIndex((fork) => fork.org === org && fork.generation === place.generation)
  if (at >= 0) walked.forks.splice(at, 1)
  walked.forks.push({ org, generation: place.generation, sequence, headers })
}

type Keys = readonly Uint8Array[]

function isSigned({ known }: Check, signed: SignedHeader, keys: Keys): boolean {
  return keys.some((logKey) => isSignedBy({ signed, logKey, ed25519: known.ed25519 }))
}

/** The log keys of this generation; several where its rotation is not certain yet. Empty where none is known. */
async function logKeysOf({ check, head, org, place }: ChainArgs): Promise<Keys> {
  const { known, store } = check
  const row = readOrg(head.state, org)
  const settled = row && logKeyOfGeneration(row, place.generation)
  if (settled !== undefined) return [settled]
  const first = known.genesis.organisations.find(({ id }) => id === org)?.nextKeyHash
  let hash = first === undefined ? undefined : fromHex(first)
  let keys: Uint8Array[] = []
  for (let generation = 1; generation <= place.generation && hash !== undefined; generation++) {
    keys = []
    let nextHash: Uint8Array | undefined
    const at = eventRange({ author: place.author, generation, fromSequence: 0, toSequence: 0 })
    for await (const [key] of store.range(at)) {
      if (key.length !== 18) continue
      const bytes = await store.get(bodyKey(readEventKey(key)))
      const body = bytes && decodeBody('key.rotate', bytes)
      if (body?.kind !== 'decoded' || body.body.kind !== 'key.rotate') continue
      if (!equalBytes(nextKeyHashOf(body.body.logKey), hash)) continue
      keys.push(body.body.logKey)
      nextHash = body.body.nextKeyHash
    }
    hash = nextHash
  }
  return keys
}

async function straysIn(check: Check, place: ChainPlace): Promise<Set<string>> {
  const strays = new Set<string>()
  for await (const [key] of check.store.range(chainRange('stray', place)))
    if (key.length === 18) strays.add(placeKey(readEventKey(key)))
  return strays
}

type Fault = {
  readonly code: 'body-damaged' | 'body-missing' | 'signature-damaged'
  readonly detail?: string
}

/** What is wrong with an event whose header is in order. */
function faultOfContent(args: ChainArgs, event: Good, keys: Keys): Fault | undefined {
  const { check, notes } = args
  const { body, header, signature, headerBytes } = event
  if (body === undefined) {
    const isPruned = header.sequence <= notes.bodyFloor && isPrunable(header.kind)
    if (!isPruned) return { code: 'body-missing' }
  } else {
    const detail = faultOfBody(header, body)
    if (detail !== undefined) return { code: 'body-damaged', detail }
  }
  if (signature === null || keys.length === 0) return undefined
  return isSigned(check, { headerBytes, signature }, keys) ? undefined : { code: 'signature-damaged' }
}

function faultOfBody(
  header: { bodyLength: number; bodyHash: Uint8Array; kind: EventKind },
  body: Uint8Array,
) {
  if (body.length !== header.bodyLength)
    return `${body.length} bytes, and the header says ${header.bodyLength}`
  if (!equalBytes(sha256(body), header.bodyHash)) return 'it hashes to another value'
  const content = decodeBody(header.kind, body)
  return content.kind === 'reject' ? content.detail : undefined
}

/** An event that its chain passed over: held, and of no effect. */
async function takeStray(args: ChainArgs, event: Good, keys: Keys): Promise<void> {
  const { check, org, place, walked } = args
  const fault = faultOfContent({ ...args, notes: { ...args.notes, bodyFloor: -1 } }, event, keys)
  const { sequence } = event.place
  const where = `${check.known.nameOf(org)}, key period ${place.generation}, place ${sequence}`
  const at = { author: org, generation: place.generation, sequence, id: event.id }
  if (fault !== undefined) {
    walked.gone.add(event.place)
    walked.missing.add(event.id)
    const fix = [...removeOps(event.place), { kind: 'delete', key: positionKey(event.id) } as const]
    check.findings.add({ code: fault.code, what: `${where}, passed over`, standing: 'stray', ...at, fix })
    return
  }
  walked.events.count++
  walked.arrived.add(event.place)
  if (event.isStray) return
  check.findings.add({
    code: 'stray-mark',
    what: `${where} was passed over, and is not marked so`,
    ...at,
    fix: [{ kind: 'put', key: strayKey(event.place), value: new Uint8Array() }],
  })
}

function removeStray({ check, org, place, walked }: ChainArgs, slot: Slot, detail: string): void {
  walked.gone.add(slot.place)
  const { sequence } = slot.place
  check.findings.add({
    code: 'event-damaged',
    standing: 'stray',
    what: `${check.known.nameOf(org)}, key period ${place.generation}, place ${sequence}: ${detail}`,
    author: org,
    generation: place.generation,
    sequence,
    fix: removeOps(slot.place),
  })
}

/** A note of history that is open of a chain which is whole. */
function checkNotesOfChain(
  { check, org, place, notes }: ChainArgs,
  { isPassedHistory, isOpen }: { readonly isPassedHistory: boolean; readonly isOpen: boolean },
): void {
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
function checkFloor(
  { check, org, place, notes: { bodyFloor } }: ChainArgs,
  tip: CutEntry | null | undefined,
): void {
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

/** What is not final: each must follow what is held, and have a signature above it. */
function judgePending(
  args: ChainArgs & {
    readonly pending: readonly Good[]
    readonly broken: readonly Slot[]
    readonly keys: Keys
    readonly tip: CutEntry | null
    readonly strays: ReadonlySet<string>
  },
): void {
  const { check, org, place, walked, pending, broken, keys, tip, strays } = args
  const { findings, known } = check
  const where = (sequence: number) =>
    `${known.nameOf(org)}, key period ${place.generation}, place ${sequence}`
  const at = (sequence: number, id: EventId | null) => ({
    standing: 'pending' as const,
    author: org,
    generation: place.generation,
    sequence,
    id,
  })
  const up = [...pending].sort((a, b) => -compareDown(a.place, b.place))
  const founded = new Set<EventId>()
  const lost = new Map<EventId, StoreOp[]>()
  const remove = (event: Good) => {
    walked.gone.add(event.place)
    walked.missing.add(event.id)
    return [...removeOps(event.place), { kind: 'delete', key: positionKey(event.id) } as const]
  }
  const brokenOps = broken.map((slot) => {
    walked.gone.add(slot.place)
    const ops: StoreOp[] = removeOps(slot.place)
    const { sequence } = slot.place
    findings.add({
      code: 'event-damaged',
      what: `${where(sequence)}, not final`,
      ...at(sequence, null),
      fix: ops,
    })
    return { sequence, ops }
  })
  for (const event of up) {
    const { prev, sequence } = event.header
    const isFirst = sequence === 0
    const isFounded = isFirst || prev === null || prev === tip?.id || founded.has(prev)
    if (!isFounded) {
      const ops =
        (prev === null ? undefined : lost.get(prev)) ??
        brokenOps.find((one) => one.sequence === sequence - 1)?.ops ??
        namedMissing()
      ops.push(...remove(event))
      lost.set(event.id, ops)
      continue
      function namedMissing(): StoreOp[] {
        const fix: StoreOp[] = prev === null ? [] : [{ kind: 'delete', key: positionKey(prev) }]
        if (prev !== null) walked.missing.add(prev)
        walked.gone.add({ ...place, sequence: sequence - 1, branch: 0 })
        const what = `${where(sequence - 1)}, not final`
        findings.add({ code: 'event-missing', what, ...at(sequence - 1, prev), fix })
        if (prev !== null) lost.set(prev, fix)
        return fix
      }
    }
    const fault = faultOfContent({ ...args, notes: { ...args.notes, bodyFloor: -1 } }, event, keys)
    if (fault !== undefined) {
      const ops = remove(event)
      lost.set(event.id, ops)
      const detail = fault.detail === undefined ? '' : `: ${fault.detail}`
      findings.add({
        code: fault.code,
        what: `${where(sequence)}, not final${detail}`,
        ...at(sequence, event.id),
        fix: ops,
      })
      continue
    }
    founded.add(event.id)
  }
  const signed = new Set<EventId>()
  for (const event of up.reverse()) {
    if (!founded.has(event.id)) continue
    const { prev, sequence } = event.header
    if (event.signature !== null || signed.has(event.id)) {
      if (prev !== null) signed.add(prev)
    } else {
      const fix = remove(event)
      findings.add({ code: 'event-unsigned', what: where(sequence), ...at(sequence, event.id), fix })
      continue
    }
    walked.events.count++
    walked.arrived.add(event.place)
    if (strays.has(placeKey(event.place)))
      findings.add({
        code: 'stray-mark',
        what: `${where(sequence)} is not behind what is final, and marked as passed over`,
        ...at(sequence, event.id),
        fix: [{ kind: 'delete', key: strayKey(event.place) }],
      })
  }
}
