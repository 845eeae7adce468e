/** Reading requests: what zod finds wrong, in the words of a problem. */
import type { z } from 'zod'
import { badRequest } from './problem.js'

/** The value that a schema reads out of a request, or `API_BAD_REQUEST` with every fault and its place. */
export function readRequest<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.slice(0, faultsMax).map(({ path, message }) => ({
    column: path.map(String).join('.'),
    expected: message,
    got: 'something else',
  }))
  const first = errors[0]
  const where = first?.column ? `${first.column}: ` : ''
  throw badRequest(
    `the request is not as this endpoint expects it (${where}${first?.expected ?? 'unreadable'})`,
    'correct the members that are named',
    errors,
  )
}

/** A hostile request must not make a long answer. */
const faultsMax = 20
