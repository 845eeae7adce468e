/** `api.json`: how programs of the same user find the running node. It is there only while the node runs. */
import { open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { discoveryBytesMax } from './limits.js'
import { ApiError } from './problem.js'

export interface Discovery {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** Base64url of 32 random bytes. */
  readonly token: string
  readonly pid: number
  /** ISO 8601. */
  readonly startedAt: string
}

export const discoveryFile = 'api.json'

/** Replaces the file at once; only its owner may read it. */
export async function writeDiscovery(dataDir: string, discovery: Discovery): Promise<void> {
  const draft = join(dataDir, `${discoveryFile}.${process.pid}.draft`)
  await rm(draft, { force: true })
  await writeFile(draft, `${JSON.stringify(discovery, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  await rename(draft, join(dataDir, discoveryFile))
}

export async function removeDiscovery(dataDir: string): Promise<void> {
  await rm(join(dataDir, discoveryFile), { force: true })
}

/** Fails with `API_UNREACHABLE` when there is no such file, or none that a node wrote. */
export async function readDiscovery(dataDir: string): Promise<Discovery> {
  const text = await readBounded(join(dataDir, discoveryFile), dataDir)
  const parsed = parsedOrUndefined(text)
  if (isDiscovery(parsed)) return parsed
  throw unreachable(`${join(dataDir, discoveryFile)} is damaged`, 'stop the node and start it again')
}

export function unreachable(what: string, hint: string, cause?: unknown): ApiError {
  return new ApiError({ code: 'API_UNREACHABLE', what, hint, status: 503, cause })
}

async function readBounded(path: string, dataDir: string): Promise<string> {
  try {
    const file = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(discoveryBytesMax))
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw unreachable(`no node is running on ${dataDir}`, 'start it with: chirograph start', cause)
  }
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The caller says that the file is damaged.
    return undefined
  }
}

/** The address must be of this machine: a changed file must not send the token elsewhere. */
function isDiscovery(value: unknown): value is Discovery {
  if (typeof value !== 'object' || value === null) return false
  const { url, token, pid, startedAt } = value as Partial<Record<keyof Discovery, unknown>> // each checked below
  return (
    typeof url === 'string' &&
    /^http:\/\/127\.0\.0\.1:\d{1,5}$/.test(url) &&
    typeof token === 'string' &&
    /^[A-Za-z0-9_-]{43}$/.test(token) &&
    typeof pid === 'number' &&
    Number.isSafeInteger(pid) &&
    typeof startedAt === 'string'
  )
}
