import { spawn } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { equal, is, ok, suite, tempDir } from '../../../packages/workspace/kit.ts'

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url))

function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    child.stderr.on('data', (chunk) => {
      err += chunk
    })
    child.on('close', (code) => resolve({ code, out, err }))
  })
}

suite('the demo', (it) => {
  it(
    'holds every expectation, through two SIGKILLs, and leaves what it names',
    async () => {
      const { path, dispose } = await tempDir()
      const out = join(path, 'out')
      const { code, out: printed, err } = await run('--json', '--out', out)
      ok(printed.startsWith('{'), err)
      const told = JSON.parse(printed)
      equal(
        told.expectations.filter((fact: { holds: boolean }) => !fact.holds),
        [],
      )
      is(told.holds, true)
      is(code, 0)
      is(told.changes.length, 4)
      for (const { finalAfterMs } of told.changes.slice(0, 2)) is(Object.keys(finalAfterMs).length, 4)
      for (const { finalAfterMs } of told.changes.slice(2)) is(Object.keys(finalAfterMs).length, 3)
      equal(
        Object.values(told.verdicts).map((one) => (one as { verdict: string }).verdict),
        ['pass', 'fail', 'fail', 'fail', 'indeterminate', 'fail', 'fail'],
      )
      const credentials = await readdir(join(out, 'credentials'))
      is(credentials.filter((name) => name.endsWith('.receipt.json')).length, 200)
      ok((await readdir(join(out, 'proofs'))).length >= 5)
      ok((await readdir(out)).includes('anchor.json'))
      await dispose()
    },
    { timeoutMs: 120_000 },
  )

  it('does not replace a folder that it did not make', async () => {
    const { path, dispose } = await tempDir()
    const mine = join(path, 'mine')
    await mkdir(mine)
    await writeFile(join(mine, 'thesis.txt'), 'irreplaceable')
    const { code, err } = await run('--out', mine)
    is(code, 2)
    ok(err.includes('--out'))
    equal(await readdir(mine), ['thesis.txt'])
    await dispose()
  })
})
