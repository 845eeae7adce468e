/** Checks every signature for real, each once: nodes of one cluster get the same messages many times over. */
import { equalBytes } from '@chirograph/codec'
import type { Ed25519 } from '@chirograph/crypto'

export interface RememberingEd25519 extends Ed25519 {
  /** Distinct (key, message, signature) that the primitive has checked. */
  checkedCount(): number
}

/** The primitive's answers, remembered by signature and compared in key and message before they are given again. */
export function rememberingEd25519(primitive: Ed25519): RememberingEd25519 {
  type Asked = Parameters<Ed25519['verify']>[0]
  const known = new Map<string, { readonly asked: Asked; readonly isValid: boolean }>()
  let checked = 0
  return {
    name: primitive.name,
    publicKey: primitive.publicKey,
    sign: primitive.sign,
    verify(asked) {
      const key = Buffer.from(asked.signature.buffer, asked.signature.byteOffset, asked.signature.length)
      const text = key.toString('latin1')
      const answer = known.get(text)
      if (answer && isSame(answer.asked, asked)) return answer.isValid
      checked++
      const isValid = primitive.verify(asked)
      known.set(text, { asked, isValid })
      return isValid
    },
    checkedCount: () => checked,
  }
}

function isSame(a: Parameters<Ed25519['verify']>[0], b: Parameters<Ed25519['verify']>[0]): boolean {
  return equalBytes(a.publicKey, b.publicKey) && equalBytes(a.message, b.message)
}
