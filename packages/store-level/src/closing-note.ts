/**
 * What LevelDB's log of writes was when its database was closed, in a note beside it. A log that ends too early is what
 * a power cut leaves, so LevelDB takes it as it is; but nothing cuts a log of a database that was closed in order, and
 * what was signed or voted in the part that is gone would be signed and voted anew.
 */
import { createHash } from 'node:crypto'
import { open, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface ClosingNote {
  readonly file: string
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
}

/** Its directory is LevelDB's, which leaves files alone that it does not know. */
export const closingNoteFile = 'node.closed.json'

/** To be called with the lock held, and nothing written any more. */
export async function writeClosingNote(directory: string): Promise<void> {
  const file = (await readdir(directory)).filter(isLogFile).sort(byNumber).at(-1)
  if (file === undefined) return
  const handle = await open(join(directory, file), 'r+')
  try {
    // On disk before it is noted: a power cut after this must not look like damage.
    await handle.datasync()
    const log = await handle.readFile()
    const note: ClosingNote = { file, bytes: log.length, sha256: digestOf(log) }
    const draft = join(directory, `${closingNoteFile}.draft`)
    await writeFile(draft, `${JSON.stringify(note)}\n`)
    await rename(draft, join(directory, closingNoteFile))
  } finally {
    await handle.close()
  }
}

/** Undefined when there is none that can be read: it makes a check better, and nothing hangs on it. */
export async function readClosingNote(directory: string): Promise<ClosingNote | undefined> {
  try {
    const note: unknown = JSON.parse(await readFile(join(directory, closingNoteFile), 'utf8'))
    return isClosingNote(note) ? note : undefined
  } catch {
    return undefined
  }
}

export function digestOf(log: Uint8Array): string {
  return createHash('sha256').update(log).digest('hex')
}

export function isLogFile(name: string): boolean {
  return /^\d+\.log$/.test(name)
}

/** By their numbers: beyond six digits the names are of different lengths. */
export function byNumber(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10)
}

function isClosingNote(note: unknown): note is ClosingNote {
  if (typeof note !== 'object' || note === null) return false
  if (!('file' in note && 'bytes' in note && 'sha256' in note)) return false
  const { file, bytes, sha256 } = note
  return (
    typeof file === 'string' && isLogFile(file) && Number.isSafeInteger(bytes) && typeof sha256 === 'string'
  )
}
