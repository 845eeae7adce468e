/** `chirograph member`: who takes part, and what members do for each other when somebody's log forked. */
import { type Command, Option } from 'commander'
import type { EventAnswer, PublishAnswer } from '@chirograph/api/client'
import { type Context, contextOf } from '../context.js'
import { describeFinal } from '../finality-view.js'
import { renderForks } from '../fork-lines.js'
import { findOrganisation, type NamedOrganisation } from '../organisation.js'
import { addMembership } from './membership.js'

interface WaitOptions {
  readonly wait: 'stored' | 'final'
}

const orgHelp = 'its name, its id, or the first eight or more characters of it'

export function addMember(program: Command): void {
  const member = program
    .command('member')
    .summary('see who takes part and who votes, let others join, help a forked one on')
    .description(
      'Members let institutions take part and vote, and put them out. When two different events of one member stand at one place of its log, the network freezes it: what was final counts, nothing after it does. It goes on with a new log key once a quorum approved that.',
    )
  addMembership(member)
  member
    .command('forks')
    .summary('say whose log forked, and how far that is dealt with')
    .description('Says whose log forked, where, what the network did about it, and what is left to do.')
    .addHelpText('after', '\nExamples:\n  $ chirograph member forks\n  $ chirograph member forks --json')
    .action((_options: object, command: Command) => forks(contextOf(command)))
  member
    .command('approve-recovery')
    .summary('let a frozen member go on with the key that it rotated to')
    .description(
      'Approves the rotation by which a frozen member goes on. Ask its people first, by another way than this network, whether the rotation is theirs: whoever has both its keys could have made it.',
    )
    .argument('<member>', orgHelp)
    .option('--rotation <event>', 'which rotation, where there are several')
    .addOption(waitOption())
    .addHelpText('after', '\nExamples:\n  $ chirograph member approve-recovery "Sample College" --wait final')
    .action((member: string, options: WaitOptions & { rotation?: string }, command: Command) =>
      approve(contextOf(command), member, options),
    )
  member
    .command('salvage')
    .summary('log again what a frozen member revoked on a branch that was lost')
    .description(
      'Logs revocations and suspensions again that a frozen member signed on a branch of its log that will never be final. Members do this by themselves, one after the other; this does it now.',
    )
    .argument('<member>', orgHelp)
    .addOption(waitOption())
    .addHelpText('after', '\nExamples:\n  $ chirograph member salvage "Sample College" --wait final')
    .action((member: string, options: WaitOptions, command: Command) =>
      salvage(contextOf(command), member, options),
    )
}

function waitOption(): Option {
  return new Option('--wait <until>', 'stored: safe on this node; final: agreed on by the network')
    .choices(['stored', 'final'])
    .default('stored')
}

async function forks(context: Context): Promise<void> {
  const { terminal } = context
  const api = await context.connect()
  const answer = await api.forks({ signal: context.deadline() })
  if (terminal.isJson) terminal.json(answer)
  else terminal.data(renderForks(answer, terminal.colours))
}

async function approve(
  context: Context,
  member: string,
  { rotation, wait }: WaitOptions & { readonly rotation?: string },
): Promise<void> {
  const api = await context.connect()
  const signal = context.deadline()
  const { org, name } = findOrganisation(await api.genesis({ signal }), member)
  const answer = await api.approveRecovery({ org, rotation }, { signal })
  await tell(context, [answer], { org, name }, wait, `Approved that ${name} goes on with its new log key`)
}

async function salvage(context: Context, member: string, { wait }: WaitOptions): Promise<void> {
  const api = await context.connect()
  const signal = context.deadline()
  const { org, name } = findOrganisation(await api.genesis({ signal }), member)
  const { events } = await api.salvage(org, { signal })
  const what = events.length === 1 ? 'an event' : `${events.length} events`
  await tell(context, events, { org, name }, wait, `Logged ${what} of ${name} again`)
}

async function tell(
  context: Context,
  events: readonly PublishAnswer[],
  { org, name }: NamedOrganisation,
  wait: WaitOptions['wait'],
  what: string,
): Promise<void> {
  const { terminal } = context
  const api = await context.connect()
  const finals: Extract<EventAnswer, { state: 'final' }>[] = []
  if (wait === 'final')
    for (const { event } of events) finals.push(await api.waitFinal(event, { signal: context.deadline() }))
  const told = finals.map(describeFinal)
  if (terminal.isJson) {
    terminal.json({
      org,
      name,
      events,
      ...(wait === 'final' && { finality: finals.map(({ finality }) => finality) }),
    })
    return
  }
  const { green, dim } = terminal.colours
  terminal.data(`${green('✔')} ${what}`)
  for (const [index, { event }] of events.entries()) {
    terminal.data(`  event ${dim(event)}`)
    terminal.data(`  ${told[index] ?? 'stored here and sent; final once the network has agreed'}`)
  }
}
