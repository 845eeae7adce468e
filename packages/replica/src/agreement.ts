/** The seam between consensus and the log: messages in, headers built and executed, and what became final handed out. */
import { type EventId, equalBytes, toHex } from '@chirograph/codec'
import {
  type Certificate,
  type CertificateRejectReason,
  type ConsensusState,
  checkCertificate,
  createHeader,
  decodeMessage,
  type Effect,
  encodeMessage,
  type Header,
  type Input,
  leaderOf,
  type Message,
  type Proposal,
  type ProposalRejectReason,
  step as stepConsensus,
  type Verified,
  type VoteRejectReason,
  verifyProposal,
  verifyVote,
} from '@chirograph/consensus'
import type { OrgId } from '@chirograph/event'
import {
  type Cut,
  type CutEntry,
  cutOf,
  cutRoot,
  decodeChanges,
  encodeChanges,
  markFinal,
  planCut,
  straysOf,
  trimFinal,
} from '@chirograph/log'
import { approvedRotation, changedRows, stateRoot } from '@chirograph/status'
import {
  type ChainState,
  type Executed,
  type Execution,
  execute,
  isFrozen,
  mayRotate,
  restOf,
} from './chain-state.js'
import { type Checkpoint, encodeCheckpoint } from './checkpoint.js'
import { beginEpoch, handoverFact, noteHandover } from './epochs.js'
import { noteFrozen } from './frozen.js'
import type { Fact, RejectReason, ReplicaEffect, ReplicaInput, StrayPlace } from './io.js'
import { askOfEpochMs, cutEventsMax, fetchPatienceMs, residentFinalMax, unhelpfulForMs } from './limits.js'
import { askFor, assuming, unknownReferences } from './references.js'
import { peerOfValidator, type Replica } from './replica.js'
import { noteLacking } from './stuck.js'
import { reject, type Turn } from './turn.js'
import { dropSettledTellings, noteLost } from './untold.js'

type Bare<T> = T extends unknown ? Omit<T, 'nowMs'> : never

/** Hands one input to consensus and works through everything that follows from it. */
export function feed(turn: Turn, first: Bare<Input>): void {
  const inputs = [first]
  for (let input = inputs.shift(); input; input = inputs.shift()) {
    const { state, effects } = stepConsensus(turn.replica.consensus, { ...input, nowMs: turn.nowMs } as Input) // rebuilt whole
    turn.replica.consensus = state
    for (const effect of effects) inputs.push(...run(turn, effect))
  }
}

/** Checks a message's signatures, unless what it says is known or past, and feeds it to consensus. */
export function receiveMessage(
  turn: Turn,
  { bytes, from }: Extract<ReplicaInput, { kind: 'message' }>,
): void {
  const decoded = decodeMessage(bytes)
  if (!decoded.ok) return reject(turn, { reason: 'bad-message', detail: decoded.detail, from })
  const { consensus, set, config } = turn.replica
  const { ed25519, bls } = config
  const message = decoded.value
  const epoch = epochOf(message)
  // H14: what was said in an epoch that is over here says nothing any more; of a later one a peer must tell first.
  if (epoch !== null && epoch < set.epoch) return
  if (epoch !== null && epoch > set.epoch) return askOfEpoch(turn, from)
  if (isOld(consensus, message)) return
  switch (message.kind) {
    case 'vote': {
      const checked = verifyVote(message.vote, { set, ed25519, bls })
      if (checked.kind === 'reject')
        return reject(turn, { reason: reasonOf('bad-vote', checked.reason), detail: checked.reason, from })
      return feed(turn, { kind: 'vote', vote: checked.vote })
    }
    case 'certificate': {
      const checked = checkCertificate(message.certificate, { set, ed25519, bls })
      if (checked.kind === 'invalid')
        return reject(turn, {
          reason: reasonOf('bad-certificate', checked.reason),
          detail: checked.reason,
          from,
        })
      return feed(turn, { kind: 'certificate', certificate: checked.certificate })
    }
    case 'proposal': {
      const { base } = consensus.config
      const isKnown = (certificate: Certificate) => isHeld(turn.replica.consensus, certificate)
      const checked = verifyProposal(message.proposal, { set, ed25519, bls, base, isKnown })
      if (checked.kind === 'reject')
        return reject(turn, {
          reason: reasonOf('bad-proposal', checked.reason),
          detail: checked.reason,
          from,
        })
      return feed(turn, { kind: 'proposal', proposal: checked.proposal })
    }
    case 'standing':
      return feed(turn, { kind: 'standing', from, standing: message.standing })
    case 'ask-view':
      return feed(turn, { kind: 'view-asked', from, nonce: message.nonce })
    case 'tell-view': {
      const validator = set.validators.findIndex((_, index) => peerOfValidator(turn.replica, index) === from)
      if (validator < 0) return
      return feed(turn, { kind: 'view-told', validator, nonce: message.nonce, view: message.view })
    }
  }
}

function epochOf(message: Message): number | null {
  switch (message.kind) {
    case 'vote':
      return message.vote.epoch
    case 'certificate':
      return message.certificate.epoch
    case 'proposal':
      return message.proposal.header.core.epoch
    case 'tell-view':
      return message.epoch
    case 'standing':
    case 'ask-view':
      return null
  }
}

/** R10: whoever is in a later epoch is told where this node stands, and answers with more. */
function askOfEpoch(turn: Turn, from: string): void {
  const { replica, nowMs } = turn
  if (nowMs < replica.askedOfEpochMs + askOfEpochMs) return
  replica.askedOfEpochMs = nowMs
  feed(turn, { kind: 'connected', peer: from })
}

/** Another validator set is another state and no fault; everything else about a message can be seen in its bytes. */
function reasonOf(
  reason: RejectReason,
  checked: VoteRejectReason | CertificateRejectReason | ProposalRejectReason,
): RejectReason {
  return checked === 'wrong-set' || checked === 'wrong-epoch' ? 'wrong-set' : reason
}

/** Tells consensus of new events; under load others wait already, and then planning is spared. */
export function refreshEligibility(turn: Turn): void {
  const { consensus } = turn.replica
  if (!consensus.isEligible || consensus.exhausted !== null) reconsiderEligibility(turn)
}

/** Tells consensus whether a cut over the final one could take anything. */
export function reconsiderEligibility(turn: Turn): void {
  const isEligible = plan(turn, turn.replica.final, 1).length > 0
  if (isEligible || turn.replica.consensus.isEligible) feed(turn, { kind: 'eligible', isEligible })
}

/** Judges proposals again whose last missing event this was. */
export function retryWaiting(turn: Turn, admitted: EventId): void {
  const { waiting } = turn.replica
  for (const [digest, { proposal, missing }] of [...waiting]) {
    if (!missing.delete(admitted) || missing.size > 0) continue
    // One before it may have become final with this event, and ended what the others waited for.
    if (!waiting.has(digest)) continue
    for (const input of evaluate(turn, proposal)) feed(turn, input)
  }
}

/**
 * Executes a header's changes on its parent and compares every root that it commits to. One that a quorum signed is not
 * held up by references of which it is not known here whether they are final: the state that the quorum came to says it.
 */
export function executeHeader(
  replica: Replica,
  { header, changes }: Pick<Checkpoint, 'header' | 'changes'>,
  { isCertified = false }: { readonly isCertified?: boolean } = {},
):
  | { kind: 'executed'; execution: Execution }
  | { kind: 'missing'; ids: readonly EventId[] }
  | { kind: 'unknown-references'; ids: readonly EventId[] }
  | { kind: 'invalid'; detail: string } {
  const parent = replica.chain.get(header.rest.parent)
  const decoded = decodeChanges(changes)
  if (!parent) return { kind: 'invalid', detail: 'its parent was not executed here' }
  if (!decoded.ok) return { kind: 'invalid', detail: decoded.detail }
  const { height, timeMs } = header.core
  const executed = execute({ parent, changes: decoded.value, height, timeMs, ...groundsOf(replica) })
  const isWaiting = executed.kind === 'missing' || executed.kind === 'unknown-references'
  // They are under no signature: what another copy of the header says must be neither waited for nor asked for.
  if (isWaiting && !areChangesOf(header, { parent: parent.cut, changes: decoded.value }))
    return { kind: 'invalid', detail: 'its changes come to another cut than its header says' }
  if (executed.kind === 'missing') {
    // A rotation may follow an earlier event than the one that a cut ended its generation with, or none. Frontiers are
    // then alike and the difference is not seen, so what a cut speaks of is asked for by its chain.
    noteLacking(replica, { ranges: executed.ranges, parent: parent.cut })
    return { kind: 'missing', ids: executed.ids }
  }
  if (executed.kind === 'unknown-references') {
    if (!isCertified || replica.isHistoryWhole) return executed
    for (const areFinal of [false, true]) {
      const lookedUp = assuming(replica.lookedUp, { ids: executed.ids, areFinal })
      const tried = execute({
        parent,
        changes: decoded.value,
        height,
        timeMs,
        ...groundsOf(replica),
        lookedUp,
      })
      if (tried.kind === 'executed' && isSame(replica, header, tried.execution))
        return { kind: 'executed', execution: withoutGuesses(tried.execution, executed.ids) }
    }
    return executed
  }
  if (executed.kind === 'invalid')
    return { kind: 'invalid', detail: `${executed.reason}: ${executed.detail}` }
  return isSame(replica, header, executed.execution)
    ? executed
    : { kind: 'invalid', detail: 'a root in the header is not the one this node computes' }
}

/** Whether these changes are those of the header, whatever the events are that they name. */
function areChangesOf(
  { rest }: Header,
  { parent, changes }: { readonly parent: Cut; readonly changes: readonly CutEntry[] },
): boolean {
  return toHex(cutRoot(cutOf([...parent.values(), ...changes]))) === rest.cutRoot
}

/** Whether an execution comes to what the header says. */
function isSame(replica: Replica, header: Header, execution: Execution): boolean {
  const rest = restOf(execution, header.rest.parent)
  const { core } = header
  return (
    rest.cutRoot === header.rest.cutRoot &&
    rest.logRoot === header.rest.logRoot &&
    rest.logSize === header.rest.logSize &&
    core.stateRoot === toHex(stateRoot(execution.state)) &&
    core.setHash === replica.set.setHash &&
    core.epoch === replica.set.epoch &&
    core.nextSetHash === execution.state.validators.setHash &&
    header.rest.base === undefined
  )
}

/** The state is certain by its root. Why an event changed nothing is not where it may have been for another reason. */
function withoutGuesses(execution: Execution, ids: readonly EventId[]): Execution {
  const guessed = new Set(
    execution.events.flatMap(({ id, header }) =>
      header.references.some((reference) => ids.includes(reference)) ? [id] : [],
    ),
  )
  return { ...execution, outcomes: execution.outcomes.filter(({ id }) => !guessed.has(id)) }
}

/**
 * Makes headers final here, the last of which has a certificate: the log lets go of bodies, disk gets the checkpoints, and
 * the world is told. Nothing of them before the last is on disk, for it alone is proven.
 */
export function settle(turn: Turn, run: readonly ChainState[]): void {
  const finals = run.map((reached) => settleOne(turn, reached))
  turn.effects.push(...finals)
}

function settleOne(turn: Turn, reached: ChainState): ReplicaEffect {
  const { replica } = turn
  const { header, changes, certificate, tail, state, cut, logTree, events, outcomes } = reached
  const checkpoint: Checkpoint = { header, changes, certificate, tail }
  const handover = handoverFact(reached)
  if (handover) noteHandover(replica, handover)
  const rows = [...changedRows({ before: replica.final.state, after: state })]
  markFinal(replica.log, events)
  replica.lacking.clear()
  const strays = straysAfter(replica, reached)
  trimFinal(replica.log, { keep: residentFinalMax })
  replica.chain.delete(replica.final.header.digest)
  replica.chain.set(header.digest, reached)
  replica.final = reached
  noteLost(replica, noteFrozen(replica, events))
  dropSettledTellings(replica)
  turn.effects.push({
    kind: 'persist',
    facts: [
      { kind: 'checkpoint', checkpoint, cut, logTree, rows, state, strays },
      ...(handover ? [handover] : []),
    ],
    isSynced: true,
  })
  return { kind: 'final', checkpoint, state, cut, logTree, events, outcomes }
}

/**
 * Branches that this header passes over, and what waited in a generation that it closed. A place of the current
 * generation is told again with every header until its author is frozen.
 */
function straysAfter({ log }: Replica, { events, cut }: ChainState): StrayPlace[] {
  const moved = new Map<OrgId, boolean>()
  for (const { header } of events)
    moved.set(header.author, moved.get(header.author) || header.kind === 'key.rotate')
  return [...moved].flatMap(([org, isClosing]) => {
    const tip = cut.get(org) ?? { author: org, generation: 0, sequence: -1 }
    const told = straysOf(log, tip).filter(({ generation }) => isClosing || generation === tip.generation)
    return told.map(({ author, generation, sequence, branch }) => ({ author, generation, sequence, branch }))
  })
}

function run(turn: Turn, effect: Effect): Bare<Input>[] {
  const { replica, effects } = turn
  switch (effect.kind) {
    case 'persist': {
      const votes = { kind: 'votes', epoch: replica.set.epoch, record: effect.record } as const
      const proposal = effect.proposal && proposalFact(replica, effect.proposal)
      effects.push({ kind: 'persist', facts: proposal ? [proposal, votes] : [votes], isSynced: true })
      return []
    }
    case 'persist-gate': {
      const { votesFrom: view } = effect
      const fact = { kind: 'votes-from', epoch: replica.set.epoch, view } as const
      effects.push({ kind: 'persist', facts: [fact], isSynced: true }, { kind: 'votes-from', view })
      return []
    }
    case 'persist-proposal':
      effects.push({
        kind: 'persist',
        facts: [proposalFact(replica, effect.proposal)],
        isSynced: true,
      })
      return []
    case 'send': {
      const { to } = effect
      const peer =
        to === 'validators' ? null : 'peer' in to ? to.peer : peerOfValidator(replica, to.validator)
      effects.push({ kind: 'send', to: peer, bytes: encodeMessage(effect.message) })
      return []
    }
    case 'set-timer':
      effects.push(effect)
      return []
    case 'evaluate':
      return evaluate(turn, effect.proposal)
    case 'build':
      return [build(turn, effect)]
    case 'finalize':
      return finalize(turn, effect)
    case 'report-evidence':
      effects.push({ kind: 'equivocated', evidence: effect.evidence })
      return []
    case 'conflict':
      effects.push({
        kind: 'conflict',
        detail: `two certificates of view ${effect.second.view} contradict each other`,
        culprits: effect.culprits.flatMap((culprit) => replica.set.validators[culprit]?.org ?? []) as OrgId[], // a set is made of organisations of the state
      })
      return []
    case 'fetch-checkpoints':
      fetchCheckpoints(turn, effect.from, effect.finalHeight)
      return []
  }
}

function proposalFact({ set, config }: Replica, proposal: Proposal): Extract<Fact, { kind: 'proposal' }> {
  const leader = set.validators[leaderOf(set, proposal.header.core.view)]?.org
  return { kind: 'proposal', proposal, isOwn: leader === config.org }
}

/** SPEC H3: a header is voted for only after it was executed here, with every event of its cut in the log. */
function evaluate(turn: Turn, proposal: Verified<Proposal>): Bare<Input>[] {
  const { replica } = turn
  const { header, changes } = proposal
  replica.waiting.delete(header.digest)
  if (header.core.view <= replica.consensus.finalized.view) return []
  const executed = executeHeader(replica, proposal)
  if (executed.kind === 'missing' || executed.kind === 'unknown-references') {
    replica.waiting.set(header.digest, { proposal, missing: new Set(executed.ids) })
    const peer = peerOfValidator(replica, leaderOf(replica.set, header.core.view))
    if (executed.kind === 'missing') turn.effects.push({ kind: 'sync', peer, hasGap: true })
    else askFor(turn, executed.ids)
    return []
  }
  if (executed.kind === 'invalid') {
    const from = peerOfValidator(replica, leaderOf(replica.set, header.core.view))
    turn.effects.push({ kind: 'rejected', reason: 'unexecutable-proposal', detail: executed.detail, from })
    return [{ kind: 'evaluated', digest: header.digest, isValid: false }]
  }
  replica.chain.set(header.digest, { header, changes, certificate: null, tail: null, ...executed.execution })
  return [{ kind: 'evaluated', digest: header.digest, isValid: true }]
}

function build(
  turn: Turn,
  { view, parent, isEmptyWelcome }: Extract<Effect, { kind: 'build' }>,
): Bare<Input> {
  const { replica } = turn
  const base = replica.chain.get(parent)
  if (!base) throw new Error(`asked to build on ${parent}, which was not executed here`)
  const height = base.header.core.height + 1
  const timeMs = Math.max(turn.nowMs, base.header.core.timeMs + 1)
  const { entries, executed } = planAndExecute(turn, { base, height, timeMs })
  if (entries.length === 0 && !isEmptyWelcome) return { kind: 'not-built', parent }
  if (executed.kind !== 'executed')
    throw new Error(`a planned cut does not extend its parent: ${executed.kind}`)
  const { execution } = executed
  const { networkId, epoch, setHash } = replica.set
  const nextSetHash = execution.state.validators.setHash
  const core = { networkId, epoch, view, height, timeMs, setHash, nextSetHash }
  const header = createHeader(
    { ...core, stateRoot: toHex(stateRoot(execution.state)) },
    restOf(execution, parent),
  )
  const changes = encodeChanges(entries)
  replica.chain.set(header.digest, { header, changes, certificate: null, tail: null, ...execution })
  return { kind: 'built', view, header, changes }
}

function finalize(
  turn: Turn,
  { chain, certificate, tail }: Extract<Effect, { kind: 'finalize' }>,
): Bare<Input>[] {
  const { replica } = turn
  const run = chain.map(({ header }) => {
    const reached = replica.chain.get(header.digest)
    if (!reached) throw new Error(`final header ${header.digest} was not executed here`)
    const isLast = header === chain.at(-1)?.header
    return isLast ? { ...reached, certificate, tail } : reached
  })
  const isLeader = leaderOf(replica.set, certificate.view) === replica.consensus.config.self
  settle(turn, run)
  if (replica.consensus.isOver) beginEpoch(replica)
  forgetOthers(replica)
  // One member announces it; whoever misses that hears of it from the next standing.
  if (isLeader)
    turn.effects.push({ kind: 'gossip', topic: 'certificates', bytes: encodeCheckpoint(replica.final) })
  const isEligible = plan(turn, replica.final, 1).length > 0
  return [{ kind: 'eligible', isEligible }]
}

/** Asks one peer at a time for the checkpoints above ours, and last those whose answers brought nothing. */
export function fetchCheckpoints(turn: Turn, peer: string, toHeight: number): void {
  const { replica, nowMs, effects } = turn
  if (replica.fetching && nowMs < replica.fetching.untilMs) return
  if (nowMs < (replica.unhelpful.get(peer) ?? 0)) return
  if (!isWaiting(replica) || nowMs >= (replica.incoming?.untilMs ?? 0)) replica.incoming = null
  const last = replica.incoming?.run.at(-1)?.header ?? replica.final.header
  const fromHeight = Math.max(last.core.height, replica.final.header.core.height) + 1
  if (replica.incoming !== null && fromHeight > toHeight) return
  replica.fetching = { peer, fromHeight, untilMs: nowMs + fetchPatienceMs }
  effects.push({ kind: 'sync', peer, hasGap: false })
  effects.push({ kind: 'fetch-checkpoints', peer, fromHeight, toHeight })
}

/** The answer has ended. A standing is a claim; a peer whose claim brought no checkpoint is not believed for a while. */
export function endFetch(turn: Turn, peer: string): void {
  const { replica, nowMs } = turn
  if (replica.fetching?.peer !== peer) return
  // What is certified and lacks events was brought as well.
  const hasBrought = isWaiting(replica) || replica.final.header.core.height >= replica.fetching.fromHeight
  if (hasBrought) replica.unhelpful.delete(peer)
  else replica.unhelpful.set(peer, nowMs + unhelpfulForMs)
  replica.fetching = null
  if (!isWaiting(replica)) replica.incoming = null
}

/** Certified checkpoints are here, and wait for events. */
function isWaiting({ incoming }: Replica): boolean {
  return incoming !== null && incoming.lacks.size > 0
}

/** Keeps the chain states of headers that consensus may still build on. */
export function forgetOthers(replica: Replica): void {
  const { consensus, final } = replica
  for (const digest of replica.chain.keys()) {
    if (digest !== final.header.digest && !consensus.proposals.has(digest)) replica.chain.delete(digest)
  }
  for (const digest of replica.waiting.keys()) {
    if (!consensus.proposals.has(digest)) replica.waiting.delete(digest)
  }
}

/** Plans a cut, and plans again without an author whose part of it would make it invalid. */
function planAndExecute(
  turn: Turn,
  { base, height, timeMs }: { base: ChainState; height: number; timeMs: number },
): { readonly entries: readonly CutEntry[]; readonly executed: Executed } {
  const leftOut = new Set<OrgId>()
  for (;;) {
    const entries = plan(turn, base, cutEventsMax, leftOut)
    const executed = execute({ parent: base, changes: entries, height, timeMs, ...groundsOf(turn.replica) })
    // Each round leaves out one more of the authors, so there is a last one.
    if (executed.kind !== 'invalid' || !('author' in executed) || leftOut.has(executed.author))
      return { entries, executed }
    leftOut.add(executed.author)
  }
}

/** What a cut over `parent` may take. Of what is referred to by events in its way and not known to be final, the store is asked. */
function plan(
  turn: Turn,
  parent: ChainState,
  eventsMax: number,
  leftOut: ReadonlySet<OrgId> = new Set(),
): CutEntry[] {
  const { replica } = turn
  const { state, cut } = parent
  return planCut(replica.log, {
    parent: cut,
    frozen: (author) => leftOut.has(author) || isFrozen(state, author),
    approved: (author) => (leftOut.has(author) ? undefined : approvedRotation(state, author)),
    mayRotate: (author) => mayRotate(state, author),
    isUndecided(event) {
      if (event.header.references.length === 0) return false
      const unknown = unknownReferences(replica, [event])
      askFor(turn, unknown)
      return unknown.length > 0
    },
    bytesMax: replica.config.genesis.parameters.cutBytesMax,
    eventsMax,
  })
}

function groundsOf({ log, lookedUp, config }: Replica) {
  return {
    log,
    lookedUp,
    ed25519: config.ed25519,
    bls: config.bls,
    bytesMax: config.genesis.parameters.cutBytesMax,
  }
}

/** Past views and exact repetitions cost no signature check. */
function isOld({ finalized, views, proposals }: ConsensusState, message: Message): boolean {
  switch (message.kind) {
    case 'vote': {
      const { view, type, signer, digest } = message.vote
      const ballots = { notarize: 'notarizes', skip: 'skips', final: 'finals' } as const
      return view <= finalized.view || views.get(view)?.[ballots[type]].get(signer)?.digest === digest
    }
    case 'certificate': {
      const { view, type } = message.certificate
      const held = views.get(view)
      const same = { notarize: held?.notarization, skip: held?.skipped, final: held?.finalization }[type]
      return view <= finalized.view || (same != null && same.digest === message.certificate.digest)
    }
    case 'proposal': {
      const { core, digest } = message.proposal.header
      return core.view <= finalized.view || proposals.has(digest)
    }
    case 'standing':
    case 'ask-view':
    case 'tell-view':
      return false
  }
}

/** Whether these very signatures were checked before. */
function isHeld({ views, finalized }: ConsensusState, certificate: Certificate): boolean {
  const held = views.get(certificate.view)
  return [held?.notarization, held?.skipped, held?.finalization, finalized.certificate].some(
    (one) =>
      one != null &&
      one.type === certificate.type &&
      one.view === certificate.view &&
      one.digest === certificate.digest &&
      equalBytes(one.signers, certificate.signers) &&
      one.signatures.length === certificate.signatures.length &&
      one.signatures.every((signature, index) =>
        equalBytes(signature, certificate.signatures[index] ?? new Uint8Array()),
      ),
  )
}
