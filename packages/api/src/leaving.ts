/** Knowing when a caller hangs up. */
import type { FastifyReply } from 'fastify'

/** Aborts when the connection closes before the answer is out. */
export function signalOfLeaving(reply: FastifyReply): AbortSignal {
  const leaving = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) leaving.abort(new Error('the caller went away'))
  })
  return leaving.signal
}
