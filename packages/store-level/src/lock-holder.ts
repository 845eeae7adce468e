/**
 * Who has the database: a note beside LevelDB's lock file, for the error message
 * of the next process that wants it. The lock decides; a note left by a process
 * that was killed is never read, because its lock is gone.
 */

import { open, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { lockHolderBytesMax } from './limits.js'

export interface LockHolder {
  readonly pid: number
  readonly host: string
  /** When that process started, ISO 8601. */
  readonly startedAt: string
}

/** The note's name; its directory is LevelDB's, which leaves files alone that it does not know. */
export const lockHolderFile = 'node.lock.json'

/** To be called with the lock held. Replaces a note at once, so that nobody reads half of one. */
export async function writeLockHolder(directory: string): Promise<void> {
  const startedMs = Date.now() - process.uptime() * 1000
  const holder: LockHolder = {
    pid: process.pid,
    host: hostname(),
    startedAt: new Date(startedMs).toISOString(),
  }
  const draft = join(directory, `${lockHolderFile}.draft`)
  await writeFile(draft, `${JSON.stringify(holder)}\n`)
  await rename(draft, join(directory, lockHolderFile))
}

/** To be called with the lock still held. */
export async function clearLockHolder(directory: string): Promise<void> {
  await rm(join(directory, lockHolderFile), { force: true })
}

/** What the note says, or undefined when there is none or it is not one of ours. */
export async function readLockHolder(directory: string): Promise<LockHolder | undefined> {
  const text = await readBounded(join(directory, lockHolderFile))
  if (text === undefined) return undefined
  let note: unknown
  try {
    note = JSON.parse(text)
  } catch {
    return undefined
  }
  return isLockHolder(note) ? note : undefined
}

/** The note only makes a message better: whatever keeps it from being read, the message does without. */
async function readBounded(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(lockHolderBytesMax + 1))
      return bytesRead > lockHolderBytesMax ? undefined : buffer.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch {
    return undefined
  }
}

function isLockHolder(note: unknown): note is LockHolder {
  if (typeof note !== 'object' || note === null) return false
  if (!('pid' in note && 'host' in note && 'startedAt' in note)) return false
  const { pid, host, startedAt } = note
  return (
    Number.isSafeInteger(pid) &&
    typeof host === 'string' &&
    /^[\w.-]{1,255}$/.test(host) &&
    typeof startedAt === 'string' &&
    /^[\dT:.Z-]{1,30}$/.test(startedAt)
  )
}
