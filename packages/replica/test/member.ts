/** Members of a network of four, and their replicas, with nothing around them. */
import { sha256, toHex, utf8 } from '@chirograph/codec'
import { multikeyOf } from '@chirograph/crypto'
import {
  createEvent,
  type EventBody,
  nextKeyHashOf,
  orgIdOf,
  segmentOf,
  type VerifiedEvent,
} from '@chirograph/event'
import {
  createReplica,
  emptyRestored,
  type Replica,
  type ReplicaConfig,
  type ReplicaEffect,
  type ReplicaInput,
  type RestoredReplica,
  segmentInput,
  step,
} from '@chirograph/replica'
import { type Genesis, networkIdOf, parseGenesis } from '@chirograph/status'
import { ed25519 } from '../../../test/native.ts'

export { ed25519 }

type Bare<T> = T extends unknown ? Omit<T, 'nowMs'> : never

export const genesisTimeMs = 1_750_000_000_000

const made = Array.from({ length: 4 }, (_, index) => {
  const seedOf = (use: string) => sha256(utf8(`${use} ${index}`))
  const [logSeed, nextSeed, voteSeed] = [seedOf('log'), seedOf('next'), seedOf('consensus')]
  const logKey = ed25519.publicKey(logSeed)
  const nextKeyHash = nextKeyHashOf(ed25519.publicKey(nextSeed))
  return {
    logSeed,
    nextSeed,
    voteSeed,
    logKey,
    nextKeyHash,
    org: orgIdOf({ logKey, nextKeyHash }),
    peer: `12D3KooW${index}`,
  }
}).sort((a, b) => (a.org < b.org ? -1 : 1))

export const members = made.map(({ logSeed, nextSeed, voteSeed, org, peer }) => {
  return { logSeed, nextSeed, voteSeed, org, peer }
})

export const genesis: Genesis = (() => {
  const parsed = parseGenesis({
    version: 1,
    name: 'Four',
    purpose: 'demo',
    timeMs: genesisTimeMs,
    statusListBase: 'https://lists.example/status-lists',
    organisations: made.map(({ org, logKey, nextKeyHash, voteSeed, peer }, index) => ({
      id: org,
      name: `College ${index}`,
      type: 'community-college',
      logKey: multikeyOf(logKey),
      nextKeyHash: toHex(nextKeyHash),
      assertionKeys: [],
      dids: [],
      peerId: peer,
      consensusKey: multikeyOf(ed25519.publicKey(voteSeed)),
      recognitions: [],
    })),
    parameters: { viewTimeoutMs: 1_000, heartbeatMs: 60_000, cutBytesMax: 1_000_000, clockBoundMs: 10_000 },
  })
  if (parsed.kind === 'invalid') throw new Error(`${parsed.path}: ${parsed.detail}`)
  return parsed.genesis
})()

export function memberAt(index: number): (typeof members)[number] {
  const member = members[index]
  if (!member) throw new Error(`no member ${index}`)
  return member
}

export function replicaOf(
  index: number,
  restored: Partial<RestoredReplica> = {},
  config: Partial<ReplicaConfig> = {},
): Replica {
  const { org, logSeed, nextSeed, voteSeed } = memberAt(index)
  const seeds = new Map([logSeed, nextSeed].map((seed) => [toHex(ed25519.publicKey(seed)), seed]))
  const signers = {
    event: (message: Uint8Array, logKey: Uint8Array) => {
      return ed25519.sign({ seed: seeds.get(toHex(logKey)) ?? new Uint8Array(), message })
    },
    holds: (logKey: Uint8Array) => seeds.has(toHex(logKey)),
    vote: (message: Uint8Array) => ed25519.sign({ seed: voteSeed, message }),
  }
  return createReplica(
    { genesis, org, signers, ed25519, hasVoteRecord: true, nonce: '00'.repeat(16), ...config },
    { ...emptyRestored(), ...restored },
  )
}

export function take(replica: Replica, input: Bare<ReplicaInput>, atMs = 1_000): ReplicaEffect[] {
  return step(replica, { ...input, nowMs: genesisTimeMs + atMs } as ReplicaInput) // the input, with its time
}

export function effectsOf<K extends ReplicaEffect['kind']>(effects: readonly ReplicaEffect[], kind: K) {
  return effects.filter((effect): effect is Extract<ReplicaEffect, { kind: K }> => effect.kind === kind)
}

export const lease: EventBody = { kind: 'status.lease', count: 1_024 }

/** An event that a member signs without its replica. */
export function eventOf(
  index: number,
  {
    generation = 0,
    sequence = 0,
    prev = null as VerifiedEvent['id'] | null,
    body = lease,
    timeMs = genesisTimeMs,
    seed = undefined as Uint8Array | undefined,
    references = [] as readonly VerifiedEvent['id'][],
  } = {},
): VerifiedEvent {
  const { org: author, logSeed, nextSeed } = memberAt(index)
  const place = { networkId: networkIdOf(genesis), author, generation, sequence, prev, references }
  const own = seed ?? (generation === 0 ? logSeed : nextSeed)
  return createEvent({ ...place, timeMs, body }, (message) => ed25519.sign({ seed: own, message }))
}

/** What takes a member's next key into use, and commits to a third one. */
export function rotationOf(index: number): Extract<EventBody, { kind: 'key.rotate' }> {
  const logKey = ed25519.publicKey(memberAt(index).nextSeed)
  return { kind: 'key.rotate', logKey, nextKeyHash: sha256(utf8(`third key ${index}`)) }
}

/** An event by gossip, alone. */
export function gossipOf(event: VerifiedEvent, from: string) {
  return segmentInput({ bytes: segmentOf(event), from, isGossip: true })
}

/** Four replicas that hear everything at once, until nobody has more to say. Timers do not run. */
export function createFour() {
  const replicas = members.map((_, index) => replicaOf(index))
  const finals: { node: number; effect: Extract<ReplicaEffect, { kind: 'final' }> }[] = []
  const announced: VerifiedEvent[] = []
  const gossiped: Extract<ReplicaEffect, { kind: 'gossip' }>[] = []
  const queue: (() => void)[] = []
  const input = (node: number, bare: Bare<ReplicaInput>) => {
    const replica = replicas[node]
    if (replica) for (const effect of take(replica, bare)) run(node, effect)
  }
  const run = (node: number, effect: ReplicaEffect) => {
    const from = memberAt(node).peer
    const others = members.map((_, index) => index).filter((index) => index !== node)
    if (effect.kind === 'final') finals.push({ node, effect })
    if (effect.kind === 'gossip') gossiped.push(effect)
    if (effect.kind === 'announce') {
      announced.push(effect.event)
      for (const to of others) queue.push(() => input(to, gossipOf(effect.event, from)))
    }
    if (effect.kind === 'send')
      for (const to of others.filter((index) => effect.to === null || effect.to === memberAt(index).peer))
        queue.push(() => input(to, { kind: 'message', bytes: effect.bytes, from }))
  }
  return {
    replicas,
    finals,
    announced,
    gossiped,
    input(node: number, bare: Bare<ReplicaInput>) {
      input(node, bare)
      for (let next = queue.shift(); next; next = queue.shift()) next()
    },
  }
}
