import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { bundle } from '../bundle.mjs'
import { is, match, ok, suite, tempDir } from '../kit.ts'
import { runNode } from './fixture.ts'

/** Writes files, bundles those that are named first, and gives what each bundle prints. */
async function outputsOf(files: Readonly<Record<string, string>>, ...entries: string[]): Promise<string[]> {
  await using home = await tempDir()
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(home.path, name)), { recursive: true })
    await writeFile(join(home.path, name), text)
  }
  const { directory, fileOf } = await bundle(
    home.path,
    entries.map((name) => join(home.path, name)),
  )
  const outputs = entries.map((name) => {
    const file = fileOf(join(home.path, name))
    return file === undefined ? 'as it stands' : runNode([file]).output.replaceAll(home.path, '')
  })
  await rm(directory, { recursive: true })
  return outputs
}

suite('bundles', (it) => {
  it('hold what their entries reach, once for all entries, and every module knows its own address', async () => {
    const [one, two] = await outputsOf(
      {
        'one.ts': `import { here } from './lib/shared.ts'\nconsole.log(here as string, import.meta.url)`,
        'deep/two.ts': `import { here } from '../lib/shared.js'\nconsole.log(here, import.meta.url)`,
        'lib/shared.ts': `export const here = import.meta.url`,
      },
      'one.ts',
      'deep/two.ts',
    )
    is(one, 'file:///lib/shared.ts file:///one.ts\n')
    is(two, 'file:///lib/shared.ts file:///deep/two.ts\n')
  })

  it('run a module that gives nothing before the packages that are imported after it', async () => {
    const [output] = await outputsOf(
      {
        'one.ts': `import './early.ts'\nimport { seen } from 'late'\nconsole.log(seen)`,
        'early.ts': `interface Marked { early?: boolean }\n(globalThis as Marked).early = true`,
        'node_modules/late/package.json': `{ "name": "late", "main": "late.js" }`,
        'node_modules/late/late.js': `exports.seen = globalThis.early === true`,
      },
      'one.ts',
    )
    is(output, 'true\n')
  })

  it('leave packages that are no modules where they find what lies beside them', async () => {
    const [output] = await outputsOf(
      {
        'one.ts': `import { here } from 'native'\nconsole.log(here)`,
        'node_modules/native/package.json': `{ "name": "native", "main": "main.js" }`,
        'node_modules/native/main.js': `exports.here = __dirname`,
      },
      'one.ts',
    )
    is(output, '/node_modules/native\n')
  })

  it('are not made of what asks where others are, however far down', async () => {
    const files = {
      'one.ts': `export { where } from './asking.ts'`,
      'asking.ts': `export const where = import.meta.resolve('level')`,
      'two.ts': `console.log('two')`,
    }
    const [one, two] = await outputsOf(files, 'one.ts', 'two.ts')
    is(one, 'as it stands')
    is(two, 'two\n')
  })

  it('are refused where one of our modules is missing, and wait for a package that is', async () => {
    const refused = outputsOf({ 'one.ts': `import './none.ts'` }, 'one.ts').catch(String)
    match(String(await refused), 'none.ts')
    const [output] = await outputsOf(
      { 'one.ts': `console.log('first'); await import('absent').catch(({ code }) => console.log(code))` },
      'one.ts',
    )
    is(output, 'first\nERR_MODULE_NOT_FOUND\n')
  })

  it('tell of an error by the line of the source', async () => {
    await using home = await tempDir()
    const file = join(home.path, 'one.ts')
    await writeFile(file, `interface A { a: 1 }\n\nthrow new Error('broken')\n`)
    const { directory, fileOf } = await bundle(home.path, [file])
    const bundled = fileOf(file)
    ok(bundled)
    match(runNode(['--enable-source-maps', bundled]).output, 'one.ts:3:')
    await rm(directory, { recursive: true })
  })
})
