/** What a target on the command line means: a file when there is one, otherwise a key that the node looks up. */
import type { TargetSource } from '@chirograph/api/client'
import { companionBase, companionEndings } from './companion-files.js'
import { failure } from './failure.js'
import { readIfThere, readJson } from './files.js'
import { resolvePath, shownPath } from './paths.js'

export interface Target {
  readonly source: TargetSource
  /** The file, when it is one: without its ending, for the names of what belongs to it. */
  readonly fileBase?: string
  /** The receipt that lies beside the file, parsed. */
  readonly receipt?: unknown
}

export async function readTarget(text: string): Promise<Target> {
  const path = resolvePath(text)
  const looksLikeFile = /\.json$/i.test(text) || /[\\/]/.test(text)
  // Ids have colons and no slashes; asking the disk for them is harmless.
  const isThere = !text.startsWith('urn:') && (await readIfThere(path)) !== undefined
  if (!isThere) {
    if (!looksLikeFile || text.startsWith('urn:')) return { source: text }
    throw failure('CLI_FILE_UNREADABLE', `there is no file ${shownPath(path)}`, 'check its name and folder')
  }
  const credential = await readJson(path)
  const fileBase = companionBase(path)
  const receiptPath = fileBase + companionEndings.receipt
  const hasReceipt = (await readIfThere(receiptPath)) !== undefined
  return { source: { credential }, fileBase, ...(hasReceipt && { receipt: await readJson(receiptPath) }) }
}
