/**
 * A TCP proxy that does to a connection what a bad network does: delays, jitter, stalls as of lost packets, silence in
 * one direction or both. TCP hides loss and order from those who talk over it, so a lost packet is a wait here, too.
 */
import { connect as connectTo, createServer, type Socket } from 'node:net'
import type { Random } from '@chirograph/simulator'

export interface Weather {
  readonly delayMs: number
  /** Added to the delay, uniformly. */
  readonly jitterMs: number
  /** How often a chunk has to be sent again, each time after twice as long. */
  readonly loss: number
  /** Nothing comes through; it waits, and who talks is held back when much does. */
  readonly isSilent: boolean
}

export const fairWeather: Weather = { delayMs: 0, jitterMs: 0, loss: 0, isSilent: false }

export interface FaultProxy {
  readonly port: number
  /** From whoever connects here to the one behind, and back. */
  set(direction: 'there' | 'back', weather: Weather): void
  /** Resets what is connected. */
  reset(): void
  /** Chunks that were delayed, sent again or kept waiting. */
  readonly troubled: number
  close(): Promise<void>
}

/** A first wait for a packet that is lost, as of most systems' TCP. */
const retransmitMs = 200
/** A chunk is not lost for ever: TCP would give up after longer than a campaign lasts. */
const lossesMax = 4
/** Bytes that wait in one direction before no more are read. */
const heldBytesMax = 1024 * 1024

export async function createFaultProxy({
  target,
  random,
}: {
  readonly target: number
  readonly random: Random
}): Promise<FaultProxy> {
  const weather = { there: fairWeather, back: fairWeather }
  const flows = new Set<Flow>()
  const sockets = new Set<Socket>()
  let troubled = 0

  /** Copies one direction of a connection; its chunks stay in their order. */
  function carry(from: Socket, to: Socket, direction: 'there' | 'back'): void {
    const waiting: { readonly bytes: Buffer; readonly atMs: number }[] = []
    let held = 0
    let lastMs = 0
    let timer: NodeJS.Timeout | undefined
    const flow: Flow = { turn }
    flows.add(flow)

    function turn(): void {
      clearTimeout(timer)
      if (weather[direction].isSilent) return
      for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
        const leftMs = first.atMs - performance.now()
        if (leftMs > 0) {
          timer = setTimeout(turn, leftMs)
          return
        }
        waiting.shift()
        held -= first.bytes.length
        to.write(first.bytes)
      }
      if (held < heldBytesMax && !to.writableNeedDrain) from.resume()
    }

    from.on('data', (bytes: Buffer) => {
      const { delayMs, jitterMs, loss, isSilent } = weather[direction]
      let waitMs = delayMs + (jitterMs > 0 ? random.int(jitterMs + 1) : 0)
      for (let times = 0; times < lossesMax && random.chance(loss); times++)
        waitMs += retransmitMs * 2 ** times
      if (waitMs > 0 || isSilent) troubled++
      lastMs = Math.max(lastMs, performance.now() + waitMs)
      waiting.push({ bytes, atMs: lastMs })
      held += bytes.length
      if (held >= heldBytesMax || to.writableNeedDrain) from.pause()
      turn()
    })
    to.on('drain', turn)
    const end = () => {
      clearTimeout(timer)
      flows.delete(flow)
      from.destroy()
      to.destroy()
    }
    from.on('close', end)
    from.on('error', end)
  }

  const server = createServer({ noDelay: true }, (near) => {
    const far = connectTo({ port: target, host: '127.0.0.1', noDelay: true })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
    carry(near, far, 'there')
    carry(far, near, 'back')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a proxy listens on a port')

  return {
    port: address.port,
    set(direction, next) {
      weather[direction] = next
      for (const flow of flows) flow.turn()
    },
    reset() {
      for (const socket of sockets) socket.destroy()
    },
    get troubled() {
      return troubled
    },
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => void server.close(() => resolve()))
    },
  }
}

interface Flow {
  /** Hands on what is due. */
  readonly turn: () => void
}
