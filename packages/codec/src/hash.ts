/**
 * The one hash of the protocol, SHA-256, and the one place where the machine's own may take over from the portable
 * one. Both give the same bytes, which is checked before a change, so no result depends on which of them is at work;
 * only the time does.
 */
import { sha256 as portable } from '@noble/hashes/sha2.js'
import { concatBytes, equalBytes, fromHex, utf8 } from './bytes.js'
import { CodecError } from './error.js'
import { digestBytes } from './limits.js'

/** An implementation of SHA-256 (FIPS 180-4). */
export interface Sha256 {
  /** For logs. */
  readonly name: string
  /** 32 bytes that nothing else holds or changes. It keeps no reference to the message, which may be written over. */
  digest(message: Uint8Array): Uint8Array
  /** The same 32 bytes, written into an array from `at` on; where this lacks they are copied. */
  digestInto?(message: Uint8Array, target: Uint8Array, at: number): void
}

/** SHA-256 in plain JavaScript, at work until another is put in its place. */
export const nobleSha256: Sha256 = Object.freeze({ name: 'noble', digest: portable })

/**
 * Puts an implementation to work in this thread, for every package. Meant for the shell, once, at its start; throws
 * `HASH` when it does not compute SHA-256.
 */
export function useSha256(implementation: Sha256): void {
  if (!isSha256(implementation)) throw new CodecError('HASH', `${implementation.name} computes another hash`)
  active = implementation
}

let active: Sha256 = nobleSha256

/** SHA-256 of the parts one after another: 32 bytes. Callers make the parts unambiguous. */
export function sha256(first: Uint8Array = nothing, ...rest: readonly Uint8Array[]): Uint8Array {
  return active.digest(rest.length === 0 ? first : join(first, rest))
}

/** SHA-256 of a message into 32 bytes of an array, for whoever hashes very many: an array each costs more than the hash. */
export function sha256Into(message: Uint8Array, target: Uint8Array, at: number): void {
  if (active.digestInto === undefined) target.set(active.digest(message), at)
  else active.digestInto(message, target, at)
}

const nothing = new Uint8Array(0)

/** Parts in one array, which is good until the next call. */
function join(first: Uint8Array, rest: readonly Uint8Array[]): Uint8Array {
  let length = first.length
  for (const part of rest) length += part.length
  if (length > joined.length) return concatBytes(first, ...rest)
  joined.set(first)
  let end = first.length
  for (const part of rest) {
    joined.set(part, end)
    end += part.length
  }
  return joined.subarray(0, length)
}

/**
 * Where parts are put together, since an array above 64 bytes costs more to make than to hash. Long enough for what is
 * hashed often: leaves, map entries, domains with an id or two. Beyond, hashing outweighs the array.
 */
const joined = new Uint8Array(512)

/**
 * Whether an implementation gives the known answers, and the portable one's for messages of every length up to three
 * blocks, in arrays that it leaves to the caller. A guard against a library that changes, not a proof.
 */
export function isSha256(implementation: Sha256): boolean {
  if (knownAnswers.some(([message, digest]) => !isDigest(implementation.digest(message), digest)))
    return false
  const message = new Uint8Array(3 * blockBytes).map((_, i) => i)
  const given: Uint8Array[] = []
  const lengths = Array.from(message.keys())
  for (const length of lengths) given.push(implementation.digest(message.subarray(message.length - length)))
  const into = new Uint8Array(lengths.length * digestBytes + 1)
  for (const length of lengths)
    implementation.digestInto?.(message.subarray(message.length - length), into, 1 + length * digestBytes)
  const isInto = (length: number, digest: Uint8Array) =>
    implementation.digestInto === undefined ||
    equalBytes(into.subarray(1 + length * digestBytes, 1 + (length + 1) * digestBytes), digest)
  // Compared at the end, when an implementation that hands out one array again and again has written over it.
  return lengths.every((length) => {
    const digest = portable(message.subarray(message.length - length))
    return isDigest(given[length], digest) && isInto(length, digest)
  })
}

function isDigest(given: unknown, expected: Uint8Array): boolean {
  // A Buffer of Node shares its memory with others and slices without copying, so it is not what was asked for.
  if (!(given instanceof Uint8Array) || Object.getPrototypeOf(given) !== Uint8Array.prototype) return false
  return given.buffer.byteLength === digestBytes && equalBytes(given, expected)
}

const blockBytes = 64

/** FIPS 180-4, examples of NIST: of nothing, of one block, and of two. */
const knownAnswers = [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
].map(([text, digest]) => [utf8(text as string), fromHex(digest as string) as Uint8Array] as const)
