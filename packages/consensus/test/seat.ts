/** One validator under a test's hand: it is handed inputs, and everybody else's messages are made to order. */
import {
  type Certificate,
  type ConsensusState,
  createCertificate,
  createConsensus,
  createHeader,
  createValidatorSet,
  type Effect,
  type Header,
  type Input,
  leaderOf,
  type Message,
  type Proposal,
  proposalSigningBytes,
  quorumOf,
  type RestoredConsensus,
  type SignedVote,
  signVote,
  step,
  type ValidatorSet,
  type Verified,
  type VoteType,
} from '@chirograph/consensus'
import { nobleEd25519 } from '@chirograph/crypto'
import { filled } from './cluster.ts'

type Bare<T> = T extends unknown ? Omit<T, 'nowMs'> : never
export type EffectOf<K extends Effect['kind']> = Extract<Effect, { kind: K }>

export const startMs = 1_000_000
export const viewTimeoutMs = 1_000
export const clockBoundMs = 10_000

const seedOf = (index: number) => new Uint8Array(32).fill(index + 1)
const madeSets = new Map<number, ValidatorSet>()

/** The same set for the same size; keys take a while to make. */
export function setOf(size: number): ValidatorSet {
  const made =
    madeSets.get(size) ??
    createValidatorSet({
      networkId: filled(255),
      epoch: 0,
      validators: Array.from({ length: size }, (_, index) => ({
        org: filled(index + 1),
        key: Buffer.from(nobleEd25519.publicKey(seedOf(index))).toString('hex'),
      })),
    })
  madeSets.set(size, made)
  return made
}

export const signAs = (index: number) => (message: Uint8Array) =>
  nobleEd25519.sign({ seed: seedOf(index), message })

export function vote(
  set: ValidatorSet,
  { signer, type, view, digest }: { signer: number; type: VoteType; view: number; digest: string | null },
): Verified<SignedVote> {
  return signVote(
    { type, epoch: set.epoch, setHash: set.setHash, view, digest },
    { signer, sign: signAs(signer) },
  )
}

/** A certificate of the first q validators, or of those named. */
export function certificate(
  set: ValidatorSet,
  what: { type: VoteType; view: number; digest: string | null; height?: number; signers?: readonly number[] },
): Verified<Certificate> {
  const { type, view, digest, height = 0 } = what
  const signers = what.signers ?? Array.from({ length: quorumOf(set) }, (_, index) => index)
  return createCertificate(
    signers.map((signer) => vote(set, { signer, type, view, digest })),
    { set, height },
  )
}

/** As many of the others as make a quorum, where there are as many. */
export function othersOf({ set, self }: Pick<Seat, 'set' | 'self'>): number[] {
  const others = set.validators.map((_, index) => index).filter((index) => index !== self)
  return others.length < quorumOf(set) ? [self, ...others] : others.slice(0, quorumOf(set))
}

export function genesisOf(set: ValidatorSet): Header {
  return headerOf(set, { view: 0, height: 0, parent: filled(0), timeMs: startMs - 1_000 })
}

export function headerOf(
  set: ValidatorSet,
  {
    view,
    height,
    parent,
    timeMs = startMs + view,
    mark = 0,
    nextSetHash = set.setHash,
  }: { view: number; height: number; parent: string; timeMs?: number; mark?: number; nextSetHash?: string },
): Header {
  const { networkId, epoch, setHash } = set
  return createHeader(
    { networkId, epoch, setHash, nextSetHash, view, height, timeMs, stateRoot: filled(mark) },
    { parent, cutRoot: filled(1), logRoot: filled(2), logSize: 0 },
  )
}

/** A proposal signed by the leader of its view, or by `signer`. */
export function proposalOf(
  set: ValidatorSet,
  header: Header,
  {
    parentCertificate = null,
    skips = [],
    signer = leaderOf(set, header.core.view),
  }: { parentCertificate?: Certificate | null; skips?: readonly Certificate[]; signer?: number } = {},
): Verified<Proposal> {
  const signature = signAs(signer)(proposalSigningBytes(header))
  return { header, changes: new Uint8Array(), parentCertificate, skips, signature } as Verified<Proposal> // what tests hand over is what they claim
}

export interface Seat {
  readonly set: ValidatorSet
  readonly self: number
  readonly genesis: Header
  state: ConsensusState
  nowMs: number
  /** Hands in one input; returns its effects, and judges every proposal to be good unless told otherwise. */
  take(input: Bare<Input>): Effect[]
  /** Of the others' votes, unless it says whose. */
  certificate(what: Parameters<typeof certificate>[1]): Verified<Certificate>
  /** A good proposal of this view on genesis, from its leader. */
  propose(
    view: number,
    options?: { mark?: number; timeMs?: number; skips?: readonly Certificate[] },
  ): Verified<Proposal>
}

/** As of a start of its own. */
export const nonce = '5e'.repeat(16)

export function createSeat({
  size = 4,
  self = 0,
  mayVote = true,
  restored = {},
  isExecutable = () => true,
}: {
  size?: number
  self?: number
  mayVote?: boolean
  restored?: Partial<RestoredConsensus>
  isExecutable?: (proposal: Proposal) => boolean | undefined
} = {}): Seat {
  const set = setOf(size)
  const genesis = genesisOf(set)
  const { timeMs } = genesis.core
  const finalized = { digest: genesis.digest, view: 0, height: 0, timeMs, certificate: null }
  const config = { set, base: { digest: genesis.digest, view: 0 }, self, mayVote, sign: signAs(self), nonce }
  const timing = { viewTimeoutMs, heartbeatMs: 60_000, clockBoundMs }
  const seat: Seat = {
    set,
    self,
    genesis,
    nowMs: startMs,
    state: createConsensus(
      { ...config, ...timing },
      { finalized, records: [], proposals: [], votesFrom: 0, ...restored },
    ),
    take(input) {
      const all: Effect[] = []
      const inputs: Bare<Input>[] = [input]
      for (let next = inputs.shift(); next; next = inputs.shift()) {
        const { state, effects } = step(seat.state, { ...next, nowMs: seat.nowMs } as Input) // rebuilt whole
        seat.state = state
        all.push(...effects)
        for (const effect of effects) {
          if (effect.kind !== 'evaluate') continue
          const isValid = isExecutable(effect.proposal)
          if (isValid === undefined) continue
          inputs.push({ kind: 'evaluated', digest: effect.proposal.header.digest, isValid })
        }
      }
      return all
    },
    certificate: (what) => certificate(set, { signers: othersOf({ set, self }), ...what }),
    propose(view, { mark = 0, timeMs: atMs, skips } = {}) {
      const header = headerOf(set, {
        view,
        height: 1,
        parent: genesis.digest,
        mark,
        ...(atMs !== undefined && { timeMs: atMs }),
      })
      const between = Array.from({ length: view - 1 }, (_, index) =>
        seat.certificate({ type: 'skip', view: index + 1, digest: null }),
      )
      return proposalOf(set, header, { skips: skips ?? between })
    },
  }
  return seat
}

/** A seat that does not lead view 1 (and so waits for somebody's proposal). */
export function createFollower(options: Parameters<typeof createSeat>[0] = {}): Seat {
  const set = setOf(options.size ?? 4)
  return createSeat({ self: (leaderOf(set, 1) + 1) % set.validators.length, ...options })
}

export function createLeader(options: Parameters<typeof createSeat>[0] = {}): Seat {
  return createSeat({ self: leaderOf(setOf(options.size ?? 4), 1), ...options })
}

export function effectsOf<K extends Effect['kind']>(effects: readonly Effect[], kind: K): EffectOf<K>[] {
  return effects.filter((effect): effect is EffectOf<K> => effect.kind === kind)
}

export function sent<K extends Message['kind']>(
  effects: readonly Effect[],
  kind: K,
): Extract<Message, { kind: K }>[] {
  return effectsOf(effects, 'send').flatMap(
    ({ message }) => (message.kind === kind ? [message as Extract<Message, { kind: K }>] : []), // its kind was just compared
  )
}

/** The types of the own votes that these effects send to everyone. */
export function votesSent(effects: readonly Effect[]): string[] {
  return sent(effects, 'vote').map(({ vote: { type, view } }) => `${type} ${view}`)
}

/** Every vote or proposal that is sent before the disk was told of it: must be empty (H5, H0). */
export function sentUnpersisted(effects: readonly Effect[]): string[] {
  const persisted = new Set<string>()
  const early: string[] = []
  for (const effect of effects) {
    if (effect.kind === 'persist') {
      const { view, notarize, skip, final } = effect.record
      if (notarize) persisted.add(`notarize ${view} ${notarize}`)
      if (skip) persisted.add(`skip ${view} null`)
      if (final) persisted.add(`final ${view} ${final}`)
    }
    if (effect.kind === 'persist-proposal') persisted.add(`proposal ${effect.proposal.header.digest}`)
    if (effect.kind !== 'send') continue
    const { message } = effect
    const name =
      message.kind === 'vote'
        ? `${message.vote.type} ${message.vote.view} ${message.vote.digest}`
        : message.kind === 'proposal'
          ? `proposal ${message.proposal.header.digest}`
          : undefined
    if (name && !persisted.has(name)) early.push(name)
  }
  return early
}
