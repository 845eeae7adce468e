/** The records of a file in the format that LevelDB's logs and manifests share: its doc/log_format.md. */

export const blockBytes = 32_768
export const headerBytes = 7

/** What a record holds of a write: all of it, or its first, a further or its last part. */
export const recordTypes = { full: 1, first: 2, middle: 3, last: 4 } as const

/** What was written whole, in order, up to the first record that does not hold. */
export function* wholeRecords(log: Uint8Array): Generator<Uint8Array> {
  let parts: Uint8Array[] = []
  for (let at = 0; at + headerBytes <= log.length; ) {
    const blockEnd = blockEndBehind(at)
    if (blockEnd - at < headerBytes) {
      at = blockEnd
      continue
    }
    const record = recordAt(log, at, Math.min(blockEnd, log.length))
    if (record === undefined) return
    const { type, end } = record
    if (type === recordTypes.full || type === recordTypes.first) parts = []
    parts.push(log.subarray(at + headerBytes, end))
    if (type === recordTypes.full || type === recordTypes.last) yield Buffer.concat(parts)
    at = end
  }
}

export function blockEndBehind(at: number): number {
  return at - (at % blockBytes) + blockBytes
}

/** The record that begins here and holds, and where it ends; at most at `limit`. */
export function recordAt(
  log: Uint8Array,
  at: number,
  limit: number,
): { type: number; end: number } | undefined {
  const [type = 0, low = 0, high = 0] = [log[at + 6], log[at + 4], log[at + 5]]
  const end = at + headerBytes + (low | (high << 8))
  if (type < recordTypes.full || type > recordTypes.last || end > limit) return undefined
  const stored = new DataView(log.buffer, log.byteOffset + at, 4).getUint32(0, true)
  return stored === maskedCrc32c(log.subarray(at + 6, end)) ? { type, end } : undefined
}

/** CRC-32C (RFC 3720, B.4) by a table of bytes, rotated and shifted as LevelDB stores it. */
function maskedCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
  crc ^= 0xffffffff
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc >>> 0
})
