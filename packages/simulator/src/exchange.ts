/** What nodes ask of each other over a stream: missing events, and checkpoints. Answers are read from virtual disks. */
import { type AuthenticEvent, createSegmenter } from '@chirograph/event'
import {
  locatorMax,
  planBranches,
  planLocator,
  type Range,
  splitRange,
  straysOf,
  stretchesOf,
} from '@chirograph/log'
import {
  answerSync,
  branchEventsMax,
  type Chain,
  chainsToProbe,
  encodeSyncRequest,
  type Locator,
  noteOffer,
  type Replica,
  type SyncOffer,
  segmentInput,
} from '@chirograph/replica'
import type { Schedule } from './schedule.js'
import type { SimulatedNode } from './simulated-node.js'
import type { VirtualNetwork } from './virtual-network.js'

/** A stream that breaks is noticed after this long. */
const brokenAfterMs = 500

/** What a sync is answered with. */
export interface SyncAnswered {
  readonly offer: SyncOffer
  readonly segments: readonly Uint8Array[]
}

/** What comes of an answer before it leaves. */
export interface AnswerFilter {
  /** Undefined where the stream breaks instead. */
  sync(answerer: number, answer: SyncAnswered): SyncAnswered | undefined
  checkpoints(answerer: number, checkpoints: readonly Uint8Array[]): readonly Uint8Array[]
}

export interface Exchanges {
  /** A request of any bytes, of which nothing is expected. */
  probe(asker: number, answerer: SimulatedNode, request: Uint8Array): void
  sync(asker: SimulatedNode, answerer: SimulatedNode, hasGap: boolean): void
  fetchCheckpoints(asker: SimulatedNode, answerer: SimulatedNode, fromHeight: number): void
}

export function createExchanges({
  schedule,
  network,
  latencyMs,
  sessionKey,
  peerOf,
  filter,
}: {
  readonly schedule: Schedule
  readonly network: VirtualNetwork
  readonly latencyMs: () => number
  /** Sixteen random bytes. */
  readonly sessionKey: () => Uint8Array
  readonly peerOf: (index: number) => string
  readonly filter: AnswerFilter
}): Exchanges {
  /** One request and its answer, computed when the request arrives; `undefined` when either does not get through. */
  function ask<T>(
    asker: SimulatedNode,
    answerer: SimulatedNode,
    exchange: { readonly answer: () => T | undefined; readonly take: (answer: T | undefined) => void },
  ): void {
    const { life } = asker
    const finish = (answer: T | undefined) => {
      if (asker.life === life && asker.replica) exchange.take(answer)
    }
    const isOpen = () => answerer.replica !== undefined && network.isReachable(asker.index, answerer.index)
    const fail = () => schedule.after(brokenAfterMs, () => finish(undefined))
    if (!isOpen()) return fail()
    schedule.after(latencyMs(), () => {
      if (!isOpen()) return fail()
      const answer = exchange.answer()
      // Synced before shown, as in the shell.
      answerer.whenDurable(
        () => schedule.after(latencyMs(), () => (isOpen() ? finish(answer) : fail())),
        fail,
      )
    })
  }

  /** Rung by rung, as the shell does: is there anything, what changed, and where branches part. */
  function syncRound(
    asker: SimulatedNode,
    answerer: SimulatedNode,
    round: {
      readonly key: Uint8Array | null
      readonly locators: readonly Locator[]
      readonly done: () => void
    },
  ): void {
    const { replica } = asker
    if (!replica) return
    const { key, locators, done } = round
    const peer = peerOf(answerer.index)
    const request = encodeSyncRequest(replica, { peer, key, locators })
    const exchange = {
      answer: () => answerOf(answerer, asker, request),
      take(answer: SyncAnswered | undefined) {
        if (answer === undefined) return done()
        noteOffer(replica, peer, answer.offer)
        for (const bytes of answer.segments) asker.input(segmentInput({ bytes, from: peer, isGossip: false }))
        const { isSame, isBaseUnknown, probes } = answer.offer
        const next = { key: sessionKey(), done }
        if ((!isSame && key === null) || isBaseUnknown)
          return syncRound(asker, answerer, { ...next, locators: [] })
        const chains = locators.length > 0 || key === null ? [] : chainsToProbe(replica, { peer, probes })
        if (chains.length > 0)
          return syncRound(asker, answerer, {
            ...next,
            locators: chains.map((chain) => locatorOf(asker, replica, chain)),
          })
        asker.input({ kind: 'synced', peer })
        done()
      },
    }
    asker.whenDurable(() => ask(asker, answerer, exchange))
  }

  function answerOf(
    answerer: SimulatedNode,
    asker: SimulatedNode,
    request: Uint8Array,
  ): SyncAnswered | undefined {
    const { replica, disk } = answerer
    if (!replica) throw new Error('a node that is down was asked')
    const answer = answerSync(replica, peerOf(asker.index), request)
    if (!answer.ok) throw new Error(`a sync request that cannot be read: ${answer.detail}`)
    const { offer, ranges, locators, isBehind } = answer.value
    if (isBehind) sync(answerer, asker, true)
    const { log } = replica
    const plans = [
      ...ranges.map((range) => splitRange(log, range)),
      ...locators.map((locator) =>
        planBranches(log, {
          ...locator,
          locator: locator.ids,
          placeOf: (id) => disk.event(id)?.header.sequence,
          entriesMax: branchEventsMax,
        }),
      ),
    ]
    const segments = plans.flatMap(({ final, pending }) => {
      const branch = final === null ? [] : finalBranch(answerer, final)
      const stretches = stretchesOf(pending).map((stretch) => stretch.flatMap(({ event }) => event ?? []))
      // In one run with what is final: a cut may have ended where no signature was checked.
      const next = stretches.find(([first]) => branch.length > 0 && first?.header.prev === branch.at(-1)?.id)
      const others = stretches.filter((stretch) => stretch !== next)
      return [segmentsOf([...branch, ...(next ?? [])]), ...others.map(segmentsOf)].flat()
    })
    return filter.sync(answerer.index, { offer, segments })
  }

  /** The final events of a range: those whose places hold something passed over are told apart by the index. */
  function finalBranch({ replica, disk }: SimulatedNode, range: Range) {
    const tip = replica?.final.cut.get(range.author)
    const strays = new Set(replica && tip ? straysOf(replica.log, tip).map(({ id }) => id) : [])
    return disk.eventsOf([range]).filter(({ id }) => !strays.has(id))
  }

  function segmentsOf(events: readonly AuthenticEvent[]): Uint8Array[] {
    const segmenter = createSegmenter()
    return [...events.flatMap((event) => segmenter.push(event)), ...segmenter.end()]
  }

  function locatorOf({ disk }: SimulatedNode, { log }: Replica, chain: Chain): Locator {
    const { heads, sequences } = planLocator(log, chain.author, chain.generation)
    const behind = disk
      .eventsOf(sequences.map((at) => ({ ...chain, fromSequence: at, toSequence: at })))
      .map(({ id }) => id)
    return { ...chain, ids: [...new Set([...heads, ...behind])].slice(0, locatorMax) }
  }

  function sync(asker: SimulatedNode, answerer: SimulatedNode, hasGap: boolean): void {
    if (asker === answerer) return
    asker.lanes.add(answerer.index, 'sync', (done) =>
      syncRound(asker, answerer, { key: hasGap ? sessionKey() : null, locators: [], done }),
    )
  }

  return {
    probe(asker, { replica }, request) {
      if (replica) answerSync(replica, peerOf(asker), request)
    },
    sync,
    fetchCheckpoints(asker, answerer, fromHeight) {
      asker.lanes.add(answerer.index, 'checkpoints', (done) =>
        ask(asker, answerer, {
          answer: () => filter.checkpoints(answerer.index, answerer.disk.checkpointsFrom(fromHeight)),
          take(checkpoints) {
            const from = peerOf(answerer.index)
            for (const bytes of checkpoints ?? []) {
              asker.input({ kind: 'checkpoint', bytes, from, isGossip: false })
            }
            asker.input({ kind: 'fetched', peer: from })
            done()
          },
        }),
      )
    },
  }
}
