/** What LevelDB's errors mean to a person. */

import { ChirographError, storeClosed } from '@chirograph/interface'
import { readLockHolder } from './lock-holder.js'
import type { WriteLogDamage } from './write-log.js'

/** Explains why a directory could not be opened. */
export async function openFailure(directory: string, error: unknown): Promise<ChirographError> {
  // Opening reports LEVEL_DATABASE_NOT_OPEN; what happened is its cause.
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  return codeOf(cause) === 'LEVEL_LOCKED' ? storeLocked(directory, cause) : storeFailure(directory, cause)
}

/** Explains a failure of an open store; a `ChirographError` passes unchanged. */
export function storeFailure(directory: string, error: unknown): ChirographError {
  if (error instanceof ChirographError) return error
  const code = codeOf(error)
  if (code !== undefined && notOpenCodes.has(code)) return storeClosed(error)
  return isDamage(code, error) ? storeCorrupt(directory, error) : ioFailed(directory, error)
}

export function storeMissing(directory: string): ChirographError {
  return new ChirographError({
    code: 'STORE_MISSING',
    what: `there is no database in ${directory}`,
    hint: 'check the directory, or create the database first',
    facts: { directory },
  })
}

const notOpenCodes = new Set(['LEVEL_DATABASE_NOT_OPEN', 'LEVEL_ITERATOR_NOT_OPEN'])

async function storeLocked(directory: string, cause: unknown): Promise<ChirographError> {
  const holder = await readLockHolder(directory)
  if (holder === undefined) {
    return new ChirographError({
      code: 'STORE_LOCKED',
      what: `another process uses ${directory}`,
      hint: 'stop it, or choose another directory',
      facts: { directory },
      cause,
    })
  }
  const { pid, host, startedAt } = holder
  return new ChirographError({
    code: 'STORE_LOCKED',
    what: `process ${pid} on ${host}, running since ${startedAt}, uses ${directory}`,
    hint: 'stop it with chirograph stop, or where it runs; or choose another directory',
    facts: { directory, pid, host, startedAt },
    cause,
  })
}

/** LevelDB reports a file that it needs and that is gone, or too short to be a table, as an I/O error. */
function isDamage(code: string | undefined, error: unknown): boolean {
  if (code === 'LEVEL_CORRUPTION') return true
  return (
    code === 'LEVEL_IO_ERROR' && error instanceof Error && /No such file|Invalid argument/.test(error.message)
  )
}

const damagedHint =
  'keep a copy of it. If it is the log of a node, move that folder away and start again: the other members hold the same log, and the node votes again once enough of them have said which view they are in. If it is a registrar, nobody else holds what is in it: bring it back from a backup'

/** LevelDB would begin a new database, and remove the tables that it does not know. */
export function tablesWithoutDatabase(directory: string): ChirographError {
  return new ChirographError({
    code: 'STORE_CORRUPT',
    what: `the database in ${directory} is damaged: its files are there, and the one named CURRENT, which says how they belong together, is not`,
    hint: damagedHint,
    facts: { directory },
  })
}

function storeCorrupt(directory: string, cause: unknown): ChirographError {
  return new ChirographError({
    code: 'STORE_CORRUPT',
    what: `the database in ${directory} is damaged (${textOf(cause)})`,
    hint: damagedHint,
    facts: { directory },
    cause,
  })
}

/** LevelDB would open it, and forget what is damaged or gone, and what lies behind it. */
export function writeLogDamaged(directory: string, { file, how, offset }: WriteLogDamage): ChirographError {
  return new ChirographError({
    code: 'STORE_CORRUPT',
    what: `the database in ${directory} is damaged: ${file}, which holds its latest writes, ${how}`,
    hint: damagedHint,
    facts: { directory, file, ...(offset !== undefined && { offset }) },
  })
}

function ioFailed(directory: string, cause: unknown): ChirographError {
  return new ChirographError({
    code: 'STORE_IO_FAILED',
    what: `the disk under ${directory} failed (${textOf(cause)})`,
    hint: 'check free space, permissions and the disk, then start again',
    facts: { directory },
    cause,
  })
}

/** What is written after a failed write would not survive a crash. */
export function writesEnded(directory: string, cause: unknown): ChirographError {
  return new ChirographError({
    code: 'STORE_IO_FAILED',
    what: `a write to ${directory} failed earlier (${textOf(cause)}), and what came after it could be lost`,
    hint: 'check free space, permissions and the disk, then start again',
    facts: { directory },
    cause,
  })
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
