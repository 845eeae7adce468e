import { equal, suite } from '../../packages/workspace/kit.ts'
import { readJson } from '../../packages/workspace/packages.ts'
import { PINNED, publicExports } from '../../packages/workspace/pin-exports.ts'

suite('public exports', (it) => {
  const pinned = readJson<Readonly<Record<string, readonly string[]>>>(PINNED)
  const actual = publicExports()

  it('are pinned for every entry point', () => equal(Object.keys(actual).sort(), Object.keys(pinned).sort()))

  for (const [name, names] of Object.entries(actual)) {
    it(`of ${name} are those in ${PINNED}; a meant change is written by "npm run pin"`, () =>
      equal(names, pinned[name]))
  }
})
