/**
 * A look at LevelDB's own log before LevelDB reads it. LevelDB drops what is damaged there, and with it all up to the
 * next block of 32 KiB, and says so nowhere but in a file of its own: a flipped bit would undo writes that were
 * acknowledged, and whoever had signed them would sign their places anew. A log that is gone it does not miss at all.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { byNumber, digestOf, isLogFile, readClosingNote } from './closing-note.js'
import { blockEndBehind, headerBytes, recordAt, recordTypes as types } from './log-records.js'
import { logNumberOf } from './manifest.js'

export interface WriteLogDamage {
  readonly file: string
  /** What is wrong with the file, as the end of a sentence that begins with its name. */
  readonly how: string
  /** Of the first record that does not hold, in bytes from the beginning. */
  readonly offset?: number
}

/**
 * A log that is gone, that is not what it was when the database was closed, or of which a part does not hold and whole
 * writes follow; undefined where there is none. A log that ends in the middle of a write is what a crash leaves: that
 * write was acknowledged to nobody. So is a last write that does not hold. After a crash, which leaves no note of what
 * the log was, a bit that was flipped in the last write alone and a log cut short are not told from a power cut.
 */
export async function findWriteLogDamage(directory: string): Promise<WriteLogDamage | undefined> {
  for (const look of [findMissingLog, findChangedLog]) {
    const found = await look(directory)
    // Twice: a process that has the database open may have gone on to another log between two reads.
    if (found !== undefined && (await look(directory))?.file === found.file) return found
  }
  for (const file of (await readdir(directory)).filter(isLogFile).sort(byNumber)) {
    const offset = damageIn((await readLog(directory, file)) ?? new Uint8Array())
    if (offset !== undefined)
      return { file, how: `does not hold at byte ${offset}, and whole writes follow`, offset }
  }
  return undefined
}

/** The log that LevelDB's manifest names is there from before it is named until another one is. */
async function findMissingLog(directory: string): Promise<WriteLogDamage | undefined> {
  const number = await logNumberOf(directory)
  if (number === undefined || number === 0) return undefined
  const logs = (await readdir(directory)).filter(isLogFile)
  if (logs.some((name) => Number.parseInt(name, 10) === number)) return undefined
  return { file: `${String(number).padStart(6, '0')}.log`, how: 'is missing' }
}

/** A note speaks of a log that LevelDB would still read; every opening begins a new one. */
async function findChangedLog(directory: string): Promise<WriteLogDamage | undefined> {
  const note = await readClosingNote(directory)
  const number = await logNumberOf(directory)
  if (note === undefined || number === undefined || Number.parseInt(note.file, 10) < number) return undefined
  const { file, bytes, sha256 } = note
  const log = await readLog(directory, file)
  if (log === undefined) return { file, how: 'is missing' }
  if (log.length !== bytes)
    return { file, how: `has ${log.length} bytes, and had ${bytes} when the database was closed` }
  return digestOf(log) === sha256
    ? undefined
    : { file, how: 'has other bytes than when the database was closed' }
}

async function readLog(directory: string, file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(join(directory, file))
  } catch (error) {
    // A process that has the database open lets go of a log that it needs no more.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
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
    const blockEnd = blockEndBehind(at)
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
