/** `chirograph credential`: what this institution issued. */
import type { Command } from 'commander'
import type { ApiClient, CredentialAnswer, CredentialSummary } from '@chirograph/api/client'
import { companionEndings } from '../companion-files.js'
import { type Context, contextOf } from '../context.js'
import { counted } from '../counted.js'
import { writeCredentialFiles } from '../credential-files.js'
import { usage } from '../failure.js'
import { jsonText } from '../files.js'
import { resolvePath, shownPath } from '../paths.js'
import { plainText } from '../plain-text.js'
import { createProgressLine } from '../progress-line.js'
import { cut, table } from '../table.js'

export function addCredential(program: Command): void {
  const credential = program
    .command('credential')
    .summary('look at what this institution issued')
    .description('Look at what this institution issued.')
  credential
    .command('list')
    .summary('list what was issued')
    .description('Lists what this institution issued, with the status of each on the network.')
    .argument('[query]', 'only those with this text in learner, achievement or id')
    .option('--limit <count>', 'at most this many', '1000')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chirograph credential list\n  $ chirograph credential list welding\n  $ chirograph credential list --json    # one line of JSON each',
    )
    .action((query: string | undefined, options: { limit: string }, command: Command) =>
      list(contextOf(command), query, Number(options.limit)),
    )
  credential
    .command('show')
    .summary('show a credential and its status')
    .description(
      'Shows the credentials that a credential id, handle or learner id stands for. With --json, whole.',
    )
    .argument('<key>', 'credential id, handle, or learner id')
    .addHelpText(
      'after',
      `\nExamples:\n  $ chirograph credential show S-0001\n  $ chirograph credential show S-0001 --json | jq .credential > S-0001${companionEndings.credential}`,
    )
    .action((key: string, _options: object, command: Command) => show(contextOf(command), key))
  credential
    .command('export')
    .summary('write the files of what was issued again')
    .description(
      'Writes the credential and the receipt of each learner again, just as chirograph issue wrote them: of the credentials that are named, of a batch, or of all. Files that are there already stay. The node keeps every credential that it issued, with the names in it, in the folder registrar alone: no other member has them, and what was lost with that folder cannot be written again.',
    )
    .argument('[key...]', 'credential ids, handles or learner ids (default: all that was issued)')
    .option('--batch <event>', 'only what this batch event issued')
    .option('--out <folder>', 'where to write credentials and receipts', 'credentials')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chirograph credential export --out ./spring-2026\n  $ chirograph credential export S-0001 S-0002\n  $ chirograph credential export --batch "$BATCH" --json',
    )
    .action((keys: string[], options: ExportOptions, command: Command) =>
      exportFiles(contextOf(command), keys, options),
    )
}

interface ExportOptions {
  readonly batch?: string
  readonly out: string
}

/** A hundred thousand credentials are two hundred thousand files. */
const exportTimeoutMs = 1_800_000

async function exportFiles(
  context: Context,
  keys: readonly string[],
  { batch, out }: ExportOptions,
): Promise<void> {
  if (keys.length > 0 && batch !== undefined)
    throw usage('a batch and single credentials are named at once', 'name either --batch or the credentials')
  const { terminal } = context
  const api = await context.connect()
  const signal = context.deadline(exportTimeoutMs)
  const folder = resolvePath(out)
  const progress = createProgressLine(terminal)
  const files: string[] = []
  let written = 0
  let unpublished = 0
  try {
    for await (const answer of credentialsOf(api, { keys, batch, signal })) {
      const { path, isNew } = await writeCredentialFiles(folder, answer)
      files.push(path)
      if (isNew) written++
      if (answer.receipt === null) unpublished++
      progress.show(`Written: ${files.length.toLocaleString('en-GB')}`)
    }
  } finally {
    progress.clear()
  }
  if (terminal.isJson) {
    terminal.json({ folder, files, written, unpublished })
    return
  }
  const { green, yellow } = terminal.colours
  const there = files.length - written
  terminal.data(
    `${green('✔')} Wrote ${counted(written, 'credential')} to ${shownPath(folder)}${there > 0 ? `; ${counted(there, 'credential')} ${there === 1 ? 'was' : 'were'} there already` : ''}`,
  )
  if (unpublished > 0)
    terminal.data(
      `  ${yellow('!')} ${counted(unpublished, 'credential')} of a batch that waits to be published have no receipt yet: run this again later`,
    )
}

async function* credentialsOf(
  api: ApiClient,
  { keys, batch, signal }: { keys: readonly string[]; batch: string | undefined; signal: AbortSignal },
): AsyncGenerator<CredentialAnswer> {
  if (keys.length === 0) yield* api.wholeCredentials({ batch, signal })
  else for (const key of keys) yield* await api.findCredentials(key, { signal })
}

async function list(context: Context, query: string | undefined, limit: number): Promise<void> {
  const { terminal, deadline } = context
  const api = await context.connect()
  const options = { ...(query !== undefined && { query }), limit, signal: deadline() }
  const rows: string[][] = []
  for await (const summary of api.credentials(options)) {
    if (terminal.isJson) terminal.json(summary)
    else rows.push(rowOf(summary))
  }
  if (terminal.isJson) return
  if (rows.length === 0) {
    terminal.say(query === undefined ? 'Nothing was issued yet.' : `Nothing matches "${plainText(query)}".`)
    return
  }
  const [head = '', ...lines] = table(
    ['STATUS', 'LEARNER', 'NAME', 'ACHIEVEMENT', 'AWARDED', 'CREDENTIAL ID'],
    rows,
  )
  terminal.data([terminal.colours.dim(head), ...lines].join('\n'))
  if (rows.length === limit) terminal.say(`Only the first ${limit}; see more with --limit.`)
}

function rowOf(summary: CredentialSummary): string[] {
  const { learnerId, learnerName, achievement, awardedOn, credentialId } = summary
  return [
    stateWords(summary),
    learnerId,
    cut(learnerName ?? '', 28),
    cut(achievement ?? '', 40),
    awardedOn ?? '',
    credentialId,
  ]
}

function stateWords({ status, batch }: Pick<CredentialSummary, 'status' | 'batch'>): string {
  if (batch === null) return 'not published'
  return status.finality === 'pending' ? `${status.status.state} (changing)` : status.status.state
}

async function show(context: Context, key: string): Promise<void> {
  const { terminal, deadline } = context
  const api = await context.connect()
  const found = await api.findCredentials(key, { signal: deadline() })
  for (const one of found) {
    if (terminal.isJson) terminal.json(one)
    else terminal.data(describe(one, terminal.isVerbose))
  }
}

function describe(answer: CredentialAnswer, isVerbose: boolean): string {
  const { credentialId, learnerId, handle, position, batch, credential, status } = answer
  const { status: state } = status
  const lines: [string, string][] = [
    ['credential', credentialId],
    ['is', plainText(String(credential.name ?? ''))],
    ['learner', plainText(learnerId)],
    ['status', `${stateWords(answer)}${'reason' in state ? `, ${state.reason}` : ''}${sinceWords(state)}`],
    ['handle', handle],
    ['position', String(position)],
    ['batch', batch ?? 'not published yet'],
  ]
  const told = lines.map(([label, text]) => `${label.padEnd(10)}  ${text}`).join('\n')
  return isVerbose ? `${told}\n${jsonText(credential)}` : `${told}\n`
}

function sinceWords(state: CredentialAnswer['status']['status']): string {
  if (state.state === 'active') return ''
  const since = ` since ${new Date(state.sinceMs).toISOString()}`
  return state.state === 'suspended' ? `${since} until ${new Date(state.untilMs).toISOString()}` : since
}
