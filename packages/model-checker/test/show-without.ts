/** Shows what goes wrong without a rule: `node --import tsx packages/model-checker/test/show-without.ts [REMOVAL]`. */
import { type Property, properties, traceTo } from '@chirograph/model-checker'
import { exploreAll } from './explore.ts'
import { reducerWithout, removals, shown } from './without-rule.ts'

const wanted = process.argv[2]
const consequences = (Object.keys(properties) as Property[]).filter((each) => each !== 'rules') // keys of a closed record
for (const [name, removal] of Object.entries(removals)) {
  const found = shown[name]
  if (!found || (wanted !== undefined && wanted !== name)) continue
  const { breaks, ...model } = found
  const reducer = await reducerWithout(removal)
  const exploration = exploreAll({ ...model, reducer, properties: consequences })
  const { breach } = exploration.progress()
  console.log(`\n${name}: ${removal.effect}; ${breaks} breaks`)
  if (breach) console.log(traceTo(exploration, breach.index).join('\n'))
}
