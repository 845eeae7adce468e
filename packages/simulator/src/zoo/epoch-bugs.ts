/** Bugs of the hand-over from one set of validators to the next: rules H11 to H14. */
import type { Bug } from './bug.js'

export const epochBugs: readonly Bug[] = [
  {
    name: 'next-set-not-compared',
    title: 'a header is voted for whomever it claims to vote next',
    rule: 'H11',
    file: 'replica/agreement.js',
    from: 'core.nextSetHash === execution.state.validators.setHash &&',
    to: '',
  },
  {
    name: 'epoch-goes-on',
    title: 'in an epoch whose last header is final, it is voted on',
    rule: 'H13',
    file: 'consensus/finality.js',
    from: 'turn.state.isOver = isClosing(header.core);',
    to: '',
  },
  {
    name: 'old-set-decides',
    title: 'the validators of the epoch before go on after its end',
    rule: 'H13',
    file: 'replica/epochs.js',
    from: 'const set = final.state.validators;',
    to: 'const set = replica.set;',
  },
]
