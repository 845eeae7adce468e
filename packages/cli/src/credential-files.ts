/** The two files that a learner is handed: written when a credential is issued, and again whenever they are asked for. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { CredentialAnswer } from '@chirograph/api/client'
import { isChirographError } from '@chirograph/interface'
import { companionEndings } from './companion-files.js'
import { failure } from './failure.js'
import { jsonText, readIfThere, writeWhole } from './files.js'
import { shownPath } from './paths.js'
import { credentialFileBase } from './safe-name.js'

export interface WrittenCredential {
  /** Of the credential's file. */
  readonly path: string
  /** Whether any of the two had to be written. */
  readonly isNew: boolean
}

/**
 * Personal data: readable by its owner alone. A file that is there as it should be stays, one that was cut short is
 * written anew, and any other is left to its owner: `CLI_FILE_EXISTS`.
 */
export async function writeCredentialFiles(
  folder: string,
  answer: CredentialAnswer,
): Promise<WrittenCredential> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { credentialId, learnerId, credential, receipt } = answer
  const achievement = typeof credential.name === 'string' ? credential.name : null
  const base = join(folder, credentialFileBase({ credentialId, learnerId, achievement }))
  const path = base + companionEndings.credential
  const isCredentialNew = await writeUnlessThere(path, jsonText(credential))
  const isReceiptNew =
    receipt !== null && (await writeUnlessThere(base + companionEndings.receipt, jsonText(receipt)))
  return { path, isNew: isCredentialNew || isReceiptNew }
}

async function writeUnlessThere(path: string, text: string): Promise<boolean> {
  try {
    await writeWhole(path, text, { mode: 0o600, isNew: true })
    return true
  } catch (error) {
    if (!isChirographError(error, 'CLI_FILE_EXISTS')) throw error
  }
  const found = (await readIfThere(path))?.toString('utf8') ?? ''
  if (found === text) return false
  if (!text.startsWith(found))
    throw failure(
      'CLI_FILE_EXISTS',
      `${shownPath(path)} exists already, and is not what was issued`,
      'choose another folder with --out, or move the file away',
    )
  await writeWhole(path, text, { mode: 0o600 })
  return true
}
