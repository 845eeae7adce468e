/** Bugs of what votes and certificates prove, and of who may say what. */
import type { Bug } from './bug.js'

export const certificateBugs: readonly Bug[] = [
  {
    name: 'quorum-minus-one',
    title: 'a quorum is one vote too few',
    rule: 'quorum',
    file: 'consensus/validator-set.js',
    from: 'Math.floor((2 * set.validators.length) / 3) + 1',
    to: 'Math.floor((2 * set.validators.length) / 3)',
  },
  {
    name: 'counts-one-signer-twice',
    title: 'votes are counted, not who signed them',
    rule: 'certificate',
    file: 'consensus/collecting.js',
    from: 'new Map(ballot).set(vote.signer, vote)',
    to: 'new Map(ballot).set(ballot.size, vote)',
  },
  {
    name: 'certificate-below-quorum',
    title: 'a certificate of a few signers is taken for a quorum’s',
    rule: 'below-quorum',
    file: 'consensus/certificate.js',
    from: 'if (signers.length < quorumOf(set))',
    to: 'if (signers.length < 1)',
  },
  {
    name: 'vote-of-another-set',
    title: 'a vote of another validator set counts in this one',
    rule: 'wrong-set',
    file: 'consensus/vote.js',
    from: 'vote.setHash !== set.setHash || vote.epoch !== set.epoch',
    to: 'false',
  },
  {
    name: 'leader-not-checked',
    title: 'a proposal of a member that does not lead the view is taken (ton #2557)',
    rule: 'H0',
    file: 'consensus/proposal.js',
    from: 'const signer = leaderOf(set, core.view);',
    to: `const signer = set.keys.findIndex((_, index) => isSignedByValidator({
        set,
        signer: index,
        message: proposalSigningBytes(proposal.header),
        signature: proposal.signature,
    }, { ed25519, bls }));`,
  },
  {
    name: 'skips-not-asked-for',
    title: 'a proposal may pass over views that nobody skipped',
    rule: 'H3',
    file: 'consensus/proposal.js',
    from: 'if (!skipsCover(proposal, parentView))',
    to: 'if (false)',
  },
  {
    name: 'notarized-is-final',
    title: 'a notarized header is made final without a FINAL vote',
    rule: 'finality',
    file: 'consensus/finality.js',
    from: 'for (const [view, { finalization }] of certified)',
    to: `certified.push(...[...state.views].filter(([, { notarization }]) => notarization !== null));
    for (const [view, { finalization: own, notarization }] of certified)
        for (const finalization of [own ?? notarization])`,
  },
  {
    name: 'skip-makes-final',
    title: 'a skip certificate makes final what was notarized in its view',
    rule: 'finality',
    file: 'consensus/finality.js',
    from: 'for (const [view, { finalization }] of certified)',
    to: `certified.push(...[...state.views].filter(([, { skipped }]) => skipped !== null));
    for (const [view, { finalization: own, notarization, skipped }] of certified)
        for (const finalization of [own ?? (skipped && notarization)])`,
  },
  {
    name: 'checkpoint-of-any-certificate',
    title: 'a checkpoint counts as final with a NOTARIZE certificate of its header',
    rule: 'finality',
    file: 'consensus/handover.js',
    from: "certificate.type === 'final' &&",
    to: '',
  },
]
