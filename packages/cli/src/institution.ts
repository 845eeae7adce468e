/** Setting up an institution's folder: all of it or nothing, so that its vote record is as old as its keys. */
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Bls, Ed25519 } from '@chirograph/crypto'
import type { RecordClass } from '@chirograph/event'
import { initialiseStore, orgIdOfSeeds } from '@chirograph/node'
import type { OrganisationType } from '@chirograph/status'
import { openLevelStore } from '@chirograph/store-level'
import { type Config, type DataDir, dataDirAt } from './data-dir.js'
import { failure } from './failure.js'
import { isSystemError, jsonText, writeWhole } from './files.js'
import { newSeeds, writeSeeds } from './keys-file.js'
import { type MemberFile, memberFileOf } from './member-file.js'
import { shownPath } from './paths.js'

export { orgIdOfSeeds }

export interface Institution {
  readonly name: string
  readonly orgType: OrganisationType
  readonly listen: string
  /** How others reach it; null when they cannot. */
  readonly address: string | null
  readonly recordClasses: readonly RecordClass[]
}

/**
 * Makes keys, configuration, member file and empty databases. They are made beside the folder and moved into place at
 * once: a folder with keys but without a vote record would mean that the record was lost, and could not vote.
 */
export async function makeInstitution(
  dir: DataDir,
  institution: Institution,
  { ed25519, bls }: { readonly ed25519: Ed25519; readonly bls: Bls },
): Promise<MemberFile> {
  await assertFree(dir.path, '--data-dir')
  const draft = dataDirAt(`${dir.path}.draft-${process.pid}`)
  try {
    await mkdir(dirname(draft.path), { recursive: true })
    await mkdir(draft.path, { mode: 0o700 })
    const seeds = newSeeds()
    await writeSeeds(draft.keys, seeds)
    const { name, orgType, listen } = institution
    const config: Config = { version: 1, name, orgType, listen: [listen], apiPort: 0 }
    await writeWhole(draft.config, jsonText(config))
    const member = await memberFileOf({ ...institution, seeds, ed25519, bls })
    await writeWhole(draft.member, jsonText(member))
    const log = await openLevelStore(draft.log, { createIfMissing: true })
    await initialiseStore(log, { org: orgIdOfSeeds(seeds, ed25519) })
    await log.close()
    await (await openLevelStore(draft.registrar, { createIfMissing: true })).close()
    // Only an empty folder can be there, and some systems do not rename over it.
    await rm(dir.path, { recursive: true, force: true })
    await rename(draft.path, dir.path)
    return member
  } catch (error) {
    await rm(draft.path, { recursive: true, force: true })
    throw error
  }
}

/** `CLI_DIRECTORY_NOT_EMPTY` names the option by which the person chose the folder. */
export async function assertFree(path: string, option: '--data-dir' | '--out'): Promise<void> {
  try {
    if ((await readdir(path)).length === 0) return
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return
    throw error
  }
  throw failure(
    'CLI_DIRECTORY_NOT_EMPTY',
    `${shownPath(path)} holds other files`,
    `choose another folder with ${option}, or an empty one`,
  )
}
