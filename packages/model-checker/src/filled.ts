/** Made-up digests and keys: 32 times the same byte. */
import { toHex } from '@chirograph/codec'
import type { Hex } from '@chirograph/consensus'

export function filled(byte: number): Hex {
  return toHex(new Uint8Array(32).fill(byte))
}
