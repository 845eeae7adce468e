/**
 * Domain separation: a hash or signature made for one purpose never stands for another.
 * Everything hashed or signed begins with `chirograph:1:<purpose>` and a zero byte.
 */
import { concatBytes, sha256, utf8 } from '@chirograph/codec'

/** Every purpose there is. A name has no zero byte, so no domain is a prefix of another. */
export const domains = [
  'event',
  'vote',
  'proposal',
  'header',
  'genesis',
  'validator-set',
  'organisation',
  'cut',
  'handle',
  'credential',
  'state-org',
  'state-batch',
  'state-credential',
  'state-lease',
  'state-network',
  'state-recovery',
  'state-generations',
  'possession',
  'application',
  'consensus-key',
  'state-validators',
  'state-member',
  'state-application',
  'state-eviction',
  'state-joined',
  'recall',
  'state-proposal',
] as const

export type Domain = (typeof domains)[number]

/** `chirograph:1:<name>` in UTF-8, then 0x00. The 1 is the protocol's version. One array for all callers: to be read only. */
export function domain(name: Domain): Uint8Array {
  return encoded[name]
}

/** Once each, since every leaf of a tree and every signature begins with one. */
const encoded = Object.fromEntries(domains.map((name) => [name, utf8(`chirograph:1:${name}\0`)])) as Readonly<
  Record<Domain, Uint8Array>
> // the entries are those of `domains`

/**
 * SHA-256 of the domain and the parts, 32 bytes. Parts are joined without lengths: give parts of fixed
 * length, or one canonical encoding, so that no two lists of parts join to the same bytes.
 */
export function hashDomain(name: Domain, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha256(domain(name), ...parts)
}

/** What a signature is made over: the domain, then the message. */
export function signingBytes(name: Domain, message: Uint8Array): Uint8Array {
  return concatBytes(domain(name), message)
}
