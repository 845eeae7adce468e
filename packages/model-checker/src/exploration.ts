/** Breadth first through everything that can happen; the first breach that is found is one of the shortest. */
import { leaderOf } from '@chirograph/consensus'
import { type Blocks, createBlocks } from './blocks.js'
import { createHearings, type Hearing } from './hearing.js'
import type { LocalState, Sent, Told } from './local-state.js'
import { type Breach, judge, type Property, properties, uncertaintyOf } from './properties.js'
import { productionReducer, type Reducer } from './reducer.js'
import {
  createScenario,
  finalsOf,
  type Needs,
  type Scenario,
  type ScenarioOptions,
  viewsTo,
} from './scenario.js'
import { createStateTable, type StateTable, type Triple } from './state-table.js'
import { createModelValidator, type ModelValidator } from './validator.js'

export interface ExplorationOptions extends ScenarioOptions {
  readonly reducer?: Reducer
  /** The properties to hold; all by default. */
  readonly properties?: readonly Property[]
  /** Explore every single input instead of blocks: for checking that blocks lose nothing. */
  readonly isReduced?: boolean
}

export interface Exploration {
  readonly scenario: Scenario
  readonly blocks: readonly Blocks[]
  readonly table: StateTable
  readonly progress: () => Progress
  /** Explores up to so many more states; false when there is none left, or a breach was found. */
  advance(states: number): boolean
  hearingIn(state: Triple): Hearing
  saidBy(state: Triple): readonly Sent[]
  crashesMax(state: Triple, place: number): number
  successorsOf(state: Triple): readonly Step[]
  /** What the others told between these two states of a validator, where its disk was lost; else null. */
  toldAt(place: number, states: { readonly from: number; readonly to: number }): Told | null
  breachIn(state: Triple): Breach | null
}

/** One block of one validator. `state` keeps everybody in their places; `key` is what stands in the table. */
export interface Step {
  /** Place among the honest ones. */
  readonly place: number
  readonly state: Triple
  readonly key: Triple
}

export interface Progress {
  readonly states: number
  /** States found and not yet explored. */
  readonly frontier: number
  /** Blocks from the start to the state that is explored now. */
  readonly depth: number
  readonly blocks: number
  /** Distinct states of each automaton. */
  readonly localStates: readonly number[]
  /** What was certified in some state: a model that reaches nothing proves nothing. */
  readonly certified: Needs
  readonly isExhausted: boolean
  readonly breach: (Breach & { readonly index: number }) | null
}

export function createExploration(options: ExplorationOptions): Exploration {
  const { reducer = productionReducer, isReduced = true } = options
  const held = new Set(options.properties ?? (Object.keys(properties) as Property[])) // the keys of a closed record
  const scenario = createScenario(options, reducer)
  const hearingOf = createHearings(scenario)
  const validators = automataOf({ scenario, reducer, held })
  const blocksOf = new Map([...new Set(validators)].map((each) => [each, createBlocks(each, { isReduced })]))
  const blocks = validators.map((each) => blocksOf.get(each) as Blocks) // one was made for each a line above
  const table = createStateTable()
  /** By what can be heard: whether what is certified is as it must be. */
  const judged: (Breach | null | undefined)[] = []
  let breach: Progress['breach'] = null
  let explored = 0
  let taken = 0
  let depth = 0
  let depthEnds = 1
  const reached = { notarizations: 0, closings: 0 }

  const start: Triple = [0, 0, 0]
  table.add(start, 0)
  inspect(start, 0)
  const views = { hearingIn, saidBy, crashesMax, successorsOf, toldAt, breachIn }
  return { scenario, blocks, table, advance, progress, ...views }

  function advance(states: number): boolean {
    for (let left = states; left > 0 && explored < table.size() && breach === null; left--) {
      if (explored === depthEnds) {
        depth++
        depthEnds = table.size()
      }
      expand(explored++)
    }
    return explored < table.size() && breach === null
  }

  function expand(index: number): void {
    for (const { key } of successorsOf(table.stateAt(index))) {
      taken++
      if (!table.add(key, index)) continue
      inspect(key, table.size() - 1)
      if (breach !== null) return
    }
  }

  function successorsOf(state: Triple): Step[] {
    const hearing = hearingIn(state)
    const ofBlocks = blocks.flatMap((each, place) => {
      const from = state[place] as number // three places, three blocks
      return each.endsOf(from, hearing, crashesMax(state, place)).map((end) => {
        const next = withEnd(state, place, end)
        return { place, state: next, key: keyOf(next) }
      })
    })
    return isLossOver(state) ? ofBlocks : [...ofBlocks, ...lossesFrom(state)]
  }

  function isLossOver(state: Triple): boolean {
    const lost = state.reduce((sum, local, place) => sum + localAt(place, local).losses, 0)
    return lost >= (scenario.losses ?? 0)
  }

  /** H16: one loses its disk, and is told at once: what it is told later is no less. The Byzantine one says the least. */
  function lossesFrom(state: Triple): Step[] {
    return state.flatMap((local, place) => {
      const told: [number, number][] = [[scenario.byzantine, 1]]
      for (const [other, theirs] of state.entries()) {
        const view = other === place ? null : (validators[other]?.tellOf(theirs) ?? null)
        if (view !== null) told.push([scenario.honest[other] as number, view]) // three places, three honest ones
      }
      if (told.length < state.length) return []
      const end = validators[place]?.forget(local, told)
      if (end === undefined) return []
      const next = withEnd(state, place, end)
      return [{ place, state: next, key: keyOf(next) }]
    })
  }

  /** Validators of one automaton may change places: who of them said something makes no difference to anybody. */
  function keyOf(state: Triple): Triple {
    let [a, b, c] = state
    const [x, y, z] = validators
    if (x === y && a > b) [a, b] = [b, a]
    if (y === z && b > c) [b, c] = [c, b]
    if (x === z && a > c) [a, c] = [c, a]
    if (x === y && a > b) [a, b] = [b, a]
    return [a, b, c]
  }

  function hearingIn(state: Triple): Hearing {
    return hearingOf(saidBy(state))
  }

  function saidBy(state: Triple): Sent[] {
    return state.map((local, place) => localAt(place, local).sent)
  }

  /** How often the power of this validator may have gone in the end: its own share, and what nobody has spent. */
  function crashesMax(state: Triple, place: number): number {
    const others = state.filter((_, other) => other !== place)
    const spent = others.reduce(
      (sum, local, index) => sum + localAt(index < place ? index : index + 1, local).crashes,
      0,
    )
    return scenario.crashes - spent
  }

  function toldAt(place: number, { from, to }: { from: number; to: number }): Told | null {
    const after = localAt(place, to)
    return after.losses > localAt(place, from).losses ? after.disk.told : null
  }

  function localAt(place: number, local: number): LocalState {
    return validators[place]?.states[local] as LocalState // only numbers that the automaton gave are in a state
  }

  function inspect(state: Triple, index: number): void {
    const { certified } = hearingIn(state)
    reached.notarizations |= certified.notarizations
    reached.closings |= certified.closings
    const found = breachIn(state)
    if (found) breach = { ...found, index }
  }

  function breachIn(state: Triple): Breach | null {
    const { certified, id } = hearingIn(state)
    let found = judged[id]
    if (found === undefined) {
      judged[id] = found = judge(certified, scenario).find(({ property }) => held.has(property)) ?? null
    }
    if (found) return found
    const finalVotes = finalsOf(saidBy(state).reduce((mask, { closings }) => mask | closings, 0))
    const uncertain = held.has('certainty') ? uncertaintyOf(finalVotes, certified, scenario) : null
    return uncertain ?? localBreachIn(state)
  }

  function localBreachIn(state: Triple): Breach | null {
    for (const [place, local] of state.entries()) {
      const found = validators[place]?.breachesIn(local).find(({ property }) => held.has(property))
      if (found) return { ...found, detail: `validator ${scenario.honest[place]} ${found.detail}` }
    }
    return null
  }

  function progress(): Progress {
    const states = table.size()
    return {
      states,
      frontier: states - explored,
      depth,
      blocks: taken,
      localStates: [...new Set(validators)].map((each) => each.states.length),
      certified: { ...reached },
      isExhausted: explored === states && breach === null,
      breach,
    }
  }
}

/**
 * Validators that lead no view that is played do the same on the same inputs, so they share an automaton. Where votes
 * arrive one by one they do not, as a ballot names its signers.
 */
function automataOf(shared: {
  readonly scenario: Scenario
  readonly reducer: Reducer
  readonly held: ReadonlySet<Property>
}): readonly ModelValidator[] {
  const { set, views, honest, hearing } = shared.scenario
  const isLeader = (validator: number) => viewsTo(views).some((view) => leaderOf(set, view) === validator)
  let follower: ModelValidator | undefined
  return honest.map((self) => {
    if (isLeader(self) || hearing === 'votes') return createModelValidator({ ...shared, self })
    follower ??= createModelValidator({ ...shared, self })
    return follower
  })
}

function withEnd(state: Triple, place: number, end: number): Triple {
  const [a, b, c] = state
  return [place === 0 ? end : a, place === 1 ? end : b, place === 2 ? end : c]
}
