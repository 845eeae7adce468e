/** The Network port's own failures, so that every adapter says the same words. */

import { ChirographError } from './errors.js'

export function networkStopped(cause?: unknown): ChirographError {
  return new ChirographError({
    code: 'NETWORK_STOPPED',
    what: 'the network is not running',
    hint: 'start it first; after a stop, create a new one',
    cause,
  })
}

export function messageTooLarge({
  size,
  max,
}: {
  readonly size: number
  readonly max: number
}): ChirographError {
  return new ChirographError({
    code: 'NETWORK_MESSAGE_TOO_LARGE',
    what: `a message of ${size} bytes is above the limit of ${max}`,
    hint: 'split it',
    facts: { size, max },
  })
}

export function peerUnreachable(peerId: string, cause?: unknown): ChirographError {
  return new ChirographError({
    code: 'NETWORK_PEER_UNREACHABLE',
    what: `peer ${peerId} is not connected`,
    hint: 'ask another peer, or wait until it is back',
    facts: { peerId },
    cause,
  })
}

export function requestRefused(peerId: string): ChirographError {
  return new ChirographError({
    code: 'NETWORK_REQUEST_REFUSED',
    what: `peer ${peerId} refused a request that is above its limits`,
    hint: 'ask less at a time, or another peer',
    facts: { peerId },
  })
}

export function requestFailed(peerId: string, cause?: unknown): ChirographError {
  return new ChirographError({
    code: 'NETWORK_REQUEST_FAILED',
    what: `peer ${peerId} broke off its answer`,
    hint: 'ask again, or another peer',
    facts: { peerId },
    cause,
  })
}

export function requestStalled({
  peerId,
  afterMs,
}: {
  readonly peerId: string
  readonly afterMs: number
}): ChirographError {
  return new ChirographError({
    code: 'NETWORK_REQUEST_STALLED',
    what: `peer ${peerId} sent nothing for ${afterMs} ms`,
    hint: 'ask another peer',
    facts: { peerId, afterMs },
  })
}

export function dialFailed(address: string, cause?: unknown): ChirographError {
  return new ChirographError({
    code: 'NETWORK_DIAL_FAILED',
    what: `nobody could be reached at ${address}`,
    hint: 'check the address, and that the node there runs and its port is open in the firewall',
    facts: { address },
    cause,
  })
}

export function peerNotAllowed({ address, peerId, refusedBy }: Refusal): ChirographError {
  return new ChirographError({
    code: 'NETWORK_PEER_NOT_ALLOWED',
    what:
      refusedBy === 'us'
        ? `the node at ${address} is not a member here`
        : `the node at ${address} closed the connection after it learned who we are, as it does with strangers`,
    hint: 'check that both nodes hold the same member list',
    facts: { address, peerId, refusedBy },
  })
}

export function peerDropped({
  address,
  untilMs,
}: {
  readonly address: string
  /** Null where the address does not tell which of the dropped peers is there. */
  readonly untilMs: number | null
}): ChirographError {
  const until = untilMs === null ? '' : ` until ${new Date(untilMs).toISOString()}`
  return new ChirographError({
    code: 'NETWORK_PEER_DROPPED',
    what: `the peer at ${address} is kept away${until} for what it sent`,
    hint: 'it is dialled again by itself when that time is over; ask its operator what went wrong',
    facts: { address, untilMs },
  })
}

export interface Refusal {
  readonly address: string
  /** Who is there, where that is known. */
  readonly peerId: string | null
  readonly refusedBy: 'us' | 'them'
}
