/** The zoo: every bug in it fits the production of today, and an oracle sees it. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript-api'
import {
  applyBug,
  type Bug,
  BugMisfit,
  bugs,
  type Hunted,
  hunt,
  urlOfFile,
  zooTable,
} from '@chirograph/simulator/zoo'
import { equal, is, match, ok, suite } from '../../workspace/kit.ts'

const entryOf = (specifier: string) => import.meta.resolve(specifier)
const sourceOf = (bug: Bug) => readFileSync(fileURLToPath(urlOfFile(bug, entryOf)), 'utf8')

function bugOf(name: string): Bug {
  const bug = bugs.find((one) => one.name === name)
  ok(bug, `no bug ${name}`)
  return bug
}

/** What is wrong with a script's syntax. */
function syntaxFaults(source: string): string[] {
  const compilerOptions = { allowJs: true, target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext }
  const { diagnostics = [] } = ts.transpileModule(source, {
    fileName: 'bug.js',
    reportDiagnostics: true,
    compilerOptions,
  })
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}

suite('the bugs of the zoo', (it) => {
  it('are 25 or more, each with a name of its own', () => {
    ok(bugs.length >= 25)
    is(new Set(bugs.map(({ name }) => name)).size, bugs.length)
    for (const { name } of bugs) match(name, /^[a-z]+(-[a-z]+)*$/)
  })

  for (const bug of bugs)
    it(`fit production and can be read by Node: ${bug.name}`, () => {
      const source = sourceOf(bug)
      ok(!bug.from.includes('\n'))
      const changed = applyBug(bug, source)
      ok(changed !== source)
      equal(syntaxFaults(changed), [])
    })

  it('that do not fit any more say what to do', () => {
    const bug = bugOf('final-after-timeout')
    const complaint = (from: string) => {
      try {
        applyBug({ ...bug, from }, sourceOf(bug))
      } catch (error) {
        if (error instanceof BugMisfit) return error.message
      }
      return 'none'
    }
    match(
      complaint('nobody writes this'),
      '`nobody writes this` is nowhere in packages/consensus/dist/voting.js',
    )
    match(complaint('record'), /stands \d+ times.*give this bug another `from`/)
  })
})

suite('the hunt', (it) => {
  /** Bugs that a seed or two show, each by another oracle. */
  const easy: readonly (readonly [bug: string, oracle: string])[] = [
    ['votes-unsynced', 'H5'],
    ['final-unnotarized', 'certainty'],
    ['notarized-is-final', 'certificate'],
    ['unsaved-proposal', 'H0'],
  ]
  for (const [name, oracle] of easy)
    it(
      `finds ${name} by the oracle of ${oracle}`,
      async () => {
        const seen: number[] = []
        const hunted = await hunt(bugOf(name), { first: 1, count: 5, onSeed: (seed) => seen.push(seed) })
        is(hunted.caught?.oracle, oracle)
        is(hunted.seeds, seen.length + 1)
        match(hunted.caught?.command ?? '', `npm run zoo -- --bug ${name} --from ${hunted.seeds} --seeds 1`)
      },
      { timeoutMs: 60_000 },
    )

  it(
    'runs all seeds of a bug that none of them shows',
    async () => {
      const hunted = await hunt(bugOf('clock-not-asked'), { first: 1, count: 1 })
      is(hunted.caught, null)
      is(hunted.seeds, 1)
    },
    { timeoutMs: 60_000 },
  )
})

suite('npm run zoo', (it) => {
  const main = fileURLToPath(new URL('../dist/zoo/main.js', import.meta.url))
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
    return { status, stdout, stderr }
  }

  it('lists its bugs', () => {
    const { status, stdout } = run('--help')
    is(status, 0)
    for (const { name, title } of bugs) ok(stdout.includes(name) && stdout.includes(title))
  })

  it('answers options that it cannot read with 2', () => {
    for (const args of [
      ['--bug', 'nobody'],
      ['--seeds', 'many'],
      ['--seeds', '0'],
      ['--sneeds', '1'],
    ]) {
      const { status, stderr } = run(...args)
      is(status, 2)
      match(stderr, /npm run zoo -- --help/)
    }
  })

  it(
    'answers with 0 when a bug is caught, and with 1 when one escapes',
    () => {
      const caught = run('--bug', 'votes-unsynced', '--seeds', '3', '--json')
      is(caught.status, 0)
      const hunted: Hunted = JSON.parse(caught.stdout)
      is(hunted.caught?.oracle, 'H5')
      const escaped = run('--bug', 'clock-not-asked', '--seeds', '1')
      is(escaped.status, 1)
      match(escaped.stdout, /1 of 1 escaped: clock-not-asked/)
    },
    { timeoutMs: 60_000 },
  )

  it('shows each bug in a line, with the seeds it took and the oracle', () => {
    const one = { bug: 'a-bug', rule: 'H1', seeds: 1_200, seconds: 2.5 }
    const caught = { seed: 1_200, oracle: 'agreement', detail: '', command: '' }
    const table = zooTable([
      { ...one, caught },
      { ...one, bug: 'another', caught: null },
    ])
    match(table, /a-bug +H1 +1,200 +agreement +2\.5/)
    match(table, /another +H1 +1,200 +nobody/)
    match(table, /1 of 2 escaped: another/)
    match(zooTable([{ ...one, caught }]), /All 1 caught, each within 1,200 seeds/)
  })
})
