/** What happened, as a few last lines for a person and as one digest for comparing runs. */
import { createHash } from 'node:crypto'

/** Lines of the trace that an error shows. */
const shownLines = 30

export interface Trace {
  /** Something that helps to understand a failure. */
  note(atMs: number, line: string): void
  /** Something that only has to be the same in the next run. */
  mark(...facts: readonly (string | number)[]): void
  lastLines(): readonly string[]
  /** Hex of SHA-256 over everything noted and marked so far. */
  digest(): string
}

export function createTrace(): Trace {
  const hash = createHash('sha256')
  let lines: string[] = []
  let marks = ''
  const mark = (...facts: readonly (string | number)[]) => {
    marks += `${facts.join(' ')}\n`
    if (marks.length < 4096) return
    hash.update(marks)
    marks = ''
  }
  return {
    mark,
    note(atMs, line) {
      mark(atMs, line)
      lines.push(`${String(atMs).padStart(8)} ms  ${line}`)
      if (lines.length > 4 * shownLines) lines = lines.slice(-shownLines)
    },
    lastLines: () => lines.slice(-shownLines),
    digest: () => hash.copy().update(marks).digest('hex'),
  }
}
