/** Issuing over HTTP: one JSON answer, or a stream of lines for progress bars and large cohorts. */
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { type CohortRow, splitByRecordClass } from '@chirograph/credential'
import type { ChirographNode } from '@chirograph/node'
import { readCohortRequest } from './cohort-request.js'
import { signalOfLeaving } from './leaving.js'
import { jsonCredentialsMax } from './limits.js'
import { jsonLines, ndjson } from './ndjson.js'
import { ApiError, problemOf } from './problem.js'
import {
  batchAnswer,
  credentialAnswer,
  type DryRunAnswer,
  type IssueAnswer,
  type IssueLine,
  type IssueProgress,
} from './wire.js'

export function addBatchRoutes(app: FastifyInstance, node: ChirographNode): void {
  app.post('/v1/batches', async (request, reply): Promise<DryRunAnswer | IssueAnswer | FastifyReply> => {
    const { rows, dryRun, again } = readCohortRequest(request.body)
    if (dryRun) {
      if (!again) await node.checkCohort(rows)
      return dryRunAnswer(rows)
    }
    // A batch that was not begun when the caller hangs up is not issued to nobody.
    const leaving = signalOfLeaving(reply)
    if (request.headers.accept?.includes(ndjson)) {
      return reply
        .type(ndjson)
        .send(Readable.from(jsonLines(issueLines(node, rows, { again, signal: leaving }))))
    }
    if (rows.length > jsonCredentialsMax) throw tooManyForJson(rows.length)
    const issued = await node.issueCohort(rows, { again, signal: leaving })
    reply.code(201)
    return {
      batches: issued.map(batchAnswer),
      credentials: issued.flatMap(({ entries }) => entries.map((entry) => credentialAnswer(node, entry))),
    }
  })
}

function dryRunAnswer(rows: readonly CohortRow[]): DryRunAnswer {
  const classes = [...splitByRecordClass(rows)]
  return {
    dryRun: true,
    credentialCount: rows.length,
    recordClasses: classes.map(([recordClass, members]) => ({ recordClass, count: members.length })),
  }
}

/** Progress while it runs, then what came of it. A failure is the last line, because the status is sent by then. */
async function* issueLines(
  node: ChirographNode,
  rows: readonly CohortRow[],
  options: { readonly again: boolean; readonly signal: AbortSignal },
): AsyncGenerator<IssueLine> {
  let progress: IssueProgress | undefined
  let wake = (): void => {}
  let isDone = false
  const issuing = node
    .issueCohort(rows, {
      ...options,
      onProgress(reached) {
        progress = reached
        wake()
      },
    })
    .finally(() => {
      isDone = true
      wake()
    })
  // Awaited below, after the lines of progress; until then a failure is nobody's unhandled rejection.
  issuing.catch(() => {})
  while (!isDone) {
    if (progress) {
      // Only the latest matters: a slow reader does not queue up old ones.
      yield { progress }
      progress = undefined
    } else await new Promise<void>((resolve) => (wake = resolve))
  }
  try {
    for (const batch of await issuing) {
      yield { batch: batchAnswer(batch) }
      for (const entry of batch.entries) yield { credential: credentialAnswer(node, entry) }
    }
    yield { end: true }
  } catch (error) {
    yield { problem: problemOf(error) }
  }
}

function tooManyForJson(count: number): ApiError {
  return new ApiError({
    code: 'API_COHORT_LARGE',
    what: `${count} credentials are too many for one JSON answer; nothing was issued`,
    hint: `ask for a stream with Accept: ${ndjson}`,
    status: 422,
  })
}
