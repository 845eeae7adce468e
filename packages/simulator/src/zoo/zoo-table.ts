/** What became of each bug, as a table for people. */
import type { Hunted } from './hunt.js'

export function zooTable(hunted: readonly Hunted[]): string {
  const rows = [
    ['bug', 'rule', 'seeds', 'caught by', 'seconds'],
    ...hunted.map(({ bug, rule, seeds, seconds, caught }) => [
      bug,
      rule,
      seeds.toLocaleString('en-US'),
      caught?.oracle ?? 'nobody',
      seconds.toFixed(1),
    ]),
  ]
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const isNumber = (column: number) => column === 2 || column === 4
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  const escaped = hunted.filter(({ caught }) => caught === null)
  const most = Math.max(0, ...hunted.map(({ seeds }) => seeds))
  const sum =
    escaped.length === 0
      ? `All ${hunted.length} caught, each within ${most.toLocaleString('en-US')} seeds`
      : `${escaped.length} of ${hunted.length} escaped: ${escaped.map(({ bug }) => bug).join(', ')}`
  return [...rows.map((row) => `  ${line(row)}`), '', sum, ''].join('\n')
}
