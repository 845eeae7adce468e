/**
 * A cohort file: CSV as a registrar's spreadsheet writes it (RFC 4180, UTF-8), one person and achievement a row.
 * Everything that is wrong is said at once, by row and column, so that a file is mended in one go.
 */
import { CsvError, parse } from 'csv-parse/sync'
import {
  type CohortColumn,
  type CohortError,
  type CohortRow,
  cohortColumnNames,
  cohortColumns,
  readRow,
} from './cohort-row.js'
import { quote, shorten } from './json.js'
import { cohortCharactersMax, cohortRecordCharactersMax, cohortRowsMax, problemsMax } from './limits.js'
import { nearestName } from './nearest.js'

export type Cohort =
  /** At least one row, in the order of the file. */
  | { readonly kind: 'rows'; readonly rows: readonly CohortRow[] }
  /** The first `problemsMax` errors, by row, and how many there are altogether. */
  | { readonly kind: 'errors'; readonly errors: readonly CohortError[]; readonly count: number }

/**
 * Reads a cohort file. Cells are trimmed and otherwise taken as they are: what a spreadsheet would run as a formula
 * (`=…`, `+…`, `@…`) is text here. Rows without any content are skipped, and still counted.
 */
export function parseCohort(text: string): Cohort {
  if (text.length > cohortCharactersMax) {
    return failed([
      fileError(`a file of at most ${cohortCharactersMax} characters`, `${text.length} characters`),
    ])
  }
  const records = recordsOf(text)
  if ('error' in records) return failed([records.error])
  const [header = [], ...lines] = records
  const columns = columnsOf(header)
  if (columns.kind === 'errors') return failed(columns.errors)
  if (lines.length > cohortRowsMax) {
    return failed([fileError(`at most ${cohortRowsMax} rows below the header`, 'more')])
  }
  return readLines(lines, columns.columns)
}

/** A file to start from: the header and one row of sample data. */
export function cohortTemplate(): string {
  const sample: Record<CohortColumn, string> = {
    learner_id: 'S-0001',
    learner_name: 'Sample Learner',
    learner_email: 'sample.learner@students.example',
    learner_did: '',
    achievement_name: 'Certificate in Industrial Maintenance',
    achievement_description: 'Keeps the machines of a production line running safely.',
    criteria: '"Six courses with grade C or better, and 120 hours in the workshop."',
    achievement_type: 'Certificate',
    achievement_id: '',
    credits_available: '18',
    record_class: 'certificate-credit',
    awarded_on: '2025-06-13',
    expires_on: '',
  }
  return `${cohortColumnNames.join(',')}\r\n${cohortColumnNames.map((column) => sample[column]).join(',')}\r\n`
}

/** Every record with its cells as text, or why the text is no CSV. */
function recordsOf(text: string): readonly (readonly string[])[] | { readonly error: CohortError } {
  try {
    return parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      max_record_size: cohortRecordCharactersMax,
      to: cohortRowsMax + 2,
    })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    return { error: csvError(error) }
  }
}

/** A comma, unless the header says otherwise: spreadsheets write semicolons where the comma is the decimal sign. */
const delimiters = [',', ';', '\t', '|'] as const

/** What parts the header into the most names of columns; no such name holds any of them. */
function delimiterOf(text: string): string {
  const [header = ''] = text.replace(/^\uFEFF/, '').split(/[\r\n]/, 1)
  const namesBy = (delimiter: string): number =>
    header.split(delimiter).filter((cell) => columnNamed(cell.replaceAll('"', '')) !== undefined).length
  return delimiters.reduce((best, other) => (namesBy(other) > namesBy(best) ? other : best))
}

function columnNamed(cell: string): CohortColumn | undefined {
  const name = cell.trim().toLowerCase()
  return cohortColumnNames.find((known) => known === name)
}

function csvError(error: CsvError): CohortError {
  // Complete records before the broken one, the header among them: its own number in a spreadsheet is the next.
  const row = typeof error.records === 'number' ? error.records + 1 : 1
  const told: Partial<Record<string, readonly [expected: string, got: string]>> = {
    CSV_QUOTE_NOT_CLOSED: ['a closing quote for every opening one', 'the end of the file inside quotes'],
    CSV_INVALID_CLOSING_QUOTE: [
      'the next cell after a closing quote, and "" for a quote inside quotes',
      'other text',
    ],
    INVALID_OPENING_QUOTE: [
      'quotes around the whole cell, and "" for a quote inside it',
      'a quote within a cell',
    ],
    CSV_MAX_RECORD_SIZE: [`a row of at most ${cohortRecordCharactersMax} characters`, 'a longer one'],
  }
  const [expected, got] = told[error.code] ?? ['CSV as a spreadsheet writes it', error.message]
  return { row, column: '', expected, got: shorten(got) }
}

type Columns =
  | { readonly kind: 'columns'; readonly columns: readonly (CohortColumn | undefined)[] }
  | { readonly kind: 'errors'; readonly errors: readonly CohortError[] }

/** The column of each cell of a record; undefined for a column without a name, which must stay empty. */
function columnsOf(header: readonly string[]): Columns {
  const names = header.map((name) => name.trim())
  if (names.every((name) => name === ''))
    return { kind: 'errors', errors: [fileError('a header with the names of the columns', 'nothing')] }
  const errors: CohortError[] = []
  const columns = names.map(columnNamed)
  for (const [i, name] of names.entries()) {
    const column = columns[i]
    if (column === undefined && name !== '') errors.push(unknownColumn(name))
    if (column !== undefined && columns.indexOf(column) < i) {
      errors.push({ row: 1, column, expected: 'each column once', got: 'the same column again' })
    }
  }
  const missing = cohortColumnNames.filter((name) => cohortColumns[name].required && !columns.includes(name))
  errors.push(
    ...missing.map((column) => ({ row: 1, column, expected: `a column ${column}`, got: 'nothing' })),
  )
  return errors.length > 0 ? { kind: 'errors', errors } : { kind: 'columns', columns }
}

function unknownColumn(name: string): CohortError {
  const meant = nearestName(name, cohortColumnNames)
  const expected = meant === undefined ? `only ${cohortColumnNames.join(', ')}` : `did you mean ${meant}?`
  return { row: 1, column: shorten(name), expected, got: quote(name) }
}

function readLines(
  lines: readonly (readonly string[])[],
  columns: readonly (CohortColumn | undefined)[],
): Cohort {
  const rows: CohortRow[] = []
  const errors: CohortError[] = []
  for (const [i, line] of lines.entries()) {
    const cells = line.map((cell) => cell.trim())
    if (cells.every((cell) => cell === '')) continue
    const row = i + 2
    const stray = cells.findIndex((cell, k) => cell !== '' && columns[k] === undefined)
    if (stray >= 0) {
      errors.push({
        row,
        column: '',
        expected: `${columns.length} columns, as in the header`,
        got: `${quote(cells[stray])} in column ${stray + 1}`,
      })
    }
    const named = Object.fromEntries(
      columns.flatMap((column, k) => (column === undefined ? [] : [[column, cells[k] ?? '']])),
    )
    const reading = readRow({ row, cells: named })
    if (reading.kind === 'errors') errors.push(...reading.errors)
    else rows.push(reading.row)
  }
  errors.push(...clashesOf(rows))
  if (errors.length > 0) return failed(errors.sort((a, b) => a.row - b.row))
  if (rows.length === 0)
    return failed([{ row: 2, column: '', expected: 'at least one row below the header', got: 'nothing' }])
  return { kind: 'rows', rows }
}

/** What only two rows together show: one learner twice, or one achievement that says two things. */
function clashesOf(rows: readonly CohortRow[]): CohortError[] {
  const awards = new Map<string, number>()
  const achievements = new Map<string, CohortRow>()
  const errors: CohortError[] = []
  for (const row of rows) {
    const { id, name } = row.achievement
    const key = id ?? name
    const award = JSON.stringify([row.learnerId, key])
    const earlier = awards.get(award)
    if (earlier === undefined) awards.set(award, row.row)
    else
      errors.push({
        row: row.row,
        column: 'learner_id',
        expected: 'each learner once for an achievement',
        got: `the learner and achievement of row ${earlier}`,
      })

    const first = achievements.get(key)
    if (first === undefined) achievements.set(key, row)
    else errors.push(...differences(first, row))
  }
  return errors
}

/** An achievement's id follows from what it says, so a slip in one row would make another achievement of it. */
function differences(first: CohortRow, row: CohortRow): CohortError[] {
  const columns = [
    ['achievement_name', 'name'],
    ['achievement_description', 'description'],
    ['criteria', 'criteria'],
    ['achievement_type', 'type'],
    ['credits_available', 'creditsAvailable'],
  ] as const
  return columns.flatMap(([column, member]) => {
    const [expected, got] = [first.achievement[member], row.achievement[member]]
    if (expected === got) return []
    return [
      {
        row: row.row,
        column,
        expected: `the same as in row ${first.row} for the same achievement: ${quote(expected)}`,
        got: quote(got),
      },
    ]
  })
}

function failed(errors: readonly CohortError[]): Cohort {
  return { kind: 'errors', errors: errors.slice(0, problemsMax), count: errors.length }
}

function fileError(expected: string, got: string): CohortError {
  return { row: 1, column: '', expected, got }
}
