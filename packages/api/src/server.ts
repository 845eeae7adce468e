/** The API of one running node on this machine's loopback address. */
import { randomBytes } from 'node:crypto'
import fastify, { type FastifyInstance } from 'fastify'
import { ChirographError } from '@chirograph/interface'
import type { ChirographNode } from '@chirograph/node'
import { accessCheck } from './access.js'
import { addBatchRoutes } from './batch-routes.js'
import { addCredentialRoutes } from './credential-routes.js'
import { removeDiscovery, writeDiscovery } from './discovery.js'
import { addEventRoutes } from './event-routes.js'
import { addGovernanceRoutes } from './governance-routes.js'
import { bodyBytesMax, closeGraceMs, tokenBytes } from './limits.js'
import { addMembershipRoutes } from './membership-routes.js'
import { addNodeRoutes } from './node-routes.js'
import { ApiError, type Problem, problemOf } from './problem.js'
import { addProofRoutes } from './proof-routes.js'
import { addStatusRoutes } from './status-routes.js'
import { addSuccessionRoutes } from './succession-routes.js'

export interface ApiOptions {
  readonly node: ChirographNode
  /** Called once the caller of `POST /v1/stop` has its answer. */
  readonly onStop: () => void
  /** A failure of the server's own; the caller only hears that there was one. */
  readonly onFault?: (error: unknown) => void
}

export interface RunningApi {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly token: string
  /** Lets running requests end, for two seconds; then takes `api.json` away. */
  close(): Promise<void>
}

/** Listens on 127.0.0.1 and writes `api.json` into the data directory. `API_PORT_IN_USE`. */
export async function startApi(
  options: ApiOptions & { readonly dataDir: string; readonly port?: number },
): Promise<RunningApi> {
  const { dataDir, port = 0 } = options
  const token = randomBytes(tokenBytes).toString('base64url')
  const app = createApiServer({ ...options, token })
  const url = await listen(app, port)
  await writeDiscovery(dataDir, { url, token, pid: process.pid, startedAt: new Date().toISOString() })
  return {
    url,
    token,
    async close() {
      const forced = setTimeout(() => app.server.closeAllConnections(), closeGraceMs)
      await app.close()
      clearTimeout(forced)
      await removeDiscovery(dataDir)
    },
  }
}

/** The server without a socket, for `inject`. */
export function createApiServer({
  node,
  token,
  onStop,
  onFault = () => {},
}: ApiOptions & { readonly token: string }): FastifyInstance {
  const app = fastify({
    bodyLimit: bodyBytesMax,
    forceCloseConnections: 'idle',
    // Ids of credentials are URNs of about 50 characters; learners' ids may be long.
    routerOptions: { maxParamLength: 1_024 },
  })
  const closing = new AbortController()
  const check = accessCheck(token)
  app.addHook('onRequest', async (request) => check(request))
  app.addHook('preClose', async () => closing.abort(new Error('the node is stopping')))
  app.setErrorHandler((error, _request, reply) => {
    const problem = problemOf(error)
    if (problem.status >= 500 && !(error instanceof ChirographError)) onFault(error)
    return sendProblem(reply, problem)
  })
  app.setNotFoundHandler((request, reply) => sendProblem(reply, problemOf(noSuchEndpoint(request))))

  addNodeRoutes(app, node, { onStop, closing: closing.signal })
  addBatchRoutes(app, node)
  addStatusRoutes(app, node, closing.signal)
  addEventRoutes(app, node, closing.signal)
  addCredentialRoutes(app, node)
  addProofRoutes(app, node)
  addSuccessionRoutes(app, node)
  addMembershipRoutes(app, node)
  addGovernanceRoutes(app, node)
  return app
}

interface Reply {
  code(status: number): Reply
  header(name: string, value: string): Reply
  type(contentType: string): Reply
  send(body: string): unknown
}

function sendProblem(reply: Reply, problem: Problem): unknown {
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
  return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem))
}

function noSuchEndpoint({ method, url }: { readonly method: string; readonly url: string }): ApiError {
  return new ApiError({
    code: 'API_NO_SUCH_ENDPOINT',
    what: `there is no ${method} ${url.split('?', 1)[0]?.slice(0, 200)}`,
    hint: 'see the README of @chirograph/api for the endpoints',
    status: 404,
  })
}

async function listen(app: FastifyInstance, port: number): Promise<string> {
  try {
    return await app.listen({ host: '127.0.0.1', port })
  } catch (cause) {
    await app.close()
    throw new ApiError({
      code: 'API_PORT_IN_USE',
      what: `the API cannot listen on 127.0.0.1:${port}`,
      hint: 'choose another port with --api-port, or leave it out for a free one',
      status: 500,
      cause,
    })
  }
}
