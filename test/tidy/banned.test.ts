import ts from 'typescript-api'
import { equal, not, ok, suite } from '../../packages/workspace/kit.ts'
import { packages, parse, sourceFiles } from '../../packages/workspace/packages.ts'
import { impureWords, isVagueFileName, unclearWords } from './banned.ts'
import { PURE } from './layers.ts'

const wordsIn = (find: (file: ts.SourceFile) => readonly string[], code: string): readonly string[] =>
  find(ts.createSourceFile('x.ts', code, ts.ScriptTarget.ES2022, true)).map((found) =>
    found.replace(/^\S+ /, ''),
  )

suite('pure packages', (it) => {
  for (const id of PURE) {
    it(`${id} has no clock, chance, promise, console or process`, () => {
      equal(
        sourceFiles(`packages/${id}/src`).flatMap((path) => impureWords(parse(path))),
        [],
      )
    })
  }

  it('are searched in their syntax', () => {
    for (const [code, word] of [
      ['const t = Date.now()', 'Date'],
      ['let d: Date', 'Date'],
      ['const n = Math.random()', 'Math.random'],
      ['async function f() {}', 'async'],
      ['class A { async f() {} }', 'async'],
      ['const f = async () => 1', 'async'],
      ['await x', 'await'],
      ['for await (const a of b) {}', 'await'],
      ['let p: Promise<number>', 'Promise'],
      ['a.localeCompare(b)', 'localeCompare'],
      ['console.log(1)', 'console'],
      ['const { env } = process', 'process'],
      ['const o = { process }', 'process'],
      ['setTimeout(f)', 'setTimeout'],
      ['import("x")', 'import()'],
    ] as const) {
      equal(wordsIn(impureWords, code), [word], code)
    }
  })

  it('may write the words in comments, strings and the names of members', () => {
    const code = `// Date async\n/* await Promise */ const s = 'Math.random'; const t = \`console\`
      interface A { process(): void; readonly console: number }
      const o = { process: 1, setTimeout() {} }; o.process; const r = /Date/`
    equal(wordsIn(impureWords, code), [])
  })
})

suite('all packages', (it) => {
  const files = [...packages().map(({ dir }) => `${dir}/src`), 'benchmarks', 'examples'].flatMap(sourceFiles)

  it('have no export *, export default, enum or any', () => {
    equal(
      files.flatMap((path) => unclearWords(parse(path))),
      [],
    )
  })

  it('have no file that is named for what it helps instead of for what it is', () => {
    equal(files.filter(isVagueFileName), [])
  })

  it('are searched in their syntax', () => {
    for (const [code, word] of [
      [`export * from './a.js'`, 'export *'],
      [`export * as a from './a.js'`, 'export *'],
      ['export default 1', 'export default'],
      ['export default function f() {}', 'export default'],
      ['enum A { B }', 'enum'],
      ['const enum A { B }', 'enum'],
      ['let a: any', 'any'],
      ['const a = b as any', 'any'],
      ['let a: Array<any>', 'any'],
    ] as const) {
      equal(wordsIn(unclearWords, code), [word], code)
    }
    equal(wordsIn(unclearWords, `const any = 'enum'; switch (any) { default: } export { any }`), [])
    equal(wordsIn(unclearWords, `declare module 'x' { const a: string; export default a }`), [])
  })

  it('are searched by file name', () => {
    for (const name of ['src/utils.ts', 'src/key-helper.ts', 'src/helpers/a.ts', 'peer-manager.ts']) {
      ok(isVagueFileName(name), name)
    }
    for (const name of ['src/utility.ts', 'src/management.ts', 'src/log.ts']) not(isVagueFileName(name), name)
  })
})
