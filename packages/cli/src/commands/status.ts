/** `chirograph status`: how the running node does. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import type { ApiClient } from '@chirograph/api/client'
import { type Context, contextOf } from '../context.js'
import { renderStatus } from '../status-view.js'

/** How often `--watch` looks. */
const watchMs = 1_000

export function addStatus(program: Command): void {
  program
    .command('status')
    .summary('say how the running node does')
    .description(
      'Says how the running node does: whether it is up to date, what is final, and whom it hears.',
    )
    .option('--watch', 'look again every second, until Ctrl-C')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chirograph status\n  $ chirograph status --watch\n  $ chirograph status --json',
    )
    .action(async (options: { watch?: boolean }, command: Command) => {
      const context = contextOf(command)
      const api = await context.connect()
      await show(context, api)
      while (options.watch) {
        await pause(watchMs)
        if (!context.terminal.isJson && process.stdout.isTTY) process.stdout.write('\u001b[H\u001b[J')
        await show(context, api)
      }
    })
}

async function show({ terminal, deadline, copyable }: Context, api: ApiClient): Promise<void> {
  const status = await api.node({ signal: deadline() })
  if (terminal.isJson) terminal.json(status)
  else
    terminal.data(
      copyable(renderStatus({ status, url: api.url, nowMs: Date.now(), colours: terminal.colours })),
    )
}
