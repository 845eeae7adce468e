/** Log keys and forks: rotate the own key, approve a recovery, tell again what restricts, and see how it stands. */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { parseContentId } from '@chirograph/codec'
import { type OrgId, parseOrgId } from '@chirograph/event'
import type { ChirographNode } from '@chirograph/node'
import { badRequest } from './problem.js'
import { readRequest } from './request.js'
import type { ForksAnswer, PublishAnswer, SalvageAnswer } from './wire.js'

const recoveryRequest = z.strictObject({ org: z.string(), rotation: z.string().optional() })
const salvageRequest = z.strictObject({ org: z.string() })

export function addSuccessionRoutes(app: FastifyInstance, node: ChirographNode): void {
  app.get('/v1/forks', (): ForksAnswer => ({ forks: node.forks() }))

  app.post('/v1/key-rotations', async (_request, reply): Promise<PublishAnswer> => {
    const { id, publishedAtMs } = await node.rotateKey()
    reply.code(201)
    return { event: id, publishedAtMs }
  })

  app.post('/v1/recovery-approvals', async (request, reply): Promise<PublishAnswer> => {
    const { org, rotation } = readRequest(recoveryRequest, request.body)
    const named = rotation === undefined ? undefined : parseContentId(rotation)
    if (rotation !== undefined && named === undefined)
      throw badRequest('this is no id of an event', 'event ids begin with bafyrei')
    const { id, publishedAtMs } = await node.approveRecovery(orgOf(org), { rotation: named })
    reply.code(201)
    return { event: id, publishedAtMs }
  })

  app.post('/v1/salvages', async (request, reply): Promise<SalvageAnswer> => {
    const { org } = readRequest(salvageRequest, request.body)
    const published = await node.salvage(orgOf(org))
    reply.code(201)
    return { events: published.map(({ id, publishedAtMs }) => ({ event: id, publishedAtMs })) }
  })
}

function orgOf(text: string): OrgId {
  const org = parseOrgId(text)
  if (org === undefined) throw badRequest('this is no id of an organisation', 'it has 64 hex characters')
  return org
}
