/** As remembering-ed25519.ts for BLS: everything is signed, added up and checked for real, each once. */
import { toHex } from '@chirograph/codec'
import type { Bls } from '@chirograph/crypto'

export interface RememberingBls extends Bls {
  /** Distinct (keys, message, signature) that the primitive has checked. */
  checkedCount(): number
}

/** The primitive's answers, remembered by all that was asked: nodes of one cluster ask the same many times over. */
export function rememberingBls(primitive: Bls): RememberingBls {
  const signed = new Map<string, Uint8Array>()
  const checked = new Map<string, boolean>()
  const summed = new Map<string, Uint8Array | undefined>()
  return {
    name: primitive.name,
    publicKey: primitive.publicKey,
    sign(asked) {
      const name = nameOf([asked.secretKey, asked.message])
      const signature = signed.get(name) ?? primitive.sign(asked)
      signed.set(name, signature)
      // A copy, as nobody else changes what a node holds.
      return signature.slice()
    },
    verify(asked) {
      const name = nameOf([...asked.publicKeys, asked.message, asked.signature])
      const isValid = checked.get(name) ?? primitive.verify(asked)
      checked.set(name, isValid)
      return isValid
    },
    aggregate(signatures) {
      const name = nameOf(signatures)
      if (!summed.has(name)) summed.set(name, primitive.aggregate(signatures))
      return summed.get(name)?.slice()
    },
    checkedCount: () => checked.size,
  }
}

/** Different lists of parts have different names. */
function nameOf(parts: readonly Uint8Array[]): string {
  return parts.map(toHex).join(' ')
}
