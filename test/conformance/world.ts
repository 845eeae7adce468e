/** The network that the vectors speak of: five institutions with fixed seeds, and one issued credential. */
import { type EventId, sha256, toHex, utf8 } from '@chirograph/codec'
import { jcsProof, statusEntries } from '@chirograph/credential'
import { didKeyOf, didKeyVerificationMethod, multikeyOf, nobleEd25519 } from '@chirograph/crypto'
import {
  buildBatch,
  createEvent,
  credentialDigest,
  type EventBody,
  handleOf,
  leafOf,
  nextKeyHashOf,
  type OrgId,
  orgIdOf,
  type VerifiedEvent,
} from '@chirograph/event'
import { type Genesis, type GenesisOrganisation, networkIdOf, parseGenesis } from '@chirograph/status'
import { chirographContext, pinnedContextUrls } from '@chirograph/verifier'

/** 32 bytes that look random and follow from a name. */
export function bytes32(name: string): Uint8Array {
  return sha256(utf8(`chirograph conformance: ${name}`))
}

export function signer(seed: Uint8Array): (message: Uint8Array) => Uint8Array {
  return (message) => nobleEd25519.sign({ seed, message })
}

export interface Member {
  readonly id: OrgId
  readonly organisation: GenesisOrganisation
  readonly seeds: {
    readonly log: Uint8Array
    readonly nextLog: Uint8Array
    readonly assertion: Uint8Array
    readonly consensus: Uint8Array
  }
}

function memberOf(
  role: string,
  own: Pick<GenesisOrganisation, 'name' | 'type' | 'peerId' | 'recognitions'>,
  { isVoter = true }: { isVoter?: boolean } = {},
): Member {
  const seeds = {
    log: bytes32(`log seed of the ${role}`),
    nextLog: bytes32(`next log seed of the ${role}`),
    assertion: bytes32(`assertion seed of the ${role}`),
    consensus: bytes32(`consensus seed of the ${role}`),
  }
  const logKey = nobleEd25519.publicKey(seeds.log)
  const nextKeyHash = nextKeyHashOf(nobleEd25519.publicKey(seeds.nextLog))
  const assertionKey = nobleEd25519.publicKey(seeds.assertion)
  const id = orgIdOf({ logKey, nextKeyHash })
  const { name, type, peerId, recognitions } = own
  const organisation: GenesisOrganisation = {
    id,
    name,
    type,
    logKey: multikeyOf(logKey),
    nextKeyHash: toHex(nextKeyHash),
    assertionKeys: [multikeyOf(assertionKey)],
    dids: [`did:web:${role}.example`, didKeyOf(assertionKey)],
    peerId,
    consensusKey: isVoter ? multikeyOf(nobleEd25519.publicKey(seeds.consensus)) : null,
    recognitions,
  }
  return { id, organisation, seeds }
}

/** Milliseconds. Everything happens after the genesis. */
export const genesisTimeMs = 1_700_000_000_000
export const dayMs = 86_400_000

/** Recognised to issue degrees and non-credit certificates; the classes stand out of order on purpose. */
export const issuer = memberOf('issuer', {
  name: 'Northern Community College',
  type: 'community-college',
  peerId: '12D3KooWissuer',
  recognitions: [
    { recordClasses: ['certificate-noncredit', 'degree'], fromMs: 0, untilMs: null },
    { recordClasses: ['licence'], fromMs: genesisTimeMs, untilMs: genesisTimeMs + 365 * dayMs },
  ],
})
const plain = { recognitions: [] }
export const forker = memberOf('forker', {
  name: 'Southern Training Centre',
  type: 'training-provider-nonprofit',
  peerId: '12D3KooWforker',
  ...plain,
})
export const witness = memberOf('witness', {
  name: 'Université de l’Est',
  type: 'four-year',
  peerId: '12D3KooWwitness',
  ...plain,
})
export const accreditor = memberOf('accreditor', {
  name: 'Western Accreditation Council',
  type: 'accreditor',
  peerId: '12D3KooWaccreditor',
  ...plain,
})
/** Writes events but does not vote. */
export const observer = memberOf(
  'observer',
  { name: 'Harbour Employers’ Union', type: 'union', peerId: '12D3KooWobserver', ...plain },
  { isVoter: false },
)

/** In the order of their ids, as in the genesis. */
export const members = [issuer, forker, witness, accreditor, observer].sort((a, b) => (a.id < b.id ? -1 : 1))
export const voters = members.filter((member) => member.organisation.consensusKey !== null)

export const genesis: Genesis = checkedGenesis({
  version: 1,
  name: 'Conformance network',
  purpose: 'demo',
  timeMs: genesisTimeMs,
  statusListBase: 'https://lists.example/status-lists',
  organisations: members.map(({ organisation }) => organisation),
  parameters: { viewTimeoutMs: 2_000, heartbeatMs: 60_000, cutBytesMax: 1_000_000, clockBoundMs: 30_000 },
})
export const networkId = networkIdOf(genesis)

function checkedGenesis(document: Genesis): Genesis {
  const parsed = parseGenesis(document)
  if (parsed.kind === 'invalid') throw new Error(`${parsed.path}: ${parsed.detail}`)
  return parsed.genesis
}

export interface Place {
  readonly sequence: number
  readonly prev: EventId | null
  readonly references?: readonly EventId[]
  readonly timeMs?: number
}

/** An event of a member, signed, at a place of its chain. */
export function eventBy(member: Member, body: EventBody, place: Place): VerifiedEvent {
  const { sequence, prev, references = [], timeMs = genesisTimeMs + 1_000 } = place
  const header = { networkId, author: member.id, generation: 0, sequence, prev, references, timeMs }
  return createEvent({ ...header, body }, signer(member.seeds.log))
}

/** Inside the signed credential; never on the log. */
export const nonce = bytes32('nonce')
export const handle = handleOf({ issuer: issuer.id, nonce })
/** The credential's slot in the status lists: the first of the issuer's lease. */
export const position = 0

const did = issuer.organisation.dids[1] ?? ''
export const assertionMethod = didKeyVerificationMethod(nobleEd25519.publicKey(issuer.seeds.assertion))

/** An Open Badge about nobody in particular, before it is signed. */
export const unsignedCredential = {
  '@context': [...pinnedContextUrls, structuredClone(chirographContext)],
  id: 'urn:uuid:3a2f2f0e-5d1c-4f0a-9b6e-1f2d3c4b5a69',
  type: ['VerifiableCredential', 'OpenBadgeCredential'],
  name: 'Soldadura, nivel 1 – „Schweißen“',
  issuer: { id: did, type: ['Profile'], name: issuer.organisation.name },
  validFrom: '2023-11-15T00:00:00Z',
  credentialSubject: {
    type: ['AchievementSubject'],
    achievement: {
      id: 'urn:uuid:0d3c5a1e-7a51-8c1b-9c3d-2f4b6a8c0e12',
      type: ['Achievement'],
      achievementType: 'Certificate',
      name: 'Soldadura, nivel 1 – „Schweißen“',
      description: 'Welds mild steel in flat position.',
      criteria: { narrative: 'Three test pieces, examined.' },
      creditsAvailable: 4.5,
    },
  },
  credentialStatus: statusEntries({
    statusListBase: genesis.statusListBase,
    position,
    networkId: toHex(networkId),
    issuerOrg: issuer.id,
    nonce,
  }),
}
export const proofCreated = '2023-11-15T00:00:01Z'
export const credentialProof = jcsProof({
  document: unsignedCredential,
  verificationMethod: assertionMethod,
  created: proofCreated,
  seed: issuer.seeds.assertion,
  ed25519: nobleEd25519,
})
export const credential = { ...unsignedCredential, proof: [credentialProof] }

/** The credential's leaf is the third of three in a batch padded to sixteen. */
export const leafIndex = 2
export const digest = credentialDigest(unsignedCredential)
export const batchLeaves = [bytes32('leaf 0'), bytes32('leaf 1'), leafOf({ handle, digest })]
export const batch = buildBatch({ leaves: batchLeaves, blind: (index) => bytes32(`free slot ${index}`) })
