/** What goes wrong, as RFC 9457 tells it over HTTP, and as the same typed error on both ends. */
import { ChirographError, type ErrorFacts, type ErrorParts } from '@chirograph/interface'

/** The body of every answer that is not a success; `application/problem+json`. */
export interface Problem {
  /** `urn:chirograph:problem:` and the code: an identifier, not an address. */
  readonly type: string
  /** What happened. */
  readonly title: string
  readonly status: number
  /** Stable, upper case: what a program branches on. */
  readonly code: string
  /** What to do. */
  readonly hint: string
  /** Several things that are wrong at once, each with its place. */
  readonly errors?: readonly ProblemDetail[]
  /** What a program may want to know of it. */
  readonly facts?: ErrorFacts
}

/** One thing wrong in a request: a cell of a cohort file (`row` and `column`), or a member of the JSON (`column`). */
export interface ProblemDetail {
  readonly row?: number
  readonly column: string
  readonly expected: string
  readonly got: string
}

/** A refusal by the API, or a failure to reach it. The client throws what the server threw. */
export class ApiError extends ChirographError {
  readonly status: number
  readonly errors: readonly ProblemDetail[]

  constructor(parts: ErrorParts & { readonly status: number; readonly errors?: readonly ProblemDetail[] }) {
    super(parts)
    this.status = parts.status
    this.errors = parts.errors ?? []
  }
}

/** The problem that any thrown value is; a bug shows nothing of its insides. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) {
    const { status, what: title, code, hint, errors } = error
    return { type: typeOf(code), title, status, code, hint, ...(errors.length > 0 && { errors }) }
  }
  if (error instanceof ChirographError) {
    const { what: title, code, hint, facts } = error
    const hasFacts = Object.keys(facts).length > 0
    const status = statuses[code] ?? 500
    return { type: typeOf(code), title, status, code, hint, ...(hasFacts && { facts }) }
  }
  return problemOf(fastifyProblem(error))
}

/** The error that a problem from the wire is; anything else that is no success is named as such. */
export function errorOfProblem(body: unknown, status: number): ApiError {
  if (!isProblem(body)) {
    return new ApiError({
      code: 'API_NOT_UNDERSTOOD',
      what: `something at the node's address answered with HTTP ${status} and no explanation`,
      hint: 'check that it is a chirograph node; stop the other program and start the node again',
      status,
    })
  }
  const { code, title: what, hint, errors, facts } = body
  return new ApiError({ code, what, hint, status, ...(errors && { errors }), ...(facts && { facts }) })
}

export function badRequest(what: string, hint: string, errors?: readonly ProblemDetail[]): ApiError {
  return new ApiError({ code: 'API_BAD_REQUEST', what, hint, status: 400, ...(errors && { errors }) })
}

/** HTTP statuses of what lower layers refuse; whatever is not here is the server's own failure. */
const statuses: Readonly<Record<string, number>> = {
  NODE_ISSUE_REFUSED: 422,
  NODE_ALREADY_ISSUED: 409,
  NODE_NOTHING_TO_CHANGE: 409,
  NODE_NAME_TOO_LONG: 422,
  NODE_SIGNING_REFUSED: 409,
  NODE_KEYS_NOT_KEPT: 409,
  NODE_RECOVERY_REFUSED: 409,
  NODE_MEMBERSHIP_REFUSED: 409,
  NODE_GOVERNANCE_REFUSED: 409,
  NODE_NOTHING_TO_SALVAGE: 404,
  NODE_INVALID_EVENT: 422,
  PROOF_BATCH_NOT_FINAL: 409,
  NODE_CURSOR_INVALID: 400,
  NODE_CURSOR_OF_OTHER_STORE: 409,
  NODE_STOPPED: 503,
  STORE_CLOSED: 503,
}

function typeOf(code: string): string {
  return `urn:chirograph:problem:${code}`
}

function fastifyProblem(error: unknown): ApiError {
  const { code, statusCode, message } = error instanceof Error ? (error as Partial<FastifyFault>) : {}
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new ApiError({
      code: 'API_BODY_TOO_LARGE',
      what: 'the request is larger than 64 MiB',
      hint: 'split the cohort into several files',
      status: 413,
    })
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new ApiError({
      code: 'API_NOT_JSON',
      what: 'the request is not JSON',
      hint: 'send it with Content-Type: application/json',
      status: 415,
    })
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return badRequest(message ?? 'the request cannot be read', 'check that the body is valid JSON')
  return new ApiError({
    code: 'API_INTERNAL',
    what: 'the node failed to answer; this is a fault of the node',
    hint: "look at the node's log, and report it",
    status: 500,
    cause: error,
  })
}

/** What Fastify puts on its errors. */
interface FastifyFault {
  readonly code: string
  readonly statusCode: number
  readonly message: string
}

function isProblem(body: unknown): body is Problem {
  return (
    typeof body === 'object' &&
    body !== null &&
    'code' in body &&
    typeof body.code === 'string' &&
    'title' in body &&
    typeof body.title === 'string' &&
    'hint' in body &&
    typeof body.hint === 'string'
  )
}
