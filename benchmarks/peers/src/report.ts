/** What was measured, as a table for people and as a document for programs. */
import type { Phase } from './calls.js'
import type { Figures, Measured } from './measure.js'

export interface PeersReport {
  readonly machine: { readonly platform: string; readonly cpu: string; readonly cores: number }
  readonly workload: { readonly records: number; readonly recordBytes: number }
  readonly peers: readonly PeerReport[]
}

export interface PeerReport {
  readonly name: string
  /** A name and a version for each package of it. */
  readonly versions: readonly string[]
  /** The Node that it ran on; null when it did not run. */
  readonly node: string | null
  readonly remarks: readonly string[]
  readonly rows: readonly Row[]
}

export interface Row extends Measured {
  readonly variant: string
}

const columns = ['append/s', 'replicate/s', 'disk B', 'later B', 'reopen ms', 'look-up/s'] as const

/** Of a figure that was not taken. */
const missing = '–'

export function tableOf({ machine, workload, peers }: PeersReport): string {
  const rows = peers.flatMap(({ name, rows }) =>
    rows.map((row) => ({ label: `${name}, ${row.variant}`, row })),
  )
  const notes = rows.flatMap(({ label, row }) => notesOf(label, row))
  return [
    `${machine.platform}, ${machine.cores} × ${machine.cpu}`,
    `${round(workload.records)} signed records of ${workload.recordBytes} bytes. Replicated between two processes over loopback, from`,
    'connecting until all are verified and stored. Disk: bytes a record after closing, and later, after the',
    'log was reopened, read, served and closed again. Looked up one after the other, by random ids.',
    '',
    ...aligned(rows),
    ...(notes.length > 0 ? ['', ...notes] : []),
    ...peers.flatMap((peer) => ['', headingOf(peer), ...peer.remarks.map((remark) => `  ${remark}`)]),
  ].join('\n')
}

/** The same with the rates worked out, so that nobody has to. */
export function documentOf(report: PeersReport) {
  const peers = report.peers.map((peer) => ({
    ...peer,
    rows: peer.rows.map((row) => ({ ...row, perSecond: ratesOf(row.figures) })),
  }))
  return { ...report, peers }
}

function ratesOf({ append, settle, read, replicate }: Figures) {
  const rate = (phase: Phase | undefined) => (phase ? perSecond(phase) : null)
  return { append: rate(append), settle: rate(settle), read: rate(read), replicate: rate(replicate) }
}

function perSecond({ records, ms }: Phase): number {
  return (records * 1_000) / ms
}

function aligned(rows: readonly { readonly label: string; readonly row: Row }[]): string[] {
  const table = [[...columns], ...rows.map(({ row }) => cellsOf(row))]
  const widths = columns.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)))
  const labelWidth = Math.max(0, ...rows.map(({ label }) => label.length))
  const lineOf = (label: string, cells: readonly string[]) =>
    [label.padEnd(labelWidth), ...cells.map((cell, column) => cell.padStart(widths[column] ?? 0))].join('   ')
  return [
    lineOf('', columns),
    ...rows.map(({ label, row }) =>
      // Where nothing was measured the reason has the line to itself.
      row.failure && Object.keys(row.figures).length === 0
        ? `${label.padEnd(labelWidth)}   did not run: ${row.failure.why}`
        : lineOf(label, cellsOf(row)),
    ),
  ]
}

function cellsOf({ figures }: Row): string[] {
  const { append, replicate, diskBytes, diskBytesLater, reopenMs, read } = figures
  const amount = (value: number | undefined) => (value === undefined ? missing : round(value))
  // A star says that the time limit ended it; the notes say where.
  const rate = (phase: Phase | undefined) =>
    phase ? `${phase.isStopped ? '*' : ''}${round(perSecond(phase))}` : missing
  return [
    rate(append),
    rate(replicate),
    amount(diskBytes),
    amount(diskBytesLater),
    amount(reopenMs),
    rate(read),
  ]
}

function notesOf(label: string, { figures, failure }: Row): string[] {
  const { append, settle, replicate, read } = figures
  const stopped = (what: string, phase: Phase | undefined) =>
    phase?.isStopped
      ? [`* ${label}: ${what} stopped after ${round(phase.records)} records in ${seconds(phase.ms)}`]
      : []
  const settled =
    settle && !settle.isStopped
      ? [
          `  ${label}: both held all ${round(settle.records)} records ${seconds(settle.ms)} after the first append`,
        ]
      : []
  const failed =
    failure && Object.keys(figures).length > 0
      ? [`✗ ${label}: failed at "${failure.during}": ${failure.why}`]
      : []
  return [
    ...stopped('appending', append),
    ...settled,
    ...stopped('looking up', read),
    ...stopped('replicating', replicate),
    ...failed,
  ]
}

function headingOf({ name, versions, node }: PeerReport): string {
  return [name, versions.join(', '), node ? `Node ${node}` : 'did not run'].join(' · ')
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

function round(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
