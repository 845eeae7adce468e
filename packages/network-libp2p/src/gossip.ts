/**
 * Gossip on gossipsub: fixed topics of this network, content-addressed messages,
 * relayed only after this node's shell accepted them.
 *
 * Settings that differ from the library's, and why, stand beside each.
 */

import { createHash } from 'node:crypto'
import type { GossipSub, GossipsubOpts } from '@chainsafe/libp2p-gossipsub'
import { TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import type { Stream } from '@libp2p/interface'
import type { Clock, GossipVerdict, Misconduct, NetworkHandlers, Topic } from '@chirograph/interface'
import { gossipBytesMax, messageTooLarge, topics } from '@chirograph/interface'
import type { BanList } from './ban-list.js'
import type { InboundBudget } from './budget.js'
import { createBudget, createInboundBudget } from './budget.js'
import { gossipIntake } from './gossip-intake.js'
import { reportBug } from './handler-bug.js'
import type { NetworkLimits } from './limits.js'
import {
  gossipAnnouncedBytesMin,
  gossipFrameMessagesMax,
  gossipPendingBytesMax,
  gossipPendingBytesPerPeerMax,
  gossipPendingCountMax,
  gossipPendingPerPeerMax,
  gossipQueueBytesMax,
  gossipRpcBytesMax,
  rejectCost,
} from './limits.js'
import type { PeerTable } from './peer-table.js'

export interface Gossip {
  /** For the gossipsub service of the libp2p node. */
  readonly options: Partial<GossipsubOpts>
  /** What gossipsub reads in place of a peer's inbound stream. */
  intake(stream: Stream, peerId: string): Stream
  /** Subscribes, once the service exists. */
  attach(service: GossipSub): void
  publish(topic: Topic, bytes: Uint8Array): Promise<void>
  /** The peers of each topic. */
  topicPeers(): ReadonlyMap<Topic, ReadonlySet<string>>
}

export interface GossipOptions {
  readonly networkId: string
  readonly peers: PeerTable
  readonly limits: NetworkLimits
  readonly clock: Clock
  readonly bans: BanList
  readonly isThrottled: (peerId: string) => boolean
  readonly gossip: NetworkHandlers['gossip']
  readonly misconduct: (peerId: string, misconduct: Misconduct) => void
}

/** What one peer sends; it outlives a connection, so that reconnecting buys nothing. */
interface Source {
  readonly budget: InboundBudget
  /** Its messages under judgement. */
  pendingCount: number
  pendingBytes: number
  /** Streams that wait until there are fewer. */
  waiting: (() => void)[]
}

export function createGossip(options: GossipOptions): Gossip {
  const { networkId, peers, limits, clock, bans, isThrottled, gossip, misconduct } = options
  const names = new Map(topics.map((topic) => [topic, topicName({ networkId, topic })]))
  const sources = new Map<string, Source>()
  /** What this node sends, to whomever: no peer gets more of it, so none can think that it floods. */
  const outbound = createBudget(
    {
      perSecond: limits.sentGossipPerSecond,
      burst: limits.sentGossipBurst,
      bytesPerSecond: limits.sentGossipBytesPerSecond,
      bytesBurst: limits.sentGossipBytesBurst,
    },
    clock,
  )
  let service: GossipSub | undefined
  let pendingCount = 0
  let pendingBytes = 0

  function sourceOf(peerId: string): Source {
    let source = sources.get(peerId)
    if (source === undefined) {
      const budget = createInboundBudget({
        rates: {
          perSecond: limits.gossipPerSecond,
          burst: limits.gossipBurst,
          bytesPerSecond: limits.gossipBytesPerSecond,
          bytesBurst: limits.gossipBytesBurst,
        },
        clock,
        floodHeldMs: limits.floodHeldMs,
        isThrottled: () => isThrottled(peerId),
        onFlood: () => misconduct(peerId, 'flood'),
      })
      source = { budget, pendingCount: 0, pendingBytes: 0, waiting: [] }
      sources.set(peerId, source)
    }
    return source
  }

  async function judge(topic: Topic, data: Uint8Array, from: string): Promise<GossipVerdict> {
    if (bans.isBanned(from)) return 'ignore'
    const peer = peers.get(from)
    if (peer !== undefined) peer.lastHeardMs = clock.nowMs()
    const source = sourceOf(from)
    if (data.length > gossipBytesMax) {
      misconduct(from, 'oversize')
      return 'reject'
    }
    if (pendingCount >= gossipPendingCountMax || pendingBytes + data.length > gossipPendingBytesMax) {
      if (peer !== undefined) peer.refusedCount++
      return 'ignore'
    }
    source.pendingCount++
    source.pendingBytes += data.length
    pendingCount++
    pendingBytes += data.length
    try {
      // A copy, so that a kept message does not keep the frame it came in.
      const verdict = await gossip(topic, new Uint8Array(data), from)
      if (verdict === 'reject') source.budget.charge({ count: rejectCost, bytes: 0 })
      return verdict === 'accept' && !maySend(data) ? 'ignore' : verdict
    } catch (error) {
      reportBug('gossip', error)
      return 'ignore'
    } finally {
      source.pendingCount--
      source.pendingBytes -= data.length
      pendingCount--
      pendingBytes -= data.length
      source.waiting.shift()?.()
    }
  }

  /** Takes from what this node may send, unless that is used up; sync brings the rest. */
  function maySend(data: Uint8Array): boolean {
    if (outbound.debtMs() > 0) return false
    outbound.charge({ count: 1, bytes: data.length })
    return true
  }

  async function roomFor(source: Source): Promise<void> {
    while (
      source.pendingCount >= gossipPendingPerPeerMax ||
      source.pendingBytes >= gossipPendingBytesPerPeerMax
    ) {
      await new Promise<void>((resolve) => void source.waiting.push(resolve))
    }
  }

  return {
    options: gossipsubOptions([...names.values()]),

    intake(stream, peerId) {
      const source = sourceOf(peerId)
      return gossipIntake(stream, {
        budget: source.budget,
        clock,
        room: () => roomFor(source),
        misconduct: (what) => misconduct(peerId, what),
      })
    },

    attach(attached) {
      service = attached
      for (const [topic, name] of names) {
        attached.topicValidators.set(
          name,
          async (peer, { data }) => libraryVerdicts[await judge(topic, data, peer.toString())],
        )
        attached.subscribe(name)
      }
    },

    async publish(topic, bytes) {
      if (bytes.length > gossipBytesMax) throw messageTooLarge({ size: bytes.length, max: gossipBytesMax })
      if (maySend(bytes)) await service?.publish(nameOf(names, topic), bytes)
    },

    topicPeers() {
      return new Map(
        topics.map((topic) => {
          const subscribers = service?.getSubscribers(nameOf(names, topic)) ?? []
          return [topic, new Set(subscribers.map((peer) => peer.toString()))]
        }),
      )
    },
  }
}

/** Short, and enough to tell networks apart: topics travel in every message. */
export function topicName({
  networkId,
  topic,
}: {
  readonly networkId: string
  readonly topic: Topic
}): string {
  return `chirograph/1/${networkId.slice(0, 16)}/${topic}`
}

function nameOf(names: ReadonlyMap<Topic, string>, topic: Topic): string {
  const name = names.get(topic)
  if (name === undefined) throw new RangeError(`not a topic: ${topic}`)
  return name
}

const libraryVerdicts: Readonly<Record<GossipVerdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
}

function gossipsubOptions(allowedTopics: string[]): Partial<GossipsubOpts> {
  return {
    allowedTopics,
    D: 6,
    Dlo: 4,
    Dhi: 8,
    // No lazy gossip. An answer to IWANT is one frame with every message asked for, and a frame above the
    // receiver's limit resets the stream and splits the mesh; anti-entropy finds what the mesh lost anyway.
    Dlazy: 0,
    gossipFactor: 0,
    floodPublish: true,
    doPX: false,
    fallbackToFloodsub: false,
    emitSelf: false,
    // What is gossiped is signed by its authors. A second signature by the publisher would say nothing more, and a
    // flood of wrong ones would cost a check each before anybody judged the message.
    globalSignaturePolicy: 'StrictNoSign',
    // Alone, or what everybody has already: neither is a failure of the publisher.
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    tagMeshPeers: false,
    // Topic and full data, signature included: a copy with a broken signature is another message and shadows
    // nothing, and neither does a copy on a topic where it does not belong.
    msgIdFn: ({ topic, data }) => messageId(topic, data),
    // Copies are found among the seen ones at the cost of one hash.
    fastMsgIdFn: ({ topic, data }) => messageId(topic, data ?? new Uint8Array()).toString('latin1'),
    msgIdToStrFn: (id) => Buffer.from(id).toString('latin1'),
    maxInboundDataLength: gossipRpcBytesMax,
    maxOutboundBufferSize: gossipQueueBytesMax,
    maxInboundStreams: 4,
    // Announcing is a frame to each peer for every message that comes, which no limit on what is sent would count.
    idontwantMinDataSize: gossipAnnouncedBytesMin,
    // Nobody here subscribes to more than the topics, sends more than one message a frame, or advertises any.
    decodeRpcLimits: {
      maxSubscriptions: 16,
      maxMessages: gossipFrameMessagesMax,
      maxIhaveMessageIDs: 16,
      maxIwantMessageIDs: 1,
      maxIdontwantMessageIDs: 512,
      maxControlMessages: 32,
      maxPeerInfos: 1,
    },
    scoreParams: {
      // Members are admitted by name; several behind one address are no Sybil attack.
      IPColocationFactorWeight: 0,
    },
  }
}

function messageId(topic: string, data: Uint8Array): Buffer {
  return createHash('sha256').update(`${topic}\0`).update(data).digest()
}
