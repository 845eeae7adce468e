/** What was ended when, and what became of what it had acknowledged: the summary of a campaign. */

export interface TallyRow {
  /** What was running. */
  readonly what: string
  /** What it was doing at the time. */
  readonly when: string
  kills: number
  /** Of these, while a write to its disk was under way. */
  inWrite: number
  acknowledged: number
  recovered: number
  lost: number
}

export interface Tally {
  readonly rows: readonly TallyRow[]
  /** The row of this name; made when there is none. */
  row(what: string, when: string): TallyRow
  /** The same, with one more kill in it. */
  killed(what: string, when: string, how: { readonly isInWrite: boolean }): TallyRow
  sum(): Omit<TallyRow, 'what' | 'when'>
}

export function createTally(): Tally {
  const rows: TallyRow[] = []
  function row(what: string, when: string): TallyRow {
    const known = rows.find((one) => one.what === what && one.when === when)
    if (known) return known
    const made = { what, when, kills: 0, inWrite: 0, acknowledged: 0, recovered: 0, lost: 0 }
    rows.push(made)
    return made
  }
  return {
    rows,
    row,
    killed(what, when, { isInWrite }) {
      const killed = row(what, when)
      killed.kills++
      if (isInWrite) killed.inWrite++
      return killed
    },
    sum() {
      const total = (key: keyof ReturnType<Tally['sum']>) => rows.reduce((sum, row) => sum + row[key], 0)
      return {
        kills: total('kills'),
        inWrite: total('inWrite'),
        acknowledged: total('acknowledged'),
        recovered: total('recovered'),
        lost: total('lost'),
      }
    },
  }
}

/** The rows that tested something, and their sum, as text in columns. */
export function describeTally(tally: Tally): string {
  const head = ['what', 'ended while', 'times', 'in a write', 'acknowledged', 'recovered', 'lost']
  const cells = ({ kills, inWrite, acknowledged, recovered, lost }: ReturnType<Tally['sum']>) => {
    // Where nothing was acknowledged nothing could be lost, and that nothing was says nothing.
    const kept = acknowledged === 0 ? ['not tested', 'not tested'] : [recovered, lost]
    return [kills, inWrite, acknowledged, ...kept].map((cell) => cell.toLocaleString('en-US'))
  }
  const tested = tally.rows.filter(({ kills, acknowledged }) => kills > 0 || acknowledged > 0)
  const sorted = tested.sort((a, b) => (`${a.what} ${a.when}` < `${b.what} ${b.when}` ? -1 : 1))
  const lines = [
    head,
    ...sorted.map((row) => [row.what, row.when, ...cells(row)]),
    ['all', '', ...cells(tally.sum())],
  ]
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
