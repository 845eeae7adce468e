/** How an organisation is named: by a hash that commits to its first key and to the key that may replace it. */
import {
  branded,
  bytes,
  encode,
  field,
  fromHex,
  hexBytes,
  type Shape,
  sha256,
  struct,
  toHex,
} from '@chirograph/codec'
import { hashDomain } from '@chirograph/crypto'

declare const orgIdBrand: unique symbol

/** An organisation's id: 64 lowercase hex characters of a 32-byte hash. Hex order is byte order. */
export type OrgId = string & { readonly [orgIdBrand]: true }

const keyCommitment = struct('organisation', [field('logKey', bytes(32)), field('nextKeyHash', bytes(32))])

/**
 * The id of the organisation whose first log key is `logKey` (32 bytes, ed25519) and whose next log key has the
 * SHA-256 hash `nextKeyHash`. Both are fixed for ever, so a thief of the first key cannot name a successor.
 */
export function orgIdOf(keys: { readonly logKey: Uint8Array; readonly nextKeyHash: Uint8Array }): OrgId {
  return brand(toHex(hashDomain('organisation', encode(keyCommitment, keys))))
}

/** The commitment to a future log key: SHA-256 of its 32 public bytes. */
export function nextKeyHashOf(nextLogKey: Uint8Array): Uint8Array {
  return sha256(nextLogKey)
}

/** The id written in `text`, or undefined when it is not 64 lowercase hex characters. */
export function parseOrgId(text: string): OrgId | undefined {
  return /^[0-9a-f]{64}$/.test(text) ? brand(text) : undefined
}

/** The 32 bytes of an id. */
export function orgIdBytes(org: OrgId): Uint8Array {
  const raw = fromHex(org)
  if (raw === undefined) throw new Error(`not an organisation id: ${org}`)
  return raw
}

/** An organisation on the wire: 32 bytes; in memory its hex text. */
export function orgId(): Shape<OrgId> {
  return orgIdShape
}

const orgIdShape: Shape<OrgId> = branded<string, OrgId>(hexBytes(32))

function brand(hex: string): OrgId {
  return hex as OrgId // every caller has just made or matched 64 lowercase hex characters
}
