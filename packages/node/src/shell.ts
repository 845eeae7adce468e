/** The replica on real adapters: inputs from the network and the clock, effects to the disk and the network. */
import type { OrgId } from '@chirograph/event'
import {
  type Clock,
  isChirographError,
  type Network,
  type NetworkHandlers,
  type SignatureVerifier,
  type Store,
  type Topic,
} from '@chirograph/interface'
import { eventAt } from '@chirograph/log'
import {
  createReplica,
  handoversFrom,
  type Replica,
  type ReplicaConfig,
  type ReplicaEffect,
  type ReplicaInput,
  type SegmentInput,
  signatureOfSegment,
  step,
  validatorPeers,
} from '@chirograph/replica'
import { peerIdOf } from '@chirograph/status'
import { networkAfterDisk } from './after-disk.js'
import { createAuthorBudget } from './author-budget.js'
import type { AuthorTable } from './author-table.js'
import { createBreather } from './breather.js'
import { createCheckpointFetching } from './checkpoint-fetching.js'
import { createEffectRunner } from './effect-runner.js'
import { createFactWriter } from './facts.js'
import { type FinalView, finalViewOf } from './final-view.js'
import { createGossipJudge } from './gossip-judge.js'
import { createGossipOutbox } from './gossip-outbox.js'
import { createHistoryFiller } from './history-filler.js'
import { isGossipWelcome } from './intake-room.js'
import { createJoiner, type JoinLimits } from './joiner.js'
import { loadReplica } from './load.js'
import { createLogSync, type SyncState } from './log-sync.js'
import { nodeStopped } from './node-errors.js'
import type { Notice } from './notice.js'
import { clearPastPages, createPastPages } from './past-pages.js'
import { type Conduct, createPeerConduct } from './peer-conduct.js'
import { faultOfFailure } from './peer-faults.js'
import { createPeerTasks } from './peer-tasks.js'
import { createSegmentIntake } from './segment-intake.js'
import { serveCheckpoints, serveHistory, serveSync } from './serving.js'
import { createSignatureDesk } from './signature-desk.js'
import type { JoinProgress } from './snapshot-fetching.js'
import { createSnapshotServer } from './snapshot-serving.js'
import { createStateMemory, type StateMemoryLimits } from './state-memory.js'
import { createPageWriter } from './state-pages.js'
import { createStoreLookUps } from './store-look-ups.js'

/** Correctness never depends on gossip: this often a node compares logs with one of its peers. */
const syncIntervalMs = 5_000

type Bare<T> = T extends unknown ? Omit<T, 'nowMs'> : never
export type ReplicaNews = Exclude<
  ReplicaEffect,
  {
    kind:
      | 'persist'
      | 'announce'
      | 'gossip'
      | 'send'
      | 'set-timer'
      | 'sync'
      | 'fetch-checkpoints'
      | 'verdict'
      | 'admitted'
      | 'load'
      | 'look-up'
  }
>

export interface Shell {
  readonly replica: Replica
  readonly authors: AuthorTable
  /** The ordinal of the arrival that comes next on disk. */
  readonly nextOrdinal: number
  /** What is final for those who ask: the replica's own may be ahead of the disk. */
  readonly shown: FinalView
  dispatch(input: Bare<ReplicaInput>): void
  /** Resolves when everything dispatched so far is on disk and sent. */
  drained(): Promise<void>
  /** Calls `read` while nothing is being written; rejects with `NODE_STOPPED` when that moment does not come any more. */
  atRest<T>(read: () => T): Promise<T>
  /** The latest sync with each peer: when it ended well, and how far a running one is. */
  readonly syncs: ReadonlyMap<string, SyncState>
  conductOf(peerId: string): Conduct
  history(): { readonly isWhole: boolean; readonly missing: number; readonly brought: number }
  /** How far the snapshot is that is being taken; null when none is. */
  joining(): JoinProgress | null
  /** Called once no final event is lacking here; at once when none is. */
  whenHistoryIsWhole(run: () => void): void
  stop(): Promise<void>
}

export async function startShell(args: {
  readonly config: ReplicaConfig
  readonly isFirstStart: boolean
  readonly isCopy: boolean
  /** How long members are given after a start to tell what they know, before an own event is signed. */
  readonly hearMembersMs: number
  readonly store: Store
  readonly network: Network
  readonly signatures: SignatureVerifier | undefined
  readonly clock: Clock
  readonly addresses: readonly string[]
  readonly randomBytes: (length: number) => Uint8Array
  readonly joinLimits: JoinLimits
  readonly stateMemory: StateMemoryLimits
  readonly onNews: (news: ReplicaNews) => void
  /** It is known what this institution has signed, and on disk. */
  readonly onOwnChainCertain: () => void
  /** More events are on disk. */
  readonly onArrived: () => void
  readonly onNotice: (notice: Notice) => void
  readonly onFailure: (error: unknown) => void
}): Promise<Shell> {
  const { config, store, clock, randomBytes, onNews, onNotice } = args
  const { genesis } = config
  const { isFirstStart, isCopy } = args
  const known = { genesis, isFirstStart, isCopy }
  const { restored, authors, openHistory, stored, ...written } = await loadReplica(store, known)
  const height = restored.final?.checkpoint.header.core.height ?? 0
  await clearPastPages(store)
  const replica = createReplica(config, restored)
  let shown: FinalView = replica.final
  const pages = createPageWriter({
    onDisk: restored.final && { height, map: restored.final.state.map },
    source: stored,
    past: createPastPages((key) => store.getSync(key)),
    readFrom: () => Math.min(shown.header.core.height, snapshots.readFrom),
  })
  const writer = createFactWriter({ authors, pages, ...written })
  const timers = new Map<string, () => void>()
  const context = { replica, store, authors }
  const breathe = createBreather({ nowMs: () => clock.nowMs() })
  let isStopping = false
  let isIntakePaused = false
  const snapshots = createSnapshotServer({
    handovers: () => handoversFrom(replica, 0),
    store,
    clock,
    breathe,
  })
  snapshots.note({ ...replica.final, checkpoint: replica.final })

  const memory = createStateMemory({
    replica,
    stored,
    pages,
    limits: args.stateMemory,
    isOnDisk: () => shown.header === replica.final.header,
    letGoOfPast: () => snapshots.letGoOfPast(),
    seal() {
      dispatch({ kind: 'seal', source: stored })
      shown = { ...shown, state: replica.final.state }
      snapshots.note({ ...shown, checkpoint: replica.final })
    },
  })

  const conduct = createPeerConduct({ nowMs: () => clock.nowMs(), onChange: applyConduct })
  const runner = createEffectRunner({ store, writer, run, breathe, onFailure: args.onFailure })
  // Of a step that broke off nothing will be on disk.
  const onDisk = async () => (isStopping ? Promise.reject(nodeStopped(undefined)) : atRest(() => {}))
  const network = networkAfterDisk(args.network, onDisk)
  const desk = args.signatures && createSignatureDesk(args.signatures)
  const budget = createAuthorBudget({
    nowMs: () => clock.nowMs(),
    areOthersWaiting: (author) => isAnybodyWaiting(replica, { but: author }),
  })
  const outbox = createGossipOutbox({
    budget,
    later: (ms, run) => void timers.set('outbox', clock.setTimer(ms, run)),
    send: (frame) => gossip('events', frame),
  })
  const intake = createSegmentIntake(replica, desk, (author) => room(author))
  const isKnown = ({ segment }: SegmentInput) =>
    segment.kind === 'decoded' && eventAt(replica.log, segment.segment.last.id) !== undefined
  const isForged = ({ segment }: SegmentInput) => {
    const signature = segment.kind === 'decoded' ? signatureOfSegment(replica, segment.segment) : undefined
    return signature !== undefined && !config.ed25519.verify(signature)
  }
  const { judge, room } = createGossipJudge({
    dispatch,
    intake,
    conduct,
    budget,
    peerOf: (author) => peerIdOf(replica.final.state, { genesis, org: author }),
    isKnown,
    isForged,
    breathe,
    pause: async (ms) => {
      if (!isStopping) await new Promise<void>((resolve) => void clock.setTimer(ms, resolve))
    },
    publish: gossip,
  })
  const tasks = createPeerTasks((peer, task, error) => {
    noteFailure(peer, error)
    onNotice({ level: 'debug', what: `${task} with a peer failed`, facts: { peer, error: String(error) } })
    if (task === 'checkpoints') dispatch({ kind: 'fetched', peer })
    else if (!isStopping) logSync.beginElsewhere(connectedPeers().filter((one) => one !== peer))
  })

  function noteFailure(peer: string, error: unknown): void {
    const fault = faultOfFailure(error)
    if (fault !== undefined) conduct.note(peer, fault)
  }

  function connectedPeers(): string[] {
    return network.peers().flatMap(({ peerId, connected }) => (connected ? [peerId] : []))
  }

  function applyConduct(peer: string, { state, score, why }: Conduct, forMs: number): void {
    if (isStopping) return
    network.throttle(peer, state === 'throttled')
    if (state === 'dropped') network.drop(peer, { forMs, reason: why ?? '' })
    const what = {
      ok: 'a peer has recovered',
      throttled: 'a peer is throttled',
      dropped: 'a peer is dropped',
    }
    onNotice({ level: 'warn', what: what[state], facts: { peer, score, why, forMs } })
  }

  function dispatch(input: Bare<ReplicaInput>): ReplicaEffect[] {
    if (isStopping || (isIntakePaused && input.kind === 'segment')) return []
    let effects: ReplicaEffect[]
    const wasCertain = replica.isOwnChainCertain
    try {
      effects = step(replica, { ...input, nowMs: clock.nowMs() } as ReplicaInput) // rebuilt whole
    } catch (error) {
      // A step that broke off has changed the state without its effects: votes in it may not be on disk (SPEC H5).
      isStopping = true
      args.onFailure(error)
      return []
    }
    for (const effect of effects) if (effect.kind === 'rejected') conduct.note(effect.from, effect.reason)
    runner.enqueue(effects)
    // What makes it certain is on its way to the disk: believed of a store that lost it again, it would be signed over.
    if (!wasCertain && replica.isOwnChainCertain)
      runner.enqueue([{ kind: 'then', run: args.onOwnChainCertain }])
    return effects
  }

  function atRest<T>(read: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = () => resolve(read())
      runner.enqueue([{ kind: 'then', run, drop: () => reject(nodeStopped(undefined)) }])
    })
  }

  function run(effect: Exclude<ReplicaEffect, { kind: 'persist' }>): void {
    switch (effect.kind) {
      case 'announce':
        outbox.add(effect.event)
        break
      case 'gossip':
        gossip(effect.topic, effect.bytes)
        break
      case 'send':
        for (const peer of effect.to === null ? validatorPeers(replica) : [effect.to]) {
          if (peer !== network.peerId) network.send(peer, effect.bytes)
        }
        break
      case 'set-timer':
        setTimer(effect)
        break
      case 'sync':
        logSync.begin(effect.peer, effect.hasGap)
        break
      case 'fetch-checkpoints':
        if (joiner.consider({ peer: effect.peer, heights: effect.toHeight - effect.fromHeight + 1 }))
          dispatch({ kind: 'fetched', peer: effect.peer })
        else if (!conduct.takeTurn(effect.peer, 'checkpoints'))
          dispatch({ kind: 'fetched', peer: effect.peer })
        else tasks.add(effect.peer, 'checkpoints', (signal) => checkpoints.fetch(effect, signal))
        break
      case 'load':
        lookUps.load(effect)
        break
      case 'look-up':
        lookUps.lookUp(effect)
        break
      case 'verdict':
        break
      case 'joined':
        shown = finalViewOf(effect)
        history.add(effect.gaps.map((gap) => ({ ...gap, holeFrom: null })))
        snapshots.note(effect)
        onNews(effect)
        memory.review()
        break
      case 'admitted':
        args.onArrived()
        break
      case 'final':
        shown = finalViewOf(effect)
        checkpoints.movedOn()
        snapshots.note(effect)
        onNews(effect)
        logSync.resume()
        memory.review()
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

  const history = createHistoryFiller({
    ...context,
    network,
    clock,
    breathe,
    onNotice,
    open: openHistory,
    take: async (fact) => {
      runner.enqueue([
        { kind: 'persist', facts: [fact], isSynced: true },
        { kind: 'then', run: args.onArrived },
      ])
      await runner.room()
    },
    drained: () => runner.drained(),
    mayAsk: (peerId) => conduct.takeTurn(peerId, 'history'),
    noteFailure,
  })

  const joiner = createJoiner({
    ...context,
    writer,
    network,
    clock,
    limits: args.joinLimits,
    breathe,
    dispatch,
    drained: () => runner.drained(),
    pauseIntake: (isPaused) => {
      isIntakePaused = isPaused
    },
    onRefused: (from, { reason, detail }) => {
      // That may also mean other validators, which is another state and no lie.
      if (reason !== 'wrong-network') conduct.note(from, 'bad-snapshot')
      onNews({ kind: 'rejected', reason: 'bad-snapshot', detail: `${reason}: ${detail}`, from })
    },
    onSettled: (peer) => logSync.begin(peer, true),
    onNotice,
    onFailure: args.onFailure,
  })

  const logSync = createLogSync({
    ...context,
    network,
    clock,
    randomBytes,
    conduct,
    tasks,
    intake,
    joiner: () => joiner,
    dispatch,
    breathe,
    room: () => runner.room(),
  })
  const checkpoints = createCheckpointFetching({
    replica,
    network,
    connectedPeers,
    joiner: () => joiner,
    dispatch,
    drained: () => runner.drained(),
    noteFailure,
  })
  const lookUps = createStoreLookUps({
    ...context,
    dispatch,
    whenHistoryIsWhole: (run) => history.whenWhole(run),
    onFailure: args.onFailure,
  })

  const handlers: NetworkHandlers = {
    async gossip(topic, bytes, from) {
      if (topic === 'events' && !isGossipWelcome(replica, bytes)) return 'ignore'
      return judge(topic, bytes, from)
    },
    message(from, bytes) {
      dispatch({ kind: 'message', bytes, from })
    },
    request(from, protocol, bytes, signal) {
      if (protocol === 'checkpoints') return serveCheckpoints(store, bytes)
      if (protocol === 'history') return serveHistory({ ...context, signal }, bytes, breathe)
      if (protocol === 'snapshot') return snapshots.serve(from, bytes, signal)
      return serveSync(
        { ...context, signal },
        { peer: from, bytes, onBehind: () => logSync.begin(from, true) },
      )
    },
    peer(peerId, change) {
      if (change === 'connected') dispatch({ kind: 'connected', peer: peerId })
      else logSync.forget(peerId)
    },
    misconduct: (peerId, what) => conduct.note(peerId, what),
  }

  /** Compares logs with one connected peer after the other. */
  function syncInTurn(): void {
    conduct.review()
    memory.review()
    logSync.beginNext(connectedPeers())
    timers.set('sync', clock.setTimer(syncIntervalMs, syncInTurn))
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
  syncInTurn()
  const isAlone = args.addresses.length === 0 && !network.peers().some(({ connected }) => connected)
  timers.set(
    'hear-members',
    clock.setTimer(isAlone ? 0 : args.hearMembersMs, () => void dispatch({ kind: 'heard-all' })),
  )
  history.start()

  return {
    replica,
    authors,
    get nextOrdinal() {
      return runner.nextOrdinal
    },
    get shown() {
      return shown
    },
    dispatch,
    drained: () => runner.drained(),
    atRest,
    syncs: logSync.syncs,
    conductOf: conduct.of,
    history: () => ({ isWhole: replica.isHistoryWhole, ...history.progress() }),
    joining: () => joiner.progress(),
    whenHistoryIsWhole: (run) => history.whenWhole(run),
    async stop() {
      isStopping = true
      await runner.drained()
      for (const cancel of timers.values()) cancel()
      await Promise.all([tasks.stop(), history.stop(), joiner.stop(), network.stop()])
      await runner.drained()
      runner.stop()
      stored.close()
      // Where the disk refuses, the next start does it.
      await clearPastPages(store).catch(() => {})
    },
  }
}

/** What a frozen author has waiting may wait for ever, and is no sign of life. */
function isAnybodyWaiting({ log, frozen }: Replica, { but }: { readonly but: OrgId }): boolean {
  for (const [author, generations] of log.chains) {
    if (author === but || frozen.has(author)) continue
    for (const { pending } of generations.values()) if (pending.count > 0) return true
  }
  return false
}
