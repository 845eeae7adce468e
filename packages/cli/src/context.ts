/** What every command works with: the options that all of them share, made into what they mean. */
import type { Command } from 'commander'
import { type ApiClient, createApiClient } from '@chirograph/api/client'
import { assertInitialised, type DataDir, dataDirAt } from './data-dir.js'
import { parseDuration } from './duration.js'
import { resolvePath } from './paths.js'
import { createTerminal, type Terminal, type TerminalOptions } from './terminal.js'

export interface GlobalOptions extends TerminalOptions {
  readonly dataDir?: string
  readonly timeout?: string
}

export interface Context {
  readonly terminal: Terminal
  readonly dataDir: DataDir
  /** Aborts when `--timeout`, or the command's own default, is over. */
  deadline(defaultMs?: number): AbortSignal
  /** `CLI_NOT_INITIALISED`, `API_UNREACHABLE` */
  connect(): Promise<ApiClient>
}

export const dataDirDefault = './chirograph-data'

/** How long most commands wait for the node. */
const timeoutMsDefault = 60_000

export function contextOf(command: Command): Context {
  const options = command.optsWithGlobals<GlobalOptions>()
  const dataDir = dataDirAt(resolvePath(options.dataDir ?? process.env.CHIROGRAPH_DATA_DIR ?? dataDirDefault))
  const timeoutMs = options.timeout === undefined ? undefined : parseDuration(options.timeout, '--timeout')
  return {
    terminal: createTerminal(options),
    dataDir,
    deadline: (defaultMs = timeoutMsDefault) => AbortSignal.timeout(timeoutMs ?? defaultMs),
    async connect() {
      await assertInitialised(dataDir)
      return createApiClient({ dataDir: dataDir.path })
    },
  }
}
