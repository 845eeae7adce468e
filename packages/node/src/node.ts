/** A node: one institution's replica running, with what its people do — issue, change a status, prove, verify. */
import { type EventId, toHex } from '@chirograph/codec'
import { encodeCertificate, isClosing } from '@chirograph/consensus'
import { type CohortRow, credentialReference } from '@chirograph/credential'
import type { Bls, Ed25519 } from '@chirograph/crypto'
import type { AuthenticEvent, EventBody, OrgId } from '@chirograph/event'
import {
  type ChirographError,
  type Clock,
  isChirographError,
  type Network,
  type SignatureVerifier,
  type Store,
  systemClock,
} from '@chirograph/interface'
import { eventAt } from '@chirograph/log'
import { certifiedHeader, handoversFrom } from '@chirograph/replica'
import {
  type Anchor,
  anchorOf,
  consensusKeyOf,
  encodeStatusProof,
  type Genesis,
  type NetworkState,
  networkIdOf,
  type OrgRow,
  proveStatus,
  readBatch,
  readOrg,
  type StatusAt,
  statusOf,
  voteKeysOf,
} from '@chirograph/status'
import { type Verdict, verify } from '@chirograph/verifier'
import { createBreather } from './breather.js'
import { effectiveChange, type Unchanged } from './change-effect.js'
import { createChangingHandles } from './changing-handles.js'
import { createConsensusKeyring } from './consensus-keyring.js'
import { loadStoreTag } from './event-cursor.js'
import type { EventQuery, LoggedEvent } from './event-query.js'
import { createEventReader } from './event-reader.js'
import { createFinalLookUp } from './final-look-up.js'
import { createFinalityTracker, type Finality } from './finality-tracker.js'
import { createGovernance, type Governance } from './governance.js'
import { createInterruptedBatches } from './interrupted-batches.js'
import { assertNotIssued, issuedBatches } from './issued-rows.js'
import { type IssuedBatch, type IssueOptions, issueCohort } from './issuing.js'
import { type JoinLimits, joinLimits } from './joiner.js'
import { createLogKeyring } from './log-keyring.js'
import { createMembership, type Membership } from './membership.js'
import { areVotesKnown, claimStore, notePlace } from './meta.js'
import { migrateWithNotices } from './migrate-notices.js'
import { noticeOfNews } from './news-notices.js'
import { assertMember, batchNotFinal, nodeStopped, outcomeForgotten } from './node-errors.js'
import { type NodeCounters, type NodeStatus, statusOfNode } from './node-status.js'
import type { Notice } from './notice.js'
import { rememberingPeerIds } from './peer-ids.js'
import { createRegistrar, pathBytes, type RegistrarEntry } from './registrar.js'
import { type KeptSeeds, orgIdOfSeeds } from './seeds.js'
import { type ReplicaNews, startShell } from './shell.js'
import { createSigningQueue } from './signing-queue.js'
import { type StateMemoryLimits, stateMemoryLimits } from './state-memory.js'
import { bodyOfChange, type StatusChange } from './status-change.js'
import { placeOfEvent, readEvent } from './stored-event.js'
import { createSuccession, type Succession } from './succession.js'

export interface NodeOptions {
  readonly genesis: Genesis
  readonly seeds: KeptSeeds
  /** Resolves when the seeds are on disk in the place of the former ones; without it the log key cannot be rotated. */
  readonly saveSeeds?: (seeds: KeptSeeds) => Promise<void>
  /** The replica's database. */
  readonly store: Store
  /** The issuer's private data; never replicated. */
  readonly registrar: Store
  readonly network: Network
  readonly ed25519: Ed25519
  /** Signs and checks votes where the genesis chose BLS certificates: noble, and slow, unless a faster one is given. */
  readonly bls?: Bls
  /** Checks what arrives together beside the event loop; without it every signature is checked on this thread. */
  readonly signatures?: SignatureVerifier
  readonly clock?: Clock
  /** Cryptographically secure. */
  readonly randomBytes?: (length: number) => Uint8Array
  /** The institution may be none of the network's yet: its node follows, and signs nothing before it was admitted. */
  readonly mayJoin?: boolean
  /** Addresses of other members, kept connected. */
  readonly addresses?: readonly string[]
  /**
   * Names where the store physically is (`placeOfStore` of `@chirograph/store-level` does). When it changes, the store is a backup or a
   * copy, and signs nothing until f + 1 members told what this institution had signed.
   */
  readonly storePlace?: string
  /**
   * The store was moved while its node was stopped, and nothing has run on another copy of it since: it is believed where
   * it is. Said wrongly, this member may contradict its own votes, and can be put out for it.
   */
  readonly wasMoved?: boolean
  /** How long members are given after a restart to tell what they know, before an own event is signed: 3 seconds. */
  readonly hearMembersMs?: number
  /** From how far behind a snapshot is taken rather than every event. */
  readonly joinLimits?: Partial<JoinLimits>
  /** How much of the state stays in memory: 16,384 rows, and of a larger one 8,192 pages. */
  readonly stateMemory?: Partial<StateMemoryLimits>
  readonly onNotice?: (notice: Notice) => void
}

export interface PublishedEvent {
  readonly id: EventId
  readonly publishedAtMs: number
}

export interface PublishedChange extends PublishedEvent {
  readonly unchanged: readonly Unchanged[]
}

/** What a proof is about: a credential by its handle, and where its leaf lies. */
export interface ProofTarget {
  readonly org: OrgId
  readonly handle: Uint8Array
  readonly batch: EventId
  readonly index: number
  readonly path: readonly Uint8Array[]
}

export type EventState =
  | { readonly state: 'unknown' }
  | { readonly state: 'pending' }
  | { readonly state: 'final'; readonly finality: Finality | null }

export interface ChirographNode extends Succession, Membership, Governance {
  readonly org: OrgId
  readonly networkId: string
  readonly genesis: Genesis
  status(): NodeStatus
  /** Fails as `issueCohort` would before it begins: `NODE_ALREADY_ISSUED` for rows that were issued as they stand. */
  checkCohort(rows: readonly CohortRow[]): Promise<void>
  /** Resolves when the batches are durable here and on their way to the others. */
  issueCohort(rows: readonly CohortRow[], options?: IssueOptions): Promise<IssuedBatch[]>
  /**
   * Resolves when the change is durable here; `finality` tells when everyone agrees. Credentials that it would leave as
   * they are it does not name on the log; `NODE_NOTHING_TO_CHANGE` when there are no others.
   */
  change(change: StatusChange): Promise<PublishedChange>
  publish(body: EventBody): Promise<PublishedEvent>
  finality(id: EventId, options?: { signal?: AbortSignal }): Promise<Finality>
  eventState(id: EventId): Promise<EventState>
  /** What this node has stored under an id; undefined while it does not hold the event, or not its body. */
  event(id: EventId): Promise<AuthenticEvent | undefined>
  /**
   * Events in the order in which they came here, each once, from a cursor on; then, unless `live` is false, those that
   * come, until the node stops. Resumable: what was told before a stop is not told again to who gives the cursor of the
   * last event that it dealt with, and nothing is left out. Only an event that was lost or dropped comes again, when it
   * is brought back: by a repair, or by the history behind a snapshot that went ahead of it.
   */
  events(query?: EventQuery): AsyncIterable<LoggedEvent>
  findCredentials(key: string): Promise<RegistrarEntry[]>
  credentials(): AsyncIterable<RegistrarEntry>
  /** What the network knows of an organisation, as of the last checkpoint. */
  organisation(org: OrgId): OrgRow | undefined
  credentialStatus(credential: { org: OrgId; handle: Uint8Array }): CredentialStatus
  proveStatus(target: ProofTarget): Uint8Array
  anchor(): Anchor
  /** With a proof of this node's own making when none is given and it issued the credential. */
  verify(credential: unknown, options?: { proof?: Uint8Array; maxAgeSeconds?: number }): Promise<Verdict>
  stop(): Promise<void>
  /** Resolves when the node has stopped, by `stop`, or because its disk refused a write or is damaged. */
  readonly stopped: Promise<void>
}

export interface CredentialStatus {
  readonly status: StatusAt
  /** Pending when an own change of this credential is not final yet. */
  readonly finality: 'final' | 'pending'
  readonly height: number
}

/** Members that are there answer within a fraction of it. */
const hearMembersMsDefault = 3_000

/** Loads what the store holds, joins the network, and serves. The caller keeps store, registrar and network to close, and stops `signatures`. */
export async function createNode(options: NodeOptions): Promise<ChirographNode> {
  const { genesis, seeds, store, network, ed25519, bls, clock = systemClock, onNotice = () => {} } = options
  const { storePlace, hearMembersMs = hearMembersMsDefault } = options
  const randomBytes =
    options.randomBytes ?? ((length) => globalThis.crypto.getRandomValues(new Uint8Array(length)))
  const org = orgIdOfSeeds(seeds, ed25519)
  const networkId = toHex(networkIdOf(genesis))
  assertMember(genesis, org, { mayJoin: options.mayJoin ?? false })
  const { hasVoteRecord, isFirstStart, isCopy } = await claimStore(store, {
    org,
    networkId,
    storePlace,
    wasMoved: options.wasMoved,
    onOldSchema: (found) => migrateWithNotices(store, { genesis, found, clock, onNotice }),
  })
  if (isCopy)
    onNotice({
      level: 'warn',
      what: 'the data directory was copied or restored: this node neither signs nor votes until it has heard from other members',
      facts: {},
    })
  else if (!(await areVotesKnown(store)))
    onNotice({
      level: 'warn',
      what: 'it is not known how this member has voted: it votes again once it has heard which views the others are in',
      facts: {},
    })

  const storeTag = await loadStoreTag(store, randomBytes)
  const keyring = createLogKeyring({ org, seeds, ed25519, randomBytes, save: options.saveSeeds })
  const votes = createConsensusKeyring({
    org,
    networkId: networkIdOf(genesis),
    keys: voteKeysOf({ certificates: genesis.certificates, ed25519, bls }),
    randomBytes,
    seeds: keyring.seeds,
    save: keyring.save,
  })
  const registrar = createRegistrar(options.registrar)
  const tracker = createFinalityTracker()
  const signing = createSigningQueue({ clock, dispatch: (input) => void shell.dispatch(input) })
  const { publish } = signing
  const counters: NodeCounters = { rejected: {}, equivocations: 0, conflicts: 0 }
  const startedAtMs = clock.nowMs()
  let running: ChirographNode | undefined
  let stopping: Promise<void> | null = null
  let end: () => void = () => {}
  const stopped = new Promise<void>((resolve) => {
    end = resolve
  })
  let failure: unknown
  let arrived: () => void = () => {}
  let isOwnChainOnDisk = false
  let votesFromOnDisk: number | null = null

  const shell = await startShell({
    config: {
      genesis,
      org,
      ed25519,
      bls,
      hasVoteRecord,
      nonce: toHex(randomBytes(16)),
      signers: {
        event: keyring.sign,
        holds: keyring.holds,
        vote: votes.sign,
        holdsVoteKey: votes.holds,
      },
    },
    isFirstStart,
    isCopy,
    hearMembersMs,
    store,
    network,
    signatures: options.signatures,
    clock,
    addresses: options.addresses ?? [],
    randomBytes,
    joinLimits: { ...joinLimits, ...options.joinLimits },
    stateMemory: { ...stateMemoryLimits, ...options.stateMemory },
    onNews,
    onArrived: () => arrived(),
    onNotice,
    onOwnChainCertain() {
      isOwnChainOnDisk = true
      settleHere()
    },
    onFailure(error) {
      failure = error
      const isDamaged = isChirographError(error, 'NODE_STORE_DAMAGED')
      onNotice({
        level: 'error',
        what: `${isDamaged ? 'the data directory is damaged' : 'the disk refused a write'}: this node stops`,
        facts: { error: String(error) },
      })
      running?.stop().catch(() => {})
    },
  })

  /** A copy belongs where it is once it is on disk what it has signed, and from which view on it votes. */
  function settleHere(): void {
    if (!isCopy || storePlace === undefined || !isOwnChainOnDisk) return
    const isKnown = votesFromOnDisk !== null
    // Who does not vote now finds that out when it is a validator again.
    if (isKnown || shell.replica.consensus.config.self === undefined)
      notePlace(store, { place: storePlace, areVotesKnown: isKnown }).catch(() => {})
  }

  const { isFinal, isFinalAt } = createFinalLookUp(store, shell)
  const events = createEventReader({
    store,
    authors: shell.authors,
    storeTag,
    isFinal: isFinalAt,
    lastOrdinal: () => shell.nextOrdinal - 1,
    atRest: shell.atRest,
  })
  arrived = events.arrived

  function onNews(news: ReplicaNews): void {
    const notice = noticeOfNews(news, org)
    if (notice !== undefined) onNotice(notice)
    switch (news.kind) {
      case 'published': {
        const published = { id: news.event.id, publishedAtMs: clock.nowMs() }
        tracker.published(published.id, published.publishedAtMs)
        signing.published(news.request, published)
        break
      }
      case 'refused':
        signing.refused(news.request, news.reason)
        break
      case 'final': {
        const { height, timeMs } = news.checkpoint.header.core
        const finalAtMs = clock.nowMs()
        for (const outcome of news.outcomes)
          tracker.final({ id: outcome.id, height, timeMs, finalAtMs, outcome })
        const isRotated = news.events.some(
          ({ header }) => header.author === org && header.kind === 'key.rotate',
        )
        if (isRotated || isClosing(news.checkpoint.header.core)) settleKeys()
        break
      }
      case 'joined':
        failForgotten()
        shell.whenHistoryIsWhole(failForgotten)
        settleKeys()
        break
      case 'rejected':
        counters.rejected[news.reason] = (counters.rejected[news.reason] ?? 0) + 1
        break
      case 'equivocated':
        counters.equivocations++
        break
      case 'votes-from':
        votesFromOnDisk = news.view
        settleHere()
        break
      case 'conflict':
        counters.conflicts++
        break
    }
  }

  const succession = createSuccession({
    replica: shell.replica,
    org,
    keyring,
    nowMs: () => clock.nowMs(),
    publish,
    rotate: signing.rotate,
  })

  const members = createMembership({
    org,
    state: () => shell.shown.state,
    votes,
    ed25519,
    bls,
    peerIdsOf: rememberingPeerIds(genesis),
    nowMs: () => clock.nowMs(),
    publish,
  })

  const governance = createGovernance({
    org,
    state: () => shell.shown.state,
    batches: () => issuedBatches(registrar),
    nowMs: () => clock.nowMs(),
    publish,
  })

  /** The key that was replaced is let go once the rotation is final; a key file that cannot be written is tried again. */
  function settleKeys(): void {
    const { state } = shell.shown
    const row = readOrg(state, org)
    if (row === undefined) return
    const current = consensusKeyOf(state, org)
    const settle = async () => {
      await keyring.settle(row)
      if (current !== undefined) await votes.settle(current)
    }
    settle().catch((error: unknown) => {
      onNotice({
        level: 'warn',
        what: 'the keys file could not be written after a rotation: the replaced key is still in it',
        facts: { error: String(error) },
      })
    })
  }

  const finality: ChirographNode['finality'] = (id, { signal } = {}) => {
    const waiting = tracker.wait(id, signal)
    // What became final before this start, or long ago, will not become final again.
    if (tracker.get(id) === undefined)
      isFinal(id).then(
        (isOld) => isOld && tracker.get(id) === undefined && tracker.fail(id, outcomeForgotten(id)),
        (error: unknown) => tracker.fail(id, error),
      )
    return waiting
  }
  const state = () => shell.shown.state
  const isChanging = createChangingHandles(shell.replica.log)
  const context = {
    genesis,
    org,
    networkId,
    assertionSeed: seeds.assertion,
    ed25519,
    clock,
    registrar,
    randomBytes,
    breathe: createBreather({ nowMs: () => clock.nowMs() }),
    state,
    publish,
    publishLater: (refusal: ChirographError) => interrupted.wait(refusal),
    finality,
  }

  let issuing: Promise<unknown> = Promise.resolve()
  function inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = issuing.then(run)
    issuing = done.catch(() => {})
    return done
  }
  const interrupted = createInterruptedBatches({
    org,
    store,
    shell,
    registrar,
    publish,
    inTurn,
    clock,
    onNotice,
  })

  const node: ChirographNode = {
    ...succession,
    ...members,
    ...governance,
    org,
    networkId,
    genesis,
    status: () =>
      statusOfNode({
        shell,
        network,
        clock,
        startedAtMs,
        counters,
      }),
    checkCohort: (rows) => assertNotIssued(registrar, rows),
    // One after the other, or two cohorts could be given the same free positions.
    issueCohort: (rows, issueOptions) => inTurn(() => issueCohort(context, rows, issueOptions)),
    async change(asked) {
      const known = { org, state: shell.replica.final.state, isChanging }
      const { change, unchanged } = effectiveChange(asked, known)
      return { ...(await publish(bodyOfChange(change, clock.nowMs()))), unchanged }
    },
    publish,
    finality,
    async eventState(id) {
      const found = tracker.get(id)
      if (found) return { state: 'final', finality: found }
      if (await isFinal(id)) return { state: 'final', finality: tracker.get(id) ?? null }
      return { state: eventAt(shell.replica.log, id) ? 'pending' : 'unknown' }
    },
    async event(id) {
      const place = await placeOfEvent(store, id)
      return place && readEvent(store, place)
    },
    events: (query) => events.events(query),
    findCredentials: (key) => registrar.find(key),
    credentials: () => registrar.entries(),
    organisation: (wanted) => readOrg(state(), wanted),
    credentialStatus({ org: issuer, handle }) {
      const { final } = shell.replica
      const nowMs = clock.nowMs()
      const statusIn = (at: NetworkState) => statusOf(at, { org: issuer, handle, atMs: nowMs })
      const status = statusIn(state())
      const isPending =
        JSON.stringify(statusIn(final.state)) !== JSON.stringify(status) ||
        isChanging({ org: issuer, handle })
      return { status, finality: isPending ? 'pending' : 'final', height: shell.shown.header.core.height }
    },
    proveStatus(target) {
      const { certificate, state: now } = shell.shown
      if (certificate === null || readBatch(now, target.batch) === undefined)
        throw batchNotFinal(target.batch)
      const rows = proveStatus(now, target)
      if (rows.org.value === null || rows.batch.value === null) throw batchNotFinal(target.batch)
      return encodeStatusProof({
        version: 1,
        headerCore: certifiedHeader(shell.shown).coreBytes,
        certificate: encodeCertificate(certificate),
        org: { ...rows.org, value: rows.org.value },
        batch: { ...rows.batch, value: rows.batch.value },
        credential: rows.credential,
        leaf: { batch: target.batch, index: target.index, path: [...target.path] },
        // From the genesis on: an anchor of a later epoch passes over those before it.
        handovers: handoversFrom(shell.replica, 0),
      })
    },
    anchor: () => anchorOf(genesis),
    async verify(credential, { proof, maxAgeSeconds } = {}) {
      const made = proof ?? (await ownProof(credential))
      const policy = maxAgeSeconds === undefined ? {} : { maxAgeSeconds }
      return verify(credential, {
        ...(made ? { proof: made } : {}),
        anchor: anchorOf(genesis),
        policy,
        atMs: clock.nowMs(),
        ed25519,
        bls,
      })
    },
    stopped,
    stop() {
      stopping ??= (async () => {
        signing.close(nodeStopped(failure))
        interrupted.stop()
        events.stop()
        tracker.stop(nodeStopped(failure))
        await shell.stop()
        signing.stop()
        end()
      })()
      return stopping
    },
  }

  /** Proof for a credential that this institution issued; undefined for any other, or while its batch is not final. */
  async function ownProof(credential: unknown): Promise<Uint8Array | undefined> {
    const reading = credentialReference(credential)
    if (reading.kind === 'reject') return undefined
    const [entry] = await registrar.find(reading.reference.id)
    if (!entry?.batch || readBatch(state(), entry.batch) === undefined) return undefined
    const { issuerOrg, handle } = reading.reference
    return node.proveStatus({
      org: issuerOrg,
      handle,
      batch: entry.batch,
      index: entry.index,
      path: pathBytes(entry),
    })
  }

  /** A snapshot tells what is final and not what came of each event: whoever waits for one of them is told so. */
  function failForgotten(): void {
    for (const id of tracker.waiting())
      isFinal(id).then(
        (isOld) => isOld && tracker.fail(id, outcomeForgotten(id)),
        (error: unknown) => tracker.fail(id, error),
      )
  }

  running = node
  settleKeys()
  try {
    if (failure !== undefined) throw failure
    await interrupted.finish()
  } catch (error) {
    await node.stop()
    throw error
  }
  return node
}
