/** What an institution hands to a member of the network that it wants to join: its signed application, no secret. */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { toHex } from '@chirograph/codec'
import { type Bls, publicKeyOfMultikey } from '@chirograph/crypto'
import { fastestEd25519 } from '@chirograph/crypto-native'
import { type Application, applicationSigningBytes, type OrgId, type Profile } from '@chirograph/event'
import { type KeptSeeds, orgIdOfSeeds } from '@chirograph/node'
import { type Genesis, networkIdOf, possessedKey, voteKeysOf } from '@chirograph/status'
import { readShaped } from './files.js'
import type { MemberFile } from './member-file.js'

const applicationShape = z.strictObject({
  version: z.literal(1),
  type: z.literal('chirograph-application'),
  networkId: z.string(),
  name: z.string(),
  org: z.string(),
  /** Checked by the node that logs it. */
  application: z.unknown(),
})

export type ApplicationFile = z.infer<typeof applicationShape>

export function readApplicationFile(path: string): Promise<ApplicationFile> {
  const hint = 'give the application.json that chirograph member application made'
  return readShaped(path, applicationShape, hint)
}

/** The application of these keys, and the keys with the one that it commits to; these are to be stored first. */
export function makeApplication({
  seeds,
  member,
  genesis,
  bls,
}: {
  readonly seeds: KeptSeeds
  readonly member: MemberFile
  readonly genesis: Genesis
  readonly bls: Bls | undefined
}): { readonly org: OrgId; readonly application: Application; readonly seeds: KeptSeeds } {
  const ed25519 = fastestEd25519()
  const { nextConsensus = new Uint8Array(randomBytes(32)) } = seeds
  const networkId = networkIdOf(genesis)
  const org = orgIdOfSeeds(seeds, ed25519)
  const keys = voteKeysOf({ certificates: genesis.certificates, ed25519, bls })
  const profile: Profile = {
    name: member.name,
    type: member.orgType,
    logKey: ed25519.publicKey(seeds.log),
    nextKeyHash: hashOf(member.nextKeyHash),
    assertionKeys: member.assertionKeys.map(keyOf),
    dids: member.dids,
    peerId: member.peerId,
    consensusKey: possessedKey(seeds.consensus, { keys, networkId, org, nextSeed: nextConsensus }),
  }
  const message = applicationSigningBytes(networkId, profile)
  const application = { profile, signature: ed25519.sign({ seed: seeds.log, message }) }
  return { org, application, seeds: { ...seeds, nextConsensus } }
}

/** Its bytes as the API reads them. */
export function jsonOfApplication(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return value.map(jsonOfApplication)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, jsonOfApplication(part)]))
}

function keyOf(multikey: string): Uint8Array {
  const key = publicKeyOfMultikey(multikey)
  if (key === undefined) throw new Error(`member.json names ${multikey}, which is no key`)
  return key
}

function hashOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}
