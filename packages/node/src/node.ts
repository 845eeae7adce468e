/** A node: one institution's replica running, with what its people do — issue, change a status, prove, verify. */
import { type EventId, toHex } from '@chirograph/codec'
import { encodeCertificate } from '@chirograph/consensus'
import { type CohortRow, credentialReference } from '@chirograph/credential'
import type { Ed25519 } from '@chirograph/crypto'
import type { AuthenticEvent, EventBody, OrgId } from '@chirograph/event'
import {
  type Clock,
  type EventPlace,
  eventRange,
  isChirographError,
  type Network,
  readEventKey,
  type SignatureVerifier,
  type Store,
  systemClock,
} from '@chirograph/interface'
import { eventAt, isAtOrBefore, isInCut } from '@chirograph/log'
import { ownTip, type RefuseReason } from '@chirograph/replica'
import {
  type Anchor,
  anchorOf,
  encodeStatusProof,
  type Genesis,
  type NetworkState,
  networkIdOf,
  type OrgRow,
  proveStatus,
  readBatch,
  readCredential,
  readOrg,
  statusOfRow,
} from '@chirograph/status'
import { type Verdict, verify } from '@chirograph/verifier'
import { effectiveChange, type Unchanged } from './change-effect.js'
import { loadStoreTag } from './event-cursor.js'
import type { EventQuery, LoggedEvent } from './event-query.js'
import { createEventReader } from './event-reader.js'
import { createFinalityTracker, type Finality } from './finality-tracker.js'
import { assertNotIssued } from './issued-rows.js'
import { type IssuedBatch, type IssueOptions, issueCohort, resumePrepared } from './issuing.js'
import { type JoinLimits, joinLimits } from './joiner.js'
import { createLogKeyring } from './log-keyring.js'
import { claimStore, notePlace } from './meta.js'
import { migrateWithNotices } from './migrate-notices.js'
import { assertMember, batchNotFinal, nodeStopped, outcomeForgotten, signingRefused } from './node-errors.js'
import { type NodeCounters, type NodeStatus, statusOfNode } from './node-status.js'
import type { Notice } from './notice.js'
import { createRegistrar, pathBytes, type RegistrarEntry } from './registrar.js'
import { type KeptSeeds, orgIdOfSeeds } from './seeds.js'
import { type ReplicaNews, startShell } from './shell.js'
import { bodyOfChange, changesHandle, type StatusChange } from './status-change.js'
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
  /** Checks what arrives together beside the event loop; without it every signature is checked on this thread. */
  readonly signatures?: SignatureVerifier
  readonly clock?: Clock
  /** Cryptographically secure. */
  readonly randomBytes?: (length: number) => Uint8Array
  /** Addresses of other members, kept connected. */
  readonly addresses?: readonly string[]
  /**
   * Names where the store physically is (a device and a file, for example). When it changes, the store is a backup or a
   * copy, and signs nothing until f + 1 members told what this institution had signed.
   */
  readonly storePlace?: string
  /** How long members are given after a restart to tell what they know, before an own event is signed: 3 seconds. */
  readonly hearMembersMs?: number
  /** From how far behind a snapshot is taken rather than every event. */
  readonly joinLimits?: Partial<JoinLimits>
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

export interface ChirographNode extends Succession {
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
  /** Resolves when the node has stopped, by `stop` or because its disk refused a write. */
  readonly stopped: Promise<void>
}

export interface CredentialStatus {
  readonly status: ReturnType<typeof statusOfRow>
  /** Pending when an own change of this credential is not final yet. */
  readonly finality: 'final' | 'pending'
  readonly height: number
}

/** A caller that waits for its event to be signed. */
interface Publishing {
  readonly resolve: (published: PublishedEvent) => void
  readonly reject: (error: Error) => void
  readonly dispatch: () => void
  /** Reasons that time may remove, and until when it is given. */
  readonly patience: Patience
}

interface Patience {
  readonly reasons: readonly RefuseReason[]
  readonly untilMs: number
}

/** How long a caller waits until enough members were heard after a start, and how often that is looked at. */
const patienceMs = 10_000
const rotationPatienceMs = 30_000
const askAgainMs = 100

/** Members that are there answer within a fraction of it. */
const hearMembersMsDefault = 3_000

/** How often a node that may not sign yet tries again to finish what a stop interrupted. */
const resumeEveryMs = 5_000

/** Loads what the store holds, joins the network, and serves. The caller keeps store, registrar and network to close, and stops `signatures`. */
export async function createNode(options: NodeOptions): Promise<ChirographNode> {
  const { genesis, seeds, store, network, ed25519, clock = systemClock, onNotice = () => {} } = options
  const { storePlace, hearMembersMs = hearMembersMsDefault } = options
  const randomBytes =
    options.randomBytes ?? ((length) => globalThis.crypto.getRandomValues(new Uint8Array(length)))
  const org = orgIdOfSeeds(seeds, ed25519)
  const networkId = toHex(networkIdOf(genesis))
  assertMember(genesis, org)
  const { hasVoteRecord, isFirstStart, isCopy } = await claimStore(store, {
    org,
    networkId,
    storePlace,
    onOldSchema: (found) => migrateWithNotices(store, { found, clock, onNotice }),
  })
  if (!hasVoteRecord || isCopy)
    onNotice({
      level: 'warn',
      what: isCopy
        ? 'the data directory was copied or restored: this node neither signs nor votes until it has heard from other members'
        : 'the vote record is not whole: this node follows without voting',
      facts: {},
    })

  const storeTag = await loadStoreTag(store, randomBytes)
  const keyring = createLogKeyring({ org, seeds, ed25519, randomBytes, save: options.saveSeeds })
  const registrar = createRegistrar(options.registrar)
  const tracker = createFinalityTracker()
  const publishing = new Map<number, Publishing>()
  const counters: NodeCounters = { rejected: {}, equivocations: 0, conflicts: 0 }
  const startedAtMs = clock.nowMs()
  let requests = 0
  let running: ChirographNode | undefined
  let cancelResume: () => void = () => {}
  let stopping: Promise<void> | null = null
  let end: () => void = () => {}
  const stopped = new Promise<void>((resolve) => {
    end = resolve
  })
  let failure: unknown
  let arrived: () => void = () => {}

  const shell = await startShell({
    config: {
      genesis,
      org,
      ed25519,
      hasVoteRecord,
      signers: {
        event: keyring.sign,
        holds: keyring.holds,
        vote: (message) => ed25519.sign({ seed: seeds.consensus, message }),
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
    onNews,
    onArrived: () => arrived(),
    onNotice,
    onOwnChainCertain() {
      if (isCopy && storePlace !== undefined) notePlace(store, storePlace).catch(() => {})
    },
    onFailure(error) {
      failure = error
      onNotice({
        level: 'error',
        what: 'the disk refused a write: this node stops',
        facts: { error: String(error) },
      })
      running?.stop().catch(() => {})
    },
  })

  const events = createEventReader({
    store,
    authors: shell.authors,
    storeTag,
    isFinal: isFinalAt,
    lastOrdinal: () => shell.writer.nextOrdinal - 1,
    atRest: shell.atRest,
  })
  arrived = events.arrived

  function onNews(news: ReplicaNews): void {
    switch (news.kind) {
      case 'published': {
        const published = { id: news.event.id, publishedAtMs: clock.nowMs() }
        tracker.published(published.id, published.publishedAtMs)
        publishing.get(news.request)?.resolve(published)
        publishing.delete(news.request)
        break
      }
      case 'refused':
        refuse(news)
        break
      case 'signing-stopped':
        onNotice({
          level: 'error',
          what: signingRefused(news.reason).message,
          facts: { reason: news.reason },
        })
        break
      case 'final': {
        const { height, timeMs } = news.checkpoint.header.core
        const finalAtMs = clock.nowMs()
        for (const outcome of news.outcomes)
          tracker.final({ id: outcome.id, height, timeMs, finalAtMs, outcome })
        onNotice({
          level: 'debug',
          what: 'a checkpoint is final',
          facts: { height, events: news.events.length },
        })
        if (news.events.some(({ header }) => header.author === org && header.kind === 'key.rotate'))
          settleKeys()
        break
      }
      case 'joined': {
        const { height } = news.checkpoint.header.core
        onNotice({
          level: 'debug',
          what: 'goes on from a snapshot',
          facts: { height, gaps: news.gaps.length },
        })
        failForgotten()
        shell.whenHistoryIsWhole(failForgotten)
        settleKeys()
        break
      }
      case 'rejected':
        counters.rejected[news.reason] = (counters.rejected[news.reason] ?? 0) + 1
        onNotice({
          level: 'warn',
          what: 'refused what a peer sent',
          facts: { reason: news.reason, detail: news.detail, from: news.from },
        })
        break
      case 'forked':
        onNotice({
          level: 'warn',
          what: 'an organisation forked its log',
          facts: { org: news.author, isSelf: news.author === org },
        })
        break
      case 'equivocated':
        counters.equivocations++
        onNotice({
          level: 'warn',
          what: 'a validator contradicted itself',
          facts: { evidence: news.evidence.kind },
        })
        break
      case 'conflict':
        counters.conflicts++
        onNotice({
          level: 'error',
          what: 'more validators are faulty than the network tolerates',
          facts: { detail: news.detail },
        })
        break
    }
  }

  /** After a start it takes a moment until enough members were heard; only after that it is refused. */
  function refuse({ request, reason }: Extract<ReplicaNews, { kind: 'refused' }>): void {
    const waiting = publishing.get(request)
    const { reasons, untilMs } = waiting?.patience ?? { reasons: [], untilMs: 0 }
    if (waiting && reasons.includes(reason) && clock.nowMs() < untilMs && !stopping) {
      clock.setTimer(askAgainMs, waiting.dispatch)
      return
    }
    waiting?.reject(signingRefused(reason))
    publishing.delete(request)
  }

  function sign(
    input: (request: number) => Parameters<typeof shell.dispatch>[0],
    { reasons, forMs }: { readonly reasons: readonly RefuseReason[]; readonly forMs: number },
  ): Promise<PublishedEvent> {
    if (stopping) return Promise.reject(nodeStopped(failure))
    const request = requests++
    return new Promise((resolve, reject) => {
      const dispatch = () => shell.dispatch(input(request))
      const patience = { reasons, untilMs: clock.nowMs() + forMs }
      publishing.set(request, { resolve, reject, dispatch, patience })
      dispatch()
    })
  }

  const publish = (body: EventBody) =>
    sign((request) => ({ kind: 'publish', request, body }), {
      reasons: ['own-events-missing'],
      forMs: patienceMs,
    })
  const succession = createSuccession({
    replica: shell.replica,
    org,
    keyring,
    nowMs: () => clock.nowMs(),
    publish,
    // What waits is to be final first, or the rotation would cut it off.
    rotate: (keys) =>
      sign((request) => ({ kind: 'rotate', request, ...keys }), {
        reasons: ['own-events-missing', 'own-events-pending'],
        forMs: rotationPatienceMs,
      }),
  })

  /** The key that was replaced is let go once the rotation is final; a key file that cannot be written is tried again. */
  function settleKeys(): void {
    const row = readOrg(shell.shown.state, org)
    if (row === undefined) return
    keyring.settle(row).catch((error: unknown) => {
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
      isFinalHere(id).then(
        (isOld) => isOld && tracker.get(id) === undefined && tracker.fail(id, outcomeForgotten(id)),
        (error: unknown) => tracker.fail(id, error),
      )
    return waiting
  }
  const state = () => shell.shown.state
  const isChanging = (handle: Uint8Array): boolean => {
    for (const { event } of shell.replica.log.entries.values())
      if (event !== undefined && changesHandle(event.body, handle)) return true
    return false
  }
  const context = {
    genesis,
    org,
    networkId,
    assertionSeed: seeds.assertion,
    ed25519,
    clock,
    registrar,
    randomBytes,
    state,
    publish,
    finality,
  }

  let issuing: Promise<unknown> = Promise.resolve()
  const node: ChirographNode = {
    ...succession,
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
    issueCohort(rows, issueOptions) {
      // One after the other, or two cohorts could be given the same free positions.
      const issued = issuing.then(() => issueCohort(context, rows, issueOptions))
      issuing = issued.catch(() => {})
      return issued
    },
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
      if (await isFinalHere(id)) return { state: 'final', finality: tracker.get(id) ?? null }
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
      const statusIn = (at: NetworkState) => statusOfRow(readCredential(at, { org: issuer, handle }), nowMs)
      const status = statusIn(state())
      const isPending = JSON.stringify(statusIn(final.state)) !== JSON.stringify(status) || isChanging(handle)
      return { status, finality: isPending ? 'pending' : 'final', height: shell.shown.header.core.height }
    },
    proveStatus(target) {
      const { header, certificate, state: now } = shell.shown
      if (certificate === null || readBatch(now, target.batch) === undefined)
        throw batchNotFinal(target.batch)
      const rows = proveStatus(now, target)
      if (rows.org.value === null || rows.batch.value === null) throw batchNotFinal(target.batch)
      return encodeStatusProof({
        version: 1,
        headerCore: header.coreBytes,
        certificate: encodeCertificate(certificate),
        org: { ...rows.org, value: rows.org.value },
        batch: { ...rows.batch, value: rows.batch.value },
        credential: rows.credential,
        leaf: { batch: target.batch, index: target.index, path: [...target.path] },
        handovers: [],
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
      })
    },
    stopped,
    stop() {
      stopping ??= (async () => {
        cancelResume()
        events.stop()
        tracker.stop(nodeStopped(failure))
        await shell.stop()
        for (const { reject } of publishing.values()) reject(nodeStopped(failure))
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

  /** What is in the store up to the cut, and not in the index, is final (SPEC L30 of the log). */
  async function isFinalHere(id: EventId): Promise<boolean> {
    const { replica, shown } = shell
    const { log } = replica
    if (isInCut(log, shown.cut, id)) return true
    if (eventAt(log, id) !== undefined) return false
    const place = await placeOfEvent(store, id)
    return place !== undefined && isFinalAt(id, place)
  }

  function isFinalAt(id: EventId, place: EventPlace): boolean {
    const { log } = shell.replica
    if (eventAt(log, id) !== undefined) return isInCut(log, shell.shown.cut, id)
    const tip = shell.shown.cut.get(shell.authors.orgOf(place.author) ?? org)
    return tip !== undefined && isAtOrBefore(place, tip)
  }

  /** A snapshot tells what is final and not what came of each event: whoever waits for one of them is told so. */
  function failForgotten(): void {
    for (const id of tracker.waiting())
      isFinalHere(id).then(
        (isOld) => isOld && tracker.fail(id, outcomeForgotten(id)),
        (error: unknown) => tracker.fail(id, error),
      )
  }

  async function findPublished(root: string): Promise<EventId | undefined> {
    // Before its own history is back, what this node published is not told from what it did not.
    if (!shell.replica.isHistoryWhole) throw signingRefused('own-events-missing')
    const author = shell.authors.numberOf(org)
    if (author === undefined) return undefined
    const generations = (ownTip(shell.replica)?.generation ?? 0) + 1
    for (let generation = 0; generation < generations; generation++) {
      const range = eventRange({ author, generation, fromSequence: 0, toSequence: Number.MAX_SAFE_INTEGER })
      for await (const [key] of store.range(range)) {
        const event = await readEvent(store, readEventKey(key))
        if (event?.body.kind === 'credential.issueBatch' && toHex(event.body.root) === root) return event.id
      }
    }
    return undefined
  }

  /** After the log was lost nothing may be signed until members have been heard, so this may take several tries. */
  async function resume(): Promise<void> {
    try {
      const batches = await resumePrepared(context, findPublished)
      if (batches > 0)
        onNotice({ level: 'info', what: 'finished batches that a stop had interrupted', facts: { batches } })
    } catch (error) {
      if (!isChirographError(error, 'NODE_SIGNING_REFUSED')) throw error
      onNotice({ level: 'warn', what: 'a batch waits to be published', facts: { why: error.what } })
      const again = () => void resume().catch(() => {})
      // Whether it was published shows when the own history is whole: then at once.
      if (shell.replica.isHistoryWhole) cancelResume = clock.setTimer(resumeEveryMs, again)
      else shell.whenHistoryIsWhole(again)
    }
  }

  running = node
  settleKeys()
  try {
    if (failure !== undefined) throw failure
    await resume()
  } catch (error) {
    await node.stop()
    throw error
  }
  return node
}
