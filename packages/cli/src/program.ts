/** The command tree, and one run of it. */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { dataDirPathOf, type GlobalOptions } from './context.js'
import { dataDirDefault } from './copyable.js'
import { exitCodes } from './exit-codes.js'
import { report } from './failure.js'
import { createTerminal } from './terminal.js'

/** Runs the command that the arguments name (without node and script), and returns the exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const program = await createProgram(args)
  process.exitCode = exitCodes.ok
  try {
    await program.parseAsync([...args], { from: 'user' })
    return Number(process.exitCode)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    const options = program.opts<GlobalOptions>()
    return report(createTerminal(options), error, dataDirPathOf(options))
  }
}

/**
 * What stands behind the commands, in the order of the help. All of it takes half a second to load, so a run loads what
 * its arguments may name: more does no harm, as with a folder that is called like a command.
 */
export const groups: readonly {
  readonly names: readonly string[]
  readonly load: () => Promise<(program: Command) => void>
}[] = [
  { names: ['init'], load: async () => (await import('./commands/init.js')).addInit },
  { names: ['network'], load: async () => (await import('./commands/network.js')).addNetwork },
  { names: ['start'], load: async () => (await import('./commands/start.js')).addStart },
  { names: ['stop'], load: async () => (await import('./commands/stop.js')).addStop },
  { names: ['status'], load: async () => (await import('./commands/status.js')).addStatus },
  { names: ['doctor'], load: async () => (await import('./commands/doctor.js')).addDoctor },
  { names: ['fsck'], load: async () => (await import('./commands/fsck.js')).addFsck },
  { names: ['store'], load: async () => (await import('./commands/store.js')).addStore },
  { names: ['issue', 'template'], load: async () => (await import('./commands/issue.js')).addIssue },
  {
    names: ['revoke', 'suspend', 'reinstate'],
    load: async () => (await import('./commands/change.js')).addChanges,
  },
  { names: ['credential'], load: async () => (await import('./commands/credential.js')).addCredential },
  { names: ['events'], load: async () => (await import('./commands/events.js')).addEvents },
  { names: ['proof', 'anchor'], load: async () => (await import('./commands/proof.js')).addProof },
  { names: ['verify'], load: async () => (await import('./commands/verify.js')).addVerify },
  { names: ['key'], load: async () => (await import('./commands/key.js')).addKey },
  { names: ['member'], load: async () => (await import('./commands/member.js')).addMember },
  { names: ['govern'], load: async () => (await import('./commands/govern.js')).addGovern },
]

/** All commands, or those that these arguments may name. */
export async function createProgram(args?: readonly string[]): Promise<Command> {
  const program = new Command('chirograph')
    .description(
      'Issue learning and employment credentials, revoke them with other institutions as witnesses, verify them anywhere.',
    )
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, '✘ ')) })
    .showHelpAfterError('  Add --help to see how it is used.')
    .option(
      '--data-dir <folder>',
      `the institution's folder (default: ${dataDirDefault}, or CHIROGRAPH_DATA_DIR)`,
    )
    .option('--json', 'answer in JSON')
    .option('--quiet', 'leave out what is only nice to know')
    .option('--verbose', 'say more, and show where an error comes from')
    .option('--no-color', 'no colours (so does NO_COLOR)')
    .option('--timeout <time>', 'how long to wait for the node, such as 30s')
    .addHelpText(
      'after',
      `
To try it on this machine:
  $ chirograph network create --local 4 --out try-out
  $ chirograph start --data-dir try-out/member-1        (and 2, 3, 4, each in a terminal of its own)
  $ chirograph template > cohort.csv
  $ chirograph issue cohort.csv --data-dir try-out/member-1 --wait final

Exit codes: 0 ok, 1 failed, 2 usage, 3 configuration, 4 not initialised, 5 data directory in use,
            6 node unreachable, 7 timed out, 8 not allowed, 9 not found, 10 database damaged, 11 log repaired;
            see also chirograph verify --help`,
    )
  const named = groups.filter(({ names }) => names.some((name) => args?.includes(name)))
  const isHelp = args?.some((arg) => ['help', '--help', '-h'].includes(arg)) ?? true
  const isOwn = args?.includes('version') ?? false
  for (const { load } of isHelp || (named.length === 0 && !isOwn) ? groups : named) (await load())(program)
  program
    .command('version')
    .summary('say which version this is')
    .description('Says which version this is, and on which Node it runs.')
    .addHelpText('after', '\nExamples:\n  $ chirograph version')
    .action((_options: object, command: Command) => {
      const terminal = createTerminal(command.optsWithGlobals<GlobalOptions>())
      const version = versionOfPackage()
      if (terminal.isJson) terminal.json({ version, node: process.version })
      else terminal.data(`chirograph ${version} on Node ${process.version.slice(1)}`)
    })
  return program
}

function versionOfPackage(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  // The manifest of this package: it has a version, or it could not be installed.
  return (manifest as { version: string }).version
}
