/** Bugs of what a validator says: rules H0 to H5 of the consensus. */
import type { Bug } from './bug.js'

export const votingBugs: readonly Bug[] = [
  {
    name: 'unsaved-proposal',
    title: 'a proposal is sent before it is on disk',
    rule: 'H0',
    file: 'consensus/leading.js',
    from: "turn.effects.push({ kind: 'persist-proposal', proposal });",
    to: '',
  },
  {
    name: 'proposes-twice',
    title: 'a leader forgets at a restart what it proposed',
    rule: 'H0',
    file: 'consensus/state.js',
    from: 'ownProposals: new Map(own.map((proposal) => [proposal.header.core.view, proposal])),',
    to: 'ownProposals: new Map(),',
  },
  {
    name: 'two-notarize',
    title: 'a second proposal of a view is notarized too',
    rule: 'H1',
    file: 'consensus/voting.js',
    from: "execution !== 'executed' || record.notarize !== null",
    to: "execution !== 'executed' || (record.notarize !== null && record.notarize <= digest)",
  },
  {
    name: 'final-after-timeout',
    title: 'FINAL in a view that timed out here, once its notarization is collected (ava-labs/Simplex #280)',
    rule: 'H2',
    file: 'consensus/voting.js',
    from: 'if (record.skip ||',
    to: 'if (',
  },
  {
    name: 'skip-after-final',
    title: 'a timeout skips a view whose FINAL vote was sent',
    rule: 'H2',
    file: 'consensus/voting.js',
    from: '!mayVoteIn(state, state.view) || record.skip || record.final !== null',
    to: '!mayVoteIn(state, state.view) || record.skip',
  },
  {
    name: 'votes-unexecuted',
    title: 'NOTARIZE for a header that was not executed here',
    rule: 'H3',
    file: 'consensus/voting.js',
    from: "execution !== 'executed' || record.notarize !== null",
    to: "execution === 'invalid' || record.notarize !== null",
  },
  {
    name: 'final-for-another',
    title: 'FINAL for a notarized header that this validator did not notarize',
    rule: 'H4',
    file: 'consensus/voting.js',
    from: 'digest === null || record.notarize !== digest',
    to: 'digest === null',
  },
  {
    name: 'final-unnotarized',
    title: 'FINAL together with the own NOTARIZE, before a quorum notarized',
    rule: 'H4',
    file: 'consensus/voting.js',
    from: "castVote(turn, { ...record, notarize: digest }, 'notarize', digest);",
    to: `castVote(turn, { ...record, notarize: digest }, 'notarize', digest);
        const early = { ...record, notarize: digest, final: digest };
        turn.effects.push({ kind: 'persist', record: early, proposal: null });
        castVote(turn, early, 'final', digest);`,
  },
  {
    name: 'votes-unsynced',
    title: 'votes are written and sent, but not synced (Tendermint 0.10.2, by Jepsen)',
    rule: 'H5',
    file: 'replica/agreement.js',
    from: 'facts: proposal ? [proposal, votes] : [votes], isSynced: true',
    to: 'facts: proposal ? [proposal, votes] : [votes], isSynced: false',
  },
  {
    name: 'forgets-its-votes',
    title: 'what was voted before a restart is forgotten (commonware #2050)',
    rule: 'H5',
    file: 'consensus/state.js',
    from: 'r.view > finalized.view)',
    to: 'false)',
  },
]
