/** Callers that wait for an event of theirs to be signed. After a start it takes a moment until that may be done. */
import { decodeBody, type EventBody, encodeBody } from '@chirograph/event'
import type { Clock } from '@chirograph/interface'
import type { RefuseReason, ReplicaInput } from '@chirograph/replica'
import type { PublishedEvent } from './node.js'
import { invalidEvent, signingRefused } from './node-errors.js'

type Input = Extract<ReplicaInput, { kind: 'publish' | 'rotate' }>
type Bare<T> = T extends unknown ? Omit<T, 'nowMs'> : never

export interface SigningQueue {
  publish(body: EventBody): Promise<PublishedEvent>
  rotate(keys: { readonly logKey: Uint8Array; readonly nextKeyHash: Uint8Array }): Promise<PublishedEvent>
  published(request: number, event: PublishedEvent): void
  refused(request: number, reason: RefuseReason): void
  /** Nobody else may wait, and nobody is asked for again. */
  close(error: Error): void
  /** Refuses those that still wait, as whoever came after `close`. */
  stop(): void
}

interface Waiting {
  readonly resolve: (published: PublishedEvent) => void
  readonly reject: (error: Error) => void
  readonly dispatch: () => void
  readonly patience: Patience
}

/** Reasons that time may remove, and until when it is given. */
interface Patience {
  readonly reasons: readonly RefuseReason[]
  readonly untilMs: number
}

/** How long a caller waits until enough members were heard after a start, and how often that is looked at. */
const patienceMs = 10_000
const rotationPatienceMs = 30_000
const askAgainMs = 100

export function createSigningQueue({
  clock,
  dispatch,
}: {
  readonly clock: Clock
  readonly dispatch: (input: Bare<Input>) => void
}): SigningQueue {
  const waiting = new Map<number, Waiting>()
  let requests = 0
  let closed: Error | undefined

  function sign(
    input: (request: number) => Bare<Input>,
    { reasons, forMs }: { readonly reasons: readonly RefuseReason[]; readonly forMs: number },
  ): Promise<PublishedEvent> {
    if (closed !== undefined) return Promise.reject(closed)
    const request = requests++
    return new Promise((resolve, reject) => {
      const patience = { reasons, untilMs: clock.nowMs() + forMs }
      waiting.set(request, { resolve, reject, dispatch: () => dispatch(input(request)), patience })
      dispatch(input(request))
    })
  }

  return {
    async publish(given) {
      const body = checkedBody(given)
      return sign((request) => ({ kind: 'publish', request, body }), {
        reasons: ['own-events-missing'],
        forMs: patienceMs,
      })
    },
    // What waits is to be final first, or the rotation would cut it off.
    rotate: (keys) =>
      sign((request) => ({ kind: 'rotate', request, ...keys }), {
        reasons: ['own-events-missing', 'own-events-pending'],
        forMs: rotationPatienceMs,
      }),
    published(request, event) {
      waiting.get(request)?.resolve(event)
      waiting.delete(request)
    },
    refused(request, reason) {
      const one = waiting.get(request)
      const { reasons, untilMs } = one?.patience ?? { reasons: [], untilMs: 0 }
      if (one && reasons.includes(reason) && clock.nowMs() < untilMs && closed === undefined) {
        clock.setTimer(askAgainMs, one.dispatch)
        return
      }
      one?.reject(signingRefused(reason))
      waiting.delete(request)
    },
    close(error) {
      closed ??= error
    },
    stop() {
      if (closed !== undefined) for (const { reject } of waiting.values()) reject(closed)
    },
  }
}

/** A copy, since the caller's may change before it is signed. `NODE_INVALID_EVENT` where it says what no event may say. */
function checkedBody(body: EventBody): EventBody {
  let bytes: Uint8Array
  try {
    bytes = encodeBody(body)
  } catch (error) {
    throw invalidEvent(error instanceof Error ? error.message : String(error))
  }
  const decoded = decodeBody(body.kind, bytes)
  if (decoded.kind === 'reject') throw invalidEvent(decoded.detail)
  return decoded.body
}
