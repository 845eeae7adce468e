/**
 * One person's achievement as JSON: the columns of a cohort file as members, and what a table cannot hold, the
 * alignments to skill frameworks.
 */
import { parseJson } from '@chirograph/codec'
import type { Alignment } from './achievement.js'
import type { Cohort } from './cohort.js'
import { type CohortColumn, type CohortError, cohortColumnNames, readRow } from './cohort-row.js'
import { isObject, quote, shorten } from './json.js'
import {
  alignmentsMax,
  descriptionCharactersMax,
  nameCharactersMax,
  problemsMax,
  singleBytesMax,
  uriCharactersMax,
} from './limits.js'
import { nearestName } from './nearest.js'

/**
 * Reads one person from JSON text, as a cohort of one row. Members are the columns of a cohort file with text as
 * values (`credits_available` may be a number), and `alignments`, a list of
 * `{ targetName, targetUrl, targetFramework?, targetCode?, targetDescription? }`. Errors name row 1.
 */
export function parseSingle(text: string): Cohort {
  const parsed = parseJson(text, { bytesMax: singleBytesMax })
  if (!parsed.ok)
    return failed([
      { column: '', expected: `JSON of at most ${singleBytesMax} bytes`, got: shorten(parsed.detail) },
    ])
  if (!isObject(parsed.value))
    return failed([{ column: '', expected: 'a JSON object', got: quote(parsed.value) }])
  const { alignments: targets = [], ...members } = parsed.value
  const cells = cellsOf(members)
  const alignments = alignmentsOf(targets)
  const reading = readRow({ row: 1, cells: cells.cells })
  const rowErrors = reading.kind === 'errors' ? reading.errors : []
  const errors = [...cells.errors, ...rowErrors, ...alignments.errors]
  if (reading.kind === 'errors' || errors.length > 0) return failed(errors)
  const { row } = reading
  const achievement = {
    ...row.achievement,
    ...(alignments.targets.length > 0 && { alignments: alignments.targets }),
  }
  return { kind: 'rows', rows: [{ ...row, achievement }] }
}

type Fault = Omit<CohortError, 'row'>

function cellsOf(members: { readonly [name: string]: unknown }): {
  readonly cells: Partial<Record<CohortColumn, string>>
  readonly errors: readonly Fault[]
} {
  const cells: Partial<Record<CohortColumn, string>> = {}
  const errors: Fault[] = []
  for (const [name, value] of Object.entries(members)) {
    const column = cohortColumnNames.find((known) => known === name)
    if (column === undefined) errors.push(unknownMember(name))
    else if (typeof value === 'string') cells[column] = value.trim()
    else if (typeof value === 'number' && column === 'credits_available') cells[column] = String(value)
    else errors.push({ column, expected: 'text', got: quote(value) })
  }
  return { cells, errors }
}

function unknownMember(name: string): Fault {
  const meant = nearestName(name, [...cohortColumnNames, 'alignments'])
  const expected =
    meant === undefined ? `only ${cohortColumnNames.join(', ')} and alignments` : `did you mean ${meant}?`
  return { column: shorten(name), expected, got: quote(name) }
}

function alignmentsOf(value: unknown): {
  readonly targets: readonly Alignment[]
  readonly errors: readonly Fault[]
} {
  const targets: Alignment[] = []
  if (!Array.isArray(value) || value.length > alignmentsMax) {
    return {
      targets,
      errors: [{ column: 'alignments', expected: `a list of at most ${alignmentsMax}`, got: quote(value) }],
    }
  }
  const errors: Fault[] = []
  for (const target of value) {
    const read = alignmentOf(target)
    if (typeof read === 'string') errors.push({ column: 'alignments', expected: read, got: quote(target) })
    else targets.push(read)
  }
  return { targets, errors }
}

const alignmentMembers = {
  targetName: nameCharactersMax,
  targetUrl: uriCharactersMax,
  targetFramework: nameCharactersMax,
  targetCode: nameCharactersMax,
  targetDescription: descriptionCharactersMax,
}

/** The alignment, or what was expected instead. */
function alignmentOf(target: unknown): Alignment | string {
  if (!isObject(target)) return 'an object with targetName and targetUrl'
  for (const [name, value] of Object.entries(target)) {
    const charactersMax = new Map(Object.entries(alignmentMembers)).get(name)
    if (charactersMax === undefined) return `only ${Object.keys(alignmentMembers).join(', ')}`
    if (typeof value !== 'string' || value.length > charactersMax || /\p{Cc}/u.test(value)) {
      return `${name} as text on one line of at most ${charactersMax} characters`
    }
  }
  const { targetName, targetUrl } = target
  if (typeof targetName !== 'string' || targetName.trim() === '')
    return 'an object with targetName and targetUrl'
  if (typeof targetUrl !== 'string' || !/^https?:\/\/\S+$/.test(targetUrl) || !URL.canParse(targetUrl)) {
    return 'targetUrl as a URL that starts with https:'
  }
  return { ...target, targetName, targetUrl } // every other member was checked to be known and text
}

function failed(faults: readonly (Fault | CohortError)[]): Cohort {
  const errors = faults.map((fault) => ({ row: 1, ...fault }))
  return { kind: 'errors', errors: errors.slice(0, problemsMax), count: errors.length }
}
