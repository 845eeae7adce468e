import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { equal, failsWith, is, match, not, ok, seeded, suite, tempDir } from '../kit.ts'
import { type Ended, runNode, tsxUrl, writeFixtures } from './fixture.ts'

/** Runs one test file that uses the kit, in a process of its own. */
async function run(body: string): Promise<Ended> {
  const dir = await writeFixtures({ 'one.test.ts': body })
  try {
    return runNode(['--import', tsxUrl, join(dir.path, 'one.test.ts')])
  } finally {
    await dir.dispose()
  }
}

async function fails(body: string, because: string): Promise<void> {
  const { code, output } = await run(body)
  is(code, 1, output)
  match(output, because)
}

suite('a suite', (it) => {
  it('runs itself', async () => {
    const { code, output } = await run(`suite('s', it => { it('a', () => {}); it('b', async () => {}) })`)
    is(code, 0, output)
    match(output, /Total: {5}2\n {2}Passed: {4}2\n/)
  })

  it('fails when it is empty', () => fails(`suite('s', () => {})`, 'suite "s" is empty'))

  it('fails when it is asynchronous, because uvu would not see its tests', () =>
    fails(`suite('s', async it => { it('a', () => {}) })`, 'suite "s" is asynchronous'))

  it('fails on a test without a body', () => fails(`suite('s', it => { it('a') })`, 'has no body'))

  it('fails on a test that is defined after it was closed', () =>
    fails(
      `let late; suite('s', it => { late = it; it('a', () => late('b', () => {})) })`,
      'came after suite "s" was closed',
    ))

  it('fails when it comes after the tests have begun, because uvu would forget earlier failures', () =>
    fails(
      `suite('s', it => { it('a', () => { throw new Error('lost') }) })
       await new Promise(done => setTimeout(done, 50))
       suite('t', it => { it('b', () => {}) })`,
      'suite "t" came after the tests had begun',
    ))

  it('prints the reason of a skipped test and counts it', async () => {
    const { code, output } = await run(
      `suite('s', it => { it('a', () => {}); it.skip('b', 'no disk', () => {}) })`,
    )
    is(code, 0, output)
    match(output, 'skipped: s: b (no disk)')
    match(output, /Skipped: {3}1/)
  })

  it('refuses to skip without a reason', () =>
    fails(`suite('s', it => { it.skip('b', '', () => {}) })`, 'is skipped without a reason'))
})

suite('a test', (it) => {
  it('fails when it takes too long', () =>
    fails(
      `suite('s', it => { it('a', () => new Promise(() => {}), { timeoutMs: 50 }) })`,
      'took longer than 50 ms',
    ))

  it('fails when it takes too long without ever yielding', () =>
    fails(
      `suite('s', it => {
        it('a', () => { const end = performance.now() + 80; while (performance.now() < end); }, { timeoutMs: 50 })
      })`,
      'longer than 50 ms',
    ))

  for (const thrown of ['undefined', 'null', '0', `'text'`, '{ name: 1 }']) {
    it(`fails when it throws ${thrown}`, () =>
      fails(`suite('s', it => { it('a', () => { throw ${thrown} }) })`, 'which is not an Error'))
  }

  it('fails on an error whose details uvu could not print', () =>
    fails(
      `suite('s', it => { it('a', () => { throw Object.assign(new Error('full'), { details: { a: 1 }, operator: 2 }) }) })`,
      'full',
    ))

  it('fails on a difference that uvu could not print', () =>
    fails(`suite('s', it => { it('a', () => equal({ a: 1n }, { a: 2n })) })`, 'strictly deep-equal'))

  it('fails when a promise is asserted on', () =>
    fails(`suite('s', it => { it('a', () => ok(Promise.resolve(false))) })`, 'await it first'))

  it('fails on a failsWith that was not awaited', () =>
    fails(
      `suite('s', it => { it('a', () => { failsWith('CODE', new Promise(() => {})) }) })`,
      'failsWith was not awaited',
    ))

  it('fails on a failsWith that failed while nobody awaited it', () =>
    fails(
      `suite('s', it => {
        it('a', async () => {
          failsWith('CODE', Promise.resolve(1))
          await new Promise(done => setTimeout(done, 20))
        })
      })`,
      'expected an error with code CODE, got 1',
    ))

  it('prints the seeds it used when it fails', () =>
    fails(`suite('s', it => { it('a', () => { seeded(417); ok(false) }) })`, 'seed 417'))
})

suite('failsWith', (it) => {
  const coded = (code: string) => Object.assign(new Error('no'), { code })
  const raise = (error: unknown) => () => {
    throw error
  }
  const messageOf = (body: () => unknown): string => {
    try {
      body()
    } catch (error) {
      return (error as Error).message // what the kit throws
    }
    return 'nothing was thrown'
  }

  it('returns the error that was thrown', () => {
    const error = coded('STORE_LOCKED')
    is(failsWith('STORE_LOCKED', raise(error)), error)
  })

  it('returns the error that a promise was rejected with', async () => {
    const error = coded('STORE_LOCKED')
    is(await failsWith('STORE_LOCKED', Promise.reject(error)), error)
    is(await failsWith('STORE_LOCKED', async () => raise(error)()), error)
  })

  it('fails on another code, on no code, on no error and on what is not an Error', () => {
    const expected = /expected an error with code STORE_LOCKED/
    match(
      messageOf(() => failsWith('STORE_LOCKED', raise(coded('OTHER')))),
      expected,
    )
    match(
      messageOf(() => failsWith('STORE_LOCKED', raise(new TypeError('no')))),
      expected,
    )
    match(
      messageOf(() => failsWith('STORE_LOCKED', () => 1)),
      expected,
    )
    match(
      messageOf(() => failsWith('STORE_LOCKED', raise({ code: 'STORE_LOCKED' }))),
      expected,
    )
  })

  it('needs a code', () =>
    match(
      messageOf(() => failsWith('', raise(new Error('no')))),
      'needs the code',
    ))
})

suite('equal', (it) => {
  const differs = (a: unknown, b: unknown): boolean => {
    try {
      equal(a, b)
    } catch {
      return true
    }
    return false
  }

  it('compares bytes, big integers and maps by content', () => {
    equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2))
    equal(new Map([['a', 1n]]), new Map([['a', 1n]]))
  })

  it('tells apart what uvu takes for equal', () => {
    ok(differs(new Error('a'), new Error('b')))
    ok(differs(0, -0))
  })

  it('tells apart kinds of objects and absent from undefined', () => {
    ok(differs(Uint8Array.of(1), [1]))
    ok(differs({ a: undefined }, {}))
    not.equal({ a: 1 }, { a: '1' })
    is.not('1', 1)
  })
})

suite('seeded', (it) => {
  it('gives the same values for the same seed', () => {
    const draw = (seed: number) => {
      const random = seeded(seed)
      return [
        random.int(1_000_000),
        [...random.bytes(4)],
        random.pick(['a', 'b', 'c']),
        random.shuffle([1, 2, 3, 4]),
      ]
    }
    equal(draw(7), draw(7))
    not.equal(draw(7), draw(8))
    not.equal(draw(7), draw(7 + 2 ** 32))
  })

  it('never changes, so that a seed found once stays found', () => {
    const random = seeded(1)
    equal([random.int(2 ** 32), random.int(2 ** 32), random.int(2 ** 32)], [573063952, 3268221502, 703077755])
  })

  it('reaches every value and every order', () => {
    const random = seeded(2)
    const values = new Set(Array.from({ length: 200 }, () => random.int(5)))
    equal([...values].sort(), [0, 1, 2, 3, 4])
    const orders = new Set(Array.from({ length: 200 }, () => random.shuffle(['a', 'b', 'c']).join('')))
    is(orders.size, 6)
    const heads = Array.from({ length: 1000 }, () => random.chance(0.25)).filter(Boolean).length
    ok(heads > 200 && heads < 300, `chance(0.25) came true ${heads} times in 1000`)
  })
})

suite('tempDir', (it) => {
  it('makes a directory of its own and removes it with what is in it', async () => {
    const [one, two] = [await tempDir(), await tempDir()]
    is.not(one.path, two.path)
    await writeFile(join(one.path, 'file'), 'text')
    await one.dispose()
    await two.dispose()
    ok(!existsSync(one.path) && !existsSync(two.path))
  })

  it('leaves nothing behind when a test fails before it disposes', async () => {
    const { output } = await run(
      `suite('s', it => { it('a', async () => { console.log('path=' + (await tempDir()).path); ok(false) }) })`,
    )
    const path = /path=(.*)/.exec(output)?.[1]
    ok(path)
    ok(!existsSync(path))
  })
})
