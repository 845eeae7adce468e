/** Stolen keys, measures of many, recognitions, custody: what `node` does for people, by HTTP. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { parseOrgId } from '@chirograph/event'
import type { ChirographNode, PublishedEvent } from '@chirograph/node'
import {
  contentIdText,
  custodyBody,
  eventBodyOfJson,
  jsonOf,
  measureBody,
  orgText,
  recognitionShape,
} from './event-json.js'
import { ApiError, badRequest } from './problem.js'
import { readRequest } from './request.js'
import type { MeasureAnswer, PublishAnswer, StandingAnswer } from './wire.js'

const uint = z.number().int().nonnegative()
const theftRequest = z.strictObject({ generation: uint, sinceHeight: uint, org: orgText.optional() })
const reaffirmRequest = z.strictObject({ batches: z.array(contentIdText).min(1).optional() })
const proposalRequest = z.strictObject({ proposal: contentIdText })
const recognitionRequest = z.strictObject(recognitionShape)
const orgRequest = z.strictObject({ org: orgText })

export function addGovernanceRoutes(app: FastifyInstance, node: ChirographNode): void {
  const tell = async (published: Promise<PublishedEvent>, reply: FastifyReply): Promise<PublishAnswer> => {
    const { id, publishedAtMs } = await published
    reply.code(201)
    return { event: id, publishedAtMs }
  }

  app.post('/v1/thefts', (request, reply) =>
    tell(node.tellTheft(readRequest(theftRequest, request.body)), reply),
  )
  app.post('/v1/reaffirmations', (request, reply) =>
    tell(node.reaffirm(readRequest(reaffirmRequest, request.body).batches), reply),
  )
  app.post('/v1/measures', (request, reply) => {
    const measure = readRequest(measureBody, request.body)
    eventBodyOfJson(request.body) // the rules that no field alone shows
    return tell(node.propose(measure), reply)
  })
  app.get<{ Params: { id: string } }>('/v1/measures/:id', (request): MeasureAnswer => {
    const { proposal } = readRequest(proposalRequest, { proposal: request.params.id })
    const view = node.measure(proposal)
    if (view !== undefined) return { ...view, measure: jsonOf(view.measure) }
    throw new ApiError({
      code: 'API_NO_SUCH_MEASURE',
      what: 'no proposal with this id is final here',
      hint: 'ask for the event that made it, and wait until this node is in sync',
      status: 404,
    })
  })
  const acts = {
    approvals: node.approveMeasure,
    withdrawals: node.withdrawApproval,
    executions: node.carryOut,
  }
  for (const [name, act] of Object.entries(acts)) {
    app.post(`/v1/measure-${name}`, (request, reply) =>
      tell(act(readRequest(proposalRequest, request.body).proposal), reply),
    )
  }
  app.post('/v1/recognitions', (request, reply) => {
    const recognition = readRequest(recognitionRequest, request.body)
    if (recognition.untilMs !== null && recognition.untilMs <= recognition.fromMs)
      throw badRequest('the recognition ends before it begins', 'give an untilMs after fromMs, or null')
    return tell(node.recognise(recognition), reply)
  })
  app.post('/v1/recognition-ends', (request, reply) =>
    tell(node.endRecognition(readRequest(orgRequest, request.body).org), reply),
  )
  app.post('/v1/custody', (request, reply) =>
    tell(node.actAsCustodian(readRequest(custodyBody, request.body)), reply),
  )
  app.get<{ Params: { org: string } }>('/v1/members/:org', (request): StandingAnswer => {
    const org = parseOrgId(request.params.org)
    if (org === undefined) throw badRequest('this is no id of an organisation', 'it has 64 hex characters')
    const standing = node.standing(org)
    if (standing !== undefined) return standing
    throw new ApiError({
      code: 'API_NO_SUCH_MEMBER',
      what: 'the network knows no such organisation',
      hint: 'check the id; GET /v1/members lists all',
      status: 404,
    })
  })
}
