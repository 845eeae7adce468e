import type { ExplorationOptions } from '@chirograph/model-checker'
import { is, match, ok, suite } from '../../workspace/kit.ts'
import { finalsOf, skipsOf } from '../src/scenario.ts'
import { calm, exploreAll } from './explore.ts'

const timeoutMs = 60_000

function refusalOf(options: ExplorationOptions): string {
  try {
    exploreAll(options)
  } catch (error) {
    if (error instanceof RangeError) return error.message
    throw error
  }
  return 'none'
}

suite('every run of four validators over two views', (it) => {
  for (const [byzantineLeads, who] of [
    [1, 'the leader of view 1 is Byzantine'],
    [2, 'the leader of view 2 is Byzantine'],
    [3, 'a validator that leads neither is Byzantine'],
  ] as const) {
    it(
      `keeps H0 to H5 and agrees where ${who}`,
      () => {
        const { scenario, progress } = exploreAll({ ...calm, views: 2, byzantineLeads })
        const { isExhausted, breach, certified } = progress()
        is(breach, null)
        is(isExhausted, true)
        // All of it would hold in a model where nothing happens, too: here each header becomes final, each view skipped.
        const good = scenario.headers.filter(({ mark }) => mark !== 'x')
        const mask = good.reduce((bits, { index }) => bits | (1 << index), 0)
        is(certified.notarizations, mask)
        is(finalsOf(certified.closings), mask)
        is(skipsOf(certified.closings), 0b11)
      },
      { timeoutMs },
    )
  }

  it(
    'does so where the power of one validator goes at any moment, between disk and wire too',
    () => {
      const { progress } = exploreAll({ ...calm, views: 2, byzantineLeads: 3, crashes: 1 })
      is(progress().breach, null)
      is(progress().isExhausted, true)
    },
    { timeoutMs },
  )

  for (const [byzantineLeads, who] of [
    [1, 'the leader of view 1 is Byzantine'],
    [2, 'the leader of view 2 is Byzantine'],
    [3, 'a validator that leads neither is Byzantine'],
  ] as const) {
    it(
      `end an epoch at one header for all, by its own finality or that of a tail, where ${who} (H11 to H13)`,
      () => {
        const { scenario, progress } = exploreAll({
          ...calm,
          flaw: 'height',
          views: 2,
          byzantineLeads,
          closes: true,
        })
        const { isExhausted, breach, certified } = progress()
        is(breach, null)
        is(isExhausted, true)
        // Each way of ending is reached: by the header that closes, and by a tail of it.
        const good = scenario.headers.filter(({ mark }) => mark !== 'x')
        const mask = good.reduce((bits, { index }) => bits | (1 << index), 0)
        is(certified.notarizations, mask)
        is(finalsOf(certified.closings), mask)
        ok(good.some(({ header }) => header.rest.base !== undefined))
      },
      { timeoutMs },
    )
  }

  it(
    'contradict themselves nowhere where one loses its disk and votes again by what the others tell (H16)',
    () => {
      const { progress } = exploreAll({ ...calm, views: 2, byzantineLeads: 3, losses: 1 })
      is(progress().breach, null)
      is(progress().isExhausted, true)
    },
    { timeoutMs },
  )

  it(
    'end it so where the power of one validator goes at any moment (H13)',
    () => {
      const { progress } = exploreAll({ ...calm, views: 2, byzantineLeads: 3, crashes: 1, closes: true })
      is(progress().breach, null)
      is(progress().isExhausted, true)
    },
    { timeoutMs },
  )

  it('are not begun where the model has no room', () => {
    for (const [options, detail] of [
      [{ ...calm, views: 4, byzantineLeads: 4 }, 'take fewer views'],
      [{ ...calm, views: 7, byzantineLeads: 1 }, 'a model has 1 to 6 views, not 7'],
      [{ ...calm, views: 1, byzantineLeads: 1, crashes: 4 }, 'a model has at most 3 power cuts, not 4'],
    ] as const) {
      match(refusalOf(options), detail)
    }
  })
})
