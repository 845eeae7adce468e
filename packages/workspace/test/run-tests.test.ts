import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { equal, is, match, ok, suite } from '../kit.ts'
import { type Ended, runNode, uvuUrl, writeFixtures } from './fixture.ts'

const runner = fileURLToPath(new URL('../run-tests.mjs', import.meta.url))
const passing = `suite('s', it => { it('a', () => {}); it('b', () => {}) })`
const rawUvu = `import { suite as raw } from '${uvuUrl}'\nconst test = raw('r')\n`
const windows = process.platform === 'win32'

async function run(
  files: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<Ended & { last: string }> {
  const dir = await writeFixtures(files)
  try {
    const ended = runNode([runner, '--root', dir.path, ...args])
    return { ...ended, last: ended.output.trimEnd().split('\n').at(-1) ?? '' }
  } finally {
    await dir.dispose()
  }
}

/** Expects that this test file, which uvu alone would let pass, fails for this reason. */
async function fails(body: string, because: string, ...args: string[]): Promise<void> {
  const { code, output, last } = await run({ 'test/one.test.ts': body }, ...args)
  is(code, 1, output)
  match(output, /^FAIL test\/one\.test\.ts/m)
  match(output, because)
  match(last, /^\d+ passed, 1 failed(, 1 skipped)?$/)
}

suite('the runner', (it) => {
  it('finds tests in packages, examples and test, and ends with the totals', async () => {
    const { code, output, last } = await run({
      'test/simulation/one.test.ts': passing,
      'packages/codec/test/deep/two.test.ts': passing,
      'examples/demo/test/three.test.ts': passing,
      'packages/codec/test/fixture.ts': 'throw new Error("not a test")',
      'packages/codec/src/four.test.ts': 'throw new Error("not in test/")',
    })
    is(code, 0, output)
    is(last, '6 passed, 0 failed')
    match(output, /^ok {3}test\/simulation\/one\.test\.ts {2}2 passed {2}\d+\.\d s$/m)
  })

  it('counts skipped tests and gives their reasons', async () => {
    const body = `suite('s', it => { it('a', () => {}); it.skip('b', 'no disk', () => {}) })`
    const { code, output, last } = await run({ 'test/one.test.ts': body })
    is(code, 0, output)
    is(last, '1 passed, 0 failed, 1 skipped')
    match(output, 'skipped: s: b (no disk)')
  })

  it('runs the files whose names contain an argument', async () => {
    const files = { 'test/one.test.ts': passing, 'test/two.test.ts': passing }
    is((await run(files, 'two')).last, '2 passed, 0 failed')
  })

  it('prints all that a failing file printed, and goes on', async () => {
    const failing = `console.log('before'); suite('s', it => { it('a', () => ok(false, 'broken')) })`
    const { code, output, last } = await run({ 'test/one.test.ts': failing, 'test/two.test.ts': passing })
    is(code, 1)
    is(last, '2 passed, 1 failed')
    for (const part of ['before', 'broken', 'failed:\n  test/one.test.ts']) match(output, part)
  })

  it('fails when nothing matches', async () => {
    const { code, last } = await run({ 'test/one.test.ts': passing }, 'absent')
    equal([code, last], [1, '0 passed, 1 failed'])
  })

  it('fails on an unknown option', async () => {
    const { code, last } = await run({ 'test/one.test.ts': passing }, '--watch')
    equal([code, last], [1, '0 passed, 1 failed'])
  })
})

suite('the runner fails a file that', (it) => {
  it('forgets .run()', () => fails(`${rawUvu}test('a', () => {})`, 'printed no uvu totals'))

  it('holds no test', () => fails('', 'printed no uvu totals'))

  it('skips every test', () =>
    fails(`suite('s', it => { it.skip('a', 'no disk', () => {}) })`, 'ran no test'))

  it('has a before hook that throws', () =>
    fails(
      `${rawUvu}test.before(() => { throw new Error('x') }); test('a', () => {}); test.run()`,
      'passed 0 of 1',
    ))

  it('has an after.each hook that throws', () =>
    fails(
      `${rawUvu}test.after.each(() => { throw new Error('x') }); test('a', () => {}); test.run()`,
      'passed 0 of 1',
    ))

  it('throws what uvu cannot print', () =>
    fails(`${rawUvu}test('a', () => { throw undefined }); test.run()`, 'passed 0 of 1'))

  it('exits before its tests', () => fails(`${passing}; process.exit(0)`, 'printed no uvu totals'))

  it('prints the totals twice, because the second run forgets the failures of the first', () =>
    fails(
      `${rawUvu}test('a', () => {}); test.run()
       await new Promise(done => setTimeout(done, 50))
       test('b', () => {}); test.run()`,
      'printed uvu totals 2 times',
    ))

  it('passes its tests but exits with another code', () =>
    fails(`${passing}; process.on('exit', () => { process.exitCode = 3 })`, 'exit code 3'))

  it('is killed', () =>
    fails(`process.kill(process.pid, 'SIGKILL')`, windows ? 'exit code' : 'ended by SIGKILL'))

  it('rejects a promise that nobody awaits', () =>
    fails(`suite('s', it => { it('a', () => { Promise.reject(new Error('lost')) }) })`, 'exit code 1'))

  it('takes longer than the limit', () =>
    fails(`suite('s', it => { it('a', () => { for (;;); }) })`, 'took longer than 1 s', '--limit', '1'))

  it('leaves something open after its tests', () =>
    fails(`${passing}; setInterval(() => {}, 1000)`, 'something is left open', '--linger', '1'))
})

suite('what a test file started', (it) => {
  const starting = `
    import { spawn } from 'node:child_process'
    import { writeFileSync } from 'node:fs'
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
    writeFileSync('pids', process.pid + ' ' + child.pid)
  `
  const waiting = `${starting}; suite('s', it => { it('a', () => new Promise(() => {})) })`
  const pidsIn = async (path: string): Promise<number[]> =>
    (await readFile(join(path, 'pids'), 'utf8').catch(() => '')).split(' ').filter(Boolean).map(Number)
  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }
  /** Signals arrive in their own time. */
  const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
  }

  it('ends with it', async () => {
    const dir = await writeFixtures({ 'test/one.test.ts': `${starting}; child.unref(); ${passing}` })
    const { output } = runNode([runner, '--root', dir.path])
    match(output, '2 passed, 0 failed')
    const pids = await pidsIn(dir.path)
    is(pids.length, 2)
    await until(() => !pids.some(isAlive))
    await dir.dispose()
  })

  it('ends at the time limit', async () => {
    const dir = await writeFixtures({ 'test/one.test.ts': waiting })
    runNode([runner, '--root', dir.path, '--limit', '2'])
    const pids = await pidsIn(dir.path)
    is(pids.length, 2)
    await until(() => !pids.some(isAlive))
    await dir.dispose()
  })

  it('ends when the runner is interrupted', async () => {
    const dir = await writeFixtures({ 'test/one.test.ts': waiting })
    const child = spawn(process.execPath, [runner, '--root', dir.path], { stdio: 'ignore' })
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
    await until(async () => (await pidsIn(dir.path)).length === 2)
    const pids = await pidsIn(dir.path)
    ok(pids.every(isAlive))
    child.kill('SIGINT')
    is(await ended, 1)
    await until(() => !pids.some(isAlive))
    await dir.dispose()
  })
})
