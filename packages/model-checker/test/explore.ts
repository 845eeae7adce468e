/** Explores a model to its end, and says what was said in it. */
import { leaderOf } from '@chirograph/consensus'
import { createExploration, type Exploration, type ExplorationOptions } from '@chirograph/model-checker'
import { ok } from '../../workspace/kit.ts'

export const calm = { crashes: 0, hearing: 'certificates', flaw: 'execution' } as const

export function exploreAll(options: ExplorationOptions): Exploration {
  const exploration = createExploration(options)
  while (exploration.advance(100_000)) {}
  return exploration
}

/**
 * Everything that the honest validators can have said together, as text. Those that lead no view may change places,
 * as they do in the table.
 */
export function saidIn({ table, scenario, progress, saidBy }: Exploration): ReadonlySet<string> {
  ok(progress().isExhausted, 'the model was not explored to its end')
  const { honest, set, views } = scenario
  const leaders = Array.from({ length: views }, (_, index) => leaderOf(set, index + 1))
  const isLeader = (place: number) => leaders.includes(honest[place] as number) // places of honest ones
  const all = new Set<string>()
  for (let index = 0; index < table.size(); index++) {
    const said = saidBy(table.stateAt(index)).map(
      ({ notarizes, closings, proposals }) => `${notarizes} ${closings} ${proposals}`,
    )
    const led = said.filter((_, place) => isLeader(place))
    const followed = said.filter((_, place) => !isLeader(place)).sort()
    all.add([...led, ...followed].join(', '))
  }
  return all
}
