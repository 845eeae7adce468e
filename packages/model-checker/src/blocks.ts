/**
 * What one validator can do next, as far as anybody else can see: a block is some inputs that make it say nothing new,
 * and one that makes it say something. Only blocks are interleaved, and only those that cannot do with less.
 *
 * Why that loses nothing. Properties are about what was said. An input that makes nothing be said changes one
 * validator alone, and stays at hand for good; so it may be moved back behind whatever others do, up to the next input
 * that makes its own validator speak. And where it may be moved behind that one too, with the same said and the same
 * state in the end, the validator has spoken without it, and can still hear it in a later block. So of the ends of
 * blocks that say the same, one can be left out when it is reached from another one by inputs that make nothing be
 * said: whatever is said after it is said after that other one. (A partial-order reduction, as P. Godefroid has them in
 * LNCS 1032, 1996: what one validator hears is independent of all that others do.)
 */
import type { Hearing } from './hearing.js'
import { crashesMaxOfModel } from './limits.js'
import type { ModelValidator } from './validator.js'

export interface Blocks {
  /** The states in which the blocks end that begin in `state`. The power goes while it went less than so often. */
  endsOf(state: number, hearing: Hearing, crashesMax: number): readonly number[]
  /** The inputs of a shortest block between the two, each with the state after it. */
  between(args: { from: number; to: number; hearing: Hearing; crashesMax: number }): readonly Heard[]
}

export interface Heard {
  readonly input: number
  readonly after: number
  /** Whether the power went during it. */
  readonly isCut: boolean
}

export function createBlocks(validator: ModelValidator, { isReduced = true } = {}): Blocks {
  const { after, states, saidIds } = validator
  const known: Map<number, readonly number[]>[] = []

  return {
    endsOf(state, hearing, crashesMax) {
      const row = known[state] ?? new Map<number, readonly number[]>()
      known[state] = row
      const key = hearing.id * (crashesMaxOfModel + 1) + crashesMax
      const ends = row.get(key) ?? find(state, hearing, crashesMax)
      row.set(key, ends)
      return ends
    },
    between,
  }

  function find(from: number, hearing: Hearing, crashesMax: number): readonly number[] {
    const ends = new Set<number>()
    if (!isReduced) {
      for (const input of hearing.inputs) for (const next of steps(from, input, crashesMax)) ends.add(next)
      return [...ends]
    }
    for (const state of quietlyFrom(from, hearing, crashesMax)) {
      for (const input of hearing.inputs) {
        for (const next of steps(state, input, crashesMax))
          if (saidIds[next] !== saidIds[from]) ends.add(next)
      }
    }
    for (const end of ends) {
      const isAlone = ![...ends].some((other) => other !== end && saidIds[other] === saidIds[end])
      if (isAlone) continue
      for (const reached of quietlyFrom(end, hearing, crashesMax)) if (reached !== end) ends.delete(reached)
    }
    return [...ends]
  }

  function steps(state: number, input: number, crashesMax: number): readonly number[] {
    return after(state, input, crashesOf(state) < crashesMax)
  }

  function crashesOf(state: number): number {
    return states[state]?.crashes ?? 0
  }

  /** The state, and all that are reached from it without anything being said. */
  function quietlyFrom(from: number, hearing: Hearing, crashesMax: number): readonly number[] {
    const reached = new Set([from])
    // A set is walked in the order of adding, and what is added on the way is walked too.
    for (const state of reached) {
      for (const input of hearing.inputs) {
        for (const next of steps(state, input, crashesMax))
          if (saidIds[next] === saidIds[from]) reached.add(next)
      }
    }
    return [...reached]
  }

  function between({ from, to, hearing, crashesMax }: Parameters<Blocks['between']>[0]): readonly Heard[] {
    const paths = new Map<number, readonly Heard[]>([[from, []]])
    for (const [state, path] of paths) {
      for (const input of hearing.inputs) {
        for (const next of steps(state, input, crashesMax)) {
          const isCut = crashesOf(next) > crashesOf(state)
          const longer = [...path, { input, after: next, isCut }]
          if (next === to) return longer
          if (saidIds[next] === saidIds[from] && !paths.has(next)) paths.set(next, longer)
        }
      }
    }
    throw new Error(`no block leads from state ${from} to state ${to}`)
  }
}
