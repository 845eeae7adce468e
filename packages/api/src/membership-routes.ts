/** Who takes part and who votes: see it, bring and approve applications, join, leave, evict, change consensus keys. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { parseContentId } from '@chirograph/codec'
import { parseOrgId } from '@chirograph/event'
import type { ChirographNode, PublishedEvent } from '@chirograph/node'
import { eventBodyOfJson } from './event-json.js'
import { ApiError, badRequest } from './problem.js'
import { readRequest } from './request.js'
import type { ApplicationAnswer, MembershipAnswer, PublishAnswer } from './wire.js'

const applicationRequest = z.strictObject({
  application: z.unknown(),
  probationMs: z.number().int().nonnegative().optional(),
})
const approvalRequest = z.strictObject({ application: z.string() })
const evictionRequest = z.strictObject({ org: z.string() })

export function addMembershipRoutes(app: FastifyInstance, node: ChirographNode): void {
  const tell = async (published: Promise<PublishedEvent>, reply: FastifyReply): Promise<PublishAnswer> => {
    const { id, publishedAtMs } = await published
    reply.code(201)
    return { event: id, publishedAtMs }
  }

  app.get('/v1/members', (): MembershipAnswer => node.membership())

  app.get<{ Params: { id: string } }>('/v1/applications/:id', (request): ApplicationAnswer => {
    const application = node.application(eventIdOf(request.params.id))
    if (application !== undefined) return application
    throw new ApiError({
      code: 'API_NO_SUCH_APPLICATION',
      what: 'no application with this id is final here',
      hint: 'ask for the event that brought it, and wait until this node is in sync',
      status: 404,
    })
  })

  app.post('/v1/applications', (request, reply) => {
    const { application, probationMs = 0 } = readRequest(applicationRequest, request.body)
    const body = eventBodyOfJson({ kind: 'member.apply', application, probationMs })
    if (body.kind !== 'member.apply') throw new Error(`an application was read as ${body.kind}`)
    return tell(node.applyFor(body.application, { probationMs }), reply)
  })

  app.post('/v1/member-approvals', (request, reply) => {
    const { application } = readRequest(approvalRequest, request.body)
    return tell(node.approveMember(eventIdOf(application)), reply)
  })

  app.post('/v1/evictions', (request, reply) => {
    const { org: text } = readRequest(evictionRequest, request.body)
    const org = parseOrgId(text)
    if (org === undefined) throw badRequest('this is no id of an organisation', 'it has 64 hex characters')
    return tell(node.evict(org), reply)
  })

  app.post('/v1/votes/join', (_request, reply) => tell(node.joinValidators(), reply))
  app.post('/v1/votes/leave', (_request, reply) => tell(node.leaveValidators(), reply))
  app.post('/v1/consensus-key-commitments', (_request, reply) => tell(node.commitConsensusKey(), reply))
  app.post('/v1/consensus-key-rotations', (_request, reply) => tell(node.rotateConsensusKey(), reply))
}

function eventIdOf(text: string) {
  const id = parseContentId(text)
  if (id === undefined) throw badRequest('this is no id of an event', 'event ids begin with bafyrei')
  return id
}
