/**
 * How an institution asks to take part: what it is, its keys and where it is reached, signed by its own log key. It has
 * no chain yet, so a member logs its application. SPEC.md, "Applications".
 */
import {
  bytes,
  encode,
  equalBytes,
  field,
  type Infer,
  list,
  nullable,
  oneOf,
  struct,
  text,
  toHex,
} from '@chirograph/codec'
import {
  BLS_PUBLIC_KEY_BYTES,
  type Bls,
  type Ed25519,
  nobleBls,
  publicKeyOfDidKey,
  signingBytes,
} from '@chirograph/crypto'
import { applicantDidLengthMax, applicantDidsMax, applicantKeysMax, applicantNameBytesMax } from './limits.js'
import { nextKeyHashOf, type OrgId, orgId, orgIdOf } from './organisation.js'
import { organisationTypes } from './vocabulary.js'

/** What checks signatures; `bls` is noble unless a faster one is given. */
export interface KeyVerifiers {
  readonly ed25519: Ed25519
  readonly bls?: Bls | undefined
}

/** A key that is to sign votes, the hash of the one after it, and its own word that its owner holds it. */
export const consensusKeyShape = struct('consensus key', [
  field('key', bytes(32, 48)),
  field('nextKeyHash', bytes(32)),
  field('possession', bytes(64, 96)),
])
export type ConsensusKey = Infer<typeof consensusKeyShape>

/** One line of plain text: nothing that breaks it or turns the writing direction. */
const plainLine = /^[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\ufeff\p{Cs}]+$/u
const didPattern =
  /^did:(key:z6Mk[1-9A-HJ-NP-Za-km-z]+|web:[A-Za-z0-9.-]+(%3A[0-9]{1,5})?(:[A-Za-z0-9._-]+)*)$/

const profileFields = [
  field('name', text({ max: applicantNameBytesMax, pattern: plainLine })),
  field('type', oneOf(organisationTypes)),
  field('logKey', bytes(32)),
  field('nextKeyHash', bytes(32)),
  field('assertionKeys', list(bytes(32), { max: applicantKeysMax })),
  field('dids', list(text({ max: applicantDidLengthMax, pattern: didPattern }), { max: applicantDidsMax })),
  field('peerId', text({ max: 128, pattern: /^[A-Za-z0-9]+$/ })),
  field('consensusKey', nullable(consensusKeyShape)),
] as const

/** What an applicant says of itself. `consensusKey` is null for one that will not vote. */
export const profileShape = struct('profile', profileFields)
export type Profile = Infer<typeof profileShape>

export const applicationShape = struct('application', [
  field('profile', profileShape),
  field('signature', bytes(64)),
])
export type Application = Infer<typeof applicationShape>

const claimShape = struct('application claim', [
  field('networkId', bytes(32)),
  field('profile', profileShape),
])

const possessionShape = struct('possession', [
  field('networkId', bytes(32)),
  field('org', orgId()),
  field('key', bytes(32, 48)),
  field('nextKeyHash', bytes(32)),
])

/** What the applicant's log key signs: the profile, for this network alone. */
export function applicationSigningBytes(networkId: Uint8Array, profile: Profile): Uint8Array {
  return signingBytes('application', encode(claimShape, { networkId, profile }))
}

/** What a consensus key signs, so that nobody takes another's for its own. */
export function possessionSigningBytes(claim: {
  readonly networkId: Uint8Array
  readonly org: OrgId
  readonly key: Uint8Array
  readonly nextKeyHash: Uint8Array
}): Uint8Array {
  return signingBytes('consensus-key', encode(possessionShape, claim))
}

/** The organisation that a profile would become. */
export function applicantOf({ logKey, nextKeyHash }: Pick<Profile, 'logKey' | 'nextKeyHash'>): OrgId {
  return orgIdOf({ logKey, nextKeyHash })
}

/** Whether the applicant signed this application for this network, and holds the consensus key that it names. */
export function isApplicationSigned(
  { profile, signature }: Application,
  { networkId, ed25519, bls }: { readonly networkId: Uint8Array } & KeyVerifiers,
): boolean {
  const message = applicationSigningBytes(networkId, profile)
  if (!ed25519.verify({ publicKey: profile.logKey, message, signature })) return false
  const { consensusKey } = profile
  return (
    consensusKey === null || isPossessed(consensusKey, { networkId, org: applicantOf(profile), ed25519, bls })
  )
}

/** Whether whoever holds a consensus key says that it is this organisation's on this network. */
export function isPossessed(
  { key, nextKeyHash, possession }: ConsensusKey,
  { networkId, org, ed25519, bls = nobleBls }: { networkId: Uint8Array; org: OrgId } & KeyVerifiers,
): boolean {
  const message = possessionSigningBytes({ networkId, org, key, nextKeyHash })
  if (key.length === BLS_PUBLIC_KEY_BYTES)
    return bls.verify({ publicKeys: [key], message, signature: possession })
  return ed25519.verify({ publicKey: key, message, signature: possession })
}

/** The rules that a shape cannot express: each key has one use, and a did:key is an own assertion key. */
export function faultOfProfile({
  logKey,
  nextKeyHash,
  assertionKeys,
  dids,
  consensusKey,
}: Profile): string | undefined {
  const keys = [logKey, ...assertionKeys, ...(consensusKey ? [consensusKey.key] : [])].map(toHex)
  if (new Set(keys).size !== keys.length) return 'uses a key twice'
  if (equalBytes(nextKeyHashOf(logKey), nextKeyHash)) return 'commits to the log key in use'
  if (new Set(dids).size !== dids.length) return 'lists a DID twice'
  const isOwn = (key: Uint8Array | undefined) =>
    key !== undefined && assertionKeys.some((one) => equalBytes(one, key))
  if (dids.some((did) => did.startsWith('did:key:') && !isOwn(publicKeyOfDidKey(did))))
    return 'lists a did:key that is none of its assertion keys'
  return consensusKey === null ? undefined : faultOfConsensusKey(consensusKey)
}

/** The next key is another one. */
export function faultOfConsensusKey({ key, nextKeyHash }: ConsensusKey): string | undefined {
  return equalBytes(nextKeyHashOf(key), nextKeyHash)
    ? 'the next consensus key is the one taken into use'
    : undefined
}
