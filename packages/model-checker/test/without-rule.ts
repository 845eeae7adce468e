/**
 * The reducer of production without one of its rules. A copy of the built package is made in which the few words that
 * hold the rule are replaced, so production has no switch for it. Each must be found exactly once: where the reducer
 * has changed, the removal says so instead of removing nothing.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Property, Reducer, ScenarioOptions } from '@chirograph/model-checker'
import { calm } from './explore.ts'

export type Rule = 'H0' | 'H1' | 'H2' | 'H3' | 'H4' | 'H5' | 'H12' | 'H13' | 'H16'

export interface Removal {
  readonly rule: Rule
  /** What the reducer does then. */
  readonly effect: string
  readonly edits: readonly Edit[]
}

interface Edit {
  readonly file: string
  readonly find: string
  readonly put: string
}

const one = { ...calm, views: 1 }
const persistNotarize = `turn.effects.push({ kind: 'persist', record: { ...record, notarize: digest }, proposal });`
const castNotarize = `castVote(turn, { ...record, notarize: digest }, 'notarize', digest);`
const persistFinal = `turn.effects.push({ kind: 'persist', record: { ...record, final: digest }, proposal: null });`
const persistSkip = `turn.effects.push({ kind: 'persist', record: { ...record, skip: true }, proposal: null });`
const persistProposal = `turn.effects.push({ kind: 'persist-proposal', proposal });`

export const removals: Readonly<Record<string, Removal>> = {
  'H16-view': {
    rule: 'H16',
    effect: 'whoever lost its disk votes again one view above those that it heard of, not two',
    edits: [
      { file: 'amnesia.js', find: 'setGate(turn, state.view + 2)', put: 'setGate(turn, state.view + 1)' },
    ],
  },
  'H16-gate': {
    rule: 'H16',
    effect: 'whoever lost its disk votes at once',
    edits: [{ file: 'amnesia.js', find: 'votesFrom !== null && view >= votesFrom', put: 'true' }],
  },
  'H0-once': {
    rule: 'H0',
    effect: 'a leader proposes as often as it is handed a header',
    edits: [
      { file: 'leading.js', find: 'state.ownProposals.has(state.view) || ', put: '' },
      { file: 'leading.js', find: 'state.ownProposals.has(built.view) || ', put: '' },
    ],
  },
  'H0-persisted': {
    rule: 'H0',
    effect: 'a proposal is sent and not persisted',
    edits: [{ file: 'leading.js', find: persistProposal, put: '' }],
  },
  H1: {
    rule: 'H1',
    // In the order of digests, so that the reducer's loop ends.
    effect: 'a second header of a view is notarized when its digest is the higher one',
    edits: [
      {
        file: 'voting.js',
        find: `execution !== 'executed' || record.notarize !== null`,
        put: `execution !== 'executed' || (record.notarize !== null && record.notarize >= digest)`,
      },
    ],
  },
  'H2-skip': {
    rule: 'H2',
    effect: 'SKIP is sent after FINAL',
    edits: [
      {
        file: 'voting.js',
        find: '!mayVoteIn(state, state.view) || record.skip || record.final !== null',
        put: '!mayVoteIn(state, state.view) || record.skip',
      },
    ],
  },
  'H2-final': {
    rule: 'H2',
    effect: 'FINAL is sent after SKIP',
    edits: [
      {
        file: 'voting.js',
        find: 'if (record.skip || record.final !== null || ',
        put: 'if (record.final !== null || ',
      },
    ],
  },
  'H3-justified': {
    rule: 'H3',
    effect: 'a proposal need not bring the skips of the views between it and its parent',
    edits: [{ file: 'proposal.js', find: 'if (!skipsCover(proposal, parentView))', put: 'if (false)' }],
  },
  'H3-parent': {
    rule: 'H3',
    effect: 'a proposal need not bring the notarization of its parent',
    edits: [
      {
        file: 'proposal.js',
        find: `if (parentView === undefined)`,
        put: `if (parentView === undefined && proposal.parentCertificate !== null)`,
      },
      {
        file: 'proposal.js',
        find: 'if (!skipsCover(proposal, parentView))',
        put: 'if (parentView !== undefined && !skipsCover(proposal, parentView))',
      },
    ],
  },
  'H3-executed': {
    rule: 'H3',
    effect: 'a header counts as executed whatever came out',
    edits: [{ file: 'step.js', find: 'if (input.isValid)', put: 'if (true)' }],
  },
  H12: {
    rule: 'H12',
    effect: 'what closes an epoch is gone on from like any other header',
    edits: [{ file: 'step.js', find: 'if (closing !== undefined)', put: 'if (false)' }],
  },
  H13: {
    rule: 'H13',
    effect: 'the epoch ends at the tail that has the certificate',
    edits: [
      {
        file: 'finality.js',
        find: 'whole.filter(({ header }) => header.rest.base === undefined)',
        put: 'whole',
      },
    ],
  },
  'H3-height': {
    rule: 'H3',
    effect: "a header's height need not follow its parent's",
    edits: [{ file: 'step.js', find: 'core.height === parent.height + 1 && ', put: '' }],
  },
  'H3-time': {
    rule: 'H3',
    effect: "a header's time need not be above its parent's",
    edits: [{ file: 'step.js', find: ' && core.timeMs > parent.timeMs', put: '' }],
  },
  'H4-own': {
    rule: 'H4',
    effect: 'FINAL is sent for a header that was not notarized here',
    edits: [{ file: 'voting.js', find: ' || record.notarize !== digest)', put: ')' }],
  },
  'H4-notarized': {
    rule: 'H4',
    effect: 'FINAL is sent with the own NOTARIZE, before a quorum notarized the header',
    edits: [
      { file: 'voting.js', find: 'notarization?.digest ?? null', put: 'record.notarize' },
      { file: 'voting.js', find: 'if (notarization === null || digest === null', put: 'if (digest === null' },
      { file: 'voting.js', find: 'forwardNotarization(turn, notarization, notarizes);', put: '' },
    ],
  },
  'H4-quorum': {
    rule: 'H4',
    effect: 'one vote too few makes a certificate',
    edits: [
      {
        file: 'collecting.js',
        find: 'votes.length < quorumOf(state.config.set)',
        put: 'votes.length < quorumOf(state.config.set) - 1',
      },
      {
        file: 'certificate.js',
        find: 'votes.length < quorumOf(set)',
        put: 'votes.length < quorumOf(set) - 1',
      },
    ],
  },
  'H5-notarize': {
    rule: 'H5',
    effect: 'NOTARIZE is sent before it is persisted',
    edits: [
      { file: 'voting.js', find: persistNotarize, put: '' },
      { file: 'voting.js', find: castNotarize, put: `${castNotarize} ${persistNotarize}` },
    ],
  },
  'H5-skip': {
    rule: 'H5',
    effect: 'SKIP is not persisted',
    edits: [{ file: 'voting.js', find: persistSkip, put: '' }],
  },
  'H5-final': {
    rule: 'H5',
    effect: 'FINAL is not persisted',
    edits: [{ file: 'voting.js', find: persistFinal, put: '' }],
  },
}

/** For each removal the smallest model that shows it, and what breaks there. */
export const shown: Readonly<Record<string, ScenarioOptions & { readonly breaks: Property }>> = {
  'H0-once': { ...one, byzantineLeads: 2, crashes: 1, breaks: 'honesty' },
  'H0-persisted': { ...one, byzantineLeads: 2, crashes: 1, breaks: 'honesty' },
  H1: { ...one, byzantineLeads: 1, breaks: 'honesty' },
  'H2-skip': { ...one, byzantineLeads: 2, crashes: 1, breaks: 'honesty' },
  'H2-final': { ...one, byzantineLeads: 2, breaks: 'honesty' },
  'H3-justified': { ...one, views: 2, byzantineLeads: 2, breaks: 'agreement' },
  'H3-parent': { ...one, views: 2, byzantineLeads: 2, breaks: 'validity' },
  'H3-executed': { ...one, byzantineLeads: 1, breaks: 'validity' },
  H12: { ...one, views: 2, byzantineLeads: 2, closes: true, flaw: 'height', breaks: 'validity' },
  H13: { ...one, views: 2, byzantineLeads: 3, closes: true, breaks: 'succession' },
  'H3-height': { ...one, byzantineLeads: 1, flaw: 'height', breaks: 'validity' },
  'H16-view': { ...one, views: 2, byzantineLeads: 3, losses: 1, breaks: 'honesty' },
  'H16-gate': { ...one, byzantineLeads: 2, losses: 1, breaks: 'honesty' },
  'H3-time': { ...one, byzantineLeads: 1, flaw: 'time', breaks: 'validity' },
  'H4-own': { ...one, byzantineLeads: 1, breaks: 'honesty' },
  'H4-notarized': { ...one, byzantineLeads: 2, breaks: 'certainty' },
  'H4-quorum': { ...one, byzantineLeads: 2, hearing: 'votes', breaks: 'certainty' },
  'H5-notarize': { ...one, byzantineLeads: 1, crashes: 1, breaks: 'honesty' },
  'H5-skip': { ...one, byzantineLeads: 2, crashes: 1, breaks: 'honesty' },
  'H5-final': { ...one, byzantineLeads: 2, crashes: 1, breaks: 'honesty' },
}

/** Throws where the reducer does not hold what is to be replaced exactly once. The copy is gone when this returns. */
export async function reducerWithout({ edits }: Removal): Promise<Reducer> {
  const built = dirname(fileURLToPath(import.meta.resolve('@chirograph/consensus')))
  const copy = mkdtempSync(join(tmpdir(), 'chirograph-without-'))
  try {
    cpSync(built, join(copy, 'dist'), { recursive: true })
    writeFileSync(join(copy, 'package.json'), '{ "type": "module" }\n')
    symlinkSync(join(dirname(built), 'node_modules'), join(copy, 'node_modules'), 'junction')
    for (const { file, find, put } of edits) {
      const path = join(copy, 'dist', file)
      const parts = readFileSync(path, 'utf8').split(find)
      if (parts.length !== 2)
        throw new Error(`${file} holds ${parts.length - 1} times, and not once: ${find}`)
      writeFileSync(path, parts.join(put))
    }
    const { createConsensus, step, verifyProposal } = (await import(
      pathToFileURL(join(copy, 'dist', 'index.js')).href
    )) as Reducer // the same package, with other words inside of its functions
    return { createConsensus, step, verifyProposal }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
