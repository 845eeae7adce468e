/** A small network for tests: a genesis with real keys, chains of signed events, and folding without a log. */
import '../../../test/native.ts'
import { type EventId, sha256, toHex, utf8 } from '@chirograph/codec'
import { didKeyOf, multikeyOf, nobleEd25519 } from '@chirograph/crypto'
import {
  createEvent,
  type EventBody,
  nextKeyHashOf,
  type OrgId,
  orgIdOf,
  type VerifiedEvent,
} from '@chirograph/event'
import { forkEvidenceOf } from '@chirograph/log'
import {
  type Applied,
  applyEvents,
  consensusKeyOfSeed,
  type FoldContext,
  type Genesis,
  type GenesisOrganisation,
  genesisState,
  type NetworkState,
  networkIdOf,
  parseGenesis,
} from '@chirograph/status'
import { fastestBls } from '../../crypto-native/src/index.ts'

/** For BLS networks; the same answers as noble's. */
export const bls = fastestBls()

export const dayMs = 86_400_000

/** An organisation with the seeds of all its keys. */
export interface Member {
  readonly id: OrgId
  readonly logSeed: Uint8Array
  /** The seed that the next-key hash commits to. */
  readonly nextSeed: Uint8Array
  readonly assertionSeed: Uint8Array
  readonly consensusSeed: Uint8Array
  readonly did: string
  readonly isVoter: boolean
}

export interface Network {
  readonly genesis: Genesis
  readonly networkId: Uint8Array
  /** In the order of the genesis. */
  readonly members: readonly [Member, Member, ...Member[]]
  readonly state: NetworkState
}

const genesisTimeMs = 1_700_000_000_000

/** `size` organisations; the first may issue certificates and degrees, the others nothing. The last ones only observe. */
export function makeNetwork({
  size = 4,
  observers = 0,
  name = 'Test network',
  certificates,
}: {
  size?: number
  observers?: number
  name?: string
  certificates?: 'bls12-381'
} = {}): Network {
  const made = Array.from({ length: size }, (_, index) =>
    makeMember(index, index < size - observers, certificates),
  )
  made.sort((a, b) => (a.member.id < b.member.id ? -1 : 1))
  const document: Genesis = {
    version: 1,
    name,
    purpose: 'demo',
    timeMs: genesisTimeMs,
    statusListBase: 'https://lists.example/status-lists',
    ...(certificates && { certificates }),
    organisations: made.map(({ organisation }, index) =>
      index === 0
        ? {
            ...organisation,
            recognitions: [{ recordClasses: ['certificate-noncredit', 'degree'], fromMs: 0, untilMs: null }],
          }
        : organisation,
    ),
    parameters: { viewTimeoutMs: 2_000, heartbeatMs: 60_000, cutBytesMax: 1_000_000, clockBoundMs: 30_000 },
  }
  const parsed = parseGenesis(document, { bls })
  if (parsed.kind === 'invalid') throw new Error(`${parsed.path}: ${parsed.detail}`)
  const [first, second, ...rest] = made.map(({ member }) => member)
  if (first === undefined || second === undefined) throw new Error('a test network has two members or more')
  return {
    genesis: parsed.genesis,
    networkId: networkIdOf(parsed.genesis),
    members: [first, second, ...rest],
    state: genesisState(parsed.genesis),
  }
}

export function makeMember(
  index: number,
  isVoter = true,
  certificates?: 'bls12-381',
): { member: Member; organisation: GenesisOrganisation } {
  const [logSeed, nextSeed, assertionSeed, consensusSeed] = ['log', 'next', 'assertion', 'consensus'].map(
    (use) => sha256(utf8(`${use} key ${index}`)),
  ) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array] // four uses give four seeds
  const logKey = nobleEd25519.publicKey(logSeed)
  const nextKeyHash = nextKeyHashOf(nobleEd25519.publicKey(nextSeed))
  const assertionKey = nobleEd25519.publicKey(assertionSeed)
  const id = orgIdOf({ logKey, nextKeyHash })
  const did = didKeyOf(assertionKey)
  const organisation: GenesisOrganisation = {
    id,
    name: `College ${index}`,
    type: 'community-college',
    logKey: multikeyOf(logKey),
    nextKeyHash: toHex(nextKeyHash),
    assertionKeys: [multikeyOf(assertionKey)],
    dids: [`did:web:college-${index}.example`, did],
    peerId: `12D3KooWCollege${index}`,
    ...(isVoter
      ? consensusKeyOfSeed(consensusSeed, { org: id, certificates, ed25519: nobleEd25519, bls })
      : { consensusKey: null }),
    recognitions: [],
  }
  return { member: { id, logSeed, nextSeed, assertionSeed, consensusSeed, did, isVoter }, organisation }
}

/** Where a chain begins: at the author's first event, or after another event, or with a rotation. */
export interface ChainStart {
  readonly generation?: number
  readonly sequence?: number
  readonly prev?: EventId | null
  readonly seed?: Uint8Array
}

/** One author's chain: each call signs the next event. */
export function chainOf(
  { networkId }: Network,
  { id: author, logSeed }: Member,
  { generation = 0, sequence: first = 0, prev: before = null, seed = logSeed }: ChainStart = {},
): (body: EventBody, references?: readonly EventId[]) => VerifiedEvent {
  let sequence = first
  let prev = before
  return (body, references = []) => {
    const event = createEvent(
      { networkId, author, generation, sequence, prev, references, timeMs: genesisTimeMs, body },
      (message) => nobleEd25519.sign({ seed, message }),
    )
    sequence++
    prev = event.id
    return event
  }
}

/** What takes the key of one seed into use and commits to that of another. */
export function rotate({ seed, nextSeed }: { seed: Uint8Array; nextSeed: Uint8Array }): EventBody {
  const nextKeyHash = nextKeyHashOf(nobleEd25519.publicKey(nextSeed))
  return { kind: 'key.rotate', logKey: nobleEd25519.publicKey(seed), nextKeyHash }
}

/** Two events of a member at its first place, one smaller by header bytes than the other. */
export function forkOf(network: Network, member: Member): [VerifiedEvent, VerifiedEvent] {
  const pair = [16, 32].map((size) => chainOf(network, member)(issue(size)))
  return pair.sort((a, b) => Buffer.compare(a.headerBytes, b.headerBytes)) as [VerifiedEvent, VerifiedEvent] // a pair
}

/** The proof that the two are a fork. */
export function evidenceOf(a: VerifiedEvent, b: VerifiedEvent): EventBody {
  const evidence = forkEvidenceOf(a, b)
  if (evidence === undefined) throw new Error('no fork')
  return evidence
}

/** Folds events as one header at height 1, a day after the genesis, unless told otherwise. */
export function fold(
  state: NetworkState,
  events: readonly VerifiedEvent[],
  context: Partial<Omit<FoldContext, 'events'>> = {},
): Applied {
  const inCut = new Set(events.map((event) => event.id))
  return applyEvents(state, {
    events,
    height: 1,
    timeMs: genesisTimeMs + dayMs,
    cutEntryOf: () => undefined,
    closedAt: () => null,
    isFinalOrInCut: (id) => inCut.has(id),
    ed25519: nobleEd25519,
    bls,
    ...context,
  })
}

/** The void reasons of an application, null where an event applied. */
export function reasonsOf({ outcomes }: Applied): (string | null)[] {
  return outcomes.map((outcome) => (outcome.outcome === 'void' ? outcome.reason : null))
}

export const headerTimeMs = genesisTimeMs + dayMs

export function issue(paddedSize = 16): EventBody {
  return {
    kind: 'credential.issueBatch',
    root: sha256(utf8(`batch of ${paddedSize}`)),
    paddedSize,
    recordClass: 'certificate-noncredit',
    credentialType: 'open-badge-3',
    schemaDigest: new Uint8Array(32),
  }
}

/** A handle that sorts by its number. */
export function handle(number: number): Uint8Array {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(0, number)
  return bytes
}

export function entries(...numbers: number[]): { handle: Uint8Array; position: number | null }[] {
  return numbers.map((number) => ({ handle: handle(number), position: null }))
}
