/** What two nodes say to find out what they owe each other: bytes of frames, round trips, and time on one thread. */
import { fastestEd25519 } from '@chirograph/crypto-native'
import { admitSegment, apply } from '@chirograph/log'
import {
  answerSync,
  createReplica,
  decodeSyncOffer,
  emptyRestored,
  encodeSyncOffer,
  encodeSyncRequest,
  noteOffer,
  type Replica,
} from '@chirograph/replica'
import { networkIdOf } from '@chirograph/status'
import { signedChain } from './chains.js'
import { type Report, ratePerSecond } from './measure.js'
import { type BenchMember, benchGenesis, benchMember } from './members.js'

const authors = 200
const eventsEach = 300
const key = new Uint8Array(16).fill(9)
/** Two that hold the same and need more have a fault. */
const tripsMax = 8

/** What two nodes that hold the same say to each other. */
export async function benchInSync(): Promise<Report> {
  const { asker, answerer } = startPair()
  const same = exchange(asker, answerer, null)
  let trips = 1
  for (let last = same; !last.isSame && trips < tripsMax; trips++) last = exchange(asker, answerer, null)
  const perSecond = await ratePerSecond(() => {
    exchange(asker, answerer, null)
    return 1
  })
  return {
    name: 'in-sync',
    workload: `frames of both sides in one round trip, ${authors} authors with ${eventsEach} events each`,
    rows: [
      goal('already in sync', same.bytes, 128),
      {
        what: 'until both know that nothing lacks',
        value: trips,
        unit: trips === 1 ? 'round trip' : 'round trips',
      },
      { what: 'exchanges, both sides on one thread', value: perSecond, unit: '/s' },
    ],
  }
}

/** What they say when one lacks something of every author, or of a few. */
export async function benchGapSync(): Promise<Report> {
  const { asker, answerer, chains } = startPair()
  const first = exchange(asker, answerer, key)
  // Every author goes on, and the asker hears of none of it; then ten of them once more.
  for (const chain of chains) enter([answerer], chain)
  const all = exchange(asker, answerer, key)
  for (const chain of chains.slice(0, 10)) enter([asker, answerer], chain, { isKnown: false })
  const few = exchange(asker, answerer, key)
  const perSecond = await ratePerSecond(() => {
    exchange(asker, answerer, key)
    return 1
  })
  return {
    name: 'gap-sync',
    workload: `frames of both sides, ${authors} authors with ${eventsEach} events each; each line is one round trip`,
    rows: [
      goal('first contact, every author named', first.bytes, 1_536),
      goal('every author has gone on here, nothing said anew', all.bytes, 1_536),
      goal('ten authors to name', few.bytes, 1_536),
      { what: 'exchanges, both sides on one thread', value: perSecond, unit: '/s' },
    ],
  }
}

function goal(what: string, value: number, limit: number) {
  return { what, value, unit: 'bytes', limit: { name: 'goal', value: limit } }
}

/** Two replicas that hold the same, and the chains, which go on. */
function startPair() {
  const members = Array.from({ length: authors }, (_, index) => benchMember(index))
  const genesis = benchGenesis(members, 4)
  const networkId = networkIdOf(genesis)
  const open = (member: BenchMember) => {
    const ed25519 = fastestEd25519()
    const signers = {
      event: (message: Uint8Array) => ed25519.sign({ seed: member.seeds.log, message }),
      vote: (message: Uint8Array) => ed25519.sign({ seed: member.seeds.consensus, message }),
    }
    return createReplica(
      { genesis, org: member.org, signers, ed25519, hasVoteRecord: true, nonce: '00'.repeat(16) },
      emptyRestored(),
    )
  }
  const [one, other] = members
  if (one === undefined || other === undefined) throw new Error('two members')
  const [asker, answerer] = [open(one), open(other)]
  const chains = members.map((member) => signedChain(networkId, member))
  for (const chain of chains) for (let n = 0; n < eventsEach; n++) enter([asker, answerer], chain)
  return { asker, answerer, chains }
}

function enter(
  replicas: readonly Replica[],
  chain: ReturnType<typeof signedChain>,
  { isKnown = true }: { readonly isKnown?: boolean } = {},
): void {
  const event = chain.next().value
  for (const replica of replicas) {
    const verdict = admitSegment(replica.log, [event])
    if (verdict.kind === 'accept') apply(replica.log, event)
    else if (isKnown) throw new Error(`not admitted: ${verdict.kind}`)
  }
}

function exchange(
  asker: Replica,
  answerer: Replica,
  sessionKey: Uint8Array | null,
): { readonly bytes: number; readonly isSame: boolean } {
  const request = encodeSyncRequest(asker, { peer: 'answerer', key: sessionKey })
  const answer = answerSync(answerer, 'asker', request)
  if (!answer.ok) throw new Error(answer.detail)
  const offer = encodeSyncOffer(answer.value.offer)
  const decoded = decodeSyncOffer(offer)
  if (decoded.ok) noteOffer(asker, 'answerer', decoded.value)
  return { bytes: request.length + offer.length, isSame: decoded.ok && decoded.value.isSame }
}
