/** One institution's folder on this machine: what lies where, and reading it back. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { organisationTypes } from '@chirograph/status'
import { failure } from './failure.js'
import { readShaped } from './files.js'
import { shownPath } from './paths.js'

export interface DataDir {
  readonly path: string
  /** The secret seeds; a rotation of the log key replaces the file. */
  readonly keys: string
  readonly config: string
  /** What the institution shows to whoever makes the network. */
  readonly member: string
  readonly network: string
  /** The replica's database. */
  readonly log: string
  /** The issuer's private database. */
  readonly registrar: string
}

export function dataDirAt(path: string): DataDir {
  const at = (name: string): string => join(path, name)
  return {
    path,
    keys: at('keys.json'),
    config: at('config.json'),
    member: at('member.json'),
    network: at('network.json'),
    log: at('log'),
    registrar: at('registrar'),
  }
}

const configShape = z.strictObject({
  version: z.literal(1),
  name: z.string().min(1),
  orgType: z.enum(organisationTypes as [string, ...string[]]), // none of the tables is empty
  /** Multiaddrs that other members reach this node at, on this machine's interfaces. */
  listen: z.array(z.string()),
  /** 0 for a free port at every start. */
  apiPort: z.number().int().min(0).max(65_535),
})

export type Config = z.infer<typeof configShape>

export function readConfig(dir: DataDir): Promise<Config> {
  return readShaped(dir.config, configShape, 'restore the file, or correct the member that is named')
}

export async function isInitialised(dir: DataDir): Promise<boolean> {
  try {
    return (await stat(dir.keys)).isFile()
  } catch {
    // Whatever the reason: there are no keys that could be used.
    return false
  }
}

/** `CLI_NOT_INITIALISED` */
export async function assertInitialised(dir: DataDir): Promise<void> {
  if (await isInitialised(dir)) return
  const place = shownPath(dir.path)
  throw failure(
    'CLI_NOT_INITIALISED',
    `no institution is set up in ${place}`,
    `make one with: chirograph init --name "Your institution" --type community-college --data-dir ${place}; or name its folder with --data-dir`,
  )
}
