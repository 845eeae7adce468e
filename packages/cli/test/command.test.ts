import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createProgram } from '@chirograph/cli'
import { equal, is, match, not, ok, suite, tempDir } from '../../workspace/kit.ts'
import { groups } from '../src/program.ts'
import { chirograph } from './processes.ts'

/** Each test starts several processes, on a machine that may be busy. */
const patient = { timeoutMs: 90_000 }

const named = ['--name', 'Sample College', '--type', 'community-college']

suite('chirograph init', (it) => {
  it(
    'makes keys that only their owner reads, and a member file without a secret',
    async () => {
      const { path, dispose } = await tempDir()
      const { code, out, err } = await chirograph(path, 'init', ...named)
      is(code, 0)
      match(out, 'Set up Sample College in ./chirograph-data')
      match(err, 'network create --name "Our network" --status-list-base https://')
      match(err, /! Only this machine reaches \/ip4\/127\.0\.0\.1\/tcp\/\d+/)
      const dir = join(path, 'chirograph-data')
      equal((await readdir(dir)).sort(), ['config.json', 'keys.json', 'log', 'member.json', 'registrar'])
      if (process.platform !== 'win32') is((await stat(join(dir, 'keys.json'))).mode & 0o777, 0o600)
      const { seeds } = JSON.parse(await readFile(join(dir, 'keys.json'), 'utf8'))
      const member = await readFile(join(dir, 'member.json'), 'utf8')
      const secrets = Object.values<string>(seeds)
      is(new Set(secrets).size, 5)
      for (const secret of secrets) not(member.includes(secret))
      await dispose()
    },
    patient,
  )

  it(
    'changes nothing the second time',
    async () => {
      const { path, dispose } = await tempDir()
      await chirograph(path, 'init', ...named)
      const keys = await readFile(join(path, 'chirograph-data', 'keys.json'), 'utf8')
      const again = await chirograph(path, 'init', '--name', 'Another', '--type', 'union')
      is(again.code, 0)
      match(again.out, 'Sample College is already set up')
      is(await readFile(join(path, 'chirograph-data', 'keys.json'), 'utf8'), keys)
      await dispose()
    },
    patient,
  )

  it(
    "refuses a folder with somebody else's files, and leaves them",
    async () => {
      const { path, dispose } = await tempDir()
      await mkdir(join(path, 'd'))
      await writeFile(join(path, 'd', 'thesis.txt'), 'x')
      const { code, err } = await chirograph(path, 'init', ...named, '--data-dir', 'd')
      is(code, 3)
      match(err, 'CLI_DIRECTORY_NOT_EMPTY')
      equal(await readdir(join(path, 'd')), ['thesis.txt'])
      await dispose()
    },
    patient,
  )
})

suite('chirograph network create', (it) => {
  it(
    'makes a network of member files, and refuses one twice and a second file of the name',
    async () => {
      const { path, dispose } = await tempDir()
      for (const dir of ['a', 'b']) is((await chirograph(path, 'init', ...named, '--data-dir', dir)).code, 0)
      const create = (...members: string[]) =>
        chirograph(path, 'network', 'create', '--name', 'N', '--demo', ...members)
      const twice = await create('a/member.json', 'a/member.json')
      is(twice.code, 2)
      not((await readdir(path)).includes('network.json'))
      is((await create('a/member.json', 'b/member.json')).code, 0)
      const shown = await chirograph(path, 'network', 'show', 'network.json', '--json')
      is(JSON.parse(shown.out).organisations.length, 2)
      is((await create('a/member.json', 'b/member.json')).code, 3)
      const real = await chirograph(
        path,
        'network',
        'create',
        '--name',
        'N',
        'a/member.json',
        '--out',
        'r.json',
      )
      is(real.code, 2)
      match(real.err, '--status-list-base')
      await dispose()
    },
    patient,
  )
})

suite('chirograph network create --local', (it) => {
  it(
    'names --out where a folder is taken, and makes nothing then',
    async () => {
      const { path, dispose } = await tempDir()
      await mkdir(join(path, 'n', 'member-2'), { recursive: true })
      await writeFile(join(path, 'n', 'member-2', 'thesis.txt'), 'x')
      const { code, err } = await chirograph(path, 'network', 'create', '--local', '2', '--out', 'n')
      is(code, 3)
      match(err, '--out')
      not(err.includes('--data-dir'), err)
      equal(await readdir(join(path, 'n')), ['member-2'])
      await dispose()
    },
    patient,
  )
})

suite('the command', (it) => {
  it(
    'says what is missing: no institution (4), no network (3), no node (6)',
    async () => {
      const { path, dispose } = await tempDir()
      for (const args of [['start'], ['status'], ['revoke', 'x']]) {
        const { code, err } = await chirograph(path, ...args)
        is(code, 4, args.join(' '))
        match(err, 'chirograph init')
        match(err, 'CLI_NOT_INITIALISED')
      }
      await chirograph(path, 'init', ...named)
      const start = await chirograph(path, 'start')
      is(start.code, 3)
      match(start.err, 'CLI_NETWORK_NEEDED')
      const status = await chirograph(path, 'status')
      is(status.code, 6)
      match(status.err, 'API_UNREACHABLE')
      const elsewhere = await chirograph(path, 'init', ...named, '--data-dir', 'my college')
      match(elsewhere.err, "chirograph start --data-dir './my college' --network network.json")
      const stopped = await chirograph(path, 'status', '--data-dir', 'my college')
      match(stopped.err, "Start it with: chirograph start --data-dir './my college'\n")
      const doctor = await chirograph(path, 'doctor', '--data-dir', 'my college')
      match(doctor.out, "start it: chirograph start --data-dir './my college'")
      await dispose()
    },
    patient,
  )

  it(
    'answers mistakes with 2 and a suggestion, without a stack trace',
    async () => {
      const { path, dispose } = await tempDir()
      for (const args of [
        ['revok', 'x'],
        ['verify'],
        ['revoke', 'x', '--reason', 'bored'],
        ['status', '--foo'],
        [],
      ]) {
        const { code, err } = await chirograph(path, ...args)
        is(code, 2, args.join(' '))
        not(err.includes('    at '), err)
      }
      match((await chirograph(path, 'revok', 'x')).err, 'Did you mean revoke?')
      await dispose()
    },
    patient,
  )

  it(
    'shows where an error comes from with --verbose only, and as JSON with --json',
    async () => {
      const { path, dispose } = await tempDir()
      not((await chirograph(path, 'network', 'show', 'none')).err.includes('    at '))
      match((await chirograph(path, 'network', 'show', 'none', '--verbose')).err, '    at ')
      const { err } = await chirograph(path, 'network', 'show', 'none', '--json')
      is(JSON.parse(err).error.code, 'CLI_FILE_UNREADABLE')
      await dispose()
    },
    patient,
  )

  it(
    'prints a template that is CSV and nothing else',
    async () => {
      const { code, out, err } = await chirograph('.', 'template')
      equal([code, err], [0, ''])
      match(out, /^learner_id,/)
    },
    patient,
  )

  it('loads for each command what brings it, and nothing else', async () => {
    const namesOf = async (args?: string[]) =>
      (await createProgram(args)).commands
        .map((command) => command.name())
        .filter((name) => name !== 'version')
    for (const { names } of groups)
      for (const name of names) equal(await namesOf(['--json', name]), [...names])
    const all = groups.flatMap(({ names }) => names)
    for (const args of [undefined, [], ['--help'], ['help', 'issue'], ['isue']])
      equal(await namesOf(args), all)
  })

  it('has help with examples on every command', async () => {
    const commands = (await createProgram()).commands.flatMap((command) =>
      command.commands.length > 0 ? [...command.commands] : [command],
    )
    ok(commands.length > 15)
    for (const command of commands) {
      let help = ''
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
      match(help, '$ chirograph', command.name())
    }
  })
})
