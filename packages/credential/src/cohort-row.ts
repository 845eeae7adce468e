/**
 * One person's achievement as the registrar writes it: the columns of a cohort file, what each may hold, and how
 * they become one row. A file and a single person written as JSON share these rules.
 */
import { hasLoneSurrogate } from '@chirograph/codec'
import { type RecordClass, recordClasses } from '@chirograph/event'
import { achievementTypes, isAchievementType, recordClassesOf } from '@chirograph/verifier'
import type { Alignment } from './achievement.js'
import { quote } from './json.js'
import {
  creditsMax,
  criteriaCharactersMax,
  descriptionCharactersMax,
  emailCharactersMax,
  learnerIdCharactersMax,
  nameCharactersMax,
  uriCharactersMax,
  yearMax,
  yearMin,
} from './limits.js'
import { nearestName } from './nearest.js'
import { type CalendarDate, isCalendarDate } from './time.js'

export interface CohortRow {
  /** The row's number as a spreadsheet shows it: the header is row 1. */
  readonly row: number
  /** The id by which the institution's own system knows the learner. */
  readonly learnerId: string
  readonly learnerName: string
  readonly learnerEmail?: string
  readonly learnerDid?: string
  readonly achievement: {
    /** The institution's own URI for it; without one, an id is derived from what the achievement says. */
    readonly id?: string
    readonly name: string
    readonly description: string
    readonly criteria: string
    readonly type: string
    readonly creditsAvailable?: number
    readonly alignments?: readonly Alignment[]
  }
  /** What institutions are recognised for; given in the file, or the usual one for the type. */
  readonly recordClass: RecordClass
  readonly awardedOn: CalendarDate
  /** The last day on which it is valid. */
  readonly expiresOn?: CalendarDate
}

/** Something wrong in a file: where a spreadsheet shows it, what belongs there, what was found (shortened). */
export interface CohortError {
  readonly row: number
  /** The column's name, or empty when it is the row or the file as a whole. */
  readonly column: string
  readonly expected: string
  readonly got: string
}

/** What a column may hold. */
interface Column {
  readonly required: boolean
  readonly charactersMax: number
  /** In words that fit "expected …". */
  readonly expected: string
  readonly accepts: (cell: string) => boolean
  /** The names that a mistyped cell may have meant. */
  readonly names?: readonly string[]
  /** Paragraphs may have line breaks. */
  readonly multiline?: boolean
}

const anything = (): boolean => true
const date = `a date as YYYY-MM-DD between ${yearMin} and ${yearMax}, such as 2026-06-12`

/** Every column there is, in the order of the template. */
export const cohortColumns = {
  learner_id: {
    required: true,
    charactersMax: learnerIdCharactersMax,
    expected: "the learner's id in your system",
    accepts: anything,
  },
  learner_name: {
    required: true,
    charactersMax: nameCharactersMax,
    expected: "the learner's name",
    accepts: anything,
  },
  learner_email: {
    required: false,
    charactersMax: emailCharactersMax,
    expected: 'an e-mail address',
    accepts: (cell) => /^[^\s@]+@[^\s@]+$/.test(cell),
  },
  learner_did: {
    required: false,
    charactersMax: uriCharactersMax,
    expected: 'a DID, such as did:key:z6Mk…',
    accepts: (cell) => /^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$/.test(cell),
  },
  achievement_name: {
    required: true,
    charactersMax: nameCharactersMax,
    expected: 'what was achieved, as a title',
    accepts: anything,
  },
  achievement_description: {
    required: true,
    charactersMax: descriptionCharactersMax,
    expected: 'what was achieved, in a sentence or two',
    accepts: anything,
    multiline: true,
  },
  criteria: {
    required: true,
    charactersMax: criteriaCharactersMax,
    expected: 'what had to be done to earn it',
    accepts: anything,
    multiline: true,
  },
  achievement_type: {
    required: true,
    charactersMax: nameCharactersMax,
    expected:
      'a type of Open Badges 3.0, such as Certificate, Course or MicroCredential, or your own as ext:…',
    accepts: isAchievementType,
    names: achievementTypes,
  },
  achievement_id: {
    required: false,
    charactersMax: uriCharactersMax,
    expected: 'a URI that starts with https: or urn:',
    accepts: (cell) =>
      /^(?:https:\/\/[^\s/]+\/?[^\s]*|urn:[a-z0-9][a-z0-9-]{0,31}:[^\s]+)$/i.test(cell) && URL.canParse(cell),
  },
  credits_available: {
    required: false,
    charactersMax: 16,
    expected: `credit hours, a number from 0 to ${creditsMax} with at most two decimals`,
    accepts: (cell) => /^\d{1,4}(?:\.\d{1,2})?$/.test(cell) && Number(cell) <= creditsMax,
  },
  record_class: {
    required: false,
    charactersMax: nameCharactersMax,
    expected: `one of ${Object.keys(recordClasses).join(', ')}`,
    accepts: (cell) => Object.hasOwn(recordClasses, cell),
    names: Object.keys(recordClasses),
  },
  awarded_on: { required: true, charactersMax: 16, expected: date, accepts: isCalendarDate },
  expires_on: { required: false, charactersMax: 16, expected: date, accepts: isCalendarDate },
} as const satisfies Readonly<Record<string, Column>>

export type CohortColumn = keyof typeof cohortColumns

/** In the order of the template. */
// Object.keys widens to string[]; these are exactly the keys of the constant above.
export const cohortColumnNames = Object.keys(cohortColumns) as readonly CohortColumn[]

export type RowReading =
  | { readonly kind: 'row'; readonly row: CohortRow }
  | { readonly kind: 'errors'; readonly errors: readonly CohortError[] }

/** Reads one person from cells that were trimmed; an empty cell is the same as none. */
export function readRow(args: {
  readonly row: number
  readonly cells: Readonly<Partial<Record<CohortColumn, string>>>
}): RowReading {
  const { row, cells } = args
  const errors = cohortColumnNames.flatMap((column) => faultOf(column, cells[column] ?? '') ?? [])
  if (errors.length === 0) errors.push(...contradictionsOf(cells))
  if (errors.length > 0) return { kind: 'errors', errors: errors.map((error) => ({ row, ...error })) }
  return { kind: 'row', row: rowOf(row, cells) }
}

type Fault = Omit<CohortError, 'row'>

function faultOf(column: CohortColumn, cell: string): Fault | undefined {
  const rule: Column = cohortColumns[column]
  const fault = (expected: string): Fault => ({
    column,
    expected,
    got: cell === '' ? 'nothing' : quote(cell),
  })
  if (cell === '') return rule.required ? fault(rule.expected) : undefined
  if (cell.length > rule.charactersMax) {
    return { column, expected: `at most ${rule.charactersMax} characters`, got: `${cell.length} characters` }
  }
  if (cell.includes('\uFFFD') || hasLoneSurrogate(cell))
    return fault('readable text; save the file as CSV UTF-8')
  const unprintable = rule.multiline ? /[^\P{Cc}\n\r\t]/u : /\p{Cc}/u
  if (unprintable.test(cell))
    return fault(rule.multiline ? 'text without control characters' : 'text on one line')
  if (rule.accepts(cell)) return undefined
  const meant = nearestName(cell, rule.names ?? [])
  return fault(meant === undefined ? rule.expected : `${rule.expected}; did you mean ${meant}?`)
}

/** What no single cell shows. Dates as YYYY-MM-DD sort as text. */
function contradictionsOf(cells: Readonly<Partial<Record<CohortColumn, string>>>): Fault[] {
  const {
    achievement_type: type = '',
    record_class: recordClass,
    awarded_on: awarded = '',
    expires_on: expires,
  } = cells
  const faults: Fault[] = []
  if (expires && expires <= awarded) {
    faults.push({ column: 'expires_on', expected: `a day after awarded_on, ${awarded}`, got: quote(expires) })
  }
  const allowed = recordClassesOf(type)
  if (recordClass && !allowed.some((name) => name === recordClass)) {
    faults.push({
      column: 'record_class',
      expected: `${allowed.join(' or ')} for the type ${type}`,
      got: quote(recordClass),
    })
  }
  return faults
}

/** Only for cells that `faultOf` and `contradictionsOf` passed. */
function rowOf(row: number, cells: Readonly<Partial<Record<CohortColumn, string>>>): CohortRow {
  const cell = (column: CohortColumn): string => cells[column] ?? ''
  const type = cell('achievement_type')
  // The cell was checked to be one of these names, or is empty.
  const named = (cell('record_class') || recordClassesOf(type)[0]) as RecordClass
  return {
    row,
    learnerId: cell('learner_id'),
    learnerName: cell('learner_name'),
    ...(cells.learner_email && { learnerEmail: cells.learner_email }),
    ...(cells.learner_did && { learnerDid: cells.learner_did }),
    achievement: {
      ...(cells.achievement_id && { id: cells.achievement_id }),
      name: cell('achievement_name'),
      description: cell('achievement_description'),
      criteria: cell('criteria'),
      type,
      ...(cells.credits_available && { creditsAvailable: Number(cells.credits_available) }),
    },
    recordClass: named,
    awardedOn: cell('awarded_on'),
    ...(cells.expires_on && { expiresOn: cells.expires_on }),
  }
}
