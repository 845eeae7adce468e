/** What became of an event, in words. */
import type { EventAnswer } from '@chirograph/api/client'
import { describeMs } from './duration.js'
import { failure } from './failure.js'

/** One line: when it was final, and how long that took. `CLI_NO_EFFECT` when the network gave it none. */
export function describeFinal(answer: Extract<EventAnswer, { state: 'final' }>): string {
  const { finality } = answer
  if (finality === null) return 'final since before the node was started'
  const { height, finalAtMs, publishedAtMs, outcome } = finality
  if (outcome.outcome === 'void') throw noEffect(voidWords(outcome.reason))
  const took =
    publishedAtMs === null ? '' : `, ${describeMs(finalAtMs - publishedAtMs)} after it was published`
  const skipped = [...new Set(outcome.skipped.map(({ reason }) => voidWords(reason)))]
  const without =
    skipped.length > 0 ? ` (${outcome.skipped.length} without effect: ${skipped.join(', ')})` : ''
  return `final at height ${height}${took}${without}`
}

function voidWords(reason: string): string {
  return reason.replaceAll('-', ' ')
}

function noEffect(why: string): Error {
  return failure(
    'CLI_NO_EFFECT',
    `the network agreed on the event and gave it no effect (${why})`,
    'look at the status of the credential with: chirograph credential show',
  )
}
