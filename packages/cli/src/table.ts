/** Columns of text for a terminal. */
import { plainText } from './plain-text.js'

/** Rows under a header, as wide as their longest cell; the last column is not padded. Cells may not hold colours. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [header, ...rows.map((row) => row.map(plainText))]
  const widths = header.map((_, at) => Math.max(...all.map((row) => widthOf(row[at] ?? ''))))
  return all.map((row) =>
    row
      .map((cell, at) => cell + ' '.repeat(Math.max(0, (widths[at] ?? 0) - widthOf(cell))))
      .join('  ')
      .trimEnd(),
  )
}

/** Cut in the middle of nowhere is worse than cut with a sign. */
export function cut(text: string, max: number): string {
  const letters = [...text]
  return letters.length <= max ? text : `${letters.slice(0, max - 1).join('')}…`
}

function widthOf(text: string): number {
  return [...text].length
}
