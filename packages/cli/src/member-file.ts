/** What an institution hands to whoever makes the network: public keys and how to reach it, no secret. */
import { z } from 'zod'
import { toHex } from '@chirograph/codec'
import { didKeyOf, type Ed25519, multikeyOf } from '@chirograph/crypto'
import { nextKeyHashOf, type RecordClass, recordClasses } from '@chirograph/event'
import type { InstitutionSeeds } from '@chirograph/node'
import { type OrganisationType, organisationTypes } from '@chirograph/status'
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
  /** A multiaddr that ends in the peer id; null when nobody can dial this member. */
  address: z.string().nullable(),
  /** What it asks to be recognised for. */
  recordClasses: z.array(z.enum(recordClassNames)),
})

export type MemberFile = z.infer<typeof memberShape>

export async function memberFileOf({
  seeds,
  ed25519,
  name,
  orgType,
  address,
  recordClasses: wanted,
}: {
  readonly seeds: InstitutionSeeds
  readonly ed25519: Ed25519
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
  return {
    version: 1,
    type: 'chirograph-member',
    name,
    orgType,
    logKey: multikeyOf(ed25519.publicKey(seeds.log)),
    nextKeyHash: toHex(nextKeyHashOf(ed25519.publicKey(seeds.nextLog))),
    assertionKeys: [multikeyOf(assertionKey)],
    dids: [didKeyOf(assertionKey)],
    peerId,
    consensusKey: multikeyOf(ed25519.publicKey(seeds.consensus)),
    address: address === null ? null : `${address}/p2p/${peerId}`,
    recordClasses: [...wanted],
  }
}

export function readMember(path: string): Promise<MemberFile> {
  return readShaped(path, memberShape, 'give the member.json that chirograph init made')
}
