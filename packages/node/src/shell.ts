/** The replica on real adapters: inputs from the network and the clock, effects to the disk and the network. */
import {
  type Clock,
  eventRange,
  type GossipVerdict,
  isChirographError,
  type Network,
  type NetworkHandlers,
  type Store,
  type Topic,
} from '@chirograph/interface'
import {
  createReplica,
  decodeEventFrame,
  peerOfValidator,
  type Replica,
  type ReplicaConfig,
  type ReplicaEffect,
  type ReplicaInput,
  step,
} from '@chirograph/replica'
import { createEffectRunner } from './effect-runner.js'
import { createFactWriter } from './facts.js'
import { createGossipOutbox } from './gossip-outbox.js'
import { loadReplica, splitSigned } from './load.js'
import type { Notice } from './notice.js'
import { createPeerTasks } from './peer-tasks.js'
import { fetchCheckpoints, type SyncProgress, serveCheckpoints, serveSync, syncWith } from './syncing.js'

/** What a gossiped message holds; an events message that is no frame of events yields one input that is refused. */
function inputsOf(topic: Topic, bytes: Uint8Array, from: string): Bare<ReplicaInput>[] {
  switch (topic) {
    case 'evidence':
      return [{ kind: 'evidence', bytes, from }]
    case 'certificates':
      return [{ kind: 'checkpoint', bytes, from, isGossip: true }]
    case 'events': {
      const frame = decodeEventFrame(bytes)
      const events = frame.ok ? frame.value : [bytes]
      return events.map((event) => ({ kind: 'event', bytes: event, from, isGossip: true }))
    }
  }
}

/** One bad event condemns the message and whoever forwarded it; one new event makes it worth relaying. */
function verdictOf(effects: readonly ReplicaEffect[]): GossipVerdict {
  const verdicts = effects.flatMap((effect) => (effect.kind === 'verdict' ? [effect.verdict] : []))
  if (verdicts.includes('reject')) return 'reject'
  return verdicts.includes('accept') ? 'accept' : 'ignore'
}

/** Correctness never depends on gossip: this often a node compares logs with one of its peers. */
const syncIntervalMs = 5_000

type Bare<T> = T extends unknown ? Omit<T, 'nowMs'> : never
export type ReplicaNews = Exclude<
  ReplicaEffect,
  { kind: 'persist' | 'gossip' | 'send' | 'set-timer' | 'sync' | 'fetch-checkpoints' | 'verdict' | 'load' }
>

export interface Shell {
  readonly replica: Replica
  dispatch(input: Bare<ReplicaInput>): void
  /** Resolves when everything dispatched so far is on disk and sent. */
  drained(): Promise<void>
  /** The latest sync with each peer: when it ended well, and how far a running one is. */
  readonly syncs: ReadonlyMap<string, SyncState>
  stop(): Promise<void>
}

export interface SyncState {
  readonly endedMs: number | null
  readonly progress: SyncProgress | null
}

export async function startShell(args: {
  readonly config: ReplicaConfig
  readonly store: Store
  readonly network: Network
  readonly clock: Clock
  readonly addresses: readonly string[]
  readonly onNews: (news: ReplicaNews) => void
  readonly onNotice: (notice: Notice) => void
  readonly onFailure: (error: unknown) => void
}): Promise<Shell> {
  const { config, store, network, clock, onNews, onNotice } = args
  const { restored, nextOrdinal, openVoteKeys } = await loadReplica(store, config.genesis)
  const replica = createReplica(config, restored)
  const { set } = replica
  const self = replica.consensus.config.self
  const writer = createFactWriter({ set, self, nextOrdinal, openVoteKeys })
  const validators = set.validators
    .map((_, index) => peerOfValidator(replica, index))
    .filter((_, index) => index !== self)
  const timers = new Map<string, () => void>()
  const syncs = new Map<string, SyncState>()
  let isStopping = false

  const outbox = createGossipOutbox((frame) => gossip('events', frame))
  const runner = createEffectRunner({ store, writer, run, onFailure: args.onFailure })
  const tasks = createPeerTasks((peer, task, error) => {
    onNotice({ level: 'debug', what: `${task} with a peer failed`, facts: { peer, error: String(error) } })
    if (task === 'checkpoints') dispatch({ kind: 'fetched', peer })
  })

  function dispatch(input: Bare<ReplicaInput>): ReplicaEffect[] {
    if (isStopping) return []
    let effects: ReplicaEffect[]
    try {
      effects = step(replica, { ...input, nowMs: clock.nowMs() } as ReplicaInput) // rebuilt whole
    } catch (error) {
      // A step that broke off has changed the state without its effects: votes in it may not be on disk (SPEC H5).
      isStopping = true
      args.onFailure(error)
      return []
    }
    runner.enqueue(effects)
    return effects
  }

  function run(effect: Exclude<ReplicaEffect, { kind: 'persist' }>): void {
    switch (effect.kind) {
      case 'gossip':
        if (effect.topic === 'events') outbox.add(effect.bytes)
        else gossip(effect.topic, effect.bytes)
        break
      case 'send':
        for (const peer of effect.to === null ? validators : [effect.to]) {
          if (peer !== network.peerId) network.send(peer, effect.bytes)
        }
        break
      case 'set-timer':
        setTimer(effect)
        break
      case 'sync':
        sync(effect.peer)
        break
      case 'fetch-checkpoints':
        tasks.add(effect.peer, 'checkpoints', (signal) => fetch(effect, signal))
        break
      case 'load':
        load(effect).catch(args.onFailure)
        break
      case 'verdict':
        break
      default:
        onNews(effect)
    }
  }

  function gossip(topic: Topic, bytes: Uint8Array): void {
    network.publish(topic, bytes).catch((error: unknown) => {
      // Best effort: whoever misses it learns of it by sync.
      const level = isChirographError(error, 'NETWORK_STOPPED') ? 'debug' : 'warn'
      onNotice({ level, what: 'gossip refused a message', facts: { topic, error: String(error) } })
    })
  }

  function setTimer({ timer, view, afterMs }: Extract<ReplicaEffect, { kind: 'set-timer' }>): void {
    timers.get(timer)?.()
    timers.set(
      timer,
      clock.setTimer(afterMs, () => void dispatch({ kind: 'timer', timer, view })),
    )
  }

  function sync(peerId: string): void {
    if (peerId === network.peerId) return
    tasks.add(peerId, 'sync', async (signal) => {
      const before = syncs.get(peerId)?.endedMs ?? null
      const take = async (events: readonly Uint8Array[]) => {
        for (const bytes of events) dispatch({ kind: 'event', bytes, from: peerId, isGossip: false })
        await runner.drained()
      }
      const onProgress = (progress: SyncProgress) => void syncs.set(peerId, { endedMs: before, progress })
      try {
        await syncWith({ replica, network, peerId, signal, take, onProgress })
        syncs.set(peerId, { endedMs: clock.nowMs(), progress: null })
        dispatch({ kind: 'synced', peer: peerId })
      } catch (error) {
        syncs.set(peerId, { endedMs: before, progress: null })
        throw error
      }
    })
  }

  async function fetch(
    { peer, fromHeight }: Extract<ReplicaEffect, { kind: 'fetch-checkpoints' }>,
    signal: AbortSignal,
  ) {
    for await (const bytes of fetchCheckpoints(network, { peerId: peer, fromHeight, signal })) {
      dispatch({ kind: 'checkpoint', bytes, from: peer, isGossip: false })
      await runner.drained()
    }
    dispatch({ kind: 'fetched', peer })
  }

  async function load({ slots, retry }: Extract<ReplicaEffect, { kind: 'load' }>): Promise<void> {
    const stored = []
    for (const slot of slots) {
      const range = eventRange({ ...slot, fromSequence: slot.sequence, toSequence: slot.sequence })
      for await (const [, value] of store.range(range)) stored.push(splitSigned(value))
    }
    dispatch({ kind: 'loaded', stored, retry })
  }

  const handlers: NetworkHandlers = {
    async gossip(topic, bytes, from) {
      return verdictOf(inputsOf(topic, bytes, from).flatMap(dispatch))
    },
    message(from, bytes) {
      dispatch({ kind: 'message', bytes, from })
    },
    request(from, protocol, bytes) {
      if (protocol === 'checkpoints') return serveCheckpoints(store, bytes)
      return serveSync({ replica, store, bytes, onBehind: () => sync(from) })
    },
    peer(peerId, change) {
      if (change === 'connected') dispatch({ kind: 'connected', peer: peerId })
      else syncs.delete(peerId)
    },
  }

  /** Compares logs with one connected peer after the other. */
  function syncInTurn(turn: number): void {
    const connected = network.peers().filter((peer) => peer.connected)
    const next = connected[turn % Math.max(1, connected.length)]
    if (next) sync(next.peerId)
    timers.set(
      'sync',
      clock.setTimer(syncIntervalMs, () => syncInTurn(turn + 1)),
    )
  }

  await network.start(handlers)
  for (const address of args.addresses) {
    network.connect(address).catch((error: unknown) => {
      onNotice({
        level: 'debug',
        what: 'a member is not reachable yet',
        facts: { address, error: String(error) },
      })
    })
  }
  dispatch({ kind: 'start' })
  syncInTurn(0)

  return {
    replica,
    dispatch,
    drained: () => runner.drained(),
    syncs,
    async stop() {
      isStopping = true
      await runner.drained()
      for (const cancel of timers.values()) cancel()
      await Promise.all([tasks.stop(), network.stop()])
      await runner.drained()
      runner.stop()
    },
  }
}
