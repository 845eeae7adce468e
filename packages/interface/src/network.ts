/**
 * The Network port: gossip, direct messages and streamed requests between the
 * members of one network. `networkContract` is the executable form of this page.
 *
 * A peer is named by its authenticated peer id (text). Peers that are not members
 * never get as far as a handler.
 */

export interface Network {
  readonly peerId: string

  /** Starts listening. Handlers may be called before the promise resolves. `NETWORK_LISTEN_IN_USE`, `NETWORK_LISTEN_FAILED`. */
  start(handlers: NetworkHandlers): Promise<void>

  /** Closes every stream and connection within two seconds; running requests fail with `NETWORK_STOPPED`. Final. */
  stop(): Promise<void>

  /**
   * Connects to `address` and keeps it connected: the adapter redials with
   * back-off until it stops. Fails with `NETWORK_ADDRESS_INVALID`,
   * `NETWORK_DIAL_FAILED`, `NETWORK_PEER_NOT_ALLOWED` or, for a peer that `drop`
   * keeps away, `NETWORK_PEER_DROPPED` when the first attempt does; the address is
   * kept all the same, unless it is no address, or that of no member.
   */
  connect(address: string): Promise<void>

  /** Every peer known by connection, by `connect` or because it is kept away, connected or not, by peer id. */
  peers(): PeerStatus[]

  /** Addresses another member can pass to `connect`; empty before `start`. */
  addresses(): string[]

  /**
   * Hands one message to gossip; at most `gossipBytesMax`, else
   * `NETWORK_MESSAGE_TOO_LARGE`. Best effort: having no peers is no failure, and
   * publishing the same bytes again does nothing. One's own handler never sees it.
   */
  publish(topic: Topic, bytes: Uint8Array): Promise<void>

  /**
   * Queues one message to a peer: in order, at most once, best effort. When the
   * peer's queue is full the oldest whole message is dropped and counted in
   * `peers()`; so is a message to a peer that is not connected. The adapter keeps
   * `bytes`: do not change them afterwards.
   */
  send(peerId: string, bytes: Uint8Array): void

  /**
   * Asks a peer and yields its answer frames, with back-pressure to the peer.
   * Ending the loop early ends the peer's work. Fails with
   * `NETWORK_PEER_UNREACHABLE`, `NETWORK_REQUEST_REFUSED` (over the peer's limits:
   * try later or elsewhere), `NETWORK_REQUEST_FAILED`, `NETWORK_REQUEST_STALLED`,
   * `NETWORK_STOPPED`, or the signal's reason.
   */
  request(request: PeerRequest): AsyncIterable<Uint8Array>

  /**
   * Ends every connection with a peer, and neither dials nor admits it for `forMs` from now. Nothing of it reaches a
   * handler after this call until then. It stays a member: when the time is over a kept address is dialled again. A
   * second call moves the end, in either direction; bans are in memory only. `reason` is for logs.
   */
  drop(peerId: string, options: { readonly forMs: number; readonly reason: string }): void

  /** Reads what a peer sends at a small part of its budgets, or at all of them again. Slower, but nothing is lost. */
  throttle(peerId: string, isThrottled: boolean): void
}

/** What the shell does with what arrives. A handler that throws or rejects is a bug, except `request`, whose failure ends the answer. */
export interface NetworkHandlers {
  /**
   * Judges a gossiped message. `accept` relays it; `ignore` drops it; `reject`
   * drops it and counts against `from`, the peer that forwarded it (its
   * author speaks through the signature inside the bytes).
   */
  gossip(topic: Topic, bytes: Uint8Array, from: string): Promise<GossipVerdict>
  message(from: string, bytes: Uint8Array): void
  /**
   * Answers a request frame by frame. When the asker goes away, or this network stops, `signal` aborts at once, however
   * busy the answerer is, and `return` of its iterator is called.
   */
  request(
    from: string,
    protocol: RequestProtocol,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>
  /** Once for each change, however many connections there are; `disconnected` is also told on `stop`. */
  peer(peerId: string, change: PeerChange): void
  /** Tells of what only the adapter sees, and no honest peer does: adapters keep their own sending well below these limits. */
  misconduct?(peerId: string, misconduct: Misconduct): void
}

/** What a peer can do wrong below the messages themselves. */
export type Misconduct =
  /** Bytes that are no frame of the protocol they came by. */
  | 'garbage'
  /** A frame or message above the limit of its kind. */
  | 'oversize'
  /** Far above its budgets for longer than any backlog explains. */
  | 'flood'
  /** Streams opened faster than any use for them. */
  | 'stream-storm'
  /** Connections made faster than any loss of them. */
  | 'reconnect-storm'

/** Gossip topics: `events` and `evidence` carry signed bytes of institutions, `certificates` those of validators. */
export type Topic = 'events' | 'certificates' | 'evidence'

export const topics: readonly Topic[] = Object.freeze(['events', 'certificates', 'evidence'] as const)

export type GossipVerdict = 'accept' | 'ignore' | 'reject'

/**
 * Request protocols: `sync` moves events, `history` old final ones, `checkpoints` headers and certificates, `snapshot`
 * the state at one of them.
 */
export type RequestProtocol = 'sync' | 'checkpoints' | 'history' | 'snapshot'

export const requestProtocols: readonly RequestProtocol[] = Object.freeze([
  'sync',
  'checkpoints',
  'history',
  'snapshot',
] as const)

export type PeerChange = 'connected' | 'disconnected'

export interface PeerRequest {
  readonly peerId: string
  readonly protocol: RequestProtocol
  /** The one request frame, at most `messageBytesMax`. */
  readonly bytes: Uint8Array
  readonly signal?: AbortSignal | undefined
}

export interface PeerStatus {
  readonly peerId: string
  readonly connected: boolean
  /** Where it was dialled, or was to be by `connect`; where it dialled from when neither is known. */
  readonly address: string | null
  /** How it is reached; null while not connected. */
  readonly path: 'loopback' | 'lan' | 'direct' | 'relayed' | null
  /** When the present state (connected or not) began, by the local clock. */
  readonly sinceMs: number
  /** When bytes of a message, request or gossip last came from it; null for never. */
  readonly lastHeardMs: number | null
  /** Gossip topics on which it is a topic peer now. */
  readonly topics: readonly Topic[]
  /** Direct messages waiting in its queue. */
  readonly queuedCount: number
  readonly queuedBytes: number
  /** Direct messages dropped since start: queue full, or not connected. */
  readonly droppedCount: number
  /** Its requests refused since start: too many at once, or too fast. */
  readonly refusedCount: number
  /** Until when `drop` keeps it away; null when it does not. */
  readonly bannedUntilMs: number | null
}
