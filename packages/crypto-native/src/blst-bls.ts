/** The back end of BLS on blst (@chainsafe/blst): some twenty times as fast as noble. */
import { createRequire } from 'node:module'
import { type Bls, pinBls } from '@chirograph/crypto'

/** What is used of @chainsafe/blst. Whatever it makes of bytes from outside, it throws an error with a code BLST_… */
export interface Blst {
  readonly SecretKey: { fromBytes(bytes: Uint8Array): BlstSecretKey }
  readonly PublicKey: { fromBytes(bytes: Uint8Array, isChecked: boolean): BlstPoint }
  readonly Signature: {
    fromBytes(bytes: Uint8Array, isChecked: boolean, isInfinityRefused: boolean): BlstPoint
  }
  aggregateSignatures(signatures: BlstPoint[], isChecked: boolean): BlstPoint
  fastAggregateVerify(
    message: Uint8Array,
    keys: BlstPoint[],
    signature: BlstPoint,
    isChecked: boolean,
  ): boolean
}

/** A public key or a signature: opaque, and compressed by `toBytes`. */
export interface BlstPoint {
  toBytes(): Uint8Array
}

export interface BlstSecretKey {
  toPublicKey(): BlstPoint
  sign(message: Uint8Array): BlstPoint
}

/** Throws what the loader throws where no prebuilt binary fits this machine. */
export function loadBlst(): Blst {
  // `require` gives any; `Blst` is a part of @chainsafe/blst 2, whose version is pinned in package.json.
  return createRequire(import.meta.url)('@chainsafe/blst') as Blst
}

/** The library loads at the first call, so that importing this module works where there is no binary. */
export function createBlstBls(load: () => Blst): Bls {
  let loaded: Blst | undefined
  const blst = (): Blst => {
    loaded ??= load()
    return loaded
  }

  /** Keys by their bytes: to decode and check them all takes longer than the signature of many of them. */
  const knownKeys = new Map<string, BlstPoint>()

  function keyOf(publicKey: Uint8Array): BlstPoint {
    const name = Buffer.from(publicKey).toString('latin1')
    const known = knownKeys.get(name)
    if (known !== undefined) return known
    const key = blst().PublicKey.fromBytes(publicKey, true)
    if (knownKeys.size === knownKeysMax) knownKeys.clear()
    knownKeys.set(name, key)
    return key
  }

  return pinBls({
    name: 'blst',
    publicKey: (secretKey) => blst().SecretKey.fromBytes(secretKey).toPublicKey().toBytes(),
    sign: ({ secretKey, message }) => blst().SecretKey.fromBytes(secretKey).sign(message).toBytes(),
    verify: ({ publicKeys, message, signature }) =>
      unlessRefused(() => {
        const point = blst().Signature.fromBytes(signature, true, true)
        return blst().fastAggregateVerify(message, publicKeys.map(keyOf), point, false)
      }) ?? false,
    aggregate(signatures) {
      const sum = unlessRefused(() => {
        const points = signatures.map((signature) => blst().Signature.fromBytes(signature, true, true))
        return blst().aggregateSignatures(points, false).toBytes()
      })
      return sum === undefined || isInfinity(sum) ? undefined : sum
    },
  })
}

/** The rule (see `Bls`) on blst. Its calls throw where @chainsafe/blst has no binary. */
export const blstBls: Bls = createBlstBls(loadBlst)

/** Some sets of 200 validators. */
const knownKeysMax = 1_024

/** Undefined where blst refuses bytes: off the curve, or out of the subgroup. Anything else that it throws is thrown. */
function unlessRefused<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('BLST_')) return undefined
    throw error
  }
}

function isInfinity(compressed: Uint8Array): boolean {
  return ((compressed[0] as number) & 0x40) !== 0 // 96 bytes came out
}
