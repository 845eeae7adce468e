/** What `chirograph fsck` found, as a person reads it: kind by kind, where, what it means, and who puts it right. */
import {
  type DamageCode,
  type Finding,
  groupFindings,
  isComputable,
  kindsOfDamage,
  type StoreCheck,
  whyNotComputable,
} from '@chirograph/node'
import { plainText } from './plain-text.js'
import type { Colours } from './terminal.js'

/** Places of one kind that are named; `--json` lists all. */
const namedMax = 5

export interface FsckView {
  readonly check: StoreCheck
  /** Put right by this run; null when none was asked for. */
  readonly repaired: readonly Finding[] | null
  /** What a repair says of why it could not compute anew what follows from the log. */
  readonly whyNotComputed?: string | null
  /** The log's folder, as the person knows it. */
  readonly place: string
}

export function renderFsck({ check, repaired, place, ...view }: FsckView, colours: Colours): string {
  const whyNotComputed = view.whyNotComputed ?? whyNotComputable(check)
  const { green, red, dim, bold } = colours
  const lines: string[] = []
  const fixed = repaired ?? []
  if (fixed.length > 0) {
    lines.push(`${green('✔')} ${bold(`${things(fixed.length)} put right`)} in ${place}`, '')
    lines.push(...kindLines(fixed, { sign: green('✔'), isDone: true }, colours))
  }
  if (check.total > 0) {
    const verb = check.total === 1 ? 'is' : 'are'
    const still = fixed.length > 0 ? 'still ' : ''
    lines.push(`${red('✘')} ${bold(`${things(check.total)} ${verb} ${still}damaged`)} in ${place}`, '')
    lines.push(
      ...kindLines(
        check.findings,
        { sign: red('✘'), isDone: false, counts: check.counts, whyNotComputed },
        colours,
      ),
    )
  } else if (fixed.length === 0) lines.push(`${green('✔')} Nothing is damaged in ${place}.`, '')
  lines.push(...stateLines(check).map((line) => dim(line)))
  const next = nextStep(check, { repaired, whyNotComputed })
  if (next !== null) lines.push('', next)
  return lines.join('\n')
}

function things(count: number): string {
  return count === 1 ? '1 thing' : `${count.toLocaleString('en-GB')} things`
}

function kindLines(
  findings: readonly Finding[],
  {
    sign,
    isDone,
    counts = {},
    whyNotComputed = null,
  }: {
    readonly sign: string
    readonly isDone: boolean
    /** All of each kind, where not all are among the findings. */
    readonly counts?: StoreCheck['counts']
    readonly whyNotComputed?: string | null
  },
  { bold, dim }: Colours,
): string[] {
  const unlisted = new Map(Object.entries(counts) as [DamageCode, number][]) // its keys are codes
  for (const { code } of findings) unlisted.set(code, (unlisted.get(code) ?? 0) - 1)
  const lines = groupFindings(findings, whyNotComputed).flatMap(
    ({ code, title, consequence, remedy, members }) => {
      const count = members.length + Math.max(0, unlisted.get(code) ?? 0)
      unlisted.delete(code)
      const named = members.slice(0, namedMax).map(({ what }) => `      ${plainText(what)}`)
      const more = count - named.length
      return [
        `  ${sign} ${bold(capitalised(title))}${count > 1 ? ` (${count.toLocaleString('en-GB')})` : ''}  ${dim(code)}`,
        ...named,
        ...(more > 0
          ? [dim(`      and ${more.toLocaleString('en-GB')} more; --json names up to 4,096`)]
          : []),
        ...(isDone ? [] : [`    ${capitalised(consequence)}.`]),
        dim(`    → ${isDone ? remedy.done : remedy.todo}`),
        '',
      ]
    },
  )
  // Kinds of which none is listed, because others came first.
  for (const [code, count] of unlisted)
    if (count > 0)
      lines.push(
        `  ${sign} ${bold(capitalised(kindsOfDamage[code].title))} (${count.toLocaleString('en-GB')})  ${dim(code)}`,
        '',
      )
  return lines
}

/** What is as it should be, and worth knowing. */
function stateLines({ events, height, pruned, toFetch, areVotesKnown }: StoreCheck): string[] {
  const count = (one: number) => one.toLocaleString('en-GB')
  const counted = (one: number, kind = '') => `${count(one)} ${kind}${one === 1 ? 'event' : 'events'}`
  return [
    `${counted(events)}, height ${count(height)}.`,
    ...(toFetch > 0 ? [`The node fetches ${counted(toFetch, 'older ')} from members when it runs.`] : []),
    ...(pruned > 0 ? [`The bodies of ${counted(pruned, 'final ')} were pruned.`] : []),
    ...(areVotesKnown
      ? []
      : ['It is not known how this member has voted: it votes once it has heard the others.']),
  ]
}

function nextStep(
  check: StoreCheck,
  {
    repaired,
    whyNotComputed,
  }: { readonly repaired: readonly Finding[] | null; readonly whyNotComputed: string | null },
): string | null {
  if (check.total === 0)
    return repaired !== null && check.toFetch > 0
      ? 'Start the node and let it connect: it fetches what lacks and checks it.'
      : null
  if (repaired !== null) return null
  return check.findings.some(
    ({ code, fix }) => fix !== null || (isComputable(code) && whyNotComputed === null),
  )
    ? 'Put right what can be: chirograph fsck --repair'
    : 'A repair cannot put this right.'
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
