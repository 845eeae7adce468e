/**
 * The asking side of a snapshot: a head from one member, chunks from several at once. A member that stalls or lies costs
 * the time of one request; what the others sent stays.
 */
import { toHex } from '@chirograph/codec'
import type { ValidatorSet } from '@chirograph/consensus'
import type { Bls, Ed25519 } from '@chirograph/crypto'
import type { Clock, Network } from '@chirograph/interface'
import {
  beginHead,
  createSnapshotAssembly,
  encodeSnapshotRequest,
  finishSnapshot,
  progressOf,
  type Snapshot,
  type SnapshotAssembly,
  type SnapshotRefusal,
  snapshotAskMax,
  takeChunkFrame,
  takeHeadFrame,
} from '@chirograph/replica'
import type { Genesis } from '@chirograph/status'

export interface JoinProgress {
  readonly height: number
  readonly chunkCount: number
  readonly missingCount: number
}

export interface SnapshotFetchArgs {
  readonly genesis: Genesis
  readonly ed25519: Ed25519
  readonly bls?: Bls | undefined
  readonly network: Network
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly breathe: () => Promise<void>
  readonly aboveHeight: number
  /** Who votes in the asker's epoch. */
  readonly set: ValidatorSet
  /** Whom to ask first. */
  readonly peer: string
  /** Whether a snapshot of this height and log size is worth its chunks. */
  readonly isWorth: (head: { readonly height: number; readonly logSize: number }) => boolean
  readonly onProgress: (progress: JoinProgress) => void
  readonly onRefused: (peer: string, refusal: SnapshotRefusal) => void
}

export type SnapshotFetched =
  | { readonly kind: 'complete'; readonly snapshot: Snapshot; readonly from: string }
  /** None of the members that were asked has one that is far ahead, and all of it: this node goes on event by event. */
  | { readonly kind: 'none'; readonly asked: ReadonlySet<string> }

/** An answer in which nothing came for so long is given up. */
const stallMs = 5_000

/** Members that send chunks at the same time: what they send is checked on one thread. */
const sendersMax = 3

/** Failed answers after which a member is not asked again in this attempt. */
const triesMax = 3

/** Chunks that one member has been sending for so long are asked of others too. */
const slowMs = 2_000

/** Heads taken in one attempt: each time that no member has a chunk of the last any more, or it was signed falsely. */
const headsMax = 8

export async function fetchSnapshot(args: SnapshotFetchArgs): Promise<SnapshotFetched> {
  const assembly = createSnapshotAssembly(args)
  const senders = createSenders(args)
  for (let heads = 0; heads < headsMax; heads++) {
    const from = await takeHead(args, assembly, senders)
    if (from === undefined) break
    await takeChunks(args, assembly, senders)
    const finished = finishSnapshot(assembly)
    if (finished.kind === 'complete') return { ...finished, from }
    if (finished.kind === 'refused') senders.refuse(from, finished)
    args.signal.throwIfAborted()
  }
  return { kind: 'none', asked: senders.asked }
}

/** Who may be asked: not who broke a rule or failed too often, and last who failed before. */
interface Senders {
  refuse(peer: string, refusal: SnapshotRefusal): void
  tire(peer: string): void
  /** Connected members in the order in which to ask them. */
  list(): string[]
  /** Members of which a head was asked. */
  readonly asked: Set<string>
}

function createSenders({ network, peer: first, onRefused }: SnapshotFetchArgs): Senders {
  const refused = new Set<string>()
  const tired = new Map<string, number>()
  return {
    asked: new Set(),
    refuse(peer, refusal) {
      refused.add(peer)
      onRefused(peer, refusal)
    },
    tire: (peer) => void tired.set(peer, (tired.get(peer) ?? 0) + 1),
    list() {
      const connected = network.peers().flatMap(({ peerId, connected }) => (connected ? [peerId] : []))
      const ordered = connected.sort((a, b) => Number(b === first) - Number(a === first))
      return ordered
        .filter((peer) => !refused.has(peer) && (tired.get(peer) ?? 0) < triesMax)
        .sort((a, b) => (tired.get(a) ?? 0) - (tired.get(b) ?? 0))
    },
  }
}

/** Resolves to the member whose head is planned now; undefined when no member has one worth its chunks. */
async function takeHead(
  args: SnapshotFetchArgs,
  assembly: SnapshotAssembly,
  senders: Senders,
): Promise<string | undefined> {
  const tried = new Set<string>()
  // Whoever connects while another one is asked is asked too.
  for (;;) {
    const peer = senders.list().find((one) => !tried.has(one))
    if (peer === undefined) return undefined
    tried.add(peer)
    senders.asked.add(peer)
    beginHead(assembly)
    try {
      for await (const frame of ask(args, peer, [])) {
        const verdict = takeHeadFrame(assembly, frame)
        if (verdict.kind === 'refused') {
          // A member that is behind itself has done nothing wrong.
          if (verdict.reason !== 'not-newer') senders.refuse(peer, verdict)
          break
        }
        // One that is behind, or says so, must not keep this node from what the others have.
        if (verdict.kind === 'planned' && isWorthItsChunks(args, assembly)) return peer
      }
    } catch {
      args.signal.throwIfAborted()
    }
    senders.tire(peer)
  }
}

function isWorthItsChunks({ isWorth }: SnapshotFetchArgs, { plan }: SnapshotAssembly): boolean {
  return plan !== null && isWorth({ height: plan.header.core.height, logSize: plan.header.rest.logSize })
}

/** Until nothing is missing, or nobody has what is. */
async function takeChunks(
  args: SnapshotFetchArgs,
  assembly: SnapshotAssembly,
  senders: Senders,
): Promise<void> {
  const asked = new Map<string, Asked>()
  const lacking = new Map<string, Set<string>>()
  const ended = new AbortController()

  /** A share of what this member was not found to lack, and nobody else is sending or not soon enough. */
  function pickFor(peer: string): Uint8Array[] {
    const busy = [...asked.values()].filter(({ sinceMs }) => args.clock.nowMs() - sinceMs < slowMs)
    const wanted = missingOf(assembly).filter((hash) => {
      const name = toHex(hash)
      return !lacking.get(peer)?.has(name) && !busy.some(({ names }) => names.has(name))
    })
    const idle = Math.min(sendersMax, senders.list().length) - asked.size
    return wanted.slice(0, Math.min(snapshotAskMax, Math.ceil(wanted.length / Math.max(1, idle))))
  }

  async function fetchFrom(peer: string, hashes: readonly Uint8Array[]): Promise<void> {
    try {
      const signal = AbortSignal.any([args.signal, ended.signal])
      let frames = 0
      for await (const frame of ask({ ...args, signal }, peer, hashes)) {
        const verdict = takeChunkFrame(assembly, frame)
        if (verdict.kind === 'refused') return senders.refuse(peer, verdict)
        reportProgress(args, assembly)
        await args.breathe()
        if (++frames > hashes.length) throw new Error('more chunks than were asked for')
      }
      const lacks = lacking.get(peer) ?? new Set()
      for (const hash of hashes) lacks.add(toHex(hash))
      lacking.set(peer, lacks)
    } catch {
      if (!ended.signal.aborted) senders.tire(peer)
    }
  }

  reportProgress(args, assembly)
  while (missingOf(assembly).length > 0 && !args.signal.aborted) {
    for (const peer of senders.list()) {
      if (asked.size >= sendersMax || asked.has(peer)) continue
      const hashes = pickFor(peer)
      if (hashes.length === 0) continue
      const done = fetchFrom(peer, hashes).finally(() => asked.delete(peer))
      asked.set(peer, { names: new Set(hashes.map(toHex)), sinceMs: args.clock.nowMs(), done })
    }
    if (asked.size === 0) break
    await anyDone(args.clock, asked)
  }
  ended.abort()
  await Promise.all([...asked.values()].map(({ done }) => done))
}

interface Asked {
  readonly names: ReadonlySet<string>
  readonly sinceMs: number
  readonly done: Promise<void>
}

/** Resolves when an answer ended, or when one has become slow. */
async function anyDone(clock: Clock, asked: ReadonlyMap<string, Asked>): Promise<void> {
  let cancel = () => {}
  const slow = new Promise<void>((resolve) => {
    cancel = clock.setTimer(slowMs, resolve)
  })
  await Promise.race([slow, ...[...asked.values()].map(({ done }) => done)])
  cancel()
}

function missingOf(assembly: SnapshotAssembly): readonly Uint8Array[] {
  return progressOf(assembly)?.missing ?? []
}

function reportProgress({ onProgress }: SnapshotFetchArgs, assembly: SnapshotAssembly): void {
  const progress = progressOf(assembly)
  if (progress === undefined) return
  const { height, chunkCount, missing } = progress
  onProgress({ height, chunkCount, missingCount: missing.length })
}

/** The frames of one answer; fails when none comes for `stallMs`. */
async function* ask(
  { network, clock, signal }: Pick<SnapshotFetchArgs, 'network' | 'clock' | 'signal'>,
  peerId: string,
  hashes: readonly Uint8Array[],
): AsyncIterable<Uint8Array> {
  const stalled = new AbortController()
  const arm = () => clock.setTimer(stallMs, () => stalled.abort(new Error('the answer stalled')))
  let cancel = arm()
  try {
    const request = { peerId, protocol: 'snapshot', bytes: encodeSnapshotRequest(hashes) } as const
    for await (const frame of network.request({
      ...request,
      signal: AbortSignal.any([signal, stalled.signal]),
    })) {
      cancel()
      yield frame
      cancel = arm()
    }
  } finally {
    cancel()
  }
}
