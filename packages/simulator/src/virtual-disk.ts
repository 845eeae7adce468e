/**
 * A node's disk: a synced batch survives a power cut; of batches not synced any subset may be lost, those before a synced
 * one too. That is more than the store's contract allows, and what a store does whose log file was rotated in between
 * (LevelDB #193).
 */
import type { EventId } from '@chirograph/codec'
import { toHex } from '@chirograph/codec'
import {
  type HeaderCore,
  isClosing,
  type Proposal,
  type Verified,
  type VoteRecord,
} from '@chirograph/consensus'
import type { AuthenticEvent, ForkEvidence } from '@chirograph/event'
import {
  type CutEntry,
  closeGenerations,
  createLog,
  eventAt,
  type LogIndex,
  type Range,
  recordFork,
  restoreEntry,
  restorePending,
  type Slot,
} from '@chirograph/log'
import {
  type ChainTip,
  type Checkpoint,
  encodeCheckpoint,
  type Fact,
  type RestoredReplica,
  type StoredEntry,
  type VoteGate,
} from '@chirograph/replica'
import { type Genesis, genesisState, restoreState, rowsOf, type StateRow } from '@chirograph/status'
import type { Random } from './random.js'

/** Views are counted in each epoch from where it begins. */
export interface VotePlace {
  readonly epoch: number
  readonly view: number
}

export interface VirtualDisk {
  write(facts: readonly Fact[], options: { readonly isSynced: boolean }): void
  /** A power cut: `torn` was being written. Returns how many batches were lost. */
  crash(random: Random, torn: readonly Fact[] | null): number
  restore(genesis: Genesis): RestoredReplica
  /** What is durable now; calling it puts that back, as a backup is put back. A backup that shows is known for one. */
  backup(): (options: { readonly shows: boolean }) => void
  /** Events of these ranges and slots, as far as they are here. */
  eventsOf(ranges: readonly Range[]): AuthenticEvent[]
  event(id: EventId): AuthenticEvent | undefined
  headersAt(slots: readonly Slot[], id: EventId | null): StoredEntry[]
  checkpointsFrom(height: number): Uint8Array[]
  /** All that is durable of the votes in a view, final views too: for whoever watches rule H5. */
  durableVotes(place: VotePlace): VoteRecord | undefined
  /** Of a place that is not past. */
  durableProposal(digest: string): Proposal | undefined
  durableEvent(id: EventId): AuthenticEvent | undefined
  /** Whether the last final header that is durable is of this view or a later one. */
  isPast(place: VotePlace): boolean
}

type VotesFact = Extract<Fact, { kind: 'votes' }>
type CheckpointFact = Extract<Fact, { kind: 'checkpoint' }>

/** An event as a store holds it: with the number of its branch. */
interface HeldEvent {
  readonly event: AuthenticEvent
  readonly branch: number
}

/** What survives. */
interface Durable {
  readonly events: Map<EventId, HeldEvent>
  /** By epoch and view. */
  readonly records: Map<string, VotesFact>
  readonly everVoted: Map<string, VoteRecord>
  readonly everProposed: Map<string, Verified<Proposal>>
  readonly handovers: Map<number, Uint8Array>
  readonly proposals: Map<string, Verified<Proposal>>
  readonly evidence: ForkEvidence[]
  readonly checkpoints: Checkpoint[]
  readonly rows: Map<string, StateRow>
  /** The last final event of each chain, closed ones too. */
  readonly tips: Map<string, CutEntry>
  lastSigned: ChainTip | null
  last: CheckpointFact | null
  wasRestored: boolean
  isCopy: boolean
  voteGate: VoteGate | null
}

export function createVirtualDisk(onDurable: (fact: Fact) => void = () => {}): VirtualDisk {
  let durable: Durable = {
    events: new Map(),
    records: new Map(),
    everVoted: new Map(),
    everProposed: new Map(),
    handovers: new Map(),
    proposals: new Map(),
    evidence: [],
    checkpoints: [],
    rows: new Map(),
    tips: new Map(),
    lastSigned: null,
    last: null,
    wasRestored: false,
    isCopy: false,
    voteGate: null,
  }
  let unsynced: (readonly Fact[])[] = []
  const put = (facts: readonly Fact[]) => {
    for (const fact of facts) {
      keep(durable, fact)
      onDurable(fact)
    }
  }
  const pending = () =>
    unsynced.flatMap((facts) => facts.flatMap((fact) => (fact.kind === 'event' ? [fact] : [])))
  const everything = (): HeldEvent[] => [...durable.events.values(), ...pending()]

  return {
    write(facts, { isSynced }) {
      if (isSynced) put(facts)
      else unsynced.push(facts)
    },
    crash(random, torn) {
      const batches = torn ? [...unsynced, torn] : unsynced
      unsynced = []
      const surviving = batches.filter(() => random.chance(0.5))
      for (const batch of surviving) put(batch)
      return batches.length - surviving.length
    },
    restore: (genesis) => restore(durable, genesis),
    backup() {
      const kept = copyOf(durable)
      return ({ shows }) => {
        const { everVoted, everProposed } = durable
        durable = { ...copyOf(kept), everVoted, everProposed, isCopy: shows }
        unsynced = []
      }
    },
    eventsOf(ranges) {
      return everything()
        .map(({ event }) => event)
        .filter(({ header }) => ranges.some((range) => isInRange(range, header)))
        .sort((a, b) => a.header.sequence - b.header.sequence)
    },
    event: (id) => (durable.events.get(id) ?? pending().find(({ event }) => event.id === id))?.event,
    headersAt: (slots, id) =>
      everything()
        .filter(({ event }) => event.id === id || slots.some((slot) => isInSlot(slot, event.header)))
        .map(({ event: { headerBytes, signature }, branch }) => ({ headerBytes, signature, branch })),
    checkpointsFrom: (height) => durable.checkpoints.slice(Math.max(0, height - 1)).map(encodeCheckpoint),
    durableVotes: ({ epoch, view }) => durable.everVoted.get(`${epoch}/${view}`),
    durableProposal: (digest) => durable.everProposed.get(digest),
    durableEvent: (id) => durable.events.get(id)?.event,
    isPast: (place) => durable.last !== null && isPast(place, durable.last.checkpoint.header.core),
  }
}

function copyOf(durable: Durable): Durable {
  return {
    ...durable,
    events: new Map(durable.events),
    records: new Map(durable.records),
    proposals: new Map(durable.proposals),
    handovers: new Map(durable.handovers),
    evidence: [...durable.evidence],
    checkpoints: [...durable.checkpoints],
    rows: new Map(durable.rows),
    tips: new Map(durable.tips),
  }
}

function keep(durable: Durable, fact: Fact): void {
  switch (fact.kind) {
    case 'event':
      durable.events.set(fact.event.id, fact)
      break
    case 'last-signed':
      durable.lastSigned = fact.tip
      break
    case 'votes': {
      const name = `${fact.epoch}/${fact.record.view}`
      durable.records.set(name, fact)
      durable.everVoted.set(name, fact.record)
      break
    }
    case 'votes-from':
      durable.voteGate = fact
      break
    case 'proposal':
      for (const kept of [durable.proposals, durable.everProposed])
        kept.set(fact.proposal.header.digest, fact.proposal as Verified<Proposal>) // verified when handed over
      break
    case 'handover':
      durable.handovers.set(fact.epoch, fact.bytes)
      break
    case 'evidence':
      durable.evidence.push(fact.evidence)
      break
    case 'checkpoint':
      keepCheckpoint(durable, fact)
      break
    case 'snapshot':
      throw new Error('simulated nodes come by events: a snapshot was never handed to one')
  }
}

function keepCheckpoint(durable: Durable, fact: CheckpointFact): void {
  const { core } = fact.checkpoint.header
  const { height } = core
  if (height !== durable.checkpoints.length + 1)
    throw new Error(`checkpoint ${height} does not follow on disk`)
  durable.checkpoints.push(fact.checkpoint)
  durable.last = fact
  for (const { closed, ...entry } of fact.cut.values())
    for (const tip of closed ? [closed, entry] : [entry])
      durable.tips.set(`${tip.author}/${tip.generation}`, tip)
  for (const row of fact.rows) durable.rows.set(toHex(row.key), row)
  for (const [name, votes] of durable.records)
    if (isPast({ epoch: votes.epoch, view: votes.record.view }, core)) durable.records.delete(name)
  for (const [digest, proposal] of durable.proposals)
    if (isPast(proposal.header.core, core)) durable.proposals.delete(digest)
}

function isPast(place: VotePlace, final: HeaderCore): boolean {
  if (place.epoch !== final.epoch) return place.epoch < final.epoch
  return place.view <= final.view || isClosing(final)
}

function restore(durable: Durable, genesis: Genesis): RestoredReplica {
  const { last } = durable
  const isFirstStart = !durable.wasRestored
  durable.wasRestored = true
  const final = last && {
    checkpoint: last.checkpoint,
    state: restoreState({ genesis, rows: rowsOver(genesis, durable.rows) }),
    cut: last.cut,
    logTree: last.logTree,
  }
  return {
    final,
    log: restoreLog(durable),
    records: [...durable.records.values()].flatMap(({ epoch, record }) =>
      epoch === (final?.state.validators.epoch ?? 0) ? [record] : [],
    ),
    voteGate: durable.voteGate,
    handovers: durable.handovers,
    proposals: [...durable.proposals.values()],
    lastSigned: durable.lastSigned,
    isHistoryWhole: true,
    isFirstStart,
    isCopy: durable.isCopy,
    heldFrom: new Map(),
    bodiesFrom: new Map(),
  }
}

/** Checkpoints bring what they changed; everything else is as the genesis has it. */
function rowsOver(genesis: Genesis, changed: Durable['rows']): Iterable<StateRow> {
  const rows = new Map<string, StateRow>()
  for (const row of rowsOf(genesisState(genesis))) rows.set(toHex(row.key), row)
  for (const [key, row] of changed) rows.set(key, row)
  return rows.values()
}

/** The last final event of each chain by its header, what is not final whole: as little as a node reads. */
function restoreLog({ events, evidence, tips }: Durable): LogIndex {
  const log = createLog()
  const final = new Set<EventId>()
  for (const entry of tips.values()) {
    const tip = events.get(entry.id)
    if (tip === undefined) throw new Error('a final event is not on disk')
    const { id, header, signature } = tip.event
    restoreEntry(log, { id, header, branch: tip.branch, isVerified: signature !== null })
    final.add(id)
    for (let prev = header.prev; prev !== null; ) {
      const before: HeldEvent | undefined = events.get(prev)
      if (before === undefined) throw new Error('a final event is not on disk')
      final.add(prev)
      prev = before.event.header.prev
    }
  }
  const pending = [...events.values()].filter(({ event }) => !final.has(event.id))
  // What was lost need not be what came last: an event whose prev is gone comes back by sync, behind its prev.
  for (const { event, branch } of pending.sort((a, b) => compareHeaders(a.event.header, b.event.header))) {
    const { prev } = event.header
    if (prev === null || final.has(prev) || eventAt(log, prev)) restorePending(log, event, branch)
  }
  for (const { author } of tips.values()) closeGenerations(log, author)
  for (const one of evidence) recordFork(log, one)
  return log
}

function compareHeaders(a: AuthenticEvent['header'], b: AuthenticEvent['header']): number {
  return a.generation - b.generation || a.sequence - b.sequence
}

function isInRange(range: Range, { author, generation, sequence }: AuthenticEvent['header']): boolean {
  const isOfChain = author === range.author && generation === range.generation
  return isOfChain && sequence >= range.fromSequence && sequence <= range.toSequence
}

function isInSlot(slot: Slot, { author, generation, sequence }: AuthenticEvent['header']): boolean {
  return author === slot.author && generation === slot.generation && sequence === slot.sequence
}
