/** A folder whose log is gone: `init` makes one that says whose it is, so one that holds nothing is not that one. */
import { type ChirographError, isChirographError } from '@chirograph/interface'
import { failure } from './failure.js'
import { shownPath } from './paths.js'

/** Of a log that is lost or has lost something; a vote that is forgotten could be cast twice. */
export const startAfreshHint =
  'keep a copy of the folder named log, move it away and start the node: it fills again from the other members, which hold the same log'

/** `CLI_LOG_LOST` */
export function logLost(path: string, how: 'is empty' | 'is missing', cause?: unknown): ChirographError {
  return failure(
    'CLI_LOG_LOST',
    `the log in ${shownPath(path)} ${how}, and the one that was made with this folder was not: its votes and events are lost`,
    startAfreshHint,
    cause,
  )
}

/** `CLI_LOG_LOST`, by the word of the registrar, which calls a batch published once its event is safely in the log. */
export function batchesLost(path: string, count: number): ChirographError {
  return failure('CLI_LOG_LOST', `the log in ${shownPath(path)} ${latestWritesLost(count)}`, startAfreshHint)
}

export function latestWritesLost(batches: number): string {
  return batches === 1
    ? 'has lost its latest writes: a batch that was published is not in it any more, and votes may be gone with it'
    : `has lost its latest writes: ${batches} batches that were published are not in it any more, and votes may be gone with them`
}

/** Whether the error says that a database is damaged, or not what it was. */
export function isLoss(error: unknown): error is ChirographError {
  return isChirographError(error, 'STORE_CORRUPT') || isChirographError(error, 'CLI_LOG_LOST')
}
