/**
 * Whether what an honest validator sent, over all its lives, is what an honest one may send: once by the rules, over
 * masks, and once by the evidence that others would find, with the production code that finds it.
 */
import { type Effect, leaderOf, type Proposal, type SignedVote, type Verified } from '@chirograph/consensus'
import { nowMs } from './header-tree.js'
import type { Sent } from './local-state.js'
import { modelEd25519 } from './model-ed25519.js'
import type { Breach } from './properties.js'
import type { Reducer } from './reducer.js'
import { finalsOf, type Scenario, seedOf, skipsOf, viewsTo, voteOf } from './scenario.js'

interface Context {
  readonly scenario: Scenario
  readonly reducer: Reducer
  readonly self: number
}

export function judgeSent(sent: Sent, context: Context): Breach[] {
  const broken = rulesBrokenBy(sent, context)
  const evidence = evidenceAgainst(sent, context)
  return [
    ...broken.map((detail): Breach => ({ property: 'rules', detail })),
    ...(evidence ? [{ property: 'honesty', detail: evidence } as const] : []),
  ]
}

function rulesBrokenBy({ notarizes, closings, proposals }: Sent, { scenario, self }: Context): string[] {
  const { headers, views, inputs, set } = scenario
  const finals = finalsOf(closings)
  const ofView = (mask: number, view: number) =>
    headers.filter((header) => header.view === view && (mask >> header.index) & 1)
  const proposed = inputs.flatMap((input) =>
    input.kind === 'proposal' && leaderOf(set, input.of.header.view) === self && proposals & input.of.bit
      ? [input.of.header]
      : [],
  )
  return viewsTo(views).flatMap((view) => {
    const proposedHere = new Set(proposed.filter((header) => header.view === view))
    const hasSkipped = ((skipsOf(closings) >> (view - 1)) & 1) === 1
    return [
      ...(proposedHere.size > 1 ? [`proposes twice in view ${view} (H0)`] : []),
      ...(ofView(notarizes, view).length > 1 ? [`notarizes two headers of view ${view} (H1)`] : []),
      ...(hasSkipped && ofView(finals, view).length > 0 ? [`votes SKIP and FINAL in view ${view} (H2)`] : []),
      ...ofView(finals & ~notarizes, view).map(
        ({ name }) => `votes FINAL for ${name} and never NOTARIZE (H4)`,
      ),
    ]
  })
}

/**
 * Shows an observer all that was sent, in this order and in the other, as the first of two counts. A sentence that
 * says what is held against the sender, or nothing.
 */
function evidenceAgainst(sent: Sent, context: Context): string | undefined {
  const messages = [...votesOf(sent, context), ...proposalsOf(sent, context)]
  const evidence = [messages, [...messages].reverse()].flatMap((order) => evidenceIn(order, context))
  const first = evidence[0]?.evidence
  if (first === undefined) return undefined
  const { view } = first.kind === 'votes' ? first.first : first.first.header.core
  return `can be accused of two ${first.kind} of view ${view} that contradict each other`
}

type Said =
  | { readonly kind: 'vote'; readonly vote: Verified<SignedVote> }
  | { readonly kind: 'proposal'; readonly proposal: Verified<Proposal> }

function evidenceIn(
  said: readonly Said[],
  { scenario, reducer }: Context,
): Extract<Effect, { kind: 'report-evidence' }>[] {
  const { set, genesis } = scenario
  const { digest, core } = genesis
  const sign = (message: Uint8Array) => modelEd25519.sign({ seed: seedOf(scenario.byzantine), message })
  const times = { viewTimeoutMs: 1_000, heartbeatMs: 1_000, clockBoundMs: 1_000 }
  const base = { digest, view: 0 }
  const config = { set, base, self: undefined, mayVote: false, sign, nonce: '00'.repeat(16), ...times }
  const finalized = { digest, view: 0, height: 0, timeMs: core.timeMs, certificate: null }
  let observer = reducer.createConsensus(config, { finalized, records: [], proposals: [], votesFrom: 0 })
  return said.flatMap((message) => {
    const { state, effects } = reducer.step(observer, { ...message, nowMs })
    observer = state
    return effects.filter((effect) => effect.kind === 'report-evidence')
  })
}

function votesOf({ notarizes, closings }: Sent, { scenario, self: signer }: Context): Said[] {
  const { set, headers, views } = scenario
  const ofHeaders = headers.flatMap(({ index, view, header: { digest } }) => {
    const types = [
      ...((notarizes >> index) & 1 ? (['notarize'] as const) : []),
      ...((finalsOf(closings) >> index) & 1 ? (['final'] as const) : []),
    ]
    return types.map((type) => voteOf(set, { signer, type, view, digest }))
  })
  const skips = viewsTo(views)
    .filter((view) => (skipsOf(closings) >> (view - 1)) & 1)
    .map((view) => voteOf(set, { signer, type: 'skip', view, digest: null }))
  return [...ofHeaders, ...skips].map((vote) => ({ kind: 'vote', vote }))
}

function proposalsOf({ proposals }: Sent, { scenario, self }: Context): Said[] {
  return scenario.inputs.flatMap((input): Said[] => {
    if (input.kind !== 'proposal') return []
    const { bit, proposal, header } = input.of
    const isOwn = leaderOf(scenario.set, header.view) === self && (proposals & bit) !== 0
    return isOwn ? [{ kind: 'proposal', proposal }] : []
  })
}
