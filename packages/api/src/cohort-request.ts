/** A cohort as a request carries it: a CSV file, rows as JSON, or one person as JSON. */
import { z } from 'zod'
import {
  type CohortError,
  type CohortRow,
  parseCohort,
  parseSingle,
  problemsMax,
} from '@chirograph/credential'
import { ApiError } from './problem.js'
import { readRequest } from './request.js'

const person = z.record(z.string(), z.unknown())

const batchRequest = z
  .strictObject({
    csv: z.string().optional(),
    rows: z.array(person).min(1).max(100_000).optional(),
    json: person.optional(),
    dryRun: z.boolean().optional(),
    /** Also what was issued before as it stands. */
    again: z.boolean().optional(),
  })
  .refine(({ csv, rows, json }) => [csv, rows, json].filter((given) => given !== undefined).length === 1, {
    message: 'expected exactly one of csv, rows and json',
  })

/** `API_COHORT_INVALID` names every fault by row and column. */
export function readCohortRequest(body: unknown): {
  readonly rows: readonly CohortRow[]
  readonly dryRun: boolean
  readonly again: boolean
} {
  const { csv, rows, json, dryRun = false, again = false } = readRequest(batchRequest, body)
  if (csv === undefined) return { rows: rowsOfJson(rows ?? (json ? [json] : [])), dryRun, again }
  const cohort = parseCohort(csv)
  if (cohort.kind === 'errors') throw invalidCohort(cohort.errors, cohort.count)
  return { rows: cohort.rows, dryRun, again }
}

/** Each object is one person; its place in the list, from 1, is its row. */
function rowsOfJson(people: readonly unknown[]): CohortRow[] {
  const rows: CohortRow[] = []
  const errors: CohortError[] = []
  for (const [at, one] of people.entries()) {
    const cohort = parseSingle(JSON.stringify(one))
    if (cohort.kind === 'rows') rows.push(...cohort.rows.map((row) => ({ ...row, row: at + 1 })))
    else errors.push(...cohort.errors.map((error) => ({ ...error, row: at + 1 })))
  }
  if (errors.length > 0) throw invalidCohort(errors.slice(0, problemsMax), errors.length)
  return rows
}

function invalidCohort(errors: readonly CohortError[], count: number): ApiError {
  const problems = count === 1 ? 'one problem' : `${count} problems`
  return new ApiError({
    code: 'API_COHORT_INVALID',
    what: `the cohort has ${problems}; nothing was issued`,
    hint: 'correct the cells that are named and send it again',
    status: 422,
    errors,
  })
}
