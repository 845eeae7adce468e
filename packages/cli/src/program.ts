/** The command tree, and one run of it. */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { addChanges } from './commands/change.js'
import { addCredential } from './commands/credential.js'
import { addDoctor } from './commands/doctor.js'
import { addEvents } from './commands/events.js'
import { addFsck } from './commands/fsck.js'
import { addGovern } from './commands/govern.js'
import { addInit } from './commands/init.js'
import { addIssue } from './commands/issue.js'
import { addKey } from './commands/key.js'
import { addMember } from './commands/member.js'
import { addNetwork } from './commands/network.js'
import { addProof } from './commands/proof.js'
import { addStart } from './commands/start.js'
import { addStatus } from './commands/status.js'
import { addStop } from './commands/stop.js'
import { addStore } from './commands/store.js'
import { addVerify } from './commands/verify.js'
import { dataDirPathOf, type GlobalOptions } from './context.js'
import { dataDirDefault } from './copyable.js'
import { exitCodes } from './exit-codes.js'
import { report } from './failure.js'
import { createTerminal } from './terminal.js'

/** Runs the command that the arguments name (without node and script), and returns the exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const program = createProgram()
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

export function createProgram(): Command {
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
  addInit(program)
  addNetwork(program)
  addStart(program)
  addStop(program)
  addStatus(program)
  addDoctor(program)
  addFsck(program)
  addStore(program)
  addIssue(program)
  addChanges(program)
  addCredential(program)
  addEvents(program)
  addProof(program)
  addVerify(program)
  addKey(program)
  addMember(program)
  addGovern(program)
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
