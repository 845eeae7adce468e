/** The log as a stream: what this node holds, from any cursor on, as lines of JSON or as server-sent events. */
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { EventId } from '@chirograph/codec'
import { eventKinds, parseOrgId } from '@chirograph/event'
import type { ChirographNode, EventQuery, LoggedEvent } from '@chirograph/node'
import { hexText, namesIn } from './event-json.js'
import { signalOfLeaving } from './leaving.js'
import { cursorCharactersMax, eventStreamsMax } from './limits.js'
import { ndjson } from './ndjson.js'
import { ApiError, problemOf } from './problem.js'
import { readRequest } from './request.js'
import { type StreamMessage, serverSentEvents, sse } from './server-sent-events.js'
import { type LoggedEventAnswer, loggedEventAnswer } from './wire.js'

const moment = z.coerce.number().int().nonnegative()

/** Query strings are text; what they say is read like any other request. */
const eventsQuery = z.strictObject({
  from: z.string().max(cursorCharactersMax).optional(),
  issuer: z
    .string()
    .transform((text, context) => {
      const org = parseOrgId(text)
      if (org !== undefined) return org
      context.addIssue({ code: 'custom', message: 'expected 64 hex characters' })
      return z.NEVER
    })
    .optional(),
  kind: z.enum(namesIn(eventKinds)).optional(),
  handle: hexText(32).optional(),
  sinceMs: moment.optional(),
  untilMs: moment.optional(),
  live: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
})

export function addEventRoutes(app: FastifyInstance, node: ChirographNode, closing: AbortSignal): void {
  let streams = 0

  app.get('/v1/events', (request, reply): FastifyReply => {
    if (streams >= eventStreamsMax) throw tooManyStreams()
    const isSse = request.headers.accept?.includes(sse) ?? false
    const signal = AbortSignal.any([signalOfLeaving(reply), closing])
    // A cursor that does not fit is refused here, before anything was answered.
    const events = node.events({ ...queryOf(request, isSse), signal })
    streams++
    reply.raw.once('close', () => streams--)
    if (!isSse) return reply.type(ndjson).send(Readable.from(linesOf(node, events, signal)))
    reply.header('cache-control', 'no-store')
    return reply.type(sse).send(Readable.from(serverSentEvents(messagesOf(node, events, signal), signal)))
  })
}

/** A browser that reconnects sends the last id that it saw; whoever asks for server-sent events wants those to come. */
function queryOf(request: FastifyRequest, isSse: boolean): EventQuery {
  const query = readRequest(eventsQuery, request.query)
  const lastId = request.headers['last-event-id']
  const from = typeof lastId === 'string' && lastId !== '' ? lastId.slice(0, cursorCharactersMax) : query.from
  return { ...query, from, live: query.live ?? isSse }
}

/** The status is sent by then, so a failure is the last line. */
async function* linesOf(
  node: ChirographNode,
  events: AsyncIterable<LoggedEvent>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for await (const { event, data } of messagesOf(node, events, signal))
    yield `${JSON.stringify(event === 'problem' ? { problem: data } : data)}\n`
}

async function* messagesOf(
  node: ChirographNode,
  events: AsyncIterable<LoggedEvent>,
  signal: AbortSignal,
): AsyncGenerator<StreamMessage<LoggedEventAnswer>> {
  try {
    for await (const event of events) {
      const finalAtHeight = event.isFinal ? await heightOf(node, event.id) : null
      yield { id: event.cursor, data: loggedEventAnswer(node, { ...event, finalAtHeight }) }
    }
  } catch (error) {
    if (!signal.aborted) yield { event: 'problem', data: problemOf(error) }
  }
}

async function heightOf(node: ChirographNode, id: EventId): Promise<number | null> {
  const state = await node.eventState(id)
  return state.state === 'final' ? (state.finality?.height ?? null) : null
}

function tooManyStreams(): ApiError {
  return new ApiError({
    code: 'API_TOO_MANY_STREAMS',
    what: `${eventStreamsMax} streams of events are open already`,
    hint: 'close one that nobody reads, or let one program hand events on to others',
    status: 429,
  })
}
