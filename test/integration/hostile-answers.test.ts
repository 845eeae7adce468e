/** What is made of answers that no honest peer gives; honest ones are synced with in the integration tests. */
import { createEvent, encodeSegment, type OrgId, segmentOf, type VerifiedEvent } from '@chirograph/event'
import { memoryDisk, type Network, requestStalled } from '@chirograph/interface'
import { createReplica, emptyRestored, encodeSegmentFrame, encodeSyncOffer } from '@chirograph/replica'
import { networkIdOf } from '@chirograph/status'
import { loadAuthors } from '../../packages/node/src/author-table.ts'
import { faultOfFailure, type PeerFault } from '../../packages/node/src/peer-faults.ts'
import { syncWith } from '../../packages/node/src/syncing.ts'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { ed25519, genesisOf, memberOf } from './cluster.ts'

const members = [0, 1, 2, 3].map(memberOf)
const genesis = genesisOf(members)
const [own, author] = members
if (!own || !author) throw new Error('four members')

suite('a sync', (it) => {
  it('ends where the answer is no offer, or none of what was offered can be read', async () => {
    equal(await faultOf([Uint8Array.of(1, 2, 3)]), 'garbage-answer')
    equal(await faultOf([]), 'garbage-answer')
    equal(await faultOf([offerOf(5), Uint8Array.of(9)]), 'garbage-answer')
    equal(
      await faultOf([offerOf(5), encodeSegmentFrame([segmentOf(eventAt(0))]).subarray(1)]),
      'garbage-answer',
    )
  })

  it('ends an answer that goes on far beyond its offer, and not before', async () => {
    const { taken, fault } = await syncOver([offerOf(100)], { eventsPerFrame: 600 })
    is(fault, 'overlong-answer')
    ok(taken > 65_536 && taken < 70_000, `${taken} events were taken`)
  })

  it('puts up with more events than places, as where an author forked', async () => {
    const { taken, fault } = await syncOver([offerOf(10_000)], { eventsPerFrame: 600, frames: 133 })
    equal([taken, fault], [133 * 600, undefined])
  })

  it('says nothing of a peer whose answer is shorter than its offer', async () => {
    is(await faultOf([offerOf(1_000)]), undefined)
  })

  it('names a stall, and says nothing of failures that are our own', () => {
    is(faultOfFailure(requestStalled({ peerId: 'a', afterMs: 1 })), 'stalled-answer')
    is(faultOfFailure(new Error('a bug of ours')), undefined)
    is(faultOfFailure(undefined), undefined)
  })
})

async function faultOf(frames: readonly Uint8Array[]): Promise<PeerFault | undefined> {
  return (await syncOver(frames)).fault
}

/** Syncs with a peer that answers the first request with these frames, and then with the same segment again and again. */
async function syncOver(
  first: readonly Uint8Array[],
  { eventsPerFrame = 0, frames = 1_000_000 } = {},
): Promise<{ taken: number; fault: PeerFault | undefined }> {
  const more = eventsPerFrame === 0 ? undefined : encodeSegmentFrame([longSegment(eventsPerFrame)])
  const network = {
    async *request() {
      yield* first
      for (let sent = 0; more !== undefined && sent < frames; sent++) yield more
    },
  } as Partial<Network> as Network
  const store = await memoryDisk().open()
  let taken = 0
  try {
    await syncWith({
      replica: replicaOf(),
      store,
      authors: await loadAuthors(store),
      network,
      peerId: 'peer',
      randomBytes: (length) => new Uint8Array(length),
      hasGap: true,
      signal: new AbortController().signal,
      isWelcome: () => true,
      take: async () => {
        taken += eventsPerFrame
        return eventsPerFrame
      },
      onProgress: () => {},
    })
    return { taken, fault: undefined }
  } catch (error) {
    return { taken, fault: faultOfFailure(error) }
  }
}

function replicaOf() {
  if (!own) throw new Error('a member')
  const sign = (message: Uint8Array) => ed25519.sign({ seed: own.seeds.log, message })
  const config = {
    genesis,
    org: own.org as OrgId,
    signers: { event: sign, vote: sign },
    ed25519,
    hasVoteRecord: true,
    nonce: '00'.repeat(16),
  }
  return createReplica(config, emptyRestored())
}

function offerOf(eventCount: number): Uint8Array {
  const offer = {
    version: 3,
    isSame: false,
    isBaseUnknown: false,
    eventCount,
    probes: [],
    ownTip: null,
  } as const
  return encodeSyncOffer(offer)
}

function eventAt(sequence: number, prev: VerifiedEvent['id'] | null = null): VerifiedEvent {
  if (!author) throw new Error('a member')
  const place = {
    networkId: networkIdOf(genesis),
    author: author.org as OrgId,
    generation: 0,
    sequence,
    prev,
  }
  return createEvent(
    { ...place, references: [], timeMs: 0, body: { kind: 'status.lease', count: 1_024 } },
    (message) => ed25519.sign({ seed: author.seeds.log, message }),
  )
}

function longSegment(length: number): Uint8Array {
  const items: VerifiedEvent[] = []
  while (items.length < length) items.push(eventAt(items.length, items.at(-1)?.id ?? null))
  return encodeSegment({ items, signature: items.at(-1)?.signature ?? null })
}
