/** Timing, and the table and JSON that every benchmark prints the same way. */
import { cpus, loadavg } from 'node:os'

export interface Row {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** What the value is a ratio to, and that limit's value in the same run. */
  readonly limit?: { readonly name: string; readonly value: number }
}

export interface Report {
  readonly name: string
  readonly workload: string
  readonly rows: readonly Row[]
}

export function ratioOf({ value, limit }: Row): number | null {
  return limit === undefined ? null : value / limit.value
}

/** Of rates more is better, of times and bytes less. */
export function betterOf({ unit }: Row): 'higher' | 'lower' {
  return unit.endsWith('/s') ? 'higher' : 'lower'
}

/** Operations per second of `run`, repeated until `forMs` has passed. `run` says how many operations it did. */
export async function ratePerSecond(run: () => number | Promise<number>, forMs = 600): Promise<number> {
  await run()
  let operations = 0
  const begin = process.hrtime.bigint()
  let elapsedMs = 0
  while (elapsedMs < forMs) {
    operations += await run()
    elapsedMs = Number(process.hrtime.bigint() - begin) / 1e6
  }
  return (operations * 1000) / elapsedMs
}

/** The value below which the given share of the samples lies (nearest rank). */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN
}

export function machine() {
  const [cpu] = cpus()
  return {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
  }
}

/** Above half of its cores a machine has too little left for what is measured. */
const busyShare = 0.5

/** What the machine did in the minute before; to be asked before anything is measured. Where nobody counts it is 0. */
export function loadBefore() {
  const [load = 0] = loadavg()
  return { loadAverage: load, isBusy: load > cpus().length * busyShare }
}

export function printTable({ name, workload, rows }: Report): void {
  const cells = rows.map((row) => {
    const ratio = ratioOf(row)
    const share =
      ratio === null
        ? ''
        : `${ratio.toFixed(2)} × ${row.limit?.name} (${round(row.limit?.value ?? 0)}), ${betterOf(row)} is better`
    return [row.what, `${round(row.value)} ${row.unit}`, share]
  })
  const widths = [0, 1, 2].map((column) => Math.max(0, ...cells.map((row) => row[column]?.length ?? 0)))
  console.log(`\n${name}\n  ${workload}`)
  for (const row of cells)
    console.log(
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd()}`,
    )
}

function round(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US')
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
