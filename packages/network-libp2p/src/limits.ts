/** What a peer may cost this node, and how long this node waits. Limits of the port itself are in the interface package. */

const KiB = 1024
const MiB = 1024 * KiB

/** Limits that an operator or a test may set; `defaultLimits` says why each is what it is. */
export interface NetworkLimits {
  /** Direct messages that wait for one peer: count, and bytes (at least one largest message). */
  readonly queueCountMax: number
  readonly queueBytesMax: number
  /** Direct messages read from one peer in a second, and at once after a pause. Above that its stream is paused, so nothing is lost. */
  readonly messagesPerSecond: number
  readonly messagesBurst: number
  readonly messageBytesPerSecond: number
  readonly messageBytesBurst: number
  /** Direct messages sent to one peer: below what it reads, so that only a dishonest peer is ever held back for long. */
  readonly sentMessagesPerSecond: number
  readonly sentMessagesBurst: number
  readonly sentMessageBytesPerSecond: number
  readonly sentMessageBytesBurst: number
  /** Gossip frames read from one peer, before they are decoded; above that its stream is paused. */
  readonly gossipPerSecond: number
  readonly gossipBurst: number
  readonly gossipBytesPerSecond: number
  readonly gossipBytesBurst: number
  /** Gossip published and relayed, all together, for the same reason as above; what is over it travels by sync. */
  readonly sentGossipPerSecond: number
  readonly sentGossipBurst: number
  readonly sentGossipBytesPerSecond: number
  readonly sentGossipBytesBurst: number
  /** A peer held back for this long, less half of the time that passed meanwhile, floods. */
  readonly floodHeldMs: number
  /** Connections that one peer makes, and streams that it opens on each. */
  readonly connectsPerSecond: number
  readonly connectsBurst: number
  readonly streamsPerSecond: number
  readonly streamsBurst: number
  /** Requests of one peer and protocol: answered at the same time, in a second, and at once after a pause. Above that they are refused. */
  readonly requestsAtOnce: number
  readonly requestsPerSecond: number
  readonly requestsBurst: number
  /** Answers to one peer by all protocols; above that they go out at this rate. */
  readonly answerBytesPerSecond: number
  readonly answerBytesBurst: number
  /** Requests sent to one peer by one protocol; those above wait. Below what is answered, so that waiting beats refusals. */
  readonly sentRequestsPerSecond: number
  readonly sentRequestsBurst: number
  /** A request on either side fails when nothing moved for so long, or less than the least bytes in the whole of it. */
  readonly requestStallMs: number
  readonly requestStallBytesMin: number
  /** Wait before dialling a kept address again: first and longest; each wait is shortened by up to half, at random. */
  readonly redialMinMs: number
  readonly redialMaxMs: number
  /** One attempt to connect, from name resolution to the end of the handshake. */
  readonly dialTimeoutMs: number
  /** How often the watchdog looks. */
  readonly watchdogMs: number
  /** A connected peer that is no topic peer for so long is disconnected, so that gossip starts afresh. */
  readonly topicPeerMs: number
}

export const defaultLimits: NetworkLimits = Object.freeze({
  // Some seconds of votes from a hundred validators; a peer further behind asks for certificates instead.
  queueCountMax: 4_096,
  queueBytesMax: 8 * MiB,
  // A view costs a validator three votes and, as leader, a proposal: this is some hundred views a second.
  messagesPerSecond: 2_000,
  messagesBurst: 8_000,
  messageBytesPerSecond: 32 * MiB,
  messageBytesBurst: 64 * MiB,
  sentMessagesPerSecond: 1_000,
  sentMessagesBurst: 4_000,
  sentMessageBytesPerSecond: 16 * MiB,
  sentMessageBytesBurst: 32 * MiB,
  // Above what one core of this software can verify, below what makes its event loop late.
  gossipPerSecond: 6_000,
  gossipBurst: 12_000,
  gossipBytesPerSecond: 16 * MiB,
  gossipBytesBurst: 32 * MiB,
  sentGossipPerSecond: 3_000,
  sentGossipBurst: 6_000,
  sentGossipBytesPerSecond: 8 * MiB,
  sentGossipBytesBurst: 16 * MiB,
  // The longest honest backlog is an outbound queue and two windows: some 40,000 small frames, read in 4 s at worst.
  floodHeldMs: 5_000,
  // An honest peer dials with growing waits: some eight times in the first five seconds, then every few.
  connectsPerSecond: 1,
  connectsBurst: 30,
  // Four protocols of requests at their rates, and gossip, messages, identify and ping beside them, with room to spare.
  streamsPerSecond: 150,
  streamsBurst: 300,
  // One sync session, its gap repairs and a checkpoint download beside each other.
  requestsAtOnce: 8,
  requestsPerSecond: 50,
  requestsBurst: 100,
  // A whole history of some millions of events at full speed, and then a rate that hurts nobody: asking is cheap.
  answerBytesPerSecond: 8 * MiB,
  answerBytesBurst: 1024 * MiB,
  sentRequestsPerSecond: 20,
  sentRequestsBurst: 40,
  // Nothing that is asked for takes ten seconds to begin. Below 16 KiB/s a million events would take five hours.
  requestStallMs: 10_000,
  requestStallBytesMin: 160 * KiB,
  redialMinMs: 250,
  redialMaxMs: 5_000,
  dialTimeoutMs: 10_000,
  watchdogMs: 1_000,
  topicPeerMs: 10_000,
})

/** Frames are gathered up to this size, one write each: a write costs an encryption and a system call. */
export const sendChunkBytes = 64 * KiB

/** Answers waiting to be taken by an asker; above it the stream is paused and the answerer runs into its send window. */
export const readAheadBytes = 512 * KiB

/** Largest receive window of a stream: the most a paused stream can still be sent. Below its read buffer, whose overflow resets it. */
export const streamWindowBytesMax = 1 * MiB
export const streamReadBufferBytesMax = 4 * MiB

/** Streams of one protocol on one connection: direct messages need one, and two while one is replaced. */
export const messageStreamsMax = 2

/** Refused requests must get their refusal, so this is above `requestsAtOnce`; libp2p resets those beyond. */
export const requestStreamsMax = 64

/** Wait before a direct stream that broke is opened again on the same connection. */
export const reopenMs = 100

/** An answer above this size in the stream's own buffer waits until its reader took some of it. */
export const sendAheadBytes = 256 * KiB

/** How long a refused or finished stream may stay open on the asker's side. */
export const lingerMs = 5_000

/** Length, kind and payload of one gossip RPC. A gossiped message is at most 256 KiB, and nobody here bundles them. */
export const gossipRpcBytesMax = 512 * KiB

/**
 * What of one peer's gossip is read before it is taken: the receive window of its stream, and whole frames behind that.
 * To decrypt a flood costs the most of what it costs, so there is little of it; a largest frame passes in two windows.
 */
export const gossipWindowBytesMax = 256 * KiB
export const gossipReadAheadBytes = 64 * KiB

/** Unsent gossip for one slow peer; beyond it libp2p resets the stream and the watchdog mends it. */
export const gossipQueueBytesMax = 8 * MiB

/** Messages that an honest node puts into one gossip frame: one, and a library's batch has no more than this. */
export const gossipFrameMessagesMax = 16

/** Messages from this size on are announced, so that fewer copies travel; below it an announcement costs as much as a copy. */
export const gossipAnnouncedBytesMin = 64 * KiB

/**
 * Gossip of one peer under judgement at the same time; its stream waits beyond either. A flood is judged slowly, so what
 * is here of it stays: thirty-two that flood leave the others no room below.
 */
export const gossipPendingPerPeerMax = 256
export const gossipPendingBytesPerPeerMax = 1 * MiB

/** Gossip under judgement at the same time, from all peers; beyond it messages are ignored, and sync brings them. */
export const gossipPendingCountMax = 8_192
export const gossipPendingBytesMax = 32 * MiB

/** Messages of its gossip budget that a rejected one costs its forwarder. */
export const rejectCost = 100

/** What the budgets of a throttled peer are divided by: enough for an institution's own events, useless for a flood. */
export const throttleDivisor = 16

/** Bans remembered at once: every member that could connect. */
export const bansMax = 1_000

/** Connections from one host in a second: institutions behind one address, and a demonstration on one machine. */
export const inboundConnectionsPerSecond = 64

/** Handshakes under way at the same time, each a few milliseconds of CPU. */
export const inboundHandshakesMax = 64

/** Connections at all: two for each of 200 validators and as many observers. */
export const connectionsMax = 1_000

/** A graceful stop; what is still open then is cut. */
export const stopMs = 1_500
