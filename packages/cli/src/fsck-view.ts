/** What `chirograph fsck` found, as a person reads it: kind by kind, where, what it means, and who puts it right. */
import { type Finding, groupFindings, isComputable, type StoreCheck } from '@chirograph/node'
import { plainText } from './plain-text.js'
import type { Colours } from './terminal.js'

/** Places of one kind that are named; `--json` lists all. */
const namedMax = 5

export interface FsckView {
  readonly check: StoreCheck
  /** Put right by this run; null when none was asked for. */
  readonly repaired: readonly Finding[] | null
  /** The log's folder, as the person knows it. */
  readonly place: string
}

export function renderFsck({ check, repaired, place }: FsckView, colours: Colours): string {
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
    lines.push(...kindLines(check.findings, { sign: red('✘'), isDone: false }, colours))
  } else if (fixed.length === 0) lines.push(`${green('✔')} Nothing is damaged in ${place}.`, '')
  lines.push(...stateLines(check).map((line) => dim(line)))
  const next = nextStep(check, repaired)
  if (next !== null) lines.push('', next)
  return lines.join('\n')
}

function things(count: number): string {
  return count === 1 ? '1 thing' : `${count.toLocaleString('en-GB')} things`
}

function kindLines(
  findings: readonly Finding[],
  { sign, isDone }: { readonly sign: string; readonly isDone: boolean },
  { bold, dim }: Colours,
): string[] {
  return groupFindings(findings).flatMap(({ code, title, consequence, remedy, members }) => {
    const named = members.slice(0, namedMax).map(({ what }) => `      ${plainText(what)}`)
    const more = members.length - named.length
    return [
      `  ${sign} ${bold(capitalised(title))}${members.length > 1 ? ` (${members.length})` : ''}  ${dim(code)}`,
      ...named,
      ...(more > 0 ? [dim(`      and ${more.toLocaleString('en-GB')} more; --json names up to 4,096`)] : []),
      ...(isDone ? [] : [`    ${capitalised(consequence)}.`]),
      dim(`    → ${isDone ? remedy.done : remedy.todo}`),
      '',
    ]
  })
}

/** What is as it should be, and worth knowing. */
function stateLines({ isEmpty, events, height, pruned, toFetch, hasVoteRecord }: StoreCheck): string[] {
  if (isEmpty) return ['The log is empty: no node has run on it.']
  const count = (one: number) => one.toLocaleString('en-GB')
  const counted = (one: number, kind = '') => `${count(one)} ${kind}${one === 1 ? 'event' : 'events'}`
  return [
    `${counted(events)}, height ${count(height)}.`,
    ...(toFetch > 0 ? [`The node fetches ${counted(toFetch, 'older ')} from members when it runs.`] : []),
    ...(pruned > 0 ? [`The bodies of ${counted(pruned, 'final ')} were pruned.`] : []),
    ...(hasVoteRecord ? [] : ['The vote record is not whole, so the node follows without voting.']),
  ]
}

function nextStep(check: StoreCheck, repaired: readonly Finding[] | null): string | null {
  if (check.total === 0)
    return repaired !== null && check.toFetch > 0
      ? 'Start the node and let it connect: it fetches what lacks and checks it.'
      : null
  if (repaired !== null) return null
  return check.findings.some(({ code, fix }) => fix !== null || isComputable(code))
    ? 'Put right what can be: chirograph fsck --repair'
    : 'A repair cannot put this right.'
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
