/** An event of the log as one line on a terminal. */
import type { LoggedEventAnswer } from '@chirograph/api/client'
import { plainText } from './plain-text.js'
import { cut } from './table.js'
import type { Colours } from './terminal.js'

/** Lines are printed as events come, so the columns have their widths beforehand. */
const kindWidth = 'quorum.endRecognition'.length
const placeWidth = 8
const nameWidthMax = 28
const finalWidth = 'height 99999'.length

export function eventHeading(names: readonly string[]): string {
  return columnsOf(nameWidthOf(names), ['TIME CLAIMED (UTC)', 'BY', 'PLACE', 'FINAL', 'KIND', 'WHAT'])
}

export function eventLine(
  event: LoggedEventAnswer,
  { names, colours }: { readonly names: readonly string[]; readonly colours: Colours },
): string {
  const { timeMs, author, authorName, sequence, kind, isFinal, finalAtHeight } = event
  const time = new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')
  const width = nameWidthOf(names)
  const by = cut(plainText(authorName ?? `${author.slice(0, 12)}…`), width)
  const final = !isFinal ? 'not yet' : finalAtHeight === null ? 'yes' : `height ${finalAtHeight}`
  const line = columnsOf(width, [time, by, `#${sequence}`, final, kind, whatItSays(event)])
  return isFinal ? line : colours.yellow(line)
}

function columnsOf(
  nameWidth: number,
  [time = '', by = '', place = '', final = '', kind = '', what = '']: string[],
): string {
  const columns = [
    time.padEnd(19),
    padded(by, nameWidth),
    place.padEnd(placeWidth),
    final.padEnd(finalWidth),
    kind.padEnd(kindWidth),
    what,
  ]
  return columns.join('  ').trimEnd()
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - [...text].length))
}

function nameWidthOf(names: readonly string[]): number {
  return Math.min(nameWidthMax, Math.max(2, ...names.map((name) => [...name].length)))
}

function whatItSays({ body }: LoggedEventAnswer): string {
  if (body === null) return 'its body was pruned'
  switch (body.kind) {
    case 'credential.issueBatch':
      return `up to ${body.paddedSize} of ${body.recordClass}`
    case 'status.lease':
      return `${body.count} status list positions`
    case 'status.revoke':
      return `${credentialsOf(body.entries)}: ${body.reason}`
    case 'status.suspend':
      return `${credentialsOf(body.entries)} until ${new Date(body.untilMs).toISOString().slice(0, 10)}: ${body.reason}`
    case 'status.reinstate':
      return credentialsOf(body.entries)
    case 'evidence.fork':
    case 'evidence.branches':
      return 'two events of one author at one place'
    case 'key.rotate':
      return 'a new key, and the hash of the one after'
    case 'recovery.approve':
      return `lets ${String(body.author).slice(0, 16)}… go on with a new key`
    case 'fork.salvage':
      return 'a restriction from a branch that was passed over'
    case 'member.apply':
      return `${plainText(body.application.profile.name)} asks to take part`
    case 'member.approve':
      return `approves the application ${String(body.application).slice(0, 16)}…`
    case 'member.evict':
      return `wants ${String(body.org).slice(0, 16)}… to vote no more`
    case 'validator.join':
      return 'takes up its vote'
    case 'validator.leave':
      return 'gives up its vote'
    case 'validator.commit':
      return 'the hash of its next consensus key'
    case 'validator.rotate':
      return 'a new consensus key, and the hash of the one after'
    case 'key.compromised':
      return `a key of ${short(body.org)} was stolen after height ${body.sinceHeight}`
    case 'credential.reaffirm':
      return body.batches.length === 1 ? 'stands by 1 batch' : `stands by ${body.batches.length} batches`
    case 'quorum.revoke':
      return `proposes to revoke ${credentialsOf(body.entries)} of ${short(body.org)}: ${body.reason}`
    case 'quorum.suspend':
      return `proposes to suspend ${credentialsOf(body.entries)} of ${short(body.org)}: ${body.reason}`
    case 'quorum.annul':
      return `proposes to annul revocations of ${credentialsOf(body.handles)} of ${short(body.org)}`
    case 'quorum.close':
      return body.custodian === null
        ? `proposes to close ${short(body.org)}`
        : `proposes to close ${short(body.org)} and hand it to ${short(body.custodian)}`
    case 'quorum.recognise':
      return `proposes to recognise ${short(body.org)} for ${body.recordClasses.join(', ')}`
    case 'quorum.endRecognition':
      return `proposes to recognise ${short(body.org)} no more`
    case 'quorum.approve':
      return `approves the proposal ${short(body.proposal)}`
    case 'quorum.withdraw':
      return `approves the proposal ${short(body.proposal)} no more`
    case 'quorum.execute':
      return `carries out the proposal ${short(body.proposal)}`
    case 'recognition.grant':
      return `recognises ${short(body.org)} for ${body.recordClasses.join(', ')}`
    case 'recognition.end':
      return `recognises ${short(body.org)} no more`
    case 'custody.revoke':
      return `${credentialsOf(body.entries)} of ${short(body.org)}: ${body.reason}`
    case 'custody.suspend':
      return `${credentialsOf(body.entries)} of ${short(body.org)} until ${new Date(body.untilMs).toISOString().slice(0, 10)}: ${body.reason}`
    case 'custody.reinstate':
      return `${credentialsOf(body.entries)} of ${short(body.org)}`
  }
}

function short(id: unknown): string {
  return `${String(id).slice(0, 16)}…`
}

function credentialsOf(entries: readonly unknown[]): string {
  return entries.length === 1 ? '1 credential' : `${entries.length} credentials`
}
