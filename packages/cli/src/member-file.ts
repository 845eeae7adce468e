/** What an institution hands to whoever makes the network: public keys and how to reach it, no secret. */
import { z } from 'zod'
import { toHex } from '@chirograph/codec'
import { type Bls, didKeyOf, type Ed25519, multikeyOf } from '@chirograph/crypto'
import { nextKeyHashOf, type OrgId, orgIdOf, type RecordClass, recordClasses } from '@chirograph/event'
import type { InstitutionSeeds } from '@chirograph/node'
import { consensusKeyOfSeed, type OrganisationType, organisationTypes } from '@chirograph/status'
import { readShaped } from './files.js'

/** The names of the classes of records, all of them. */
export const recordClassNames = Object.keys(recordClasses) as [RecordClass, ...RecordClass[]] // the table's own keys

const memberShape = z.strictObject({
  version: z.literal(1),
  type: z.literal('chirograph-member'),
  name: z.string(),
  orgType: z.enum(organisationTypes as [OrganisationType, ...OrganisationType[]]), // no table is empty
  logKey: z.string(),
  nextKeyHash: z.string(),
  assertionKeys: z.array(z.string()),
  dids: z.array(z.string()),
  peerId: z.string(),
  consensusKey: z.string(),
  /** Its consensus key where certificates are of BLS; missing in files of before there were any. */
  bls: z.strictObject({ consensusKey: z.string(), possession: z.string() }).optional(),
  /** A multiaddr that ends in the peer id; null when nobody can dial this member. */
  address: z.string().nullable(),
  /** What it asks to be recognised for. */
  recordClasses: z.array(z.enum(recordClassNames)),
})

export type MemberFile = z.infer<typeof memberShape>

export async function memberFileOf({
  seeds,
  ed25519,
  bls,
  name,
  orgType,
  address,
  recordClasses: wanted,
}: {
  readonly seeds: InstitutionSeeds
  readonly ed25519: Ed25519
  readonly bls: Bls
  readonly name: string
  readonly orgType: OrganisationType
  /** Without the peer id. */
  readonly address: string | null
  readonly recordClasses: readonly RecordClass[]
}): Promise<MemberFile> {
  // Loaded here, because it takes longer than everything else that most commands need.
  const { peerIdOfSeed } = await import('@chirograph/network-libp2p')
  const peerId = peerIdOfSeed(seeds.transport)
  const assertionKey = ed25519.publicKey(seeds.assertion)
  const logKey = ed25519.publicKey(seeds.log)
  const nextKeyHash = nextKeyHashOf(ed25519.publicKey(seeds.nextLog))
  const org = orgIdOf({ logKey, nextKeyHash })
  return {
    version: 1,
    type: 'chirograph-member',
    name,
    orgType,
    logKey: multikeyOf(logKey),
    nextKeyHash: toHex(nextKeyHash),
    assertionKeys: [multikeyOf(assertionKey)],
    dids: [didKeyOf(assertionKey)],
    peerId,
    consensusKey: multikeyOf(ed25519.publicKey(seeds.consensus)),
    bls: blsKeyOf(seeds.consensus, { org, ed25519, bls }),
    address: address === null ? null : `${address}/p2p/${peerId}`,
    recordClasses: [...wanted],
  }
}

/** What a member file says of the BLS key that follows from the seed of the consensus key. */
export function blsKeyOf(
  seed: Uint8Array,
  means: { readonly org: OrgId; readonly ed25519: Ed25519; readonly bls: Bls },
): NonNullable<MemberFile['bls']> {
  const { consensusKey, possession = '' } = consensusKeyOfSeed(seed, { ...means, certificates: 'bls12-381' })
  return { consensusKey, possession }
}

export function readMember(path: string): Promise<MemberFile> {
  return readShaped(path, memberShape, 'give the member.json that chirograph init made')
}
