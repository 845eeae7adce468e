/** Where a node listens, as people write it, and what others dial. */
import { createServer } from 'node:net'
import { usage } from './failure.js'

/** `4010` or a multiaddr; without one, a free port of this machine that only this machine reaches. */
export async function listenAddress(text: string | undefined): Promise<string> {
  if (text === undefined) return `/ip4/127.0.0.1/tcp/${await freePort()}`
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) {
    return `/ip4/127.0.0.1/tcp/${text === '0' ? await freePort() : text}`
  }
  const match = /^(\/(?:ip4\/[\d.]+|ip6\/[\da-f:]+))\/tcp\/(\d{1,5})$/i.exec(text)
  if (match === null)
    throw usage(`--listen ${text} is no place to listen`, 'write it like 4010 or /ip4/0.0.0.0/tcp/4010')
  return match[2] === '0' ? `${match[1]}/tcp/${await freePort()}` : text
}

/** What others can dial when nothing else is said: not "any interface", which is no address. */
export function dialAddress(listen: string): string | null {
  return /^\/(ip4\/0\.0\.0\.0|ip6\/::)\//.test(listen) ? null : listen
}

/** Whether no other machine can dial it. */
export function isLoopback(address: string): boolean {
  return /^\/(ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/i.test(address)
}

/** The member file names its address before the node first runs, so the port is chosen now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
