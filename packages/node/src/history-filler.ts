/** Fills in history in the background: each open chain from one peer at a time, several chains from several peers. */
import type { Clock, Network, Store } from '@chirograph/interface'
import type { Replica } from '@chirograph/replica'
import type { AuthorTable } from './author-table.js'
import type { HistoryFact } from './facts.js'
import { fetchHistory, type OpenHistory } from './history.js'
import type { Notice } from './notice.js'

export interface HistoryFiller {
  start(): void
  /** More chains to fill, after a snapshot. */
  add(chains: readonly OpenHistory[]): void
  /** Called once no chain is open any more; at once when none is. */
  whenWhole(run: () => void): void
  /** Events still lacking, and events brought since the start. */
  progress(): { readonly missing: number; readonly brought: number }
  stop(): Promise<void>
}

/** A peer that brought nothing, or failed, is not asked for history for so long. */
const restMs = 5_000

/** How often a node that has open chains and no peer to ask looks again. */
const retryMs = 1_000

export function createHistoryFiller(args: {
  readonly replica: Replica
  readonly store: Store
  readonly authors: AuthorTable
  readonly network: Network
  readonly clock: Clock
  readonly open: readonly OpenHistory[]
  readonly take: (fact: HistoryFact) => Promise<void>
  readonly drained: () => Promise<void>
  readonly breathe: () => Promise<void>
  /** Whether a peer may be asked now. */
  readonly mayAsk: (peerId: string) => boolean
  readonly noteFailure: (peerId: string, error: unknown) => void
  readonly onNotice: (notice: Notice) => void
}): HistoryFiller {
  const { replica, network, clock, mayAsk, noteFailure, onNotice } = args
  const waiting = [...args.open]
  const busy = new Map<string, Promise<void>>()
  /** Chains of which a peer is bringing more. */
  const filling = new Set<OpenHistory>()
  const restingUntil = new Map<string, number>()
  const stopping = new AbortController()
  /** Members that have pruned bodies which lack here: the others are asked first. */
  const prunedPeers = new Set<string>()
  let whenWhole: (() => void)[] = []
  let cancelRetry = () => {}
  let brought = 0

  function assign(): void {
    cancelRetry()
    if (stopping.signal.aborted) return
    for (const { peerId, connected } of network.peers()) {
      if (waiting.length === 0) break
      const isResting = clock.nowMs() < (restingUntil.get(peerId) ?? 0)
      if (connected && !isResting && !busy.has(peerId) && mayAsk(peerId)) work(peerId)
    }
    if (waiting.length > 0) cancelRetry = clock.setTimer(retryMs, assign)
  }

  function work(peerId: string): void {
    const chain = waiting.shift()
    if (chain === undefined) return
    filling.add(chain)
    const done = fill(peerId, chain).finally(() => {
      filling.delete(chain)
      busy.delete(peerId)
      if (waiting.length === 0 && busy.size === 0) void finish()
      assign()
    })
    busy.set(peerId, done)
  }

  async function fill(peerId: string, chain: OpenHistory): Promise<void> {
    let more = 0
    try {
      const onEarlier = (earlier: OpenHistory) => void waiting.push(earlier)
      const isElsewhere = network.peers().some((peer) => peer.connected && !prunedPeers.has(peer.peerId))
      const asked = { ...args, peerId, chain, onEarlier, signal: stopping.signal }
      const answer = await fetchHistory({ ...asked, arePrunedTaken: !isElsewhere })
      more = answer.brought
      if (answer.isPruned) prunedPeers.add(peerId)
    } catch (error) {
      if (!stopping.signal.aborted) {
        noteFailure(peerId, error)
        onNotice({
          level: 'debug',
          what: 'history from a peer failed',
          facts: { peer: peerId, error: String(error) },
        })
      }
    }
    brought += more
    if (more === 0) restingUntil.set(peerId, clock.nowMs() + restMs)
    if (chain.lowest !== 0) waiting.push(chain)
  }

  /** Whole only when it is on disk: what is decided from then on relies on it. */
  async function finish(): Promise<void> {
    await args.drained()
    if (waiting.length > 0 || busy.size > 0 || stopping.signal.aborted) return
    replica.isHistoryWhole = true
    replica.heldFrom.clear()
    onNotice({ level: 'info', what: 'history is complete', facts: { events: brought } })
    const run = whenWhole
    whenWhole = []
    for (const one of run) one()
  }

  return {
    start: assign,
    add(chains) {
      waiting.push(...chains)
      if (chains.length > 0) replica.isHistoryWhole = false
      assign()
    },
    whenWhole(run) {
      if (replica.isHistoryWhole) run()
      else whenWhole.push(run)
    },
    progress: () => ({
      missing: [...waiting, ...filling].reduce((sum, chain) => sum + missingOf(chain), 0),
      brought,
    }),
    async stop() {
      cancelRetry()
      stopping.abort()
      await Promise.all(busy.values())
    },
  }
}

/** How many events lack of a chain; at least one where that is not known. */
function missingOf({ lowest, holeFrom }: OpenHistory): number {
  return lowest === null ? 1 : lowest - (holeFrom ?? 0)
}
