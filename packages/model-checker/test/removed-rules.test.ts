import { createExploration, type Property, properties, traceTo } from '@chirograph/model-checker'
import { equal, is, match, ok, suite } from '../../workspace/kit.ts'
import { calm, exploreAll } from './explore.ts'
import { type Removal, reducerWithout, removals, shown } from './without-rule.ts'

/** All but the rules themselves: what they are for must break without them. */
const consequences = (Object.keys(properties) as Property[]).filter((each) => each !== 'rules') // keys of a closed record

async function traceWithout(name: string): Promise<readonly string[]> {
  const reducer = await reducerWithout(removals[name] as Removal) // only names of removals are asked for
  const { breaks, ...model } = shown[name] as (typeof shown)[string] // a test below holds both lists together
  const exploration = exploreAll({ ...model, reducer, properties: consequences })
  const { breach } = exploration.progress()
  ok(breach, `nothing breaks without ${name}, where ${breaks} should`)
  return traceTo(exploration, breach.index)
}

suite('without a rule', (it) => {
  it('there is a model for each removal, and a removal for each rule', () => {
    equal(Object.keys(shown).sort(), Object.keys(removals).sort())
    const rules = new Set(Object.values(removals).map(({ rule }) => rule))
    equal([...rules].sort(), ['H0', 'H1', 'H12', 'H13', 'H16', 'H2', 'H3', 'H4', 'H5'])
  })

  for (const [name, { effect }] of Object.entries(removals)) {
    const property = shown[name]?.breaks
    it(`${name}: where ${effect}, ${property} breaks`, async () => {
      const trace = await traceWithout(name)
      match(trace.at(-1) ?? '', new RegExp(`^${property}: `))
    })
  }

  for (const [name, byzantineLeads] of [
    ['H1', 1],
    ['H2-final', 3],
  ] as const) {
    it(`${name}: two headers become final that do not follow from each other`, async () => {
      const reducer = await reducerWithout(removals[name] as Removal) // one of the names above
      const model = { ...calm, views: 2, byzantineLeads }
      const { progress } = exploreAll({ ...model, reducer, properties: ['agreement'] })
      is(progress().breach?.property, 'agreement')
    })
  }

  for (const name of ['H5-skip', 'H5-final']) {
    it(`${name}: a view is skipped though its header is final`, async () => {
      const reducer = await reducerWithout(removals[name] as Removal) // one of the names above
      const model = { ...calm, views: 1, byzantineLeads: 2, crashes: 1 }
      const { progress } = exploreAll({ ...model, reducer, properties: ['exclusion'] })
      is(progress().breach?.property, 'exclusion')
    })
  }

  it('a model ends, too, where what breaks is not asked for', async () => {
    for (const name of ['H0-once', 'H1', 'H2-final']) {
      const reducer = await reducerWithout(removals[name] as Removal) // one of the names above
      const { breaks, ...model } = shown[name] as (typeof shown)[string] // as above
      const { advance, progress } = createExploration({ ...model, reducer, properties: [] })
      advance(10_000)
      is(progress().isExhausted, true, `${name}, where ${breaks} breaks`)
    }
  })

  it('the shortest way there is told in words', async () => {
    equal(await traceWithout('H5-notarize'), [
      'Validator 0 is Byzantine; 0 leads view 1.',
      '  1a: a header of view 1, on the genesis',
      '  1b: another header of view 1, on the genesis',
      '  1. validator 1 hears the proposal 1a, loses power over it and restarts: NOTARIZE 1a',
      '  2. validator 1 hears the proposal 1b: NOTARIZE 1b',
      'honesty: validator 1 can be accused of two votes of view 1 that contradict each other',
    ])
  })

  it('nothing is removed where the reducer has other words', async () => {
    const edits = [{ file: 'voting.js', find: 'words that are not there', put: '' }]
    const refused = await reducerWithout({ rule: 'H1', effect: 'none', edits }).catch(
      (error: Error) => error.message,
    )
    is(refused, 'voting.js holds 0 times, and not once: words that are not there')
  })
})
