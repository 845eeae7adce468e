/** Looking up what this institution issued. */
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { ChirographNode } from '@chirograph/node'
import { listLimitDefault, listLimitMax } from './limits.js'
import { jsonLines, ndjson } from './ndjson.js'
import { readRequest } from './request.js'
import { notFound } from './targets.js'
import { type CredentialAnswer, type CredentialSummary, credentialAnswer, credentialSummary } from './wire.js'

const listQuery = z.strictObject({
  query: z.string().max(200).optional(),
  limit: z.coerce.number().int().positive().max(listLimitMax).default(listLimitDefault),
})

export function addCredentialRoutes(app: FastifyInstance, node: ChirographNode): void {
  app.get('/v1/credentials', (request, reply) => {
    const { query, limit } = readRequest(listQuery, request.query)
    return reply.type(ndjson).send(Readable.from(jsonLines(summaries(node, { query, limit }))))
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
async function* summaries(
  node: ChirographNode,
  { query = '', limit }: { readonly query?: string | undefined; readonly limit: number },
): AsyncGenerator<CredentialSummary> {
  const wanted = query.toLowerCase()
  let count = 0
  for await (const entry of node.credentials()) {
    const summary = credentialSummary(node, entry)
    if (wanted !== '' && !matches(summary, wanted)) continue
    yield summary
    if (++count >= limit) return
  }
}

function matches(summary: CredentialSummary, wanted: string): boolean {
  const { credentialId, learnerId, learnerName, achievement, handle } = summary
  const texts = [credentialId, learnerId, learnerName, achievement, handle]
  return texts.some((text) => text?.toLowerCase().includes(wanted))
}
