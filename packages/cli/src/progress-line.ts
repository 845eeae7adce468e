/** One line about long work, for whoever watches: it appears when it takes long, and goes when it is done. */
import type { Terminal } from './terminal.js'

export interface ProgressLine {
  show(text: string): void
  clear(): void
}

/** What takes longer is shown. */
const quietMs = 2_000
const everyMs = 200

export function createProgressLine({ isWatched, talkColours }: Terminal): ProgressLine {
  const startedMs = Date.now()
  let shownMs = 0
  let isShown = false
  return {
    show(text) {
      const now = Date.now()
      if (!isWatched || now - startedMs < quietMs || now - shownMs < everyMs) return
      shownMs = now
      isShown = true
      process.stderr.write(`\r\u001b[K${talkColours.dim(text)}`)
    },
    clear() {
      if (isShown) process.stderr.write('\r\u001b[K')
      isShown = false
    },
  }
}
