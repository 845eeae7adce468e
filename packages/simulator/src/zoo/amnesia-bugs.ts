/** Bugs of a validator that forgot votes: rule H16, and of the timer that lets others wait for it. */
import type { Bug } from './bug.js'

export const amnesiaBugs: readonly Bug[] = [
  {
    name: 'forgotten-votes-count',
    title: 'a member whose disk is an old backup votes at once (commonware #2050)',
    rule: 'H16',
    file: 'replica/replica.js',
    from: 'if (isCopy)',
    to: 'if (false)',
  },
  {
    name: 'amnesia-ends-at-once',
    title: 'it votes in the view in which it found out where it may',
    rule: 'H16',
    file: 'consensus/amnesia.js',
    from: 'setGate(turn, state.view + 2)',
    to: 'setGate(turn, state.view)',
  },
  {
    name: 'amnesia-ends-early',
    title: 'it votes one view after the one in which the others are',
    rule: 'H16',
    file: 'consensus/amnesia.js',
    from: 'setGate(turn, state.view + 2)',
    to: 'setGate(turn, state.view + 1)',
  },
  {
    name: 'one-tells-the-view',
    title: 'it believes the first that says which view it is in, and votes two views on',
    rule: 'H16',
    file: 'consensus/amnesia.js',
    from: 'viewsHeard(state) < viewsToHear(state.config.set)',
    to: 'viewsHeard(state) < 1',
  },
  {
    name: 'notarization-shortens-timer',
    title:
      'each notarization sets the timer back, so that a slow network notarizes for ever and finalises nothing',
    rule: 'Timers',
    file: 'consensus/timing.js',
    from: 'if (wasSkipped)',
    to: 'state.timeoutMs = state.config.viewTimeoutMs; if (wasSkipped)',
  },
]
