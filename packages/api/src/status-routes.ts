/** Changing statuses, publishing prepared events, and waiting until an event is final. */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { type EventId, parseContentId, toHex } from '@chirograph/codec'
import type { ChirographNode, CredentialTarget, EventState, StatusChange } from '@chirograph/node'
import { suspensionMsMax } from '@chirograph/status'
import { eventBodyOfJson, reasonName } from './event-json.js'
import { outcomeMsMax, targetsMax, waitMsDefault, waitMsMax } from './limits.js'
import { ApiError, badRequest } from './problem.js'
import { readRequest } from './request.js'
import { resolveTarget, targetSchema } from './targets.js'
import type { ChangeAnswer, EventAnswer, PublishAnswer } from './wire.js'

const credentials = z.array(targetSchema).min(1).max(targetsMax)

const changeRequest = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('revoke'), credentials, reason: reasonName.default('withdrawn') }),
  z.strictObject({
    kind: z.literal('suspend'),
    credentials,
    reason: reasonName.default('under-review'),
    untilMs: z.number().int().nonnegative().optional(),
  }),
  z.strictObject({ kind: z.literal('reinstate'), credentials }),
])

/** Query strings are text; what they say is read like any other request. */
const waitQuery = z.strictObject({
  wait: z.literal('final').optional(),
  timeoutMs: z.coerce.number().int().nonnegative().max(waitMsMax).default(waitMsDefault),
})

export function addStatusRoutes(app: FastifyInstance, node: ChirographNode, closing: AbortSignal): void {
  app.post('/v1/changes', async (request, reply): Promise<ChangeAnswer> => {
    const asked = readRequest(changeRequest, request.body)
    const targets = await distinctTargets(node, asked.credentials)
    const { id, publishedAtMs, unchanged } = await node.change(changeOf(asked, targets))
    reply.code(201)
    return { event: id, publishedAtMs, credentialCount: targets.length - unchanged.length, unchanged }
  })

  app.post('/v1/events', async (request, reply): Promise<PublishAnswer> => {
    const { id, publishedAtMs } = await node.publish(eventBodyOfJson(request.body))
    reply.code(201)
    return { event: id, publishedAtMs }
  })

  app.get<{ Params: { id: string } }>('/v1/events/:id', async (request): Promise<EventAnswer> => {
    const id = parseContentId(request.params.id)
    if (id === undefined) throw badRequest('this is no id of an event', 'event ids begin with bafyrei')
    const { wait, timeoutMs } = readRequest(waitQuery, request.query)
    const waitMs = wait === 'final' ? waitMsFor(await node.eventState(id), timeoutMs) : 0
    if (waitMs > 0) await finalOrLater(node, id, AbortSignal.any([AbortSignal.timeout(waitMs), closing]))
    const state = await node.eventState(id)
    if (state.state !== 'unknown') return { event: id, ...state }
    throw new ApiError({
      code: 'API_EVENT_NOT_FOUND',
      what: `this node knows no event ${id}`,
      hint: 'check the id, or wait until the node is in sync',
      status: 404,
    })
  })
}

/**
 * An event can be final in memory a moment before the disk has it and its outcome is told. Whoever asked to wait gets
 * the outcome; for an event of long ago that moment is lost.
 */
function waitMsFor(state: EventState, timeoutMs: number): number {
  if (state.state === 'pending') return timeoutMs
  return state.state === 'final' && state.finality === null ? Math.min(timeoutMs, outcomeMsMax) : 0
}

/** When the time is up the caller learns that it is still pending, which is an answer and not a failure. */
async function finalOrLater(node: ChirographNode, id: EventId, signal: AbortSignal): Promise<void> {
  try {
    await node.finality(id, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** Naming one credential twice is naming it once. */
async function distinctTargets(
  node: ChirographNode,
  asked: z.infer<typeof credentials>,
): Promise<CredentialTarget[]> {
  const targets = new Map<string, CredentialTarget>()
  for (const one of asked) {
    const target = await resolveTarget(node, one)
    targets.set(toHex(target.handle), target)
  }
  return [...targets.values()]
}

function changeOf(asked: z.infer<typeof changeRequest>, targets: readonly CredentialTarget[]): StatusChange {
  switch (asked.kind) {
    case 'revoke':
      return { kind: 'revoke', credentials: targets, reason: asked.reason }
    case 'suspend': {
      const { reason, untilMs } = asked
      if (untilMs !== undefined) assertSuspensionEnd(untilMs, Date.now())
      return { kind: 'suspend', credentials: targets, reason, ...(untilMs !== undefined && { untilMs }) }
    }
    case 'reinstate':
      return { kind: 'reinstate', credentials: targets }
  }
}

/** The network would void the event; saying so at once is kinder. */
function assertSuspensionEnd(untilMs: number, nowMs: number): void {
  if (untilMs > nowMs && untilMs <= nowMs + suspensionMsMax) return
  const days = suspensionMsMax / 86_400_000
  throw badRequest(
    untilMs <= nowMs ? 'the suspension would already be over' : `a suspension lasts at most ${days} days`,
    `name an end within the next ${days} days, or revoke`,
  )
}
