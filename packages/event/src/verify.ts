/** The one place where an event becomes believed: its author's key signed it, for this network. */
import { equalBytes } from '@chirograph/codec'
import { type Ed25519, signingBytes } from '@chirograph/crypto'
import {
  type AuthenticEvent,
  assembleEvent,
  type EventRejected,
  type SignedEvent,
  type VerifiedEvent,
} from './event.js'
import type { SignedHeader } from './header.js'
import { signatureBytes } from './limits.js'

export type EventVerdict = { readonly kind: 'verified'; readonly event: VerifiedEvent } | EventRejected

/**
 * Checks a decoded event against the network (32-byte id) and the author's log key of the event's generation
 * (32 bytes; undefined when no such author or generation is known).
 * Rejects with `wrong-network`, `unknown-author` or `bad-signature`.
 */
export function verifyEvent(args: {
  readonly event: SignedEvent
  readonly networkId: Uint8Array
  readonly logKey: Uint8Array | undefined
  readonly ed25519: Ed25519
}): EventVerdict {
  const { event, networkId, logKey, ed25519 } = args
  if (!equalBytes(event.header.networkId, networkId))
    return { kind: 'reject', reason: 'wrong-network', detail: 'made for another network' }
  if (logKey === undefined)
    return { kind: 'reject', reason: 'unknown-author', detail: `no key of ${event.header.author} is known` }
  if (!isSignedBy({ signed: event, logKey, ed25519 }))
    return { kind: 'reject', reason: 'bad-signature', detail: `not signed by ${event.header.author}` }
  return { kind: 'verified', event: event as VerifiedEvent } // the checks above are what the brand stands for
}

/** Whether a signed header carries the signature of this log key. Never throws. */
export function isSignedBy(args: {
  readonly signed: SignedHeader
  readonly logKey: Uint8Array
  readonly ed25519: Ed25519
}): boolean {
  const { signed, logKey, ed25519 } = args
  const message = signingBytes('event', signed.headerBytes)
  return ed25519.verify({ publicKey: logKey, message, signature: signed.signature })
}

/**
 * Reads back an event that this node admitted before it stored it, without checking a signature again; `signature` is
 * null where none was checked. Damage of the body is found by its hash; a damaged header is another event, which shows
 * by its id.
 */
export function restoreEvent(stored: {
  readonly headerBytes: Uint8Array
  readonly signature: Uint8Array | null
  readonly bodyBytes: Uint8Array
}): { readonly kind: 'authentic'; readonly event: AuthenticEvent } | EventRejected {
  const decoded = assembleEvent({ ...stored, signature: stored.signature ?? new Uint8Array(signatureBytes) })
  if (decoded.kind === 'reject') return decoded
  // Authentic when it was admitted; only checked signatures are stored.
  return { kind: 'authentic', event: { ...decoded.event, signature: stored.signature } as AuthenticEvent }
}
