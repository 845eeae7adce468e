/** The checkpoint header that a quorum signs: a core that every status proof carries, and a hashed rest. */
import {
  constant,
  type Decoded,
  decode,
  encode,
  equalBytes,
  field,
  hexBytes,
  type Infer,
  sha256,
  struct,
  toHex,
  uint,
} from '@chirograph/codec'
import { hashDomain } from '@chirograph/crypto'
import { headerBytesMax } from './limits.js'
import { type Hex, hexToBytes } from './validator-set.js'

/** What an offline verifier needs of a checkpoint: when it was, by whom, and the root of all statuses. */
export const headerCoreShape = struct('header core', [
  field('version', constant(1)),
  field('networkId', hexBytes(32)),
  field('epoch', uint()),
  field('view', uint()),
  field('height', uint()),
  field('timeMs', uint()),
  field('setHash', hexBytes(32)),
  field('stateRoot', hexBytes(32)),
  field('nextSetHash', hexBytes(32)),
  field('restHash', hexBytes(32)),
])

/** What only replicas need: the parent, the cut of the log that became final, and the log's Merkle root. */
export const headerRestShape = struct('header rest', [
  field('parent', hexBytes(32)),
  field('cutRoot', hexBytes(32)),
  field('logRoot', hexBytes(32)),
  field('logSize', uint()),
])

/** Of a tail: the same as its base has, and which header that is. */
export const tailRestShape = struct('tail rest', [
  field('parent', hexBytes(32)),
  field('cutRoot', hexBytes(32)),
  field('logRoot', hexBytes(32)),
  field('logSize', uint()),
  field('base', hexBytes(32)),
])

export type HeaderCore = Infer<typeof headerCoreShape>
/** `base` stands in tails alone: the header that closes the epoch. */
export type HeaderRest = Infer<typeof headerRestShape> & { readonly base?: Hex }

/** A header with its bytes and its digest, hashDomain('header', coreBytes), which votes and certificates name. */
export interface Header {
  readonly core: HeaderCore
  readonly rest: HeaderRest
  readonly coreBytes: Uint8Array
  readonly restBytes: Uint8Array
  readonly digest: Hex
}

/** Seals a header: computes the rest's hash into the core, and the digest. */
export function createHeader(core: Omit<HeaderCore, 'version' | 'restHash'>, rest: HeaderRest): Header {
  const { base } = rest
  const restBytes =
    base === undefined ? encode(headerRestShape, rest) : encode(tailRestShape, { ...rest, base })
  const sealed: HeaderCore = { version: 1, ...core, restHash: toHex(sha256(restBytes)) }
  const coreBytes = encode(headerCoreShape, sealed)
  return { core: sealed, rest, coreBytes, restBytes, digest: headerDigest(coreBytes) }
}

/** Reads a header from the two byte strings of a proposal. */
export function decodeHeader(coreBytes: Uint8Array, restBytes: Uint8Array): Decoded<Header> {
  const core = decode(headerCoreShape, coreBytes, { bytesMax: headerBytesMax })
  if (!core.ok) return core
  const rest = decodeRest(restBytes)
  if (!rest.ok) return rest
  if (!equalBytes(hexToBytes(core.value.restHash), sha256(restBytes))) {
    return { ok: false, code: 'SHAPE', detail: 'the rest of the header does not hash to what its core says' }
  }
  return {
    ok: true,
    value: { core: core.value, rest: rest.value, coreBytes, restBytes, digest: headerDigest(coreBytes) },
  }
}

/** An array of five is a tail's. */
function decodeRest(restBytes: Uint8Array): Decoded<HeaderRest> {
  const options = { bytesMax: headerBytesMax }
  return restBytes[0] === 0x85
    ? decode(tailRestShape, restBytes, options)
    : decode(headerRestShape, restBytes, options)
}

/** Reads the core alone, as a status proof carries it. */
export function decodeHeaderCore(coreBytes: Uint8Array): Decoded<{ core: HeaderCore; digest: Hex }> {
  const core = decode(headerCoreShape, coreBytes, { bytesMax: headerBytesMax })
  return core.ok ? { ok: true, value: { core: core.value, digest: headerDigest(coreBytes) } } : core
}

function headerDigest(coreBytes: Uint8Array): Hex {
  return toHex(hashDomain('header', coreBytes))
}
