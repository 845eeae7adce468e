/** Reading and writing files, with failures that say which file and what to do. */
import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { z } from 'zod'
import { parseJson } from '@chirograph/codec'
import { failure } from './failure.js'
import { shownPath } from './paths.js'

/** The longest file that is read whole: a cohort of a hundred thousand. */
export const fileBytesMax = 64 * 1024 * 1024

/** The file's bytes, or undefined when there is none. `CLI_FILE_UNREADABLE` otherwise. */
export async function readIfThere(path: string, bytesMax = fileBytesMax): Promise<Buffer | undefined> {
  try {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      if (size > bytesMax) throw tooLarge(path, size, bytesMax)
      return await file.readFile()
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw isSystemError(error) ? unreadable(path, error.code, error) : error
  }
}

export async function readBytes(path: string, bytesMax = fileBytesMax): Promise<Buffer> {
  const bytes = await readIfThere(path, bytesMax)
  if (bytes) return bytes
  throw failure('CLI_FILE_UNREADABLE', `there is no file ${shownPath(path)}`, 'check its name and folder')
}

export async function readText(path: string, bytesMax = fileBytesMax): Promise<string> {
  const bytes = await readBytes(path, bytesMax)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw failure(
      'CLI_FILE_INVALID',
      `${shownPath(path)} is not text in UTF-8`,
      'save it again as UTF-8; in a spreadsheet choose “CSV UTF-8”',
      cause,
    )
  }
}

/** A JSON value; a member that is there twice is refused. */
export async function readJson(path: string, bytesMax = fileBytesMax): Promise<unknown> {
  const parsed = parseJson(await readText(path, bytesMax), { bytesMax })
  if (parsed.ok) return parsed.value
  throw invalid(path, parsed.detail, 'check that it is the file you mean')
}

/** A JSON file of a known shape. */
export async function readShaped<T>(path: string, shape: z.ZodType<T>, hint: string): Promise<T> {
  const read = shape.safeParse(await readJson(path))
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw invalid(path, `${issue?.path.map(String).join('.') || 'the file'}: ${issue?.message ?? ''}`, hint)
}

export function invalid(path: string, detail: string, hint: string): Error {
  return failure('CLI_FILE_INVALID', `${shownPath(path)} cannot be used (${detail})`, hint)
}

export interface WriteOptions {
  /** Who may read it; secrets and personal data are for their owner alone. */
  readonly mode?: number
  /** Refuse to replace a file: `CLI_FILE_EXISTS`. */
  readonly isNew?: boolean
  /** Resolve only when a power cut would not undo it. */
  readonly isSynced?: boolean
}

/** Writes a whole file or none, and makes the folders above it. */
export async function writeWhole(
  path: string,
  content: string | Uint8Array,
  { mode = 0o644, isNew = false, isSynced = false }: WriteOptions = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  if (isNew) {
    try {
      await writeFile(path, content, { mode, flag: 'wx' })
      return
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error
      throw failure(
        'CLI_FILE_EXISTS',
        `${shownPath(path)} exists already`,
        'choose another name with --out, or move the file away',
      )
    }
  }
  const draft = `${path}.${randomUUID()}.draft`
  try {
    await writeFile(draft, content, { mode, flag: 'wx', flush: isSynced })
    await rename(draft, path)
    if (isSynced) await syncFolder(dirname(path))
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/** Makes a renaming durable. Windows has no such thing, and does without. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

export function isSystemError(
  error: unknown,
  code?: string,
): error is NodeJS.ErrnoException & { code: string } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    'syscall' in error &&
    (code === undefined || error.code === code)
  )
}

function unreadable(path: string, code: string, cause: unknown): Error {
  const why = { EACCES: 'its permissions forbid it', EISDIR: 'it is a folder', EPERM: 'it is not permitted' }[
    code
  ]
  return failure(
    'CLI_FILE_UNREADABLE',
    `${shownPath(path)} cannot be read (${why ?? code})`,
    'check the path and its permissions',
    cause,
  )
}

function tooLarge(path: string, size: number, bytesMax: number): Error {
  return failure(
    'CLI_FILE_UNREADABLE',
    `${shownPath(path)} has ${size} bytes, more than the ${bytesMax} that belong in such a file`,
    'check that it is the file you mean',
  )
}
