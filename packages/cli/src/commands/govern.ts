/** `chirograph govern …`: stolen keys, what many decide together, recognitions, and institutions that closed. */
import { type Command, Option } from 'commander'
import type { PublishAnswer } from '@chirograph/api/client'
import { recordClasses, statusReasons } from '@chirograph/event'
import { type Context, contextOf } from '../context.js'
import { parseMoment } from '../duration.js'
import { usage } from '../failure.js'
import { describeFinal } from '../finality-view.js'
import { renderMeasure, renderStanding } from '../governance-lines.js'
import { type NamedCredential, readCredentials } from '../named-credential.js'
import { findOrganisation } from '../organisation.js'

type Api = Awaited<ReturnType<Context['connect']>>

interface Options {
  readonly wait: 'stored' | 'final'
  readonly reason: string
  readonly until?: string
  readonly from?: string
  readonly custodian?: string
  readonly member?: string
  readonly generation: string
  readonly since: string
}

/** One act that becomes an event: how it is asked for, and what is said when it was published. */
interface Act {
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly arguments?: readonly (readonly [name: string, help: string])[]
  readonly example: string
  readonly options?: (command: Command) => Command
  readonly done: string
  readonly publish: (
    asked: { readonly args: readonly (string | string[])[]; readonly options: Options },
    by: { readonly api: Api; readonly signal: AbortSignal },
  ) => Promise<PublishAnswer>
}

const member = ['member', 'its name, its id, or the first eight or more characters of it'] as const
const credentials = ['credential...', 'a credential file, or a handle of 64 hex characters'] as const
const proposal = ['proposal', 'the event that proposed it'] as const
const classNames = Object.keys(recordClasses)
const classes = ['class...', `record classes: ${classNames.join(', ')}`] as const
const reason = (command: Command, standard: string) =>
  command.addOption(
    new Option('--reason <code>', 'why, coarsely').choices(Object.keys(statusReasons)).default(standard),
  )
const until = (command: Command, days: number) =>
  command.option('--until <when>', 'a date, or a time such as 10d', `${days}d`)
const term = (command: Command) =>
  command
    .option('--from <when>', 'a date and time; without it from now on')
    .option('--until <when>', 'a date, or a time such as 365d; without it there is no end')

const lockHelp =
  'A proposal says nothing for it: a quorum of those who vote has to approve, and three days later somebody carries it out.'

const acts: readonly Act[] = [
  {
    name: 'theft',
    summary: 'tell that a log key was stolen',
    description:
      'Tells that somebody else had a log key of this institution. What it issued and reinstated above the height does not count any more, until a later key says it again; what it revoked stays revoked. Take the next key into use first: chirograph key rotate.',
    example: 'chirograph govern theft --generation 0 --since 1200 --wait final',
    options: (command) =>
      command
        .requiredOption('--generation <number>', 'which key: chirograph govern show lists them')
        .requiredOption('--since <height>', 'the last height at which the key was this institution’s alone')
        .option('--member <member>', 'an institution that closed and whose custodian this one is'),
    done: 'The theft is told',
    publish: async ({ options }, { api, signal }) => {
      const org = options.member === undefined ? {} : { org: await orgOf(api, options.member, signal) }
      const theft = { generation: wholeNumber(options.generation, '--generation'), ...org }
      return api.tellTheft({ ...theft, sinceHeight: wholeNumber(options.since, '--since') }, { signal })
    },
  },
  {
    name: 'reaffirm',
    summary: 'stand by batches of a key that was stolen',
    description:
      'Says with the key of today that batches of an earlier one are this institution’s. Without any named: all that this node issued and that do not count since a theft was told.',
    arguments: [['[batch...]', 'the events that issued them']],
    example: 'chirograph govern reaffirm --wait final',
    done: 'The batches are reaffirmed',
    publish: ({ args: [batches = []] }, { api, signal }) => {
      const named = [batches].flat()
      return api.reaffirm(named.length === 0 ? undefined : named, { signal })
    },
  },
  {
    name: 'propose-revoke',
    summary: 'propose that many revoke credentials of an institution',
    description: `Proposes to revoke credentials that another institution issued. ${lockHelp}`,
    arguments: [member, credentials],
    example: 'chirograph govern propose-revoke "Sample College" S-0001.credential.json',
    options: (command) => reason(command, 'withdrawn'),
    done: 'The revocation is proposed',
    publish: async ({ args: [text, named], options }, { api, signal }) => {
      const org = await orgOf(api, text, signal)
      const entries = await entriesOf(named, org)
      return api.propose({ kind: 'quorum.revoke', org, entries, reason: options.reason }, { signal })
    },
  },
  {
    name: 'propose-suspend',
    summary: 'propose that some suspend credentials at once, for a short time',
    description:
      'Proposes to suspend credentials that another institution issued, for a month at most. It takes effect as soon as one more approve than may be faulty, and ends by itself; the institution cannot lift it.',
    arguments: [member, credentials],
    example: 'chirograph govern propose-suspend "Sample College" S-0001.credential.json --until 14d',
    options: (command) => until(reason(command, 'under-review'), 14),
    done: 'The suspension is proposed',
    publish: async ({ args: [text, named], options }, { api, signal }) => {
      const org = await orgOf(api, text, signal)
      const entries = await entriesOf(named, org)
      const untilMs = parseMoment(options.until ?? '14d', '--until', Date.now())
      return api.propose(
        { kind: 'quorum.suspend', org, entries, reason: options.reason, untilMs },
        { signal },
      )
    },
  },
  {
    name: 'propose-annul',
    summary: 'propose that many lift revocations that a stolen key made',
    description: `Proposes to lift revocations that a stolen key made above the height since which it was. Others cannot be lifted. ${lockHelp}`,
    arguments: [member, credentials],
    example: 'chirograph govern propose-annul "Sample College" S-0001.credential.json',
    done: 'The annulment is proposed',
    publish: async ({ args: [text, named] }, { api, signal }) => {
      const org = await orgOf(api, text, signal)
      const handles = (await entriesOf(named, org)).map(({ handle }) => handle)
      return api.propose({ kind: 'quorum.annul', org, handles }, { signal })
    },
  },
  {
    name: 'propose-close',
    summary: 'propose to close an institution, and who goes on for it',
    description: `Proposes that an institution says nothing more and votes no more, and who revokes and suspends what it issued from then on. What it issued stays what it is. For one that has closed it changes who that is. ${lockHelp}`,
    arguments: [member],
    example: 'chirograph govern propose-close "Sample College" --custodian "Second College"',
    options: (command) => command.option('--custodian <member>', 'who acts for it; without one nobody does'),
    done: 'The closure is proposed',
    publish: async ({ args: [text], options }, { api, signal }) => {
      const org = await orgOf(api, text, signal)
      const keeper = options.custodian
      const custodian = keeper === undefined ? null : await orgOf(api, keeper, signal)
      return api.propose({ kind: 'quorum.close', org, custodian }, { signal })
    },
  },
  {
    name: 'propose-recognition',
    summary: 'propose that the network recognises an institution',
    description: `Proposes that the network recognises an institution to issue records of these classes. Every verifier counts that. ${lockHelp}`,
    arguments: [member, classes],
    example: 'chirograph govern propose-recognition "Sample College" degree licence --until 1825d',
    options: term,
    done: 'The recognition is proposed',
    publish: async ({ args, options }, { api, signal }) =>
      api.propose(
        { kind: 'quorum.recognise', ...(await recognitionOf(args, { options, api, signal })) },
        { signal },
      ),
  },
  {
    name: 'propose-end-recognition',
    summary: 'propose that the network recognises an institution no more',
    description: `Proposes that the network recognises an institution no more. What it issued before stays recognised. ${lockHelp}`,
    arguments: [member],
    example: 'chirograph govern propose-end-recognition "Sample College"',
    done: 'The end of the recognition is proposed',
    publish: async ({ args: [text] }, { api, signal }) =>
      api.propose({ kind: 'quorum.endRecognition', org: await orgOf(api, text, signal) }, { signal }),
  },
  {
    name: 'approve',
    summary: 'approve a measure',
    description: 'Approves a measure that was proposed. Look at it first: chirograph govern show-measure.',
    arguments: [proposal],
    example: 'chirograph govern approve bafyrei… --wait final',
    done: 'The measure is approved',
    publish: ({ args: [id] }, { api, signal }) => api.approveMeasure(String(id), { signal }),
  },
  {
    name: 'withdraw',
    summary: 'approve a measure no more',
    description: 'Takes the approval of a measure back, as long as it was not carried out.',
    arguments: [proposal],
    example: 'chirograph govern withdraw bafyrei… --wait final',
    done: 'The approval is withdrawn',
    publish: ({ args: [id] }, { api, signal }) => api.withdrawApproval(String(id), { signal }),
  },
  {
    name: 'carry-out',
    summary: 'carry a measure out that a quorum approved',
    description: 'Carries a measure out once a quorum approves it and its time lock is over. Any member may.',
    arguments: [proposal],
    example: 'chirograph govern carry-out bafyrei… --wait final',
    done: 'The measure is carried out',
    publish: ({ args: [id] }, { api, signal }) => api.carryOut(String(id), { signal }),
  },
  {
    name: 'recognise',
    summary: 'recognise an institution in the name of this one',
    description:
      'Says that this institution recognises another one to issue records of these classes. It counts for verifiers whose policy names this institution.',
    arguments: [member, classes],
    example: 'chirograph govern recognise "Sample College" degree --until 365d --wait final',
    options: term,
    done: 'This institution recognises it',
    publish: async ({ args, options }, { api, signal }) =>
      api.recognise(await recognitionOf(args, { options, api, signal }), { signal }),
  },
  {
    name: 'end-recognition',
    summary: 'recognise an institution no more',
    description:
      'Takes back what this institution said for another one. What that issued before stays recognised.',
    arguments: [member],
    example: 'chirograph govern end-recognition "Sample College" --wait final',
    done: 'This institution recognises it no more',
    publish: async ({ args: [text] }, { api, signal }) =>
      api.endRecognition(await orgOf(api, text, signal), { signal }),
  },
  {
    name: 'custody-revoke',
    summary: 'revoke credentials of an institution that closed',
    description:
      'Revokes credentials of an institution that closed and whose custodian this one is, for ever.',
    arguments: [member, credentials],
    example: 'chirograph govern custody-revoke "Sample College" S-0001.credential.json --wait final',
    options: (command) => reason(command, 'withdrawn'),
    done: 'Revoked as its custodian',
    publish: async ({ args: [text, named], options }, { api, signal }) => {
      const org = await orgOf(api, text, signal)
      const entries = await entriesOf(named, org)
      return api.actAsCustodian({ kind: 'custody.revoke', org, entries, reason: options.reason }, { signal })
    },
  },
  {
    name: 'custody-suspend',
    summary: 'suspend credentials of an institution that closed',
    description: 'Suspends credentials of an institution that closed and whose custodian this one is.',
    arguments: [member, credentials],
    example: 'chirograph govern custody-suspend "Sample College" S-0001.credential.json --until 60d',
    options: (command) => until(reason(command, 'under-review'), 90),
    done: 'Suspended as its custodian',
    publish: async ({ args: [text, named], options }, { api, signal }) => {
      const org = await orgOf(api, text, signal)
      const entries = await entriesOf(named, org)
      const untilMs = parseMoment(options.until ?? '90d', '--until', Date.now())
      const act = { kind: 'custody.suspend', org, entries, reason: options.reason, untilMs }
      return api.actAsCustodian(act, { signal })
    },
  },
  {
    name: 'custody-reinstate',
    summary: 'lift suspensions of an institution that closed',
    description: 'Lifts suspensions of an institution that closed and whose custodian this one is.',
    arguments: [member, credentials],
    example: 'chirograph govern custody-reinstate "Sample College" S-0001.credential.json',
    done: 'Reinstated as its custodian',
    publish: async ({ args: [text, named] }, { api, signal }) => {
      const org = await orgOf(api, text, signal)
      const entries = await entriesOf(named, org)
      return api.actAsCustodian({ kind: 'custody.reinstate', org, entries }, { signal })
    },
  },
]

export function addGovern(program: Command): void {
  const govern = program
    .command('govern')
    .summary('stolen keys, what many decide, recognitions, institutions that closed')
    .description(
      'What institutions do when a key was stolen, and what they decide together: revoking against an issuer’s will, closing it, recognising it. A measure is proposed, approved, and carried out.',
    )
  govern
    .command('show')
    .summary('say how an institution stands')
    .description(
      'Says which log keys an institution had and since when, who recognises it, and who acts for it.',
    )
    .argument(`<${member[0]}>`, member[1])
    .addHelpText('after', '\nExamples:\n  $ chirograph govern show "Sample College"')
    .action((text: string, _options: object, command: Command) => show(contextOf(command), text))
  govern
    .command('show-measure')
    .summary('say how a measure stands')
    .description('Says what was proposed, who approves it, and from when on it can be carried out.')
    .argument(`<${proposal[0]}>`, proposal[1])
    .addHelpText('after', '\nExamples:\n  $ chirograph govern show-measure bafyrei…')
    .action((id: string, _options: object, command: Command) => showMeasure(contextOf(command), id))
  for (const act of acts) addAct(govern, act)
}

function addAct(govern: Command, act: Act): void {
  const command = govern.command(act.name).summary(act.summary).description(act.description)
  for (const [name, help] of act.arguments ?? [])
    command.argument(name.startsWith('[') ? name : `<${name}>`, help)
  act.options?.(command)
  command
    .addOption(
      new Option('--wait <until>', 'stored: safe on this node; final: agreed on by the network')
        .choices(['stored', 'final'])
        .default('stored'),
    )
    .addHelpText('after', `\nExamples:\n  $ ${act.example}`)
    .action((...given: unknown[]) => {
      const own = given.at(-1) as Command // commander's last argument, behind the options
      const args = given.slice(0, -2) as (string | string[])[] // as the arguments are declared
      return publish(contextOf(own), act, { args, options: own.opts<Options>() })
    })
}

async function publish(
  context: Context,
  act: Act,
  asked: { readonly args: readonly (string | string[])[]; readonly options: Options },
): Promise<void> {
  const { terminal } = context
  const api = await context.connect()
  const answer = await act.publish(asked, { api, signal: context.deadline() })
  const isFinal = asked.options.wait === 'final'
  const final = isFinal ? await api.waitFinal(answer.event, { signal: context.deadline() }) : undefined
  const told = final && describeFinal(final)
  if (terminal.isJson) return terminal.json({ ...answer, ...(final && { finality: final.finality }) })
  const { green, dim } = terminal.colours
  terminal.data(`${green('✔')} ${act.done}`)
  terminal.data(`  event ${dim(answer.event)}`)
  terminal.data(`  ${told ?? 'stored here and sent; it counts once the network has agreed'}`)
}

async function show(context: Context, text: string): Promise<void> {
  const { terminal } = context
  const api = await context.connect()
  const signal = context.deadline()
  const answer = await api.standing(await orgOf(api, text, signal), { signal })
  if (terminal.isJson) return terminal.json(answer)
  const { members } = await api.members({ signal })
  terminal.data(renderStanding(answer, members))
}

async function showMeasure(context: Context, id: string): Promise<void> {
  const { terminal } = context
  const api = await context.connect()
  const signal = context.deadline()
  const answer = await api.measure(id, { signal })
  if (terminal.isJson) return terminal.json(answer)
  const { members } = await api.members({ signal })
  terminal.data(renderMeasure(answer, members))
}

/** Also of those who joined after the genesis. */
async function orgOf(api: Api, text: string | string[] | undefined, signal: AbortSignal): Promise<string> {
  const { members } = await api.members({ signal })
  const organisations = members.map(({ org, name }) => ({ id: org, name }))
  return findOrganisation({ organisations }, String(text)).org
}

function entriesOf(named: string | string[] | undefined, org: string): Promise<NamedCredential[]> {
  return readCredentials([named ?? []].flat(), org)
}

async function recognitionOf(
  [text, named]: readonly (string | string[])[],
  { options, api, signal }: { readonly options: Options; readonly api: Api; readonly signal: AbortSignal },
) {
  const wanted = [named ?? []].flat()
  const unknown = wanted.find((name) => !classNames.includes(name))
  if (unknown !== undefined)
    throw usage(`${unknown} is no class of records`, `take some of: ${classNames.join(', ')}`)
  const nowMs = Date.now()
  const fromMs = options.from === undefined ? nowMs : momentOf(options.from, nowMs)
  const untilMs = options.until === undefined ? null : parseMoment(options.until, '--until', nowMs)
  return { org: await orgOf(api, text, signal), recordClasses: wanted, fromMs, untilMs }
}

/** A beginning: of a day its first moment. */
function momentOf(text: string, nowMs: number): number {
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text)
  return parseMoment(isDate ? `${text}T00:00:00Z` : text, '--from', nowMs)
}

function wholeNumber(text: string, option: string): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number
  throw usage(`${option} ${text} is no whole number`, 'write it in digits, such as 1200')
}
