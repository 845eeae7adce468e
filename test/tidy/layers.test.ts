import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import ts from 'typescript-api'
import { equal, ok, suite } from '../../packages/workspace/kit.ts'
import { packages, parse, readJson, readText, sourceFiles } from '../../packages/workspace/packages.ts'
import { type Import, importsOf, packageOf } from './imports.ts'
import { MAY_IMPORT, mayImport, PURE, PURE_EXTERNALS } from './layers.ts'

const SCOPE = '@chirograph/'
const all = packages()
const isPure = (id: string): boolean => (PURE as readonly string[]).includes(id)
const importsIn = (dir: string): readonly Import[] =>
  sourceFiles(dir).flatMap((path) => importsOf(parse(path)))
const siblingsOf = (names: readonly string[]): readonly string[] =>
  names.filter((name) => name.startsWith(SCOPE)).map((name) => name.slice(SCOPE.length))

suite('layers', (it) => {
  it('have a line for every package', () =>
    equal(
      Object.keys(MAY_IMPORT).sort(),
      all.map(({ id }) => id),
    ))

  it('point down only: each names none but those above it in the table', () => {
    const seen = new Set<string>()
    for (const [id, allowed] of Object.entries(MAY_IMPORT)) {
      if (allowed !== '*')
        equal(
          allowed.filter((name) => !seen.has(name)),
          [],
          id,
        )
      seen.add(id)
    }
  })

  it('keep log and consensus apart', () =>
    ok(!mayImport('log', 'consensus') && !mayImport('consensus', 'log')))

  for (const { id, dir, manifest } of all) {
    const declared = Object.keys(manifest.dependencies ?? {})

    it(`${id} declares dependencies that its layer allows`, () => {
      equal(
        siblingsOf(declared).filter((name) => !mayImport(id, name)),
        [],
      )
      if (isPure(id)) {
        equal(
          declared.filter((name) => !name.startsWith(SCOPE) && !PURE_EXTERNALS.includes(name)),
          [],
        )
      }
    })

    it(`${id} refers in its tsconfig to the packages it declares`, () => {
      const { references } = readJson<{ references: readonly { path: string }[] }>(`${dir}/tsconfig.json`)
      equal(references.map(({ path }) => posix.basename(path)).sort(), [...siblingsOf(declared)].sort())
    })

    it(`${id} imports only what it declares`, () => {
      const isKnown = ({ specifier, place }: Import): boolean => {
        if (specifier.startsWith('.'))
          return posix.join(posix.dirname(place), specifier).startsWith(`${dir}/`)
        if (isBuiltin(specifier)) return specifier.startsWith('node:') && !isPure(id)
        return declared.includes(packageOf(specifier) ?? '')
      }
      equal(
        importsIn(`${dir}/src`).filter((each) => !isKnown(each)),
        [],
      )
    })

    it(`${id} declares only what it imports`, () => {
      const used = new Set(
        [...importsIn(`${dir}/src`), ...importsIn(`${dir}/test`)].map((each) => packageOf(each.specifier)),
      )
      equal(
        declared.filter((name) => !used.has(name)),
        [],
      )
    })
  }

  for (const id of PURE) {
    it(`${id} is compiled without Node, the DOM or a later library`, () => {
      const { config } = ts.readConfigFile(`packages/${id}/tsconfig.json`, readText)
      equal(config.extends, '../tsconfig.pure.json')
      equal(config.compilerOptions.lib ?? config.compilerOptions.types, undefined)
    })
  }

  it('are tested through the kit alone, because uvu on its own passes silently', () => {
    const tests = ['test', 'packages', 'examples']
      .flatMap(sourceFiles)
      .filter((path) => path !== 'packages/workspace/kit.ts')
    equal(
      tests
        .flatMap((path) => importsOf(parse(path)))
        .filter(({ specifier }) => packageOf(specifier) === 'uvu'),
      [],
    )
  })

  it('are read from everything that imports', () => {
    const code = `import 'a'; import type { T } from '@s/b/c'; export { x } from 'd'; let t: import('e').T
      import('f'); require('g'); createRequire(import.meta.url)('h'); const s = "import 'i'" // import 'j'`
    const found = importsOf(ts.createSourceFile('x.ts', code, ts.ScriptTarget.ES2022, true))
    equal(
      found.map(({ specifier }) => packageOf(specifier)),
      ['a', '@s/b', 'd', 'e', 'f', 'g', 'h'],
    )
  })
})
