/** Looking up what this institution issued. */
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { ChirographNode, RegistrarEntry } from '@chirograph/node'
import { keyCharactersMax, listLimitDefault, listLimitMax } from './limits.js'
import { jsonLines, ndjson } from './ndjson.js'
import { readRequest } from './request.js'
import { notFound } from './targets.js'
import { type CredentialAnswer, type CredentialSummary, credentialAnswer, credentialSummary } from './wire.js'

const listQuery = z.strictObject({
  query: z.string().max(200).optional(),
  limit: z.coerce.number().int().positive().max(listLimitMax).optional(),
  batch: z.string().max(keyCharactersMax).optional(),
  whole: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
})

export function addCredentialRoutes(app: FastifyInstance, node: ChirographNode): void {
  app.get('/v1/credentials', (request, reply) => {
    const { whole = false, ...asked } = readRequest(listQuery, request.query)
    // Whoever asks for all of it whole wants no part of it left out.
    const limit = asked.limit ?? (whole ? Number.POSITIVE_INFINITY : listLimitDefault)
    const answerOf = whole ? credentialAnswer : credentialSummary
    const found = entriesWith(node, { ...asked, limit })
    return reply.type(ndjson).send(Readable.from(jsonLines(mapped(found, (entry) => answerOf(node, entry)))))
  })

  app.get<{ Params: { key: string } }>(
    '/v1/credentials/:key',
    async (request): Promise<{ readonly credentials: readonly CredentialAnswer[] }> => {
      const found = await node.findCredentials(request.params.key)
      if (found.length === 0) throw notFound(request.params.key)
      return { credentials: found.map((entry) => credentialAnswer(node, entry)) }
    },
  )
}

/** Those whose id, learner or achievement contains the text, in any case. */
async function* entriesWith(
  node: ChirographNode,
  {
    query = '',
    batch,
    limit,
  }: { readonly query?: string | undefined; readonly batch?: string | undefined; readonly limit: number },
): AsyncGenerator<RegistrarEntry> {
  const wanted = query.toLowerCase()
  let count = 0
  for await (const entry of node.credentials()) {
    if (batch !== undefined && entry.batch !== batch) continue
    if (wanted !== '' && !matches(credentialSummary(node, entry), wanted)) continue
    yield entry
    if (++count >= limit) return
  }
}

async function* mapped<T, U>(values: AsyncIterable<T>, change: (value: T) => U): AsyncGenerator<U> {
  for await (const value of values) yield change(value)
}

function matches(summary: CredentialSummary, wanted: string): boolean {
  const { credentialId, learnerId, learnerName, achievement, handle } = summary
  const texts = [credentialId, learnerId, learnerName, achievement, handle]
  return texts.some((text) => text?.toLowerCase().includes(wanted))
}
