/** `chirograph credential`: what this institution issued. */
import type { Command } from 'commander'
import type { CredentialAnswer, CredentialSummary } from '@chirograph/api/client'
import { companionEndings } from '../companion-files.js'
import { type Context, contextOf } from '../context.js'
import { jsonText } from '../files.js'
import { plainText } from '../plain-text.js'
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
  const [head = '', ...lines] = table(['STATUS', 'LEARNER', 'NAME', 'ACHIEVEMENT', 'CREDENTIAL ID'], rows)
  terminal.data([terminal.colours.dim(head), ...lines].join('\n'))
  if (rows.length === limit) terminal.say(`Only the first ${limit}; see more with --limit.`)
}

function rowOf(summary: CredentialSummary): string[] {
  const { learnerId, learnerName, achievement, credentialId } = summary
  return [
    stateWords(summary),
    learnerId,
    cut(learnerName ?? '', 28),
    cut(achievement ?? '', 40),
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
