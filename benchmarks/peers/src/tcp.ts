/** Replication streams over plain TCP on loopback: no DHT and no discovery between two processes that know each other. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'

const host = '127.0.0.1'

export interface Tcp {
  /** Listens from the first call on. */
  port(): Promise<number>
  /** Keeps a connection made elsewhere, to end it with the others. */
  add(socket: Socket): void
  close(): Promise<void>
}

export function serveTcp(replicate: () => Duplex): Tcp {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    join(socket, replicate())
  })
  return {
    async port() {
      if (!server.listening) await once(server.listen(0, host), 'listening')
      const address = server.address()
      return typeof address === 'object' && address !== null ? address.port : 0
    },
    add: (socket) => void sockets.add(socket),
    async close() {
      for (const socket of sockets) socket.destroy()
      if (server.listening) await once(server.close(), 'close')
    },
  }
}

export async function connectTcp(port: number, replicate: () => Duplex): Promise<Socket> {
  const socket = connect({ port, host })
  await once(socket, 'connect')
  join(socket, replicate())
  return socket
}

function join(socket: Socket, stream: Duplex): void {
  // Either end may hang up at any time; whoever waits for records then waits in vain, and says so at its time limit.
  pipeline(socket, stream, socket, () => {})
}
