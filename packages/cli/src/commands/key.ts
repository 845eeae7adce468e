/** `chirograph key`: the keys that sign for this institution. */
import { type Command, Option } from 'commander'
import { type Context, contextOf } from '../context.js'
import { describeFinal } from '../finality-view.js'
import { addConsensusKeys } from './membership.js'

interface RotateOptions {
  readonly wait: 'stored' | 'final'
}

export function addKey(program: Command): void {
  const key = program
    .command('key')
    .summary('take the next log key or consensus key into use')
    .description('The keys that sign what this institution says on the log, and its votes.')
  key
    .command('rotate')
    .summary('take the next log key into use')
    .description(
      'Takes the log key into use that this institution committed to, and makes and stores the one after it. From then on the former key signs for nobody, whoever else has it. Batches and statuses stay as they are. If the log was frozen because it forked, a quorum of members has to approve the rotation: chirograph member approve-recovery.',
    )
    .addOption(
      new Option('--wait <until>', 'stored: safe on this node; final: agreed on by the network')
        .choices(['stored', 'final'])
        .default('stored'),
    )
    .addHelpText(
      'after',
      `
Make a new copy of keys.json afterwards: it holds the key that the next rotation needs.

Examples:
  $ chirograph key rotate --wait final
  $ chirograph key rotate --json`,
    )
    .action((options: RotateOptions, command: Command) => rotate(contextOf(command), options))
  addConsensusKeys(key)
}

async function rotate(context: Context, { wait }: RotateOptions): Promise<void> {
  const { terminal, dataDir } = context
  const api = await context.connect()
  const answer = await api.rotateKey({ signal: context.deadline() })
  const final =
    wait === 'final' ? await api.waitFinal(answer.event, { signal: context.deadline() }) : undefined
  const told = final && describeFinal(final)
  if (terminal.isJson) {
    terminal.json({ ...answer, keys: dataDir.keys, ...(final && { finality: final.finality }) })
    return
  }
  const { green, dim, yellow } = terminal.colours
  terminal.data(`${green('✔')} The next log key signs from now on`)
  terminal.data(`  event ${dim(answer.event)}`)
  terminal.data(`  ${told ?? 'stored here and sent; it counts once the network has agreed'}`)
  terminal.data(`  ${yellow('Copy keys.json again:')} it holds the key that the next rotation needs`)
}
