/**
 * An honest validator as a finite automaton. Each of its states is kept once and has a number; what an input does to
 * it is computed once, by the reducer, and remembered. So the rest of the checker works on small integers.
 */

import { localStatesMax } from './limits.js'
import { canonicalForm, type LocalState, type Told } from './local-state.js'
import type { Breach, Property } from './properties.js'
import type { Reducer } from './reducer.js'
import { createRunner } from './runner.js'
import type { ModelInput, Scenario } from './scenario.js'
import { judgeSent } from './sent-judge.js'

export interface ModelValidator {
  readonly self: number
  /** The states found so far, by number; number 0 is the one that it starts in. */
  readonly states: readonly LocalState[]
  /** By state: equal where the same was sent, and the same breaches were found. */
  readonly saidIds: readonly number[]
  /** What the validator did, up to this state, that none may. */
  breachesIn(state: number): readonly Breach[]
  /** The other states after the input of this number: after all of it, and after a power cut at each moment within. */
  after(state: number, input: number, canCrash: boolean): readonly number[]
  /** The view that it says it is in; null where it says nothing. */
  tellOf(state: number): number | null
  /** The state after its disk was lost, and others told their views. */
  forget(state: number, told: Told): number
}

const none: readonly number[] = Object.freeze([])

/** Breaches of properties that are not `held` are let go: they would only tell states apart. */
export function createModelValidator({
  scenario,
  reducer,
  self,
  held,
}: {
  readonly scenario: Scenario
  readonly reducer: Reducer
  readonly self: number
  readonly held: ReadonlySet<Property>
}): ModelValidator {
  const { inputs } = scenario
  const runner = createRunner(scenario, reducer, self)
  const names = new Map(scenario.headers.map(({ header, index }) => [header.digest, String(index)]))
  const nameOf = (digest: string) => names.get(digest) ?? 'g'
  const states: LocalState[] = []
  const saidIds: number[] = []
  const numbers = new Map<string, number>()
  const saidNumbers = new Map<string, number>()
  /** By what was said. */
  const judged: (readonly Breach[])[] = []
  /** By state, then by input: where it leads, wholly and with power cuts. */
  const whole: (readonly number[] | undefined)[][] = []
  const cut: (readonly number[] | undefined)[][] = []

  const { digest, core } = scenario.genesis
  const finalized = { digest, view: 0, height: 0, timeMs: core.timeMs, certificate: null }
  const empty = { finalized, records: new Map(), proposals: new Map() }
  const disk = { ...empty, votesFrom: 0, told: [] }
  const sent = { notarizes: 0, closings: 0, proposals: 0 }
  numberOf(runner.boot({ disk, sent, crashes: 0, losses: 0, breaches: [] }))
  const tells = new Map<number, number | null>()

  return {
    self,
    states,
    saidIds,
    breachesIn: (state) => judged[saidIds[state] as number] ?? [], // only numbers that were given come back
    after(state, input, canCrash) {
      const rows = canCrash ? cut : whole
      const row = rows[state] as (readonly number[] | undefined)[] // every state that has a number has a row
      const known = row[input]
      if (known) return known
      const from = states[state] as LocalState // only numbers that were given come back
      const what = inputs[input] as ModelInput // inputs are numbered by their place
      const { local, effects } = runner.take(from, what)
      const next = new Set([numberOf(local)])
      for (let done = 0; canCrash && done <= effects; done++) {
        const { disk, sent, breaches } = runner.take(from, what, done).local
        const { losses, crashes } = from
        next.add(numberOf(runner.boot({ disk, sent, breaches, losses, crashes: crashes + 1 })))
      }
      next.delete(state)
      // Most inputs are no news to most states, so millions of these lists are one.
      const others = next.size === 0 ? none : [...next]
      row[input] = others
      return others
    },
    tellOf(state) {
      const known = tells.get(state)
      if (known !== undefined) return known
      const told = runner.tellOf(states[state] as LocalState) // only numbers that were given come back
      tells.set(state, told)
      return told
    },
    forget(state, told) {
      const { sent, breaches, crashes, losses } = states[state] as LocalState // as above
      const lost = { ...empty, votesFrom: null, told }
      return numberOf(runner.boot({ disk: lost, sent, breaches, crashes, losses: losses + 1 }))
    },
  }

  function numberOf(come: LocalState): number {
    const noted = come.breaches.filter(({ property }) => held.has(property))
    const found = noted.length === come.breaches.length ? come : { ...come, breaches: noted }
    // A disk is read after a power cut only.
    const key = canonicalForm(found, nameOf, found.crashes < scenario.crashes)
    const known = numbers.get(key)
    if (known !== undefined) return known
    const next = states.length
    if (next >= localStatesMax)
      throw new RangeError('a validator has more states than the table has room for')
    numbers.set(key, next)
    const { notarizes, closings, proposals } = found.sent
    const said = `${notarizes},${closings},${proposals},${noted.map(({ detail }) => detail)}`
    const saidId = saidNumbers.get(said) ?? saidNumbers.size
    saidNumbers.set(said, saidId)
    judged[saidId] ??= [...noted, ...judgeSent(found.sent, { scenario, reducer, self })]
    states.push(found)
    saidIds.push(saidId)
    whole.push([])
    cut.push([])
    return next
  }
}
