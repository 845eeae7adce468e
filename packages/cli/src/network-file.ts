/** The file that makes a network: its genesis, and where its members can be reached at first. */
import { z } from 'zod'
import { fromHex } from '@chirograph/codec'
import { publicKeyOfMultikey } from '@chirograph/crypto'
import { fastestBls } from '@chirograph/crypto-native'
import { orgIdOf } from '@chirograph/event'
import { type Genesis, type GenesisOrganisation, type ParsedGenesis, parseGenesis } from '@chirograph/status'
import { usage } from './failure.js'
import { invalid, readShaped } from './files.js'
import type { MemberFile } from './member-file.js'

export interface NetworkFile {
  readonly version: 1
  readonly type: 'chirograph-network'
  readonly genesis: Genesis
  /** By organisation id. Not part of the genesis: addresses change, the network's id does not. */
  readonly addresses: Readonly<Record<string, readonly string[]>>
}

const networkShape = z.strictObject({
  version: z.literal(1),
  type: z.literal('chirograph-network'),
  genesis: z.unknown(),
  addresses: z.record(z.string().regex(/^[0-9a-f]{64}$/), z.array(z.string().max(512)).max(16)),
})

const hint = 'give the network.json that chirograph network create made'

export async function readNetwork(path: string): Promise<NetworkFile> {
  const { version, type, genesis, addresses } = await readShaped(path, networkShape, hint)
  const parsed = parseFast(genesis)
  if (parsed.kind === 'invalid') throw invalid(path, `genesis ${parsed.path}: ${parsed.detail}`, hint)
  return { version, type, genesis: parsed.genesis, addresses }
}

/** With the fast back end where there are proofs of possession to check; to choose it takes a moment as well. */
function parseFast(document: unknown): ParsedGenesis {
  const hasProofs = typeof document === 'object' && document !== null && 'certificates' in document
  return parseGenesis(document, hasProofs ? { bls: fastestBls() } : {})
}

/** Addresses of everybody but oneself. */
export function addressesOfOthers({ addresses }: NetworkFile, org: string): string[] {
  return Object.entries(addresses).flatMap(([member, list]) => (member === org ? [] : list))
}

export interface NetworkPlan {
  readonly name: string
  readonly members: readonly MemberFile[]
  readonly purpose: Genesis['purpose']
  readonly statusListBase: string
  readonly certificates: Genesis['certificates']
  readonly timeMs: number
  readonly viewTimeoutMs: number
  readonly heartbeatMs: number
}

/** A network of these members, each recognised for what it asks; `CLI_USAGE` says what cannot be. */
export function networkOf(plan: NetworkPlan): NetworkFile {
  const { name, members, purpose, statusListBase, certificates, timeMs, viewTimeoutMs, heartbeatMs } = plan
  const organisations = members.map((member) => organisationOf(member, { certificates, timeMs }))
  const document = {
    version: 1,
    name,
    purpose,
    timeMs,
    statusListBase,
    ...(certificates && { certificates }),
    organisations: [...organisations].sort((a, b) => (a.id < b.id ? -1 : 1)),
    parameters: { viewTimeoutMs, heartbeatMs, cutBytesMax, clockBoundMs },
  }
  const parsed = parseFast(document)
  if (parsed.kind === 'invalid') {
    throw usage(
      `these members make no network (${parsed.path || 'genesis'}: ${parsed.detail})`,
      'check that each member file is given once and was made by chirograph init',
    )
  }
  const addresses = members.map(({ address }, at) => [organisations[at]?.id ?? '', address ? [address] : []])
  return {
    version: 1,
    type: 'chirograph-network',
    genesis: parsed.genesis,
    addresses: Object.fromEntries(addresses),
  }
}

/** Bytes of events that one checkpoint takes in. */
const cutBytesMax = 1_000_000

/** How far a header's time may be from a voter's clock. */
const clockBoundMs = 30_000

function organisationOf(
  member: MemberFile,
  { certificates, timeMs }: Pick<NetworkPlan, 'certificates' | 'timeMs'>,
): GenesisOrganisation {
  const { name, orgType, logKey, nextKeyHash, assertionKeys, dids, peerId, consensusKey, bls } = member
  const keyBytes = publicKeyOfMultikey(logKey)
  const hashBytes = fromHex(nextKeyHash)
  if (keyBytes === undefined || hashBytes?.length !== 32)
    throw usage(`the member file of ${name} has no valid keys`, 'ask for the file that chirograph init made')
  if (certificates !== undefined && bls === undefined)
    throw usage(
      `the member file of ${name} has no BLS key: it was made by an older version`,
      'ask for it anew, after chirograph init was run again in its folder; or use --certificates ed25519',
    )
  const recognition = { recordClasses: member.recordClasses, fromMs: timeMs, untilMs: null }
  return {
    id: orgIdOf({ logKey: keyBytes, nextKeyHash: hashBytes }),
    name,
    type: orgType,
    logKey,
    nextKeyHash,
    assertionKeys,
    dids,
    peerId,
    ...(certificates === undefined ? { consensusKey } : (bls ?? { consensusKey })),
    recognitions: member.recordClasses.length > 0 ? [recognition] : [],
  }
}
