/** `chirograph store`: looks at the log of a stopped node, and looks after it. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { EventKind } from '@chirograph/event'
import { type Context, contextOf } from '../context.js'
import { usage } from '../failure.js'
import { interruptible } from '../interrupt.js'
import { readNetwork } from '../network-file.js'
import { shownPath } from '../paths.js'
import { createProgressLine } from '../progress-line.js'
import { withStore } from '../stopped-store.js'
import { table } from '../table.js'

export function addStore(program: Command): void {
  const store = program
    .command('store')
    .summary('look after the log of a stopped node')
    .description('Looks at the log in the data directory of a stopped node, and looks after it.')
  store
    .command('stat')
    .summary('how much it holds, and what takes the room')
    .description('Counts what the log holds, by kind, and how much room it takes on the disk.')
    .addHelpText('after', '\nExamples:\n  $ chirograph store stat\n  $ chirograph store stat --json')
    .action((_options: object, command: Command) => showStat(contextOf(command)))
  store
    .command('compact')
    .summary('give back the room of what was deleted or overwritten')
    .description(
      'Rewrites the files of the log without what was deleted or overwritten. Needs as much free room as the log takes while it runs; a stop in between does no harm.',
    )
    .addHelpText('after', '\nExamples:\n  $ chirograph store compact\n  $ chirograph store compact --json')
    .action((_options: object, command: Command) => compact(contextOf(command)))
  store
    .command('migrate')
    .summary('bring a log of an older version up to date')
    .description(
      'Brings a log that an older version wrote to the format of this one. The node does the same when it starts; a stop in between does no harm.',
    )
    .option('--dry-run', 'only say what would be done')
    .addHelpText('after', '\nExamples:\n  $ chirograph store migrate --dry-run\n  $ chirograph store migrate')
    .action((options: { dryRun?: boolean }, command: Command) => migrate(contextOf(command), options))
  store
    .command('prune')
    .summary('let go of old bodies, of which the state says all that counts')
    .description(
      'Removes the bodies of old final events: batches, leases and changes of status, of which the state says all that counts. Headers and proofs stay. Keys, evidence and what others may need as proof are always kept. What was pruned is not there to compute a damaged state anew from: such a node starts afresh. A stop in between does no harm.',
    )
    .requiredOption('--before <height|date>', 'only what was final before this height or day')
    .option('--keep <kinds>', 'kinds to keep too, such as status.revoke,status.suspend')
    .option('--dry-run', 'only say what would go')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chirograph store prune --before 2026-09-01 --dry-run\n  $ chirograph store prune --before 1200 --keep status.revoke\n  $ chirograph store compact',
    )
    .action((options: PruneArgs, command: Command) => prune(contextOf(command), options))
}

interface PruneArgs {
  readonly before: string
  readonly keep?: string
  readonly dryRun?: boolean
}

async function prune(context: Context, { before, keep, dryRun = false }: PruneArgs): Promise<void> {
  const { terminal, dataDir } = context
  const { prunableKinds, pruneStore } = await import('@chirograph/node')
  const kept = keptKinds(keep, prunableKinds)
  const floor = pruneFloor(before, Date.now())
  const hint = 'run it again: what went is gone, and the rest is looked at anew'
  const progress = createProgressLine(terminal)
  const onProgress = ({ looked, pruned }: { looked: number; pruned: number }) =>
    progress.show(`${grouped(looked)} events looked at, ${grouped(pruned)} bodies to prune`)
  const options = { before: floor, keep: kept, isDryRun: dryRun, onProgress }
  const done = await interruptible(terminal, { hint }, (signal) =>
    withStore(context, (store) => pruneStore(store, { ...options, signal })),
  ).finally(progress.clear)
  if (terminal.isJson) return terminal.json(done)
  const place = shownPath(dataDir.log)
  const size = `${grouped(done.bodies)} ${done.bodies === 1 ? 'body' : 'bodies'}, ${bytesText(done.bytes)}`
  const until = `of events up to height ${grouped(done.height)}`
  if (done.bodies === 0)
    return terminal.data(`Nothing to prune in ${place} ${done.height === 0 ? 'before that' : until}.`)
  terminal.data(
    [
      dryRun
        ? `Would remove ${size}, ${until}, from ${place}. Nothing was changed.`
        : `Removed ${size}, ${until}, from ${place}.`,
      ...Object.entries(done.byKind).map(([kind, count]) => `  ${grouped(count)} ${kind}`),
    ].join('\n'),
  )
  const { dim } = terminal.talkColours
  terminal.say(
    dim(
      dryRun
        ? 'Headers, proofs and the state stay. Members that want these bodies get them elsewhere, as long as somebody keeps them.'
        : context.copyable('Give back the room with: chirograph store compact'),
    ),
  )
}

/** A height, or a day or time that is over. */
function pruneFloor(text: string, nowMs: number): { height: number } | { timeMs: number } {
  if (/^\d{1,15}$/.test(text)) return { height: Number(text) }
  const timeMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(timeMs))
    throw usage(`--before ${text} is neither a height nor a date`, 'write it like 1200, or like 2026-09-01')
  // Before a day to come lies all that there is: whoever names one means another.
  if (timeMs > nowMs) throw usage(`--before ${text} is still to come`, 'name a day that is over, or a height')
  return { timeMs }
}

function keptKinds(text: string | undefined, prunable: readonly EventKind[]): EventKind[] {
  return (text?.split(',') ?? []).map((name) => {
    const kind = prunable.find((one) => one === name.trim())
    if (kind === undefined)
      throw usage(`--keep ${name.trim()} is no kind that is pruned`, `name some of: ${prunable.join(', ')}`)
    return kind
  })
}

async function showStat(context: Context): Promise<void> {
  const { terminal, dataDir } = context
  const { storeStat } = await import('@chirograph/node')
  const { tableBytesOf } = await import('@chirograph/store-level')
  const { spaceRange } = await import('@chirograph/interface')
  await withStore(context, async (store) => {
    const counted = await storeStat(store)
    const diskBytes = await bytesIn(dataDir.log)
    const spaces = await Promise.all(
      counted.spaces.map(async (one) => ({
        ...one,
        tableBytes: await tableBytesOf(store, spaceRange(one.space)),
      })),
    )
    const ratio = counted.rawBytes === 0 ? null : diskBytes / counted.rawBytes
    if (terminal.isJson) return terminal.json({ ...counted, spaces, diskBytes, ratio })
    const { bold, dim } = terminal.colours
    const rows = spaces.map(({ space, entries, keyBytes, valueBytes, tableBytes }) => [
      spaceNames[space],
      grouped(entries),
      bytesText(keyBytes),
      bytesText(valueBytes),
      bytesText(tableBytes),
    ])
    const [head = '', ...lines] = table(['', 'entries', 'keys', 'values', 'in tables'], rows)
    terminal.data(
      [
        `${bold(grouped(counted.events))} events of ${bold(grouped(counted.authors))} authors (format ${counted.schema ?? 'none yet'})`,
        '',
        dim(`  ${head}`),
        ...lines.map((line) => `  ${line}`),
        '',
        `On disk:  ${bytesText(diskBytes)}${ratio === null ? '' : `, ${ratio.toFixed(2)} times the ${bytesText(counted.rawBytes)} of headers, signatures and bodies`}`,
      ].join('\n'),
    )
    terminal.say(
      dim(
        'What was written last is still in LevelDB’s log, and small parts may show as nothing: neither is counted here.',
      ),
    )
  })
}

async function compact(context: Context): Promise<void> {
  const { terminal, dataDir } = context
  const { compactStore } = await import('@chirograph/store-level')
  const beforeBytes = await bytesIn(dataDir.log)
  await withStore(context, compactStore)
  const afterBytes = await bytesIn(dataDir.log)
  if (terminal.isJson) terminal.json({ beforeBytes, afterBytes })
  else terminal.data(`Compacted: ${bytesText(beforeBytes)} before, ${bytesText(afterBytes)} now.`)
}

async function migrate(context: Context, { dryRun = false }: { dryRun?: boolean }): Promise<void> {
  const { terminal, dataDir } = context
  const { migrateStore } = await import('@chirograph/node')
  const { SingleBar, Presets } = await import('cli-progress')
  const bar = terminal.isWatched
    ? new SingleBar({ format: '  {bar} {value} of {total} {what}', hideCursor: true }, Presets.shades_classic)
    : undefined
  const hint = 'run it again, or start the node: it goes on where it was'
  const readGenesis = async () => (await readNetwork(dataDir.network)).genesis
  await withStore(context, async (store) => {
    const done = await interruptible(terminal, { hint }, (signal) =>
      migrateStore(store, {
        readGenesis,
        isDryRun: dryRun,
        signal,
        onProgress({ what, moved, total }) {
          if (!bar?.isActive) bar?.start(total, moved, { what })
          bar?.setTotal(total)
          bar?.update(moved, { what })
        },
      }),
    ).finally(() => bar?.stop())
    if (terminal.isJson) return terminal.json(done)
    const place = shownPath(dataDir.log)
    if (done.kind === 'current') return terminal.data(`Nothing to do: ${place} has format ${done.schema}.`)
    const parts = [
      ...(done.events > 0 ? [`${grouped(done.events)} events of ${grouped(done.authors)} authors`] : []),
      ...(done.rows > 0 ? [`${grouped(done.rows)} rows of the state`] : []),
    ]
    const what = parts.join(' and ') || 'nothing but its notes'
    terminal.data(
      done.kind === 'planned'
        ? `Would bring ${place} from format ${done.fromSchema} to ${done.toSchema}: ${what}${done.isResumed ? ' are left to move' : ''}. Nothing was changed.`
        : `Brought ${place} from format ${done.fromSchema} to ${done.toSchema}: ${what}.`,
    )
    if (done.lost > 0)
      terminal.complain(
        context.copyable(
          `! ${grouped(done.lost)} events that were listed are not there; look for what lacks with: chirograph fsck`,
        ),
      )
    if (done.kind === 'done')
      terminal.say(
        terminal.talkColours.dim(
          context.copyable('Give back the room of the old format with: chirograph store compact'),
        ),
      )
  })
}

async function bytesIn(directory: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(directory)) bytes += (await stat(join(directory, name))).size
  return bytes
}

const spaceNames = {
  author: 'author numbers',
  event: 'headers and signatures',
  body: 'bodies',
  position: 'places by id',
  arrival: 'order of arrival',
  stray: 'passed over',
  history: 'history to fetch',
  hole: 'holes to fill',
  bodyFloor: 'pruned up to',
  frontier: 'final tips',
  evidence: 'evidence of forks',
  checkpointHeight: 'checkpoints',
  checkpointDigest: 'checkpoints by digest',
  statePage: 'state',
  pastPages: 'state, to be removed',
  vote: 'own votes',
  meta: 'notes',
} as const

function grouped(count: number): string {
  return count.toLocaleString('en-GB')
}

function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
