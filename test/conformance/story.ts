/** What happens on the network of the vectors: four headers that make events of every kind final. */
import { compareBytes, type EventId } from '@chirograph/codec'
import { nobleEd25519 } from '@chirograph/crypto'
import type { EventBody, VerifiedEvent } from '@chirograph/event'
import { type Cut, type CutEntry, cutOf, forkEvidenceOf, orderEvents } from '@chirograph/log'
import { applyEvents, type EventOutcome, genesisState, type NetworkState } from '@chirograph/status'
import {
  batch,
  bytes32,
  dayMs,
  eventBy,
  forker,
  genesis,
  genesisTimeMs,
  handle,
  issuer,
  observer,
  position,
  witness,
} from './world.ts'

const lease = (count: number): EventBody => ({ kind: 'status.lease', count })

export const batchEvent = eventBy(
  issuer,
  {
    kind: 'credential.issueBatch',
    root: batch.root,
    paddedSize: batch.paddedSize,
    recordClass: 'certificate-noncredit',
    credentialType: 'open-badge-3',
    schemaDigest: bytes32('schema'),
  },
  { sequence: 0, prev: null },
)
export const leaseEvent = eventBy(issuer, lease(1_024), { sequence: 1, prev: batchEvent.id })
const observerLease = eventBy(observer, lease(2_048), {
  sequence: 0,
  prev: null,
  references: [leaseEvent.id, batchEvent.id],
})

/** Two other handles of the issuer, which nobody issued: the network cannot tell. */
export const handles = [bytes32('handle a'), bytes32('handle b')].sort(compareBytes)
const [lowHandle, highHandle] = handles as [Uint8Array, Uint8Array] // two went in

export const revokeEvent = eventBy(
  issuer,
  {
    kind: 'status.revoke',
    entries: [
      { handle: lowHandle, position: 7 },
      { handle: highHandle, position: null },
    ],
    reason: 'issued-in-error',
  },
  { sequence: 2, prev: leaseEvent.id, references: [batchEvent.id] },
)
export const untilMs = genesisTimeMs + 30 * dayMs
export const suspendEvent = eventBy(
  issuer,
  { kind: 'status.suspend', entries: [{ handle, position }], reason: 'under-review', untilMs },
  { sequence: 3, prev: revokeEvent.id },
)
export const reinstateEvent = eventBy(
  issuer,
  { kind: 'status.reinstate', entries: [{ handle, position: null }] },
  { sequence: 4, prev: suspendEvent.id },
)
/** Nobody reinstates what was revoked: final, and without effect. */
const voidEvent = eventBy(
  issuer,
  { kind: 'status.reinstate', entries: [{ handle: lowHandle, position: null }] },
  { sequence: 5, prev: reinstateEvent.id },
)
const lastEvent = eventBy(
  issuer,
  { kind: 'status.revoke', entries: [{ handle, position }], reason: 'superseded' },
  { sequence: 6, prev: voidEvent.id },
)

/** Two different first events of one author. */
export const forked = [
  eventBy(forker, lease(1_024), { sequence: 0, prev: null }),
  eventBy(forker, lease(2_048), { sequence: 0, prev: null }),
] as const
export const evidence = evidenceOf(forked)
export const evidenceEvent = eventBy(witness, evidence, { sequence: 0, prev: null })

function evidenceOf([a, b]: readonly [VerifiedEvent, VerifiedEvent]) {
  const made = forkEvidenceOf(a, b)
  if (made?.kind !== 'evidence.fork') throw new Error('two events at one place are a fork')
  return made
}

export interface StoryHeader {
  readonly height: number
  readonly timeMs: number
  /** In final order. */
  readonly events: readonly VerifiedEvent[]
  readonly cut: Cut
  readonly outcomes: readonly EventOutcome[]
  readonly state: NetworkState
}

export const story: readonly StoryHeader[] = tell([
  [batchEvent, leaseEvent, observerLease, forked[0]],
  [revokeEvent, suspendEvent, evidenceEvent],
  [reinstateEvent, voidEvent],
  [lastEvent],
])

function tell(chapters: readonly (readonly VerifiedEvent[])[]): StoryHeader[] {
  let state = genesisState(genesis)
  let cut: Cut = new Map()
  const final = new Set<EventId>()
  return chapters.map((chapter, index) => {
    const events = orderEvents(chapter)
    const height = index + 1
    const timeMs = genesisTimeMs + height * dayMs
    cut = cutOf([...cut.values(), ...events.map(entryOf)])
    for (const event of events) final.add(event.id)
    const at = cut
    const applied = applyEvents(state, {
      events,
      height,
      timeMs,
      cutEntryOf: (org) => at.get(org),
      closedAt: () => null,
      isFinalOrInCut: (id) => final.has(id),
      ed25519: nobleEd25519,
    })
    state = applied.state
    return { height, timeMs, events, cut, ...applied }
  })
}

export function entryOf(event: VerifiedEvent): CutEntry {
  const { author, generation, sequence } = event.header
  return { author, generation, sequence, id: event.id }
}
