/**
 * What can be said in a model at all: the validators, the tree of headers, and every proposal, certificate and vote
 * over it. Made once with the production functions; afterwards a message is a number and a set of them is a bit mask.
 */
import { toHex } from '@chirograph/codec'
import {
  type Certificate,
  createCertificate,
  createValidatorSet,
  faultsOf,
  type Header,
  type Hex,
  leaderOf,
  type Proposal,
  proposalSigningBytes,
  quorumOf,
  type SignedVote,
  signVote,
  type ValidatorSet,
  type Verified,
  type VoteType,
} from '@chirograph/consensus'
import { filled } from './filled.js'
import { type Flaw, growTree, headerOn, type ModelHeader } from './header-tree.js'
import { crashesMaxOfModel, headersMax, proposalsMax, validatorsOfModel, viewsMax } from './limits.js'
import { modelEd25519 } from './model-ed25519.js'
import type { Reducer } from './reducer.js'

export interface ScenarioOptions {
  /** Views 1 to this are played out; a validator may enter the next one, and nothing is proposed or skipped in it. */
  readonly views: number
  /** The Byzantine validator is the leader of this view; above `views` it leads none that is played. */
  readonly byzantineLeads: number
  /** Power cuts among the honest validators, together. */
  readonly crashes: number
  /**
   * How others' votes arrive. `votes`: one by one, and as certificates. `certificates`: a quorum of them at once,
   * which is all that matters of them for what a validator does (see README); exhausts far more views.
   */
  readonly hearing: 'certificates' | 'votes'
  /** What is wrong with the bad header of a Byzantine leader. */
  readonly flaw: Flaw
  /** Each header on the genesis changes the validators, so that the epoch ends with it and what follows are tails. */
  readonly closes?: boolean
  /** How many honest validators lose their disk, and vote again by what the others tell (H16): none or one. */
  readonly losses?: number
}

/** What must have been said for somebody to make a certificate or a Byzantine proposal: masks of what is certified. */
export interface Needs {
  readonly notarizations: number
  readonly closings: number
}

export interface ModelProposal {
  readonly header: ModelHeader
  readonly proposal: Verified<Proposal>
  readonly isByzantine: boolean
  /** For one of a Byzantine leader: the certificates in it. An honest leader's must have been sent. */
  readonly needs: Needs
  /** Bit in the word of proposals sent; unused for a Byzantine leader's. */
  readonly bit: number
}

/** What an honest validator may be handed. */
export type ModelInput =
  | { readonly kind: 'proposal'; readonly of: ModelProposal }
  | {
      readonly kind: 'certificate'
      readonly name: string
      readonly certificate: Verified<Certificate>
      readonly needs: Needs
    }
  | {
      readonly kind: 'vote'
      readonly name: string
      readonly vote: Verified<SignedVote>
      readonly needs: Needs
    }
  /** The header and all below it, fetched as final from another validator. */
  | {
      readonly kind: 'checkpoint'
      readonly header: ModelHeader
      readonly certificate: Verified<Certificate>
      readonly needs: Needs
    }
  | { readonly kind: 'built' }
  | { readonly kind: 'timeout' }
  /** The leader has waited long enough to propose what is empty: a tail, where the epoch ends. */
  | { readonly kind: 'propose-due' }
  /** Another validator asks for all that is open. After a power cut that may be what was persisted and never sent. */
  | { readonly kind: 'asked-for-help' }
  /** What a power cut comes over when it comes over nothing. */
  | { readonly kind: 'nothing' }

export interface Scenario extends ScenarioOptions {
  readonly set: ValidatorSet
  readonly genesis: Header
  readonly byzantine: number
  readonly honest: readonly number[]
  /** Honest votes that make a quorum together with all the Byzantine ones. */
  readonly honestQuorum: number
  readonly headers: readonly ModelHeader[]
  readonly headerOf: ReadonlyMap<Hex, ModelHeader>
  readonly inputs: readonly ModelInput[]
  /** The proposal of an honest leader by what stands in it, or undefined where it is none that may be made. */
  proposalSent(proposal: Proposal): ModelProposal | undefined
  /** Mask of the honest leader's proposals of a view. */
  proposalsOfView(view: number): number
}

/** FINAL votes and SKIP votes share a word: headers below, views above. */
export const skipBit = (view: number): number => 1 << (headersMax + view - 1)
export const finalsOf = (closings: number): number => closings & ((1 << headersMax) - 1)
export const skipsOf = (closings: number): number => closings >>> headersMax

const nothing: Needs = Object.freeze({ notarizations: 0, closings: 0 })

/** Throws a `RangeError` where the model is larger than its masks. */
export function createScenario(options: ScenarioOptions, reducer: Reducer): Scenario {
  const { views, byzantineLeads, crashes } = options
  if (views < 1 || views > viewsMax) throw new RangeError(`a model has 1 to ${viewsMax} views, not ${views}`)
  if ((options.losses ?? 0) > 1)
    throw new RangeError(`a model has at most one lost disk, not ${options.losses}`)
  if (crashes > crashesMaxOfModel)
    throw new RangeError(`a model has at most ${crashesMaxOfModel} power cuts, not ${crashes}`)
  const set = modelValidatorSet()
  const byzantine = leaderOf(set, byzantineLeads)
  const honest = set.validators.map((_, index) => index).filter((index) => index !== byzantine)
  const genesis = headerOn(set, null, { view: 0, mark: 'a' })
  const headers = growTree(options, { set, genesis, byzantine })
  const certify = createCertifier(
    set,
    viewsTo(quorumOf(set)).map((number) => number - 1),
  )
  const proposals = headers.flatMap((header) => proposalsOf(header, { set, headers, byzantine, certify }))
  const context = { set, ed25519: modelEd25519, base: { digest: genesis.digest, view: 0 } }
  // The gate of production stands before the reducer here too: what it refuses reaches nobody (H3).
  const accepted = proposals.filter(
    (made) => reducer.verifyProposal(made.proposal, context).kind === 'verified',
  )
  const numbered = accepted.filter(({ isByzantine }) => !isByzantine)
  const bits = new Map(numbered.map((made, index) => [nameOf(made.proposal), { ...made, bit: 1 << index }]))
  if (numbered.length > proposalsMax)
    throw new RangeError(
      `the model has ${numbered.length} honest proposals, and room for ${proposalsMax}: take fewer views`,
    )
  const all = [...bits.values(), ...accepted.filter(({ isByzantine }) => isByzantine)]
  return {
    ...options,
    set,
    genesis,
    byzantine,
    honest,
    honestQuorum: quorumOf(set) - faultsOf(set),
    headers,
    headerOf: new Map(headers.map((each) => [each.header.digest, each])),
    inputs: [
      // Without power cuts whoever is asked for help has said it all before.
      ...(options.crashes > 0 ? ([{ kind: 'nothing' }, { kind: 'asked-for-help' }] as const) : []),
      // Traces take the first of several ways: a certificate on its own before one inside of a proposal.
      ...certificateInputs(options, { headers, certify }),
      ...(options.hearing === 'votes' ? voteInputs(options, { headers, set }) : []),
      ...all.map((of): ModelInput => ({ kind: 'proposal', of })),
      { kind: 'built' },
      { kind: 'timeout' },
      ...(options.closes ? ([{ kind: 'propose-due' }] as const) : []),
    ],
    proposalSent(proposal) {
      const isVerified = reducer.verifyProposal(proposal, context).kind === 'verified'
      return isVerified ? bits.get(nameOf(proposal)) : undefined
    },
    proposalsOfView: (view) =>
      [...bits.values()].reduce((mask, { header, bit }) => (header.view === view ? mask | bit : mask), 0),
  }
}

export const seedOf = (validator: number): Uint8Array => new Uint8Array(32).fill(validator + 1)

/** The same four validators in every model, so that a view has the same leader in all. */
function modelValidatorSet(): ValidatorSet {
  return createValidatorSet({
    networkId: filled(255),
    epoch: 0,
    validators: Array.from({ length: validatorsOfModel }, (_, index) => ({
      org: filled(index + 1),
      key: toHex(modelEd25519.publicKey(seedOf(index))),
    })),
  })
}

type Certify = (what: {
  type: VoteType
  view: number
  digest: Hex | null
  height?: number
}) => Verified<Certificate>

/**
 * Certificates by these validators, a quorum: of one that was checked the reducer asks only whether it has signed itself
 * (H16), so that each is handed those of the others.
 */
export function createCertifier(set: ValidatorSet, signers: readonly number[]): Certify {
  const made = new Map<string, Verified<Certificate>>()
  return ({ type, view, digest, height = 0 }) => {
    const key = `${type} ${view} ${digest}`
    const certificate =
      made.get(key) ??
      createCertificate(
        signers.map((signer) => voteOf(set, { signer, type, view, digest })),
        { set, height },
      )
    made.set(key, certificate)
    return certificate
  }
}

export function voteOf(
  set: ValidatorSet,
  { signer, type, view, digest }: { signer: number; type: VoteType; view: number; digest: Hex | null },
): Verified<SignedVote> {
  const { epoch, setHash } = set
  const sign = (message: Uint8Array) => modelEd25519.sign({ seed: seedOf(signer), message })
  return signVote({ type, epoch, setHash, view, digest }, { signer, sign })
}

/**
 * The proposals of a header: with either certificate of its parent. A Byzantine leader also tries to leave out what
 * justifies the parent; all of those must be refused.
 */
function proposalsOf(
  header: ModelHeader,
  world: {
    set: ValidatorSet
    headers: readonly ModelHeader[]
    byzantine: number
    certify: Certify
  },
): ModelProposal[] {
  const { set, headers, byzantine, certify } = world
  const leader = leaderOf(set, header.view)
  const isByzantine = leader === byzantine
  const parent = header.parent === null ? null : (headers[header.parent] ?? null)
  const first = (parent?.view ?? 0) + 1
  const between = Array.from({ length: header.view - first }, (_, index) => first + index)
  const parentTypes =
    parent === null ? [null] : (['notarize', 'final', ...(isByzantine ? [null] : [])] as const)
  const skipped = isByzantine ? subsetsOf(between) : [between]
  return parentTypes.flatMap((type) =>
    skipped.map((views): ModelProposal => {
      const parentBit = parent === null ? 0 : 1 << parent.index
      const skips = views.map((view) => certify({ type: 'skip', view, digest: null }))
      const parentCertificate =
        type && parent ? certify({ type, view: parent.view, digest: parent.header.digest }) : null
      const message = proposalSigningBytes(header.header)
      const signature = modelEd25519.sign({ seed: seedOf(leader), message })
      const claimed: Proposal = {
        header: header.header,
        changes: new Uint8Array(),
        parentCertificate,
        skips,
        signature,
      }
      return {
        header,
        proposal: claimed as Verified<Proposal>, // `createScenario` drops what the production check refuses
        isByzantine,
        needs: {
          notarizations: type === 'notarize' ? parentBit : 0,
          closings: views.reduce((mask, view) => mask | skipBit(view), type === 'final' ? parentBit : 0),
        },
        bit: 0,
      }
    }),
  )
}

function subsetsOf<T>(list: readonly T[]): T[][] {
  return list.reduce<T[][]>((subsets, each) => subsets.flatMap((subset) => [subset, [...subset, each]]), [[]])
}

function certificateInputs(
  { views }: ScenarioOptions,
  { headers, certify }: { headers: readonly ModelHeader[]; certify: Certify },
): ModelInput[] {
  const ofHeaders = headers.flatMap((each): ModelInput[] => {
    const { view, header, name } = each
    const { digest } = header
    const { height } = header.core
    const bit = 1 << each.index
    const needs = { notarizations: 0, closings: bit }
    const finalization = certify({ type: 'final', view, digest, height })
    return [
      {
        kind: 'certificate',
        name: `NOTARIZE ${name}`,
        certificate: certify({ type: 'notarize', view, digest, height }),
        needs: { notarizations: bit, closings: 0 },
      },
      { kind: 'certificate', name: `FINAL ${name}`, certificate: finalization, needs },
      { kind: 'checkpoint', header: each, certificate: finalization, needs },
    ]
  })
  const ofViews = viewsTo(views).map((view): ModelInput => {
    const certificate = certify({ type: 'skip', view, digest: null })
    const needs = { notarizations: 0, closings: skipBit(view) }
    return { kind: 'certificate', name: `SKIP ${view}`, certificate, needs }
  })
  return [...ofHeaders, ...ofViews]
}

/** Here `needs` is what the signer itself must have said; a Byzantine signer says everything. */
function voteInputs(
  { views }: ScenarioOptions,
  { headers, set }: { headers: readonly ModelHeader[]; set: ValidatorSet },
): ModelInput[] {
  return set.validators.flatMap((_, signer) => [
    ...headers.flatMap(({ view, index, name, header: { digest } }): ModelInput[] => [
      {
        kind: 'vote',
        name: `NOTARIZE ${name}`,
        vote: voteOf(set, { signer, type: 'notarize', view, digest }),
        needs: { notarizations: 1 << index, closings: 0 },
      },
      {
        kind: 'vote',
        name: `FINAL ${name}`,
        vote: voteOf(set, { signer, type: 'final', view, digest }),
        needs: { notarizations: 0, closings: 1 << index },
      },
    ]),
    ...viewsTo(views).map(
      (view): ModelInput => ({
        kind: 'vote',
        name: `SKIP ${view}`,
        vote: voteOf(set, { signer, type: 'skip', view, digest: null }),
        needs: { ...nothing, closings: skipBit(view) },
      }),
    ),
  ])
}

export function viewsTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1)
}

function nameOf({ header, parentCertificate }: Proposal): string {
  return `${header.digest} ${parentCertificate?.type ?? 'genesis'}`
}
