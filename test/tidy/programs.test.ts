/** Programs that hash much put the machine's own SHA-256 to work; without it they are right, and several times slower. */
import { readFileSync } from 'node:fs'
import { is, suite } from '../../packages/workspace/kit.ts'

const programs = [
  'packages/cli/src/main.ts',
  'packages/simulator/src/main.ts',
  'packages/simulator/src/zoo/hunter.ts',
  'packages/model-checker/src/main.ts',
  'examples/four-institutions/src/institution.ts',
  'benchmarks/src/main.ts',
  'benchmarks/src/serve.ts',
  'benchmarks/peers/src/drivers/chirograph.ts',
  'test/chaos/src/main.ts',
  'test/chaos/src/node-process.ts',
]

suite('a program that hashes much', (it) => {
  for (const program of programs) {
    it(`uses the fastest SHA-256: ${program}`, () => {
      const source = readFileSync(new URL(`../../${program}`, import.meta.url), 'utf8')
      is(source.split('useSha256(fastestSha256())').length - 1, 1)
    })
  }
})
