/** What nodes ask of each other over a stream: missing events, and checkpoints. Answers are read from virtual disks. */
import type { EventId } from '@chirograph/codec'
import { encodeEvent, type SignedEvent } from '@chirograph/event'
import { answerSync, type Chain, encodeSyncRequest } from '@chirograph/replica'
import type { Schedule } from './schedule.js'
import type { SimulatedNode } from './simulated-node.js'
import type { VirtualNetwork } from './virtual-network.js'

/** A stream that breaks is noticed after this long. */
const brokenAfterMs = 500

export interface Exchanges {
  sync(asker: SimulatedNode, answerer: SimulatedNode): void
  fetchCheckpoints(asker: SimulatedNode, answerer: SimulatedNode, fromHeight: number): void
}

export function createExchanges({
  schedule,
  network,
  latencyMs,
  peerOf,
}: {
  readonly schedule: Schedule
  readonly network: VirtualNetwork
  readonly latencyMs: () => number
  readonly peerOf: (index: number) => string
}): Exchanges {
  /** One request and its answer, computed when the request arrives; `undefined` when either does not get through. */
  function ask<T>(
    asker: SimulatedNode,
    answerer: SimulatedNode,
    exchange: { readonly answer: () => T; readonly take: (answer: T | undefined) => void },
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
      schedule.after(latencyMs(), () => (isOpen() ? finish(answer) : fail()))
    })
  }

  function syncRound(
    asker: SimulatedNode,
    answerer: SimulatedNode,
    { probes, done }: { readonly probes: readonly Chain[]; readonly done: () => void },
  ): void {
    if (!asker.replica) return
    const request = encodeSyncRequest(asker.replica, probes)
    ask(asker, answerer, {
      answer: () => answerOf(answerer, asker, request),
      take(answer) {
        for (const bytes of answer?.events ?? []) {
          asker.input({ kind: 'event', bytes, from: peerOf(answerer.index), isGossip: false })
        }
        if (answer && answer.probes.length > 0 && probes.length === 0)
          syncRound(asker, answerer, { probes: answer.probes, done })
        else {
          if (answer) asker.input({ kind: 'synced', peer: peerOf(answerer.index) })
          done()
        }
      },
    })
  }

  function answerOf(answerer: SimulatedNode, asker: SimulatedNode, request: Uint8Array) {
    if (!answerer.replica) throw new Error('a node that is down was asked')
    const answer = answerSync(answerer.replica, request)
    if (!answer.ok) throw new Error(`a sync request that cannot be read: ${answer.detail}`)
    const { offer, ranges, branches, isBehind } = answer.value
    if (isBehind) sync(answerer, asker)
    const single = branches.flatMap(({ id }: { readonly id: EventId }) => answerer.disk.event(id) ?? [])
    const events = ranges.length > 0 ? answerer.disk.eventsOf(ranges) : []
    return {
      probes: offer.probes,
      events: [...events, ...single].map((event) => encodeEvent(event as SignedEvent)),
    }
  }

  function sync(asker: SimulatedNode, answerer: SimulatedNode): void {
    if (asker === answerer) return
    asker.lanes.add(answerer.index, 'sync', (done) => syncRound(asker, answerer, { probes: [], done }))
  }

  return {
    sync,
    fetchCheckpoints(asker, answerer, fromHeight) {
      asker.lanes.add(answerer.index, 'checkpoints', (done) =>
        ask(asker, answerer, {
          answer: () => answerer.disk.checkpointsFrom(fromHeight),
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
