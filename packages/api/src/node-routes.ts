/** What the node is and how it does; probes; and the way to stop it. */
import type { FastifyInstance } from 'fastify'
import type { ChirographNode } from '@chirograph/node'
import type { NodeAnswer } from './wire.js'

export function addNodeRoutes(
  app: FastifyInstance,
  node: ChirographNode,
  { onStop, closing }: { readonly onStop: () => void; readonly closing: AbortSignal },
): void {
  app.get('/livez', () => ({ status: 'ok' }))

  app.get('/readyz', (_request, reply) => {
    const why = whyNotReady(node, closing)
    if (why === null) return { status: 'ok' }
    reply.code(503)
    return { status: 'not-ready', why }
  })

  app.get('/v1/node', (): NodeAnswer => ({ ...node.status(), apiVersion: 1, pid: process.pid }))
  app.get('/v1/anchor', () => node.anchor())
  app.get('/v1/genesis', () => node.genesis)

  app.post('/v1/stop', (_request, reply) => {
    // After the answer is out: whoever asked should hear that it was heard.
    reply.raw.once('finish', onStop)
    reply.code(202)
    return { status: 'stopping' }
  })
}

/** Ready means: this node's answers are those of the network. Unknown is not ready. */
function whyNotReady(node: ChirographNode, closing: AbortSignal): string | null {
  if (closing.aborted) return 'stopping'
  const { sync, signing } = node.status()
  if (signing !== 'ok') return signing
  const isOnlyMember = node.genesis.organisations.length === 1
  return sync.state === 'current' || isOnlyMember ? null : `sync-${sync.state}`
}
