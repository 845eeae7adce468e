/**
 * A look at LevelDB's own log before LevelDB reads it. LevelDB drops what is damaged there, and with it all up to the
 * next block of 32 KiB, and says so nowhere but in a file of its own: a flipped bit would undo writes that were
 * acknowledged, and whoever had signed them would sign their places anew. The format: LevelDB's doc/log_format.md.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const blockBytes = 32_768
const headerBytes = 7

/** What a record holds of a write: all of it, or its first, a further or its last part. */
const types = { full: 1, first: 2, middle: 3, last: 4 } as const

export interface WriteLogDamage {
  readonly file: string
  /** Of the first record that does not hold, in bytes from the beginning. */
  readonly offset: number
}

/**
 * The first damage in a log behind which whole writes follow; undefined where there is none. A log that ends in the
 * middle of a write is what a crash leaves, and is none: that write was acknowledged to nobody. So is a last write that
 * does not hold, which a power cut leaves too; a bit that was flipped in the last write alone is not told from it.
 */
export async function findWriteLogDamage(directory: string): Promise<WriteLogDamage | undefined> {
  const files = (await readdir(directory)).filter((name) => /^\d+\.log$/.test(name)).sort()
  for (const file of files) {
    const log = await readFile(join(directory, file)).catch((error: NodeJS.ErrnoException) => {
      // A process that has the database open lets go of a log that it needs no more.
      if (error.code === 'ENOENT') return new Uint8Array()
      throw error
    })
    const offset = damageIn(log)
    if (offset !== undefined) return { file, offset }
  }
  return undefined
}

/**
 * A record lies in one block. Where none holds, the next one is looked for from the next byte on: LevelDB gives up the
 * rest of the block, and with it whole writes that are still there.
 */
function damageIn(log: Uint8Array): number | undefined {
  let damage: number | undefined
  /** Where the write began of which the first parts were read. */
  let begun: number | undefined
  for (let at = 0; at + headerBytes <= log.length; ) {
    const blockEnd = at - (at % blockBytes) + blockBytes
    if (blockEnd - at < headerBytes) {
      at = blockEnd
      continue
    }
    const record = recordAt(log, at, Math.min(blockEnd, log.length))
    if (record === undefined) {
      damage ??= begun ?? at
      begun = undefined
      at++
      continue
    }
    const { type, end } = record
    const isBeginning = type === types.full || type === types.first
    // A write that was begun and not ended was cut off by damage that took whole records.
    if (isBeginning === (begun !== undefined)) damage ??= begun ?? at
    const isWhole = type === types.full || (type === types.last && begun !== undefined)
    if (isWhole && damage !== undefined) return damage
    if (isBeginning || isWhole) begun = type === types.first ? at : undefined
    at = end
  }
  return undefined
}

/** The record that begins here and holds, and where it ends; at most at `limit`. */
function recordAt(log: Uint8Array, at: number, limit: number): { type: number; end: number } | undefined {
  const [type = 0, low = 0, high = 0] = [log[at + 6], log[at + 4], log[at + 5]]
  const end = at + headerBytes + (low | (high << 8))
  if (type < types.full || type > types.last || end > limit) return undefined
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
