/** How a state came about, told block by block: what the validator was handed, and what it said then. */
import { leaderOf } from '@chirograph/consensus'
import type { Heard } from './blocks.js'
import type { Exploration, Step } from './exploration.js'
import type { ModelHeader } from './header-tree.js'
import type { Sent } from './local-state.js'
import { finalsOf, type ModelInput, type Scenario, skipsOf, viewsTo } from './scenario.js'
import type { Triple } from './state-table.js'

/** Lines for each block from the start to the state of this index, and what is wrong there. */
export function traceTo(exploration: Exploration, index: number): string[] {
  const { table } = exploration
  const keys: Triple[] = []
  for (let at = index; at !== 0; at = table.parentOf(at)) keys.unshift(table.stateAt(at))
  let state: Triple = [0, 0, 0]
  const lines = keys.map((key, number) => {
    const step = exploration.successorsOf(state).find((each) => isSame(each.key, key))
    if (step === undefined) throw new Error(`state ${key} does not follow from ${state}`)
    const line = blockLine(exploration, state, step)
    state = step.state
    return `${String(number + 1).padStart(3)}. ${line}`
  })
  const breach = exploration.breachIn(state)
  const last = breach ? [`${breach.property}: ${breach.detail}`] : []
  return [...castOf(exploration.scenario, [...lines, ...last]), ...lines, ...last]
}

/** Who is who, and the headers that the lines name. */
function castOf(scenario: Scenario, lines: readonly string[]): string[] {
  const { set, byzantine, views, headers } = scenario
  const leaders = viewsTo(views).map((view) => `${leaderOf(set, view)} leads view ${view}`)
  const isNamed = ({ name }: ModelHeader) =>
    lines.some((line) => new RegExp(`(?<![\\w<])${name}(?![\\w<])`).test(line))
  const named = headers
    .filter(isNamed)
    .map(
      ({ name, view, mark, parent }) =>
        `  ${name}: ${orderOf[mark]} header of view ${view}, on ${parent === null ? 'the genesis' : headers[parent]?.name}`,
    )
  return [`Validator ${byzantine} is Byzantine; ${leaders.join(', ')}.`, ...named]
}

const orderOf = { a: 'a', b: 'another', x: 'a bad', r: 'a repeated' } as const

function blockLine(exploration: Exploration, state: Triple, { place, state: next }: Step): string {
  const { scenario, blocks } = exploration
  const validator = scenario.honest[place]
  const [from, to] = [state[place] as number, next[place] as number] // three places
  const told = exploration.toldAt(place, { from, to })
  if (told !== null) {
    const views = told.map(([other, view]) => `view ${view} of ${other}`)
    return `validator ${validator} loses its disk, and is told ${views.join(', ')}`
  }
  const hearing = exploration.hearingIn(state)
  const heard =
    blocks[place]?.between({ from, to, hearing, crashesMax: exploration.crashesMax(state, place) }) ?? []
  const said = saidBetween(exploration.saidBy(state)[place], exploration.saidBy(next)[place], scenario)
  const does = heard.map((each) => inputLine(each, scenario)).join(', ')
  return `validator ${validator} ${does}: ${said.join(', ') || 'says nothing new'}`
}

function inputLine({ input, isCut }: Heard, { inputs }: Scenario): string {
  const what = inputs[input] as ModelInput // inputs are numbered by their place
  if (!isCut) return describe(what)
  return what.kind === 'nothing'
    ? 'loses power and restarts'
    : `${describe(what)}, loses power over it and restarts`
}

function describe(input: ModelInput): string {
  switch (input.kind) {
    case 'proposal': {
      const { header, proposal } = input.of
      const skips = proposal.skips.map(({ view }) => ` and SKIP ${view}`).join('')
      const parent = proposal.parentCertificate
      return `hears the proposal ${header.name}${parent ? ` with ${parent.type.toUpperCase()}` : ''}${skips}`
    }
    case 'certificate':
      return `hears the certificate ${input.name}`
    case 'vote':
      return `hears ${input.name} of ${input.vote.signer}`
    case 'checkpoint':
      return `fetches the final ${input.header.name}`
    case 'timeout':
      return 'times out'
    case 'propose-due':
      return 'has waited for FINAL votes'
    case 'built':
      return 'has built a header'
    case 'asked-for-help':
      return 'is asked for help'
    case 'nothing':
      return 'does nothing'
  }
}

function saidBetween(before: Sent | undefined, after: Sent | undefined, scenario: Scenario): string[] {
  if (!before || !after) return []
  const named = (mask: number, type: string) =>
    scenario.headers.filter(({ index }) => (mask >> index) & 1).map(({ name }) => `${type} ${name}`)
  const proposed = scenario.inputs.flatMap((input) =>
    input.kind === 'proposal' && input.of.bit & after.proposals & ~before.proposals
      ? [`PROPOSAL ${input.of.header.name}`]
      : [],
  )
  const closed = after.closings & ~before.closings
  const skipped = viewsTo(scenario.views).filter((view) => (skipsOf(closed) >> (view - 1)) & 1)
  return [
    ...proposed,
    ...named(after.notarizes & ~before.notarizes, 'NOTARIZE'),
    ...skipped.map((view) => `SKIP ${view}`),
    ...named(finalsOf(closed), 'FINAL'),
  ]
}

function isSame(a: Triple, b: Triple): boolean {
  return a.every((each, place) => each === b[place])
}
