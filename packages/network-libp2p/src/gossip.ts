/**
 * Gossip on gossipsub: fixed topics of this network, content-addressed messages,
 * relayed only after this node's shell accepted them.
 *
 * Settings that differ from the library's, and why, stand beside each.
 */

import { createHash } from 'node:crypto'
import type { GossipSub, GossipsubOpts } from '@chainsafe/libp2p-gossipsub'
import { TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import type { Clock, GossipVerdict, NetworkHandlers, Topic } from '@chirograph/interface'
import { gossipBytesMax, messageTooLarge, topics } from '@chirograph/interface'
import { reportBug } from './handler-bug.js'
import type { NetworkLimits } from './limits.js'
import {
  gossipPendingBytesMax,
  gossipPendingCountMax,
  gossipQueueBytesMax,
  gossipRpcBytesMax,
  rejectCost,
} from './limits.js'
import type { PeerTable } from './peer-table.js'
import type { TokenBucket } from './token-bucket.js'
import { tokenBucket } from './token-bucket.js'

export interface Gossip {
  /** For the gossipsub service of the libp2p node. */
  readonly options: Partial<GossipsubOpts>
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
  readonly gossip: NetworkHandlers['gossip']
}

export function createGossip({ networkId, peers, limits, clock, gossip }: GossipOptions): Gossip {
  const names = new Map(topics.map((topic) => [topic, topicName({ networkId, topic })]))
  const budgets = new Map<string, GossipBudget>()
  let service: GossipSub | undefined
  let pendingCount = 0
  let pendingBytes = 0

  function budgetOf(peerId: string): GossipBudget {
    let budget = budgets.get(peerId)
    if (budget === undefined) {
      budget = createGossipBudget({ limits, clock })
      budgets.set(peerId, budget)
    }
    return budget
  }

  async function judge(topic: Topic, data: Uint8Array, from: string): Promise<GossipVerdict> {
    const peer = peers.get(from)
    if (peer !== undefined) peer.lastHeardMs = clock.nowMs()
    const budget = budgetOf(from)
    if (data.length > gossipBytesMax) {
      budget.charge({ count: rejectCost, bytes: data.length })
      return 'reject'
    }
    const isOver = budget.isOver()
    budget.charge({ count: 1, bytes: data.length })
    if (
      isOver ||
      pendingCount >= gossipPendingCountMax ||
      pendingBytes + data.length > gossipPendingBytesMax
    ) {
      if (peer !== undefined) peer.refusedCount++
      return 'ignore'
    }
    pendingCount++
    pendingBytes += data.length
    try {
      // A copy, so that a kept message does not keep the frame it came in.
      const verdict = await gossip(topic, new Uint8Array(data), from)
      if (verdict === 'reject') budget.charge({ count: rejectCost, bytes: 0 })
      return verdict
    } catch (error) {
      reportBug('gossip', error)
      return 'ignore'
    } finally {
      pendingCount--
      pendingBytes -= data.length
    }
  }

  return {
    options: gossipsubOptions({
      allowedTopics: [...names.values()],
      isOverBudget: (peerId) => budgets.get(peerId)?.isOver() ?? false,
    }),

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
      await service?.publish(nameOf(names, topic), bytes)
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

function gossipsubOptions({ allowedTopics, isOverBudget }: GossipsubChoices): Partial<GossipsubOpts> {
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
    globalSignaturePolicy: 'StrictSign',
    // Alone, or what everybody has already: neither is a failure of the publisher.
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    tagMeshPeers: false,
    // Topic and full data, signature included: a copy with a broken signature is another message and shadows
    // nothing, and neither does a copy on a topic where it does not belong.
    msgIdFn: ({ topic, data }) => messageId(topic, data),
    // Found among the seen ones before their gossip signature is checked, most copies cost one hash.
    fastMsgIdFn: ({ topic, data }) => messageId(topic, data ?? new Uint8Array()).toString('latin1'),
    msgIdToStrFn: (id) => Buffer.from(id).toString('latin1'),
    maxInboundDataLength: gossipRpcBytesMax,
    maxOutboundBufferSize: gossipQueueBytesMax,
    maxInboundStreams: 4,
    // Nobody here subscribes to more than the topics, sends more than one message a frame, or advertises any.
    decodeRpcLimits: {
      maxSubscriptions: 16,
      maxMessages: 16,
      maxIhaveMessageIDs: 16,
      maxIwantMessageIDs: 1,
      maxIdontwantMessageIDs: 512,
      maxControlMessages: 32,
      maxPeerInfos: 1,
    },
    scoreParams: {
      // Above its budget a peer falls below every threshold: its frames are dropped undecoded, and the mesh avoids it.
      appSpecificScore: (peerId) => (isOverBudget(peerId) ? -1_000 : 0),
      appSpecificWeight: 1,
      // Members are admitted by name; several behind one address are no Sybil attack.
      IPColocationFactorWeight: 0,
    },
  }
}

interface GossipsubChoices {
  readonly allowedTopics: string[]
  readonly isOverBudget: (peerId: string) => boolean
}

function messageId(topic: string, data: Uint8Array): Buffer {
  return createHash('sha256').update(`${topic}\0`).update(data).digest()
}

/** What one peer may forward; it outlives a connection, so that reconnecting buys nothing. */
interface GossipBudget {
  charge(cost: { readonly count: number; readonly bytes: number }): void
  isOver(): boolean
}

function createGossipBudget({ limits, clock }: Pick<GossipOptions, 'limits' | 'clock'>): GossipBudget {
  const nowMs = (): number => clock.nowMs()
  const counts: TokenBucket = tokenBucket({
    perSecond: limits.gossipPerSecond,
    burst: limits.gossipBurst,
    nowMs,
  })
  const bytes: TokenBucket = tokenBucket({
    perSecond: limits.gossipBytesPerSecond,
    burst: limits.gossipBytesBurst,
    nowMs,
  })
  return {
    charge(cost) {
      counts.take(cost.count)
      bytes.take(cost.bytes)
    },
    isOver: () => counts.debtMs() > 0 || bytes.debtMs() > 0,
  }
}
