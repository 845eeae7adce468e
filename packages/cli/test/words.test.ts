import { join } from 'node:path'
import type { LoggedEventAnswer } from '@chirograph/api/client'
import { createProgram } from '@chirograph/cli'
import { equal, failsWith, is, match, not, ok, suite } from '../../workspace/kit.ts'
import { copyable, dataDirDefault, folderCommands } from '../src/copyable.ts'
import { describeMs, parseDuration, parseMoment, parsePastMoment } from '../src/duration.ts'
import { eventHeading, eventLine } from '../src/event-view.ts'
import { exitCodeOf } from '../src/exit-codes.ts'
import { describeFinal } from '../src/finality-view.ts'
import { dialAddress, listenAddress } from '../src/listen-address.ts'
import { lineForPeople } from '../src/log.ts'
import { resolvePath, shownPath } from '../src/paths.ts'
import { plainText } from '../src/plain-text.ts'
import { credentialFileBase, safeName } from '../src/safe-name.ts'
import { table } from '../src/table.ts'
import { createTerminal } from '../src/terminal.ts'
import { idOf } from './samples.ts'

suite('paths', (it) => {
  const folder = join('/', 'home', 'registrar')

  it('are meant from where the person stands when npm runs the command elsewhere', () => {
    const npm = { npm_execpath: 'npm', INIT_CWD: folder }
    is(resolvePath('a.csv', npm, '/repo'), join(folder, 'a.csv'))
  })

  it('are meant from the working directory otherwise, whatever INIT_CWD was left over', () => {
    is(resolvePath('a.csv', { INIT_CWD: '/elsewhere' }, folder), join(folder, 'a.csv'))
    is(resolvePath('a.csv', {}, folder), join(folder, 'a.csv'))
  })

  it('that are absolute stay, and are shown short where that is possible', () => {
    is(resolvePath('/x/a.csv', { npm_execpath: 'npm', INIT_CWD: folder }), '/x/a.csv')
    const npm = { npm_execpath: 'npm', INIT_CWD: folder }
    is(shownPath(join(folder, 'a', 'b'), npm), './a/b')
    is(shownPath('/etc/x', npm), '/etc/x')
  })
})

suite('commands in a hint', (it) => {
  const dir = resolvePath('n/member-1')

  it('name the folder that the person named, once, and none where none is needed', () => {
    const typed = (text: string) => copyable(text, dir)
    is(typed('with: chirograph fsck --repair'), 'with: chirograph fsck --data-dir ./n/member-1 --repair')
    is(
      typed('chirograph key rotate; then chirograph status'),
      'chirograph key rotate --data-dir ./n/member-1; then chirograph status --data-dir ./n/member-1',
    )
    for (const whole of [
      'chirograph start --data-dir ./x',
      'chirograph network create --local 4',
      'a chirograph node',
      'chirograph status-like',
    ])
      is(typed(whole), whole)
    is(copyable('chirograph fsck', resolvePath(dataDirDefault)), 'chirograph fsck')
  })

  it('keep a folder with blanks and quotes one word', () => {
    if (process.platform === 'win32') return
    is(
      copyable('chirograph fsck', resolvePath("it's mine")),
      String.raw`chirograph fsck --data-dir './it'\''s mine'`,
    )
  })

  it('are all the commands there are, but those that look at no folder', async () => {
    const all = (await createProgram()).commands.flatMap((command) =>
      command.commands.length > 0
        ? command.commands.map((inner) => `${command.name()} ${inner.name()}`)
        : [command.name()],
    )
    const others = ['init', 'network create', 'network show', 'template', 'proof show', 'version']
    equal([...folderCommands, ...others].sort(), all.sort())
  })
})

suite('times', (it) => {
  it('read moments before now: lengths back, and dates by the edge that is meant', () => {
    const nowMs = Date.UTC(2026, 5, 30, 12)
    const start = (text: string) => parsePastMoment(text, '--since', { nowMs, isStart: true })
    const end = (text: string) => parsePastMoment(text, '--until', { nowMs, isStart: false })
    is(start('2h'), nowMs - 7_200_000)
    is(start('2026-06-01'), Date.UTC(2026, 5, 1))
    is(end('2026-06-01'), Date.UTC(2026, 5, 2) - 1)
    failsWith('CLI_USAGE', () => start('yesterday'))
  })

  it('read lengths with units, and bare numbers as seconds', () => {
    equal(
      ['500ms', '30s', '5m', '5min', '24h', '90d', '7', '1.5h'].map((text) => parseDuration(text, '--x')),
      [500, 30_000, 300_000, 300_000, 86_400_000, 7_776_000_000, 7_000, 5_400_000],
    )
  })

  it('refuse what is none', () => {
    for (const text of ['', 'soon', '-1s', '1 day', '1e9s'])
      failsWith('CLI_USAGE', () => parseDuration(text, '--x'))
    for (const text of ['', '2026-13-01', '2026-06-30T12:00', 'tomorrow', '30'])
      failsWith('CLI_USAGE', () => parseMoment(text, '--x', 0))
  })

  it('read a date as its end, and lengths from now', () => {
    is(parseMoment('2026-06-30', '--x', 0), Date.UTC(2026, 6, 1) - 1)
    is(parseMoment('2026-06-30T12:00:00+02:00', '--x', 0), Date.UTC(2026, 5, 30, 10))
    is(parseMoment('30d', '--x', 5), 30 * 86_400_000 + 5)
  })

  it('are told as exactly as a person needs', () => {
    equal([420, 3_400, 75_000, 600_000, 10_800_000, 900_000_000].map(describeMs), [
      '0.42 s',
      '3.4 s',
      '75 s',
      '10 min',
      '3 h',
      '10 days',
    ])
  })
})

suite('file names', (it) => {
  it('lead nowhere else, whatever a learner is called', () => {
    for (const text of [
      '../../etc/passwd',
      '..',
      'a/b\\c',
      '.ssh',
      'x\u0000y',
      'CON',
      'nul.txt',
      '',
      'ä ö',
      '-rf',
    ]) {
      const name = safeName(text)
      match(name, /^[A-Za-z0-9_][A-Za-z0-9._-]*$/)
      not(/^(con|nul)(\.|$)/i.test(name), name)
    }
  })

  it('tell two credentials of one learner apart', () => {
    const base = (credentialId: string) =>
      credentialFileBase({ credentialId, learnerId: 'S-1', achievement: 'Welding & more' })
    is(base('urn:uuid:00000000-0000-4000-8000-000000000001'), 'S-1--Welding-more--000000000001')
    is.not(
      base('urn:uuid:00000000-0000-4000-8000-000000000002'),
      base('urn:uuid:00000000-0000-4000-8000-000000000001'),
    )
  })
})

suite('output', (it) => {
  const capture = (isTTY: boolean) => {
    const written: string[] = []
    return { isTTY, written, write: (text: string) => written.push(text) }
  }

  it('puts data on stdout and talk on stderr, and no talk with --quiet or --json', () => {
    for (const options of [{}, { quiet: true }, { json: true }]) {
      const streams = { stdout: capture(false), stderr: capture(false) }
      const terminal = createTerminal(options, streams, {})
      terminal.data('data')
      terminal.say('talk')
      terminal.complain('trouble')
      equal(streams.stdout.written, ['data\n'])
      equal(
        streams.stderr.written,
        Object.keys(options).length === 0 ? ['talk\n', 'trouble\n'] : ['trouble\n'],
      )
    }
  })

  it('has colours on a terminal only, and none with NO_COLOR, --no-color or a dumb terminal', () => {
    const isColoured = (isTTY: boolean, env: NodeJS.ProcessEnv, color = true) =>
      createTerminal({ color }, { stdout: capture(isTTY), stderr: capture(false) }, env).colours.red('x') !==
      'x'
    ok(isColoured(true, {}))
    ok(isColoured(true, { NO_COLOR: '' }))
    not(isColoured(false, {}))
    not(isColoured(true, { NO_COLOR: '1' }))
    not(isColoured(true, { TERM: 'dumb' }))
    not(isColoured(true, {}, false))
  })

  it('lets no text from outside move the cursor or turn the writing direction', () => {
    is(plainText('a\u001b[2Jb\u202ec\r\n'), 'a\ufffd[2Jb\ufffdc\ufffd\ufffd')
    const [, row] = table(['A'], [['x\u001b[31m']])
    is(row, 'x\ufffd[31m')
  })

  it('lines up columns by letters, not by bytes', () => {
    equal(
      table(
        ['A', 'B'],
        [
          ['äöü', 'x'],
          ['a', 'y'],
        ],
      ),
      ['A    B', 'äöü  x', 'a    y'],
    )
  })

  it('writes log lines that a person can read', () => {
    const { colours } = createTerminal({}, { stdout: capture(false), stderr: capture(false) }, {})
    const entry = {
      level: 'warn',
      time: '2026-06-30T12:34:56.789Z',
      msg: 'refused',
      reason: 'gap',
      detail: 'a b',
    }
    is(lineForPeople(entry, colours), '12:34:56 warn  refused  reason=gap detail="a b"')
  })
})

suite('exit codes', (it) => {
  it('follow from error codes, and are 1 where nothing else fits', () => {
    const codes = {
      CLI_USAGE: 2,
      NODE_OTHER_NETWORK: 3,
      CLI_NOT_INITIALISED: 4,
      STORE_LOCKED: 5,
      API_UNREACHABLE: 6,
      CLI_TIMED_OUT: 7,
      API_NOT_OUR_CREDENTIAL: 8,
      API_CREDENTIAL_NOT_FOUND: 9,
      API_COHORT_INVALID: 1,
      ANYTHING_ELSE: 1,
    }
    for (const [code, expected] of Object.entries(codes)) is(exitCodeOf(code), expected, code)
  })
})

suite('listening', (it) => {
  it('takes a port or a multiaddr, and chooses a port where none is named', async () => {
    is(await listenAddress('4010'), '/ip4/127.0.0.1/tcp/4010')
    is(await listenAddress('/ip4/0.0.0.0/tcp/4010'), '/ip4/0.0.0.0/tcp/4010')
    for (const text of [undefined, '0', '/ip4/127.0.0.1/tcp/0'])
      match(await listenAddress(text), /^\/ip4\/127\.0\.0\.1\/tcp\/[1-9]\d+$/)
    for (const text of ['here', '70000', '/dns4/a.example/tcp/1', '127.0.0.1:4010'])
      await failsWith('CLI_USAGE', listenAddress(text))
  })

  it('offers no address that stands for every interface', () => {
    is(dialAddress('/ip4/0.0.0.0/tcp/4010'), null)
    is(dialAddress('/ip6/::/tcp/4010'), null)
    is(dialAddress('/ip4/127.0.0.1/tcp/4010'), '/ip4/127.0.0.1/tcp/4010')
  })
})

suite('finality', (it) => {
  const times = { id: idOf(1), height: 7, timeMs: 900, finalAtMs: 1_420, publishedAtMs: 1_000 }
  const answer = (outcome: object) =>
    ({
      event: idOf(1),
      state: 'final',
      finality: { ...times, outcome: { id: idOf(1), ...outcome } },
    }) as Parameters<typeof describeFinal>[0]

  it('is told with its height and how long it took', () => {
    is(
      describeFinal(answer({ outcome: 'applied', skipped: [] })),
      'final at height 7, 0.42 s after it was published',
    )
  })

  it('names entries that had no effect', () => {
    const skipped = [{ index: 0, reason: 'already-revoked' }]
    match(describeFinal(answer({ outcome: 'applied', skipped })), '1 without effect: already revoked')
  })

  it('is a failure when the network gave the event no effect', () => {
    const error = failsWith('CLI_NO_EFFECT', () =>
      describeFinal(answer({ outcome: 'void', reason: 'suspension-too-long' })),
    )
    match(error.message, 'suspension too long')
  })
})

suite('an event of the log', (it) => {
  const names = ['Sample College', 'Union']
  const colours = createTerminal({ color: false }).colours
  const event = {
    cursor: 'a1b2c3d4.7',
    id: idOf(1),
    // An id is 64 hex characters, as this is.
    author: '11'.repeat(32) as LoggedEventAnswer['author'],
    authorName: 'Union',
    finalAtHeight: null,
    generation: 0,
    sequence: 12,
    prev: null,
    references: [],
    kind: 'status.revoke',
    timeMs: Date.UTC(2026, 5, 30, 12, 1, 2),
    body: { kind: 'status.revoke', reason: 'withdrawn', entries: [{ handle: 'ab', position: null }] },
    isFinal: true,
    signature: null,
  } as const

  it('stands under its heading, whatever its author is called', () => {
    const heading = eventHeading(names)
    const line = eventLine(event, { names, colours })
    is(
      line,
      '2026-06-30 12:01:02  Union           #12       yes           status.revoke          1 credential: withdrawn',
    )
    is(heading.indexOf('WHAT'), line.indexOf('1 credential'))
    const hostile = eventLine({ ...event, authorName: 'Un\u001b[31mion' }, { names, colours })
    not(hostile.includes('\u001b'))
  })

  it('says when it is not final yet, and when its body is gone', () => {
    match(eventLine({ ...event, finalAtHeight: 7 }, { names, colours }), 'height 7')
    match(eventLine({ ...event, isFinal: false }, { names, colours }), 'not yet')
    match(eventLine({ ...event, body: null }, { names, colours }), 'its body was pruned')
  })
})
