/** `chirograph events`: what is on the log, from the beginning or from where one left off, and what comes. */
import { type Command, Option } from 'commander'
import type { ApiClient, EventsSource } from '@chirograph/api/client'
import { toHex } from '@chirograph/codec'
import { credentialReference } from '@chirograph/credential'
import { eventKinds } from '@chirograph/event'
import { isChirographError } from '@chirograph/interface'
import type { Genesis } from '@chirograph/status'
import { type Context, contextOf } from '../context.js'
import { parsePastMoment } from '../duration.js'
import { eventHeading, eventLine } from '../event-view.js'
import { failure, usage } from '../failure.js'
import { readTarget } from '../targets.js'

interface EventsOptions {
  readonly issuer?: string
  readonly kind?: string
  readonly handle?: string
  readonly since?: string
  readonly until?: string
  readonly from?: string
  readonly follow?: boolean
}

export function addEvents(program: Command): void {
  program
    .command('events')
    .summary('show the events of the log')
    .description(
      'Shows the events that this node holds, in the order in which they came here. With --json each is one line, with a cursor: --from with the last cursor that you dealt with goes on behind it, without loss and without repetition. FINAL says at which height the network agreed on it, or yes where that was before the node was started. Ends with 6 when the node stops while it is followed.',
    )
    .option('--issuer <member>', "only this member's events: its name, or the beginning of its id")
    .addOption(new Option('--kind <kind>', 'only events of this kind').choices(Object.keys(eventKinds)))
    .option(
      '--handle <credential>',
      'only changes of this credential: a file, credential id, learner id or handle',
    )
    .option('--since <when>', 'only from this moment on, by the time that the author claims: 24h, 2026-01-31')
    .option('--until <when>', 'only up to this moment')
    .option('--from <cursor>', 'go on behind the event that had this cursor')
    .option('--follow', 'wait for more, until Ctrl-C')
    .addHelpText(
      'after',
      `
Reads by --issuer cost as much as that member has events; all others read the whole log from --from on.

Examples:
  $ chirograph events --follow
  $ chirograph events --issuer "Sample Institution 2" --kind status.revoke --since 30d
  $ chirograph events --handle credentials/S-0001-*.credential.json
  $ chirograph events --json --from "$(cat cursor)" | while read -r event; do …; done`,
    )
    .action((options: EventsOptions, command: Command) => show(contextOf(command), options))
}

async function show(context: Context, options: EventsOptions): Promise<void> {
  const { terminal } = context
  const api = await context.connect()
  const genesis = await api.genesis({ signal: context.deadline() })
  const source = await sourceOf(context, { api, genesis, options })
  const names = genesis.organisations.map(({ name }) => name)
  const { dim } = terminal.colours
  // Whoever follows waits for as long as it takes.
  const signal = options.follow ? undefined : context.deadline(listTimeoutMs)
  let count = 0
  let cursor: string | undefined
  try {
    for await (const event of api.events({ ...source, signal })) {
      cursor = event.cursor
      if (terminal.isJson) terminal.json(event)
      else {
        if (count === 0) terminal.data(dim(eventHeading(names)))
        terminal.data(eventLine(event, { names, colours: terminal.colours }))
      }
      count++
    }
  } catch (error) {
    // A node that was killed ends the stream in the middle.
    if (!options.follow || !isChirographError(error, 'API_UNREACHABLE')) throw error
    throw nodeStopped(cursor ?? options.from, error)
  }
  if (options.follow) throw nodeStopped(cursor ?? options.from)
  if (count === 0)
    terminal.say(
      options.from === undefined
        ? 'No such event is on the log of this node.'
        : 'No such event has come since that cursor.',
    )
  else
    terminal.say(
      terminal.talkColours.dim(
        `\n${count === 1 ? '1 event' : `${count} events`}; what comes later: --from ${cursor}`,
      ),
    )
}

/** Nobody else ends a stream that waits for what comes. */
function nodeStopped(cursor: string | undefined, cause?: unknown): Error {
  return failure(
    'API_UNREACHABLE',
    'the node stopped, so no more events come',
    cursor === undefined
      ? 'once it runs again, follow it again'
      : `once it runs again, go on behind the last event with --follow --from ${cursor}`,
    cause,
  )
}

/** A log of millions takes minutes to be written to a terminal. */
const listTimeoutMs = 3_600_000

async function sourceOf(
  context: Context,
  {
    api,
    genesis,
    options,
  }: { readonly api: ApiClient; readonly genesis: Genesis; readonly options: EventsOptions },
): Promise<EventsSource> {
  const { issuer, kind, handle, since, until, from, follow = false } = options
  const nowMs = Date.now()
  const named = issuer === undefined ? undefined : memberNamed(genesis, issuer)
  const credential = handle === undefined ? undefined : await credentialNamed(context, api, handle)
  if (named !== undefined && credential?.issuer !== undefined && credential.issuer !== named)
    throw usage('the credential was issued by another member than --issuer names', 'leave --issuer out')
  return {
    from,
    kind,
    issuer: named ?? credential?.issuer,
    handle: credential?.handle,
    sinceMs: since === undefined ? undefined : parsePastMoment(since, '--since', { nowMs, isStart: true }),
    untilMs: until === undefined ? undefined : parsePastMoment(until, '--until', { nowMs, isStart: false }),
    live: follow,
  }
}

/** The id of the one member whose name this is, or whose id begins so. */
function memberNamed({ organisations }: Genesis, text: string): string {
  const wanted = text.toLowerCase()
  const byName = organisations.filter(({ name }) => name.toLowerCase() === wanted)
  const found = byName.length > 0 ? byName : organisations.filter(({ id }) => id.startsWith(wanted))
  const [member] = found
  if (member !== undefined && found.length === 1) return member.id
  throw failure(
    'CLI_MEMBER_UNKNOWN',
    found.length === 0
      ? `no member of this network is ${JSON.stringify(text)}`
      : `${found.length} members are ${JSON.stringify(text)}`,
    `name one of: ${organisations.map(({ name }) => name).join(', ')}`,
  )
}

/** The handle of a credential, and its issuer where that is known: only its issuer's events speak of it. */
async function credentialNamed(
  context: Context,
  api: ApiClient,
  text: string,
): Promise<{ readonly handle: string; readonly issuer?: string }> {
  if (/^[0-9a-f]{64}$/.test(text)) return { handle: text }
  const { source } = await readTarget(text)
  const credential =
    typeof source === 'object' && 'credential' in source
      ? source.credential
      : await ownCredential(context, api, text)
  const reading = credentialReference(credential)
  if (reading.kind === 'reject')
    throw usage(
      `${text} is no credential of a Chirograph network (${reading.detail})`,
      'give the credential as it was issued',
    )
  const { handle, issuerOrg } = reading.reference
  return { handle: toHex(handle), issuer: issuerOrg }
}

async function ownCredential({ deadline }: Context, api: ApiClient, key: string): Promise<unknown> {
  const found = await api.findCredentials(key, { signal: deadline() })
  const [entry] = found
  if (entry !== undefined && found.length === 1) return entry.credential
  throw usage(
    `"${key}" stands for ${found.length} credentials`,
    `name the one you mean by its credential id: ${found.map(({ credentialId }) => credentialId).join(', ')}`,
  )
}
