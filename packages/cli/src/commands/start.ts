/** `chirograph start`: runs the node until it is told to stop. */
import { type Command, Option } from 'commander'
import { toHex } from '@chirograph/codec'
import { networkIdOf } from '@chirograph/status'
import { type Context, contextOf } from '../context.js'
import { assertInitialised, type DataDir } from '../data-dir.js'
import { exitCodes } from '../exit-codes.js'
import { failure, usage } from '../failure.js'
import { jsonText, readIfThere, writeWhole } from '../files.js'
import { isExposed } from '../keys-file.js'
import { createLog } from '../log.js'
import { type NetworkFile, readNetwork } from '../network-file.js'
import { resolvePath, shownPath } from '../paths.js'
import type { RunningNode } from '../run-node.js'

interface StartOptions {
  readonly network?: string
  readonly apiPort?: string
  readonly join?: boolean
  readonly newRegistrar?: boolean
  readonly moved?: boolean
  readonly logFormat?: 'text' | 'json'
}

/** A graceful stop takes at most this long; then the process ends as it stands, which a crash may do too. */
const stopMsMax = 10_000

export function addStart(program: Command): void {
  program
    .command('start')
    .summary('run the node until it is stopped')
    .description(
      'Runs the node until Ctrl-C, SIGTERM or chirograph stop. It stops within ten seconds; a second signal ends it at once. When it serves it prints one line that begins with "ready".',
    )
    .option(
      '--network <file>',
      'the network.json to join; needed the first time, and kept in the data directory',
    )
    .option(
      '--join',
      'this institution is not in the network yet: follow it, and take part once it was admitted',
    )
    .option('--new-registrar', 'go on with an empty registrar where the old one is lost for good')
    .option(
      '--moved',
      'the data directory was moved here while its node was stopped, and nothing has run on another copy of it since: vote and sign without asking the others first',
    )
    .option('--api-port <port>', 'where the API listens on 127.0.0.1 (default: a free port)')
    .addOption(new Option('--log-format <format>', 'how log lines look on stderr').choices(['text', 'json']))
    .addHelpText(
      'after',
      `
Examples:
  $ chirograph start --network network.json
  $ chirograph start --data-dir ./try-out/member-1
  $ chirograph start --json | head -1        # the address of the API, for a program`,
    )
    .action((options: StartOptions, command: Command) => start(contextOf(command), options))
}

async function start(context: Context, options: StartOptions): Promise<void> {
  const { terminal, dataDir } = context
  await assertInitialised(dataDir)
  if (await isExposed(dataDir.keys)) {
    const keys = shownPath(dataDir.keys)
    terminal.complain(`! Others on this machine can read ${keys}. Close it with: chmod 600 ${keys}`)
  }
  const network = await networkToJoin(dataDir, options.network)
  const log = createLog({
    isJson: terminal.isJson || options.logFormat === 'json',
    level: terminal.isVerbose ? 'debug' : terminal.isWatched || !terminal.isJson ? 'info' : 'warn',
    colours: terminal.talkColours,
    write: (line) => void process.stderr.write(context.copyable(line)),
  })
  const stopping = waitForStop()
  // Loaded here, because it takes half a second that no other command should spend.
  const { runNode } = await import('../run-node.js')
  const running = await runNode({
    dataDir,
    network,
    apiPort: portOf(options.apiPort),
    mayJoin: options.join ?? false,
    isRegistrarNew: options.newRegistrar ?? false,
    wasMoved: options.moved ?? false,
    log,
    onStop: stopping.ask,
  })
  if (options.network !== undefined) await writeWhole(dataDir.network, jsonText(network))
  announce(context, running)
  const why = await stopping.asked
  terminal.say(why === 'failed' ? 'The node cannot go on; stopping.' : 'Stopping; once more to stop at once.')
  await withinTime(running.stop())
  terminal.say('Stopped.')
  if (why === 'failed') process.exitCode = exitCodes.failed
}

/** The network of the data directory, or the one that is given; never another than the first. */
async function networkToJoin(dataDir: DataDir, given: string | undefined): Promise<NetworkFile> {
  const isKept = (await readIfThere(dataDir.network)) !== undefined
  if (given === undefined) {
    if (isKept) return readNetwork(dataDir.network)
    throw failure(
      'CLI_NETWORK_NEEDED',
      `${shownPath(dataDir.path)} belongs to no network yet`,
      'name the network the first time: chirograph start --network network.json',
    )
  }
  const network = await readNetwork(resolvePath(given))
  if (!isKept) return network
  const kept = await readNetwork(dataDir.network)
  const [keptId, givenId] = [kept, network].map(({ genesis }) => toHex(networkIdOf(genesis)))
  if (keptId === givenId) return network
  throw failure(
    'NODE_OTHER_NETWORK',
    `${shownPath(dataDir.path)} belongs to “${kept.genesis.name}” (${keptId?.slice(0, 16)}…), not to “${network.genesis.name}” (${givenId?.slice(0, 16)}…)`,
    'start it without --network, or choose another --data-dir',
  )
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw usage(`--api-port ${text} is no port`, 'give a number from 1 to 65535, or 0 for a free one')
}

function announce({ terminal, dataDir, copyable }: Context, { node, api }: RunningNode): void {
  const { name, networkName, networkId, purpose, org, peerId, addresses } = node.status()
  if (terminal.isJson) {
    terminal.json({ event: 'ready', url: api.url, pid: process.pid, org, name, networkId, peerId, addresses })
    return
  }
  const { dim, bold, yellow, green } = terminal.colours
  const place = shownPath(dataDir.path)
  terminal.say(
    [
      '',
      `  ${bold(name)} on ${bold(networkName)}${purpose === 'demo' ? yellow(' (demonstration)') : ''}`,
      `  members reach it at  ${addresses[0]?.replace(/\/p2p\/.*/, '') ?? 'nothing: it only dials'}`,
      `  the API is at        ${api.url}  ${dim(`token in ${place}/api.json`)}`,
      dim(copyable('  look at it with      chirograph status')),
      dim(copyable('  issue with           chirograph issue cohort.csv')),
      '',
    ].join('\n'),
  )
  terminal.data(`${green('ready')} ${api.url} pid ${process.pid}`)
}

/** The first reason to stop; after it, a signal ends the process at once. */
function waitForStop(): { readonly asked: Promise<'asked' | 'failed'>; ask(why: 'asked' | 'failed'): void } {
  let ask = (_why: 'asked' | 'failed'): void => {}
  let isAsked = false
  const asked = new Promise<'asked' | 'failed'>((resolve) => {
    ask = (why) => {
      isAsked = true
      resolve(why)
    }
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // By custom 128 and the signal's number.
      if (isAsked) process.exit(signal === 'SIGTERM' ? 143 : 130)
      ask('asked')
    })
  }
  return { asked, ask: (why) => ask(why) }
}

async function withinTime(stopped: Promise<void>): Promise<void> {
  const late = setTimeout(() => {
    process.stderr.write(
      'Not stopped after ten seconds; ending the process. Nothing that was stored is lost.\n',
    )
    process.exit(exitCodes.failed)
  }, stopMsMax)
  await stopped
  clearTimeout(late)
}
