/**
 * Who may talk to the API: programs of this machine that can read the token file. A web page in a browser of this
 * machine may not: it either sends an Origin, or reached us by a name of its own (DNS rebinding).
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { ApiError } from './problem.js'

/** Answers of these say nothing that a stranger on this machine may not know. */
const openPaths: ReadonlySet<string> = new Set(['/livez', '/readyz'])

/** A check for every request; throws `API_HOST_REFUSED`, `API_ORIGIN_REFUSED` or `API_UNAUTHORISED`. */
export function accessCheck(token: string): (request: FastifyRequest) => void {
  const expected = digestOf(token)
  return (request) => {
    if (!isLoopbackHost(request.headers.host)) {
      throw new ApiError({
        code: 'API_HOST_REFUSED',
        what: 'the request names another host than this machine',
        hint: 'use http://127.0.0.1 or http://localhost with the port from api.json',
        status: 403,
      })
    }
    if (request.headers.origin !== undefined) {
      throw new ApiError({
        code: 'API_ORIGIN_REFUSED',
        what: 'the request comes from a web page',
        hint: 'call the API from a program, not from a page',
        status: 403,
      })
    }
    const [path] = request.url.split('?', 1)
    if (path !== undefined && openPaths.has(path)) return
    const given = /^Bearer ([A-Za-z0-9_-]{1,128})$/.exec(request.headers.authorization ?? '')?.[1]
    // Digests have one length, and comparing them says nothing about how much of a guess was right.
    if (given === undefined || !timingSafeEqual(digestOf(given), expected)) {
      throw new ApiError({
        code: 'API_UNAUTHORISED',
        what: 'the request carries no valid token',
        hint: 'send the token from api.json in the data directory as Authorization: Bearer …',
        status: 401,
      })
    }
  }
}

function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i.test(host)
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
