/** `chirograph member …` and `chirograph key …-consensus`: who takes part in the network, and who votes. */
import { type Command, Option } from 'commander'
import type { PublishAnswer } from '@chirograph/api/client'
import { toHex } from '@chirograph/codec'
import { fastestBls } from '@chirograph/crypto-native'
import { parseOrgId } from '@chirograph/event'
import { networkIdOf } from '@chirograph/status'
import { jsonOfApplication, makeApplication, readApplicationFile } from '../application-file.js'
import { type Context, contextOf } from '../context.js'
import { assertInitialised } from '../data-dir.js'
import { parseDuration } from '../duration.js'
import { usage } from '../failure.js'
import { jsonText, writeWhole } from '../files.js'
import { describeFinal } from '../finality-view.js'
import { readSeeds, replaceSeeds } from '../keys-file.js'
import { readMember } from '../member-file.js'
import { renderApplication, renderMembers } from '../membership-lines.js'
import { readNetwork } from '../network-file.js'
import { findOrganisation } from '../organisation.js'
import { resolvePath, shownPath } from '../paths.js'

interface WaitOptions {
  readonly wait: 'stored' | 'final'
}

/** One act that becomes an event: its name, what it says when it was published, and how to ask for it. */
type Publish = (api: Awaited<ReturnType<Context['connect']>>, signal: AbortSignal) => Promise<PublishAnswer>

export function addMembership(member: Command): void {
  member
    .command('list')
    .summary('say who takes part, and who votes')
    .description('Says who takes part in the network, who votes on it now, and who is on probation.')
    .addHelpText('after', '\nExamples:\n  $ chirograph member list\n  $ chirograph member list --json')
    .action((_options: object, command: Command) => list(contextOf(command)))
  member
    .command('application')
    .summary('write the application of this institution to a network')
    .description(
      'Writes what this institution asks a network with, signed by its keys: hand the file to a member, who logs it. The key after the consensus key is made and stored in keys.json first, because the application commits to it.',
    )
    .requiredOption('--network <file>', 'the network.json of the network that is to be joined')
    .option('--out <file>', 'where to write it', 'application.json')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chirograph member application --network network.json\n  $ chirograph start --network network.json --join',
    )
    .action((options: { network: string; out: string }, command: Command) =>
      writeApplication(contextOf(command), options),
    )
  member
    .command('apply')
    .summary('log the application of another institution')
    .description(
      'Logs the application of an institution that wants to take part. That says nothing for it: a quorum of those who vote has to approve. Check by another way than this network that the file is theirs.',
    )
    .argument('<file>', 'the application.json of that institution')
    .option('--probation <time>', 'how long it takes part before it may vote, such as 30d', '30d')
    .addOption(waitOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ chirograph member apply application.json --probation 90d --wait final',
    )
    .action((file: string, options: WaitOptions & { probation: string }, command: Command) =>
      apply(contextOf(command), file, options),
    )
  member
    .command('show-application')
    .summary('say how an application stands')
    .description('Says whose application an event brought, and who has approved it.')
    .argument('<event>', 'the event that brought it')
    .addHelpText('after', '\nExamples:\n  $ chirograph member show-application bafyrei…')
    .action((event: string, _options: object, command: Command) => show(contextOf(command), event))
  addAct(member, {
    name: 'approve',
    summary: 'let an applicant take part',
    description:
      'Approves an application. When a quorum of those who vote has, the institution takes part: it writes events at once, and may vote when its probation is over.',
    argument: ['event', 'the event that brought the application'],
    example: 'chirograph member approve bafyrei… --wait final',
    done: 'Approved the application',
    publish: (event) => (api, signal) => api.approveMember(event, { signal }),
  })
  addAct(member, {
    name: 'evict',
    summary: 'want a validator to vote no more',
    description:
      'Says that an institution should vote no more. When a quorum of those who vote has, it has no vote from the next epoch on, and cannot join again; what it issued stays what it is.',
    argument: ['member', 'its name, its id, or the first eight or more characters of it'],
    example: 'chirograph member evict "Sample College" --wait final',
    done: 'Asked for the eviction',
    publish: (member) => async (api, signal) => {
      const org = parseOrgId(member) ?? findOrganisation(await api.genesis({ signal }), member).org
      return api.evict(org, { signal })
    },
  })
  addAct(member, {
    name: 'join',
    summary: 'take up the vote of this institution',
    description: 'Takes up the vote of this institution, once it was admitted and its probation is over.',
    example: 'chirograph member join --wait final',
    done: 'This institution votes from the next epoch on',
    publish: () => (api, signal) => api.joinValidators({ signal }),
  })
  addAct(member, {
    name: 'leave',
    summary: 'give up the vote of this institution',
    description:
      'Gives up the vote of this institution. It goes on taking part, and issuing, but cannot join again; the others go on without its vote from the next epoch on.',
    example: 'chirograph member leave --wait final',
    done: 'This institution votes no more from the next epoch on',
    publish: () => (api, signal) => api.leaveValidators({ signal }),
  })
}

export function addConsensusKeys(key: Command): void {
  addAct(key, {
    name: 'commit-consensus',
    summary: 'commit to the next consensus key',
    description:
      'Makes and stores the next key that votes, and commits to it on the log. From then on nobody can take another one into use in the name of this institution. An institution that joined has committed with its application.',
    example: 'chirograph key commit-consensus --wait final',
    done: 'The next consensus key is committed to',
    isKeyMade: true,
    publish: () => (api, signal) => api.commitConsensusKey({ signal }),
  })
  addAct(key, {
    name: 'rotate-consensus',
    summary: 'take the next consensus key into use',
    description:
      'Takes the consensus key into use that this institution committed to, from the next epoch on, and makes and stores the one after it.',
    example: 'chirograph key rotate-consensus --wait final',
    done: 'The next consensus key votes from the next epoch on',
    isKeyMade: true,
    publish: () => (api, signal) => api.rotateConsensusKey({ signal }),
  })
}

function addAct(
  parent: Command,
  act: {
    readonly name: string
    readonly summary: string
    readonly description: string
    readonly argument?: readonly [name: string, help: string]
    readonly example: string
    readonly done: string
    readonly isKeyMade?: boolean
    readonly publish: (argument: string) => Publish
  },
): void {
  const command = parent.command(act.name).summary(act.summary).description(act.description)
  if (act.argument) command.argument(`<${act.argument[0]}>`, act.argument[1])
  command
    .addOption(waitOption())
    .addHelpText('after', `\nExamples:\n  $ ${act.example}\n  $ ${act.example} --json`)
    .action((...args: unknown[]) => {
      const own = args.at(-1) as Command // commander's last argument
      const options = own.opts<WaitOptions>()
      const argument = act.argument ? String(args[0]) : ''
      return tell(contextOf(own), { ...act, wait: options.wait, publish: act.publish(argument) })
    })
}

function waitOption(): Option {
  return new Option('--wait <until>', 'stored: safe on this node; final: agreed on by the network')
    .choices(['stored', 'final'])
    .default('stored')
}

async function list(context: Context): Promise<void> {
  const { terminal } = context
  const api = await context.connect()
  const answer = await api.members({ signal: context.deadline() })
  if (terminal.isJson) terminal.json(answer)
  else terminal.data(renderMembers(answer, terminal.colours))
}

async function show(context: Context, event: string): Promise<void> {
  const { terminal } = context
  const api = await context.connect()
  const answer = await api.application(event, { signal: context.deadline() })
  if (terminal.isJson) terminal.json(answer)
  else terminal.data(renderApplication(answer))
}

async function writeApplication(
  context: Context,
  { network: networkPath, out }: { readonly network: string; readonly out: string },
): Promise<void> {
  const { terminal, dataDir } = context
  await assertInitialised(dataDir)
  const { genesis } = await readNetwork(resolvePath(networkPath))
  const member = await readMember(dataDir.member)
  const kept = await readSeeds(dataDir.keys)
  const bls = genesis.certificates === undefined ? undefined : fastestBls()
  const { org, application, seeds } = makeApplication({ seeds: kept, member, genesis, bls })
  if (kept.nextConsensus === undefined) await replaceSeeds(dataDir.keys, seeds)
  const networkId = toHex(networkIdOf(genesis))
  const file = { version: 1, type: 'chirograph-application', networkId, name: member.name, org }
  const path = resolvePath(out)
  await writeWhole(path, jsonText({ ...file, application: jsonOfApplication(application) }))
  if (terminal.isJson) return terminal.json({ file: path, org, name: member.name, networkId })
  const { green } = terminal.colours
  terminal.data(`${green('✔')} ${shownPath(path)}: the application of “${member.name}” to “${genesis.name}”`)
  terminal.data('  Give it to a member of that network, and tell its people by another way that it is yours.')
  terminal.data('  Then run the node: chirograph start --network network.json --join')
}

async function apply(
  context: Context,
  file: string,
  { probation, wait }: WaitOptions & { readonly probation: string },
): Promise<void> {
  const { application, name, networkId } = await readApplicationFile(resolvePath(file))
  const probationMs = parseDuration(probation, '--probation')
  const api = await context.connect()
  const genesis = await api.genesis({ signal: context.deadline() })
  if (toHex(networkIdOf(genesis)) !== networkId)
    throw usage(`${file} is an application to another network`, 'ask for one to this network')
  await tell(context, {
    wait,
    done: `Logged the application of ${name}; a quorum has to approve it`,
    publish: (node, signal) => node.applyFor({ application, probationMs }, { signal }),
  })
}

async function tell(
  context: Context,
  act: {
    readonly wait: WaitOptions['wait']
    readonly done: string
    readonly isKeyMade?: boolean
    readonly publish: Publish
  },
): Promise<void> {
  const { terminal, dataDir } = context
  const api = await context.connect()
  const answer = await act.publish(api, context.deadline())
  const final =
    act.wait === 'final' ? await api.waitFinal(answer.event, { signal: context.deadline() }) : undefined
  const told = final && describeFinal(final)
  if (terminal.isJson) {
    const keys = act.isKeyMade ? { keys: dataDir.keys } : {}
    return terminal.json({ ...answer, ...keys, ...(final && { finality: final.finality }) })
  }
  const { green, dim, yellow } = terminal.colours
  terminal.data(`${green('✔')} ${act.done}`)
  terminal.data(`  event ${dim(answer.event)}`)
  terminal.data(`  ${told ?? 'stored here and sent; it counts once the network has agreed'}`)
  if (act.isKeyMade)
    terminal.data(`  ${yellow('Copy keys.json again:')} it holds a key that the network counts on`)
}
