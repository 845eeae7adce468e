/** Carries out what the reducer asks for, as a node does: effects in their order, the disk before the wire. */
import {
  baseOf,
  type Certificate,
  type Effect,
  type Hex,
  type Input,
  isClosing,
  leaderOf,
  type Message,
  type Proposal,
  type Verified,
} from '@chirograph/consensus'
import { type ModelHeader, nowMs } from './header-tree.js'
import type { LocalState, Sent } from './local-state.js'
import { modelEd25519 } from './model-ed25519.js'
import type { Property } from './properties.js'
import type { Reducer } from './reducer.js'
import { createCertifier, type ModelInput, type Scenario, seedOf, skipBit } from './scenario.js'

export interface Runner {
  /** A start or restart: what the disk holds, and events that wait, so that a decision is wanted at all times. */
  boot(from: Pick<LocalState, 'disk' | 'sent' | 'crashes' | 'losses' | 'breaches'>): LocalState
  /** The view that this validator says it is in; null where it says nothing. */
  tellOf(local: LocalState): number | null
  /** Hands one input in. With `effectsMax` the power goes after that many effects, and only disk and wire count. */
  take(
    from: LocalState,
    input: ModelInput,
    effectsMax?: number,
  ): { readonly local: LocalState; readonly effects: number }
}

type Bare<T> = T extends unknown ? Omit<T, 'nowMs'> : never
type Run = { -readonly [K in keyof LocalState]: LocalState[K] } & { effectsLeft: number; effects: number }

/** Heartbeats are not in the model: events always wait, so they would call for nothing more. */
const heartbeatMs = 1_000_000_000
const viewTimeoutMs = 1_000
const clockBoundMs = 10_000
/** Nobody forges an answer in the models, and none is late. */
const nonce = '00'.repeat(16)

export function createRunner(scenario: Scenario, reducer: Reducer, self: number): Runner {
  const { set, genesis, headers, headerOf } = scenario
  const sign = (message: Uint8Array) => modelEd25519.sign({ seed: seedOf(self), message })
  const times = { viewTimeoutMs, heartbeatMs, clockBoundMs }
  const base = { digest: genesis.digest, view: 0 }
  const others = set.validators.map((_, index) => index).filter((index) => index !== self)
  const certifyByOthers = createCertifier(set, others)
  const byOthers = (one: Certificate): Verified<Certificate> =>
    certifyByOthers({ type: one.type, view: one.view, digest: one.digest, height: one.height })
  const config = { set, base, self, mayVote: true, sign, nonce, ...times }

  return {
    boot(from) {
      const { finalized, records, proposals, votesFrom, told } = from.disk
      const restored = {
        finalized,
        records: [...records.values()],
        proposals: [...proposals.values()],
        votesFrom,
      }
      const restarted = reducer.createConsensus(config, restored)
      // Whoever restarts at the end of an epoch is in the next one.
      const isOver = isEnd(finalized.digest)
      const run = begin({ ...from, consensus: { ...restarted, isOver }, asked: null })
      hand(run, { kind: 'start' })
      if (votesFrom === null)
        for (const [validator, view] of told) hand(run, { kind: 'view-told', validator, nonce, view })
      hand(run, { kind: 'eligible', isEligible: true })
      return end(run)
    },
    tellOf({ consensus }) {
      const asked = { kind: 'view-asked', from: 'a peer', nonce, nowMs } as const
      for (const effect of reducer.step(consensus, asked).effects)
        if (effect.kind === 'send' && effect.message.kind === 'tell-view') return effect.message.view
      return null
    },
    take(from, input, effectsMax = Number.POSITIVE_INFINITY) {
      const run = begin(from, effectsMax)
      const bare = translate(from, input)
      if (bare) hand(run, bare)
      return { local: end(run), effects: run.effects }
    },
  }

  /** Nothing where the input has no meaning now. */
  function translate({ consensus, asked, sent }: LocalState, input: ModelInput): Bare<Input> | undefined {
    switch (input.kind) {
      case 'proposal':
        return { kind: 'proposal', proposal: withOthersVotes(input.of.proposal) }
      case 'certificate':
        return { kind: 'certificate', certificate: byOthers(input.certificate) }
      case 'vote':
        return { kind: 'vote', vote: input.vote }
      case 'checkpoint': {
        // H13: what is fetched is the base, whichever tail has the certificate.
        const base = headerOf.get(baseOf(input.header.header))?.header ?? input.header.header
        const { view, height, timeMs } = base.core
        const finalized = {
          digest: base.digest,
          view,
          height,
          timeMs,
          certificate: byOthers(input.certificate),
        }
        return { kind: 'adopt', finalized }
      }
      case 'timeout':
        return consensus.view <= scenario.views
          ? { kind: 'timer', timer: 'view', view: consensus.view }
          : undefined
      case 'propose-due':
        return consensus.view <= scenario.views
          ? { kind: 'timer', timer: 'propose', view: consensus.view }
          : undefined
      case 'asked-for-help':
        return { kind: 'standing', from: 'a peer', standing: { view: 1, finalView: 0, finalHeight: 0 } }
      case 'nothing':
        return undefined
      case 'built': {
        if (asked === null) return undefined
        const { view } = asked
        // What is built once more is another header, as its time is another; if the first was never sent, that is it.
        const isAnew = (sent.proposals & scenario.proposalsOfView(view)) !== 0
        const built = headers.find((each) => isBuiltOn(each, asked) && each.mark === (isAnew ? 'r' : 'a'))
        return built && { kind: 'built', view, header: built.header, changes: new Uint8Array() }
      }
    }
  }

  /** The same proposal with the same certificates, of none of which it is asked whether this validator signed it. */
  function withOthersVotes(proposal: Verified<Proposal>): Verified<Proposal> {
    const { parentCertificate, skips } = proposal
    const certificates = {
      parentCertificate: parentCertificate && byOthers(parentCertificate),
      skips: skips.map(byOthers),
    }
    return { ...proposal, ...certificates }
  }

  function isBuiltOn({ view, header }: ModelHeader, asked: { view: number; parent: Hex }): boolean {
    return view === asked.view && header.rest.parent === asked.parent
  }

  /** One input, and those with which a node answers its effects. */
  function hand(run: Run, first: Bare<Input>): void {
    const queue: Bare<Input>[] = [first]
    for (let bare = queue.shift(); bare && run.effectsLeft > 0; bare = queue.shift()) {
      const finalBefore = run.consensus.finalized
      const { state, effects } = reducer.step(run.consensus, { ...bare, nowMs } as Input) // the same kind, with a time
      run.consensus = state
      const isAdopted = bare.kind === 'adopt' && state.finalized !== finalBefore
      if (isAdopted) run.disk = { ...run.disk, finalized: state.finalized }
      if (isAdopted && isEnd(state.finalized.digest)) run.consensus = { ...state, isOver: true }
      for (const effect of effects) {
        if (run.effectsLeft <= 0) return
        run.effectsLeft--
        run.effects++
        const answer = obey(run, effect)
        if (answer) queue.push(answer)
      }
    }
  }

  function obey(run: Run, effect: Effect): Bare<Input> | undefined {
    switch (effect.kind) {
      case 'persist': {
        const { record, proposal } = effect
        const records = new Map(run.disk.records).set(record.view, record)
        run.disk = { ...run.disk, records }
        if (proposal) keepProposal(run, proposal)
        return undefined
      }
      case 'persist-gate':
        run.disk = { ...run.disk, votesFrom: effect.votesFrom }
        return undefined
      case 'persist-proposal':
        if (hasSkipped(run, effect.proposal.header.core.view))
          note(run, 'rules', `proposes in a view that it skipped (H0)`)
        keepProposal(run, effect.proposal)
        return undefined
      case 'finalize':
        run.disk = { ...run.disk, finalized: run.consensus.finalized }
        judgeEnd(run, effect)
        return undefined
      case 'send':
        send(run, effect.message)
        return undefined
      case 'evaluate': {
        const { digest, rest } = effect.proposal.header
        if (!isHere(run, rest.parent))
          note(run, 'rules', 'executes a header on a parent that is not here (H3)')
        const isValid = headerOf.get(digest)?.mark !== 'x' || scenario.flaw !== 'execution'
        return { kind: 'evaluated', digest, isValid }
      }
      case 'build':
        if (!isHere(run, effect.parent)) note(run, 'rules', 'builds on a parent that is not here (H3)')
        run.asked = { view: effect.view, parent: effect.parent }
        return undefined
      case 'report-evidence': {
        const { evidence } = effect
        const accused =
          evidence.kind === 'votes' ? evidence.first.signer : leaderOf(set, evidence.first.header.core.view)
        const whom = accused === self ? 'itself' : `validator ${accused}, which is honest`
        if (accused !== scenario.byzantine) note(run, 'honesty', `reports evidence against ${whom}`)
        return undefined
      }
      case 'conflict':
        note(run, 'honesty', `reports certificates of view ${effect.second.view} that contradict each other`)
        return undefined
      // Timers end whenever the model says so; whoever is behind hears everything that was said.
      case 'set-timer':
      case 'fetch-checkpoints':
        return undefined
    }
  }

  function isEnd(digest: Hex): boolean {
    const header = headerOf.get(digest)?.header
    return header !== undefined && header.rest.base === undefined && isClosing(header.core)
  }

  /** H13: the epoch ends at the base of what became final, and nowhere else. */
  function judgeEnd(run: Run, { chain, tail }: Extract<Effect, { kind: 'finalize' }>): void {
    const last = chain.at(-1)?.header
    const { finalized, isOver } = run.consensus
    const isRight =
      last !== undefined &&
      last.digest === finalized.digest &&
      isOver === isEnd(last.digest) &&
      (tail === null || baseOf(tail) === last.digest)
    if (!isRight) note(run, 'succession', 'ends the epoch elsewhere than at the base of what is final')
  }

  function keepProposal(run: Run, proposal: Verified<Proposal>): void {
    run.disk = { ...run.disk, proposals: new Map(run.disk.proposals).set(proposal.header.digest, proposal) }
  }

  function send(run: Run, message: Message): void {
    switch (message.kind) {
      case 'vote':
        run.sent = withVote(run.sent, message.vote)
        break
      case 'proposal': {
        if (leaderOf(set, message.proposal.header.core.view) !== self) break // passed on, and known to all already
        const made = scenario.proposalSent(message.proposal)
        if (made) run.sent = { ...run.sent, proposals: run.sent.proposals | made.bit }
        else note(run, 'rules', 'sends a proposal that the others refuse (H3)')
        break
      }
      // Certificates are at hand as soon as their votes are, and standings ask for what is at hand.
      case 'certificate':
      case 'standing':
      case 'ask-view':
      case 'tell-view':
        break
    }
  }

  function withVote(
    sent: Sent,
    { type, view, digest }: { type: string; view: number; digest: Hex | null },
  ): Sent {
    if (digest === null) return { ...sent, closings: sent.closings | skipBit(view) }
    const bit = bitOf(digest)
    return type === 'final'
      ? { ...sent, closings: sent.closings | bit }
      : { ...sent, notarizes: sent.notarizes | bit }
  }

  function bitOf(digest: Hex): number {
    const known = headerOf.get(digest)
    if (known === undefined) throw new Error(`a vote names a header that nobody made: ${digest}`)
    return 1 << known.index
  }
}

function begin(from: LocalState, effectsLeft = Number.POSITIVE_INFINITY): Run {
  return { ...from, effectsLeft, effects: 0 }
}

function end({ consensus, disk, sent, asked, crashes, losses, breaches }: Run): LocalState {
  return { consensus, disk, sent, asked: consensus.isBuilding ? asked : null, crashes, losses, breaches }
}

function hasSkipped({ consensus }: Run, view: number): boolean {
  return consensus.records.get(view)?.skip === true
}

/** Whether the header was executed here. */
function isHere({ consensus }: Run, digest: Hex): boolean {
  return consensus.finalized.digest === digest || consensus.proposals.get(digest)?.execution === 'executed'
}

function note(run: Run, property: Property, detail: string): void {
  if (run.breaches.some((known) => known.detail === detail)) return
  run.breaches = [...run.breaches, { property, detail }]
}
