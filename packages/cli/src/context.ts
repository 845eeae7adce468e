/** What every command works with: the options that all of them share, made into what they mean. */
import type { Command } from 'commander'
import { type ApiClient, createApiClient } from '@chirograph/api/client'
import { copyable, dataDirDefault } from './copyable.js'
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
  /** The text with commands as they have to be typed for this folder. */
  copyable(text: string): string
  /** Aborts when `--timeout`, or the command's own default, is over. */
  deadline(defaultMs?: number): AbortSignal
  /** `CLI_NOT_INITIALISED`, `API_UNREACHABLE` */
  connect(): Promise<ApiClient>
}

/** How long most commands wait for the node. */
const timeoutMsDefault = 60_000

export function contextOf(command: Command): Context {
  const options = command.optsWithGlobals<GlobalOptions>()
  const dataDir = dataDirAt(dataDirPathOf(options))
  const timeoutMs = options.timeout === undefined ? undefined : parseDuration(options.timeout, '--timeout')
  return {
    terminal: createTerminal(options),
    dataDir,
    copyable: (text) => copyable(text, dataDir.path),
    deadline: (defaultMs = timeoutMsDefault) => AbortSignal.timeout(timeoutMs ?? defaultMs),
    async connect() {
      await assertInitialised(dataDir)
      return createApiClient({ dataDir: dataDir.path })
    },
  }
}

export function dataDirPathOf({ dataDir }: GlobalOptions): string {
  return resolvePath(dataDir ?? process.env.CHIROGRAPH_DATA_DIR ?? dataDirDefault)
}
