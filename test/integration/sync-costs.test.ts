/** What nodes send each other to find out what they owe, counted on the wire: requests, and bytes that are not events. */
import { createEvent, parseOrgId, segmentOf, type VerifiedEvent } from '@chirograph/event'
import type { Network } from '@chirograph/interface'
import type { ChirographNode } from '@chirograph/node'
import { encodeSegmentFrame } from '@chirograph/replica'
import { networkIdOf } from '@chirograph/status'
import { equal, ok, suite } from '../../packages/workspace/kit.ts'
import { ed25519, memberOf, type Running, startCluster } from './cluster.ts'
import { type Ask, asking, deaf, nodeAt, until } from './scene.ts'

const authorCount = 200

/** One round trip of a sync: what was asked, the first frame of the answer, and how many frames of events followed. */
interface Exchange {
  readonly requestBytes: number
  offerBytes: number
  eventFrames: number
}

suite('two nodes find out what they owe each other', (it) => {
  it(
    'at first contact, and when one fell behind, within the bytes and round trips that the ladder promises',
    async () => {
      const exchanges: Exchange[] = []
      let reconnect = () => {}
      // The first two of two hundred run; the others are authors whose events the first one holds.
      const absent = Array.from({ length: authorCount - 1 }, (_, index) => index + 1)
      const cluster = await startCluster(authorCount, {
        absent,
        networkOf: (network, index) => {
          if (index === 0) return asking(network, silent)
          const { peerId: peer } = memberOf(0)
          reconnect = () => network.drop(peer, { forMs: 10, reason: 'a test' })
          return counted(deaf(network), { peer, exchanges })
        },
      })
      const first = nodeAt(cluster, 0)
      const chains = new Map<number, VerifiedEvent>()
      await append(cluster, chains, { authors: firstOf(authorCount), events: 2 })
      await until('the first holds them', () => first.status().events.known >= 2 * authorCount)
      const second = await cluster.start(1)
      const isThere = () => second.status().events.known === first.status().events.known
      await until('the second has all that the first has', isThere)
      await until('it says so', () => second.status().sync.state === 'current')

      // A fresh member asks whether there is anything to do, and then says what it has: nothing.
      equal(shapeOf(exchanges), ['question', 'events'])
      ok(bytesOf(exchanges) <= 256, `${bytesOf(exchanges)} bytes at first contact with an empty log`)

      const meet = async () => {
        exchanges.length = 0
        reconnect()
        await until('they spoke', () => exchanges.some(({ offerBytes }) => offerBytes > 0))
        await until('the second has all that the first has', isThere)
      }
      await meet()
      equal(shapeOf(exchanges), ['question'])
      ok(bytesOf(exchanges) <= 128, `${bytesOf(exchanges)} bytes where there is nothing to do`)

      let known = 2 * authorCount
      const goOn = async (authors: number) => {
        await append(cluster, chains, { authors: firstOf(authors), events: 1 })
        known += authors
        await until('the first holds them', () => first.status().events.known >= known)
        await meet()
        equal(shapeOf(exchanges), ['question', 'events'])
        return bytesOf(exchanges)
      }
      // What it lacks of two hundred chains is found in one round trip behind the question.
      const ofAll = await goOn(authorCount)
      ok(ofAll <= 1_500, `${ofAll} bytes where ${authorCount} authors went on`)
      // From then on only what moved since it was last said is said: all that came meanwhile, and then ten.
      await goOn(10)
      const ofTen = await goOn(10)
      ok(ofTen <= 256, `${ofTen} bytes where ten of ${authorCount} went on`)
      await cluster.stop()
    },
    { timeoutMs: 60_000 },
  )

  it(
    'where their branches of a chain part: one question, one exchange of what is held, and one probe that brings the other branch',
    async () => {
      const exchanges: Exchange[] = []
      const [isDeaf, peer] = [[false, false], memberOf(0).peerId]
      let reconnect = () => {}
      const cluster = await startCluster(4, {
        absent: [1, 2, 3],
        networkOf: (network, index) => {
          const hearing = deaf(network, () => isDeaf[index] ?? false)
          if (index === 0) return asking(hearing, silent)
          reconnect = () => network.drop(peer, { forMs: 10, reason: 'a test' })
          return counted(hearing, { peer, exchanges })
        },
      })
      const [first, second] = [nodeAt(cluster, 0), await cluster.start(1)]
      const both = [first, second]
      const author = 3
      const trunk = new Map<number, VerifiedEvent>()
      await append(cluster, trunk, { authors: [author], events: 20 })
      await until('both hold the trunk', () => both.every((node) => node.status().events.known >= 20))
      const tips: VerifiedEvent[] = []
      for (const [holder, timeMs] of [1, 2].entries()) {
        isDeaf[holder] = false
        isDeaf[1 - holder] = true
        const branch = new Map(trunk)
        await append(cluster, branch, { authors: [author], events: 5, timeMs })
        const tip = branch.get(author)
        ok(tip)
        tips.push(tip)
        await until('one holds its branch', () => holds(nodeAt(cluster, holder), tip))
      }
      isDeaf.fill(true)
      const [ofFirst] = tips
      ok(ofFirst)
      exchanges.length = 0
      reconnect()
      await until('the second holds the branch of the first', () => holds(second, ofFirst))
      equal(shapeOf(exchanges), ['question', 'question', 'events'])
      equal(
        neededOf(exchanges).map(({ eventFrames }) => eventFrames),
        [0, 0, 1],
      )
      ok(bytesOf(exchanges) <= 640, `${bytesOf(exchanges)} bytes to find where two branches part`)
      await until('it has found the fork', () => second.status().forks.length === 1)
      await cluster.stop()
    },
    { timeoutMs: 60_000 },
  )
})

async function holds(node: ChirographNode, { id }: VerifiedEvent): Promise<boolean> {
  return (await node.event(id)) !== undefined
}

/** Asks nobody: only one of two nodes is counted. */
const silent: Ask = () => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('it asks nobody')) }),
})

function counted(network: Network, { peer, exchanges }: { peer: string; exchanges: Exchange[] }): Network {
  return asking(network, (request, next) => {
    if (request.protocol !== 'sync' || request.peerId !== peer) return next(request)
    const exchange = { requestBytes: request.bytes.length, offerBytes: 0, eventFrames: 0 }
    exchanges.push(exchange)
    return observed(next(request), exchange)
  })
}

async function* observed(answer: AsyncIterable<Uint8Array>, exchange: Exchange) {
  let isOffer = true
  for await (const frame of answer) {
    if (isOffer) exchange.offerBytes = frame.length
    else exchange.eventFrames++
    isOffer = false
    yield frame
  }
}

/** The round trips up to the one that brought events; a further one may ask whether there is more. */
function neededOf(exchanges: readonly Exchange[]): readonly Exchange[] {
  const last = exchanges.findIndex(({ eventFrames }) => eventFrames > 0)
  return last < 0 ? exchanges : exchanges.slice(0, last + 1)
}

function shapeOf(exchanges: readonly Exchange[]): string[] {
  return neededOf(exchanges).map(({ eventFrames }) => (eventFrames > 0 ? 'events' : 'question'))
}

function bytesOf(exchanges: readonly Exchange[]): number {
  return neededOf(exchanges).reduce((sum, { requestBytes, offerBytes }) => sum + requestBytes + offerBytes, 0)
}

function firstOf(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

/** Events of these authors, as gossip from outside: each goes on where it was. */
async function append(
  cluster: Running,
  chains: Map<number, VerifiedEvent>,
  {
    authors,
    events,
    timeMs = 1,
  }: { readonly authors: readonly number[]; readonly events: number; readonly timeMs?: number },
): Promise<void> {
  const segments: Uint8Array[] = []
  for (const author of authors)
    for (let n = 0; n < events; n++) {
      const member = cluster.members[author]
      const org = member && parseOrgId(member.org)
      if (!org) throw new Error(`no member ${author}`)
      const last = chains.get(author)
      const place = {
        networkId: networkIdOf(cluster.genesis),
        author: org,
        generation: 0,
        sequence: last === undefined ? 0 : last.header.sequence + 1,
        prev: last?.id ?? null,
      }
      const event = createEvent(
        { ...place, references: [], timeMs, body: { kind: 'status.lease', count: 1_024 } },
        (message) => ed25519.sign({ seed: member.seeds.log, message }),
      )
      chains.set(author, event)
      segments.push(segmentOf(event))
    }
  for (let from = 0; from < segments.length; from += 100)
    await cluster.inject('events', encodeSegmentFrame(segments.slice(from, from + 100)))
}
