/** `chirograph revoke`, `suspend` and `reinstate`. */
import { type Command, Option } from 'commander'
import type { ChangeSource, TargetSource } from '@chirograph/api/client'
import { type StatusReason, statusReasons } from '@chirograph/event'
import { type Context, contextOf } from '../context.js'
import { parseMoment } from '../duration.js'
import { describeFinal } from '../finality-view.js'
import { explainedWhenLate, notFinalYet } from '../late-answer.js'
import { readTarget } from '../targets.js'

interface ChangeOptions {
  readonly reason?: StatusReason
  readonly until?: string
  readonly wait: 'stored' | 'final'
}

type Kind = ChangeSource['kind']

const reasonNames = Object.keys(statusReasons)
const targetHelp = 'a credential file, credential id, handle, or learner id'

export function addChanges(program: Command): void {
  addChange(program, {
    kind: 'revoke',
    summary: 'revoke credentials, for ever',
    description:
      'Revokes credentials. This cannot be undone. Targets that are given together are visibly linked on the log; name them one by one where that matters.',
    examples: ['chirograph revoke S-0001 --reason issued-in-error --wait final'],
  }).addOption(new Option('--reason <code>', 'why, coarsely').choices(reasonNames).default('withdrawn'))
  addChange(program, {
    kind: 'suspend',
    summary: 'suspend credentials for a time',
    description:
      'Suspends credentials until a day, at most 180 days away; then they count again by themselves.',
    examples: ['chirograph suspend credentials/S-0001--welding--1a2b.credential.json --until 2026-09-30'],
  })
    .addOption(new Option('--reason <code>', 'why, coarsely').choices(reasonNames).default('under-review'))
    .option('--until <when>', 'a date, or a time such as 30d (default: 90 days)')
  addChange(program, {
    kind: 'reinstate',
    summary: 'end a suspension early',
    description: 'Ends the suspension of credentials. A revoked credential stays revoked.',
    examples: ['chirograph reinstate S-0001 --wait final'],
  })
}

function addChange(
  program: Command,
  {
    kind,
    summary,
    description,
    examples,
  }: { kind: Kind; summary: string; description: string; examples: readonly string[] },
): Command {
  return program
    .command(kind)
    .summary(summary)
    .description(description)
    .argument('<target...>', targetHelp)
    .addOption(
      new Option('--wait <until>', 'stored: safe on this node; final: agreed on by the network')
        .choices(['stored', 'final'])
        .default('stored'),
    )
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`)
    .action((targets: string[], options: ChangeOptions, command: Command) =>
      change(contextOf(command), kind, targets, options),
    )
}

const done = { revoke: 'Revoked', suspend: 'Suspended', reinstate: 'Reinstated' } as const

async function change(
  context: Context,
  kind: Kind,
  targets: readonly string[],
  options: ChangeOptions,
): Promise<void> {
  const { terminal } = context
  const credentials: TargetSource[] = []
  for (const target of targets) credentials.push((await readTarget(target)).source)
  const source = changeOf(kind, credentials, options)
  const api = await context.connect()
  const answer = await explainedWhenLate(api.change(source, { signal: context.deadline() }), () => ({
    what: 'the node did not answer in time, and may change the status all the same',
    hint: 'see what became of it with chirograph credential show; to ask for the same again does no harm',
  }))
  const final =
    options.wait === 'final'
      ? await explainedWhenLate(api.waitFinal(answer.event, { signal: context.deadline() }), () =>
          notFinalYet(`the change is event ${answer.event}`),
        )
      : undefined
  const told = final && describeFinal(final)
  if (terminal.isJson) {
    terminal.json({ ...answer, ...(final && { finality: final.finality }) })
    return
  }
  const { green, yellow, dim } = terminal.colours
  const { credentialCount: count, event, unchanged } = answer
  const why = 'reason' in source ? ` (${source.reason})` : ''
  terminal.data(`${green('✔')} ${done[kind]} ${count} ${count === 1 ? 'credential' : 'credentials'}${why}`)
  terminal.data(`  event ${dim(event)}`)
  for (const { handle, why, sinceMs } of unchanged) {
    const since = sinceMs === null ? '' : `, on ${new Date(sinceMs).toISOString()}`
    terminal.data(`  ${yellow('!')} ${dim(handle)} was ${why.replaceAll('-', ' ')}${since}`)
  }
  terminal.data(
    `  ${told ?? 'stored here and sent; final once the network has agreed, usually within seconds'}`,
  )
}

function changeOf(kind: Kind, credentials: readonly TargetSource[], options: ChangeOptions): ChangeSource {
  const reason = options.reason ?? 'withdrawn'
  switch (kind) {
    case 'revoke':
      return { kind, credentials, reason }
    case 'suspend': {
      const untilMs =
        options.until === undefined ? undefined : parseMoment(options.until, '--until', Date.now())
      return { kind, credentials, reason, ...(untilMs !== undefined && { untilMs }) }
    }
    case 'reinstate':
      return { kind, credentials }
  }
}
