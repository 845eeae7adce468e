/** `chirograph stop`: asks the running node to stop, and waits until it has. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { readDiscovery } from '@chirograph/api/client'
import { type Context, contextOf } from '../context.js'
import { failure } from '../failure.js'

export function addStop(program: Command): void {
  program
    .command('stop')
    .summary('stop the running node')
    .description('Asks the node that runs on the data directory to stop, and waits until it has.')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chirograph stop\n  $ chirograph stop --data-dir ./try-out/member-2',
    )
    .action((_options: object, command: Command) => stop(contextOf(command)))
}

async function stop(context: Context): Promise<void> {
  const { terminal, dataDir } = context
  const api = await context.connect()
  const { pid } = await readDiscovery(dataDir.path)
  await api.stop({ signal: context.deadline() })
  const deadline = context.deadline(15_000)
  while (isRunning(pid)) {
    if (deadline.aborted) {
      throw failure(
        'CLI_TIMED_OUT',
        `process ${pid} was asked to stop and still runs`,
        `look at its log, or end it with: kill ${pid}`,
      )
    }
    await pause(50)
  }
  if (terminal.isJson) terminal.json({ stopped: true, pid })
  else terminal.data('Stopped.')
}

function isRunning(pid: number): boolean {
  try {
    // Signal 0 sends nothing; it asks whether there is somebody to send to.
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
