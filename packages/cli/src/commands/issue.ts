/** `chirograph issue`: a cohort file in, a credential and a receipt for each learner out. */
import { Presets, SingleBar } from 'cli-progress'
import { type Command, Option } from 'commander'
import type { ApiClient, BatchAnswer, CohortSource, IssueProgress } from '@chirograph/api/client'
import { companionEndings } from '../companion-files.js'
import { type Context, contextOf } from '../context.js'
import { writeCredentialFiles } from '../credential-files.js'
import { readJson, readText } from '../files.js'
import { describeFinal } from '../finality-view.js'
import { explainedWhenLate, notFinalYet } from '../late-answer.js'
import { resolvePath, shownPath } from '../paths.js'

interface IssueOptions {
  readonly out: string
  readonly dryRun?: boolean
  readonly again?: boolean
  readonly wait: 'stored' | 'final'
}

/** Signing a hundred thousand credentials takes minutes; leasing positions waits for the network. */
const issueTimeoutMs = 1_800_000

/** A bar for what is over in a blink is only noise. */
const barAfterMs = 2_000
const barEveryMs = 500

export function addIssue(program: Command): void {
  program
    .command('issue')
    .summary('issue credentials to everybody in a file')
    .description(
      'Issues a credential to everybody in a CSV or JSON file, and writes for each a credential and a receipt to hand to the learner. A file with mistakes is refused whole, and every mistake is named; so is one with people who were given exactly the same before. The node keeps what it issued: where this command is cut off, chirograph credential export writes the files that are missing.',
    )
    .argument('<file>', 'a CSV file as chirograph template makes it, or JSON: one person or a list')
    .option('--out <folder>', 'where to write credentials and receipts', 'credentials')
    .option('--dry-run', 'only check the file')
    .option('--again', 'issue to people too who were given exactly this before')
    .addOption(
      new Option('--wait <until>', 'stored: safe on this node; final: agreed on by the network')
        .choices(['stored', 'final'])
        .default('stored'),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ chirograph template > cohort.csv
  $ chirograph issue cohort.csv --dry-run
  $ chirograph issue cohort.csv --out ./spring-2026 --wait final
  $ chirograph credential export --out ./spring-2026   # should it be cut off: what was issued is kept`,
    )
    .action((file: string, options: IssueOptions, command: Command) =>
      issue(contextOf(command), resolvePath(file), options),
    )
  program
    .command('template')
    .summary('print a cohort file to start from')
    .description(
      'Prints a CSV file with every column and one sample row, to be filled in with a spreadsheet.',
    )
    .addHelpText('after', '\nExamples:\n  $ chirograph template > cohort.csv')
    .action(async () => {
      const { cohortTemplate } = await import('@chirograph/credential')
      process.stdout.write(cohortTemplate())
    })
}

async function issue(context: Context, path: string, options: IssueOptions): Promise<void> {
  const cohort = { ...(await readCohort(path)), ...(options.again && { again: true }) }
  const api = await context.connect()
  if (options.dryRun) return check(context, api, cohort)
  const { terminal } = context
  const signal = context.deadline(issueTimeoutMs)
  const folder = resolvePath(options.out)
  const bar = createBar(terminal.isWatched)
  const written: string[] = []
  let batches: BatchAnswer[]
  try {
    const issuing = api.issue(cohort, {
      signal,
      onProgress: bar.update,
      async onCredential(credential) {
        written.push((await writeCredentialFiles(folder, credential)).path)
        bar.written(written.length)
      },
    })
    batches = await explainedWhenLate(issuing, () => ({
      what: `the node did not answer in time: ${plural(written.length, 'credential')} ${written.length === 1 ? 'was' : 'were'} written to ${shownPath(folder)}, and the node ends a batch that it has begun`,
      hint: 'run the same again: nobody is given a second credential, and a batch that was issued is named; its files are written with chirograph credential export',
    }))
  } finally {
    bar.stop()
  }
  const told: string[] = []
  const finals: unknown[] = []
  if (options.wait === 'final') {
    for (const { event } of batches) {
      const answer = await explainedWhenLate(api.waitFinal(event, { signal: context.deadline() }), () =>
        notFinalYet(`all is issued and written to ${shownPath(folder)}: batch ${event} is`),
      )
      told.push(describeFinal(answer))
      finals.push(answer)
    }
  }
  if (terminal.isJson) {
    terminal.json({ batches, folder, files: written, ...(finals.length > 0 && { finality: finals }) })
    return
  }
  const { green, dim } = terminal.colours
  terminal.data(
    `${green('✔')} Issued ${plural(written.length, 'credential')} in ${plural(batches.length, 'batch')}`,
  )
  for (const [at, { event, recordClass, credentialCount }] of batches.entries())
    terminal.data(
      `  ${plural(credentialCount, recordClass)}  ${dim(event)}${told[at] ? `\n    ${told[at]}` : ''}`,
    )
  terminal.data(`  written to ${shownPath(folder)}`)
  terminal.say(
    `\nHand each learner both files: ${companionEndings.credential.slice(1)} and ${companionEndings.receipt.slice(1)}.`,
  )
}

async function readCohort(path: string): Promise<CohortSource> {
  if (!/\.json$/i.test(path)) return { csv: await readText(path) }
  const value = await readJson(path)
  return Array.isArray(value) ? { rows: value } : { json: value }
}

async function check({ terminal, deadline }: Context, api: ApiClient, cohort: CohortSource): Promise<void> {
  const answer = await api.checkCohort(cohort, { signal: deadline() })
  if (terminal.isJson) {
    terminal.json(answer)
    return
  }
  const classes = answer.recordClasses.map(({ recordClass, count }) => plural(count, recordClass)).join(', ')
  terminal.data(
    `${terminal.colours.green('✔')} The file is in order: ${plural(answer.credentialCount, 'credential')} (${classes}). Nothing was issued.`,
  )
}

interface Bar {
  update(progress: Omit<IssueProgress, 'phase'> & { readonly phase: string }): void
  /** How many credentials have been written to files. */
  written(count: number): void
  stop(): void
}

function createBar(isWatched: boolean): Bar {
  const startedMs = Date.now()
  const bar = new SingleBar(
    {
      format: '  {bar} {value}/{total}  {phase}, {duration_formatted}',
      hideCursor: true,
      clearOnComplete: true,
      stream: process.stderr,
    },
    Presets.shades_classic,
  )
  let isShown = false
  let people = 0
  let latest: Parameters<Bar['update']>[0] = { done: 0, total: 0, phase: 'waiting for the node' }
  function show(): void {
    if (!isWatched || Date.now() - startedMs < barAfterMs) return
    const { done, total, phase } = latest
    if (isShown) {
      bar.setTotal(total)
      bar.update(done, { phase })
    } else bar.start(total, done, { phase })
    isShown = true
  }
  const update: Bar['update'] = (progress) => {
    people = progress.total
    latest = progress
    show()
  }
  // Between two words of the node the time goes on.
  const ticking = setInterval(show, barEveryMs)
  return {
    update,
    written: (count) => update({ done: count, total: people, phase: 'writing files' }),
    stop() {
      clearInterval(ticking)
      if (isShown) bar.stop()
    },
  }
}

function plural(count: number, noun: string): string {
  const many = noun.endsWith('ch') ? `${noun}es` : noun === 'credential' ? `${noun}s` : noun
  return `${count} ${count === 1 ? noun : many}`
}
