/**
 * The first header in untrusted bytes, without reading what follows it: enough to see whom they are about, for those who
 * may not need the rest.
 */
import { decodeHeader, type EventHeader } from './header.js'

/** The header in the CBOR byte string that begins at an offset; undefined where there is none. */
export function headerAt(wire: Uint8Array, offset: number): EventHeader | undefined {
  const [head = 0, high = 0, low = 0] = wire.subarray(offset, offset + 3)
  const [begin, length] =
    head === 0x58 ? [2, high] : head === 0x59 ? [3, high * 256 + low] : [1, head >= 0x40 ? head - 0x40 : 0]
  const decoded = decodeHeader(wire.subarray(offset + begin, offset + begin + length))
  return decoded.kind === 'decoded' ? decoded.header : undefined
}
