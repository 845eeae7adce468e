/** How institutions and measures stand, as lines on a terminal. */
import type { MeasureAnswer, MembershipAnswer, StandingAnswer } from '@chirograph/api/client'
import { plainText } from './plain-text.js'

type Members = MembershipAnswer['members']

export function renderStanding(standing: StandingAnswer, members: Members): string {
  const { org, name, state, custodian, logKeys, recognitions, grants } = standing
  const terms = [
    ...recognitions.map((term) => ({ ...term, by: 'the network' })),
    ...grants.map((term) => ({ ...term, by: nameOf(term.byOrg, members) })),
  ]
  return [
    `${plainText(name)} (${org.slice(0, 8)}…)${state === 'closed' ? ', closed' : ''}`,
    ...(state === 'closed'
      ? [`  custodian: ${custodian === null ? 'nobody' : nameOf(custodian, members)}`]
      : []),
    ...logKeys.map(({ generation, key, fromHeight, untilHeight, stolenSinceHeight }) => {
      const period =
        untilHeight === null ? `from height ${fromHeight}` : `heights ${fromHeight} to ${untilHeight}`
      const stolen = stolenSinceHeight === null ? '' : `, stolen after height ${stolenSinceHeight}`
      return `  log key ${generation}: ${key.slice(0, 16)}…, ${period}${stolen}`
    }),
    ...terms.map(({ by, recordClasses, fromMs, untilMs }) => {
      const end = untilMs === null ? 'on' : `to ${day(untilMs)}`
      return `  recognised by ${by} for ${recordClasses.join(', ')}, from ${day(fromMs)} ${end}`
    }),
    ...(terms.length === 0 ? ['  recognised by nobody'] : []),
  ].join('\n')
}

export function renderMeasure(answer: MeasureAnswer, members: Members): string {
  const { measure, proposer, approvedBy, needed, lockedUntilMs, executedHeight } = answer
  const who = approvedBy.map((org) => nameOf(org, members)).join(', ')
  return [
    `${askedFor(answer, members)}, proposed by ${nameOf(proposer, members)}`,
    `  about ${nameOf(measure.org, members)} (${String(measure.org).slice(0, 8)}…)`,
    `  ${approvedBy.length} of ${needed} approve${who === '' ? '' : `: ${who}`}`,
    ...(executedHeight !== null
      ? [`  carried out at height ${executedHeight}`]
      : lockedUntilMs === null
        ? []
        : [`  can be carried out from ${new Date(lockedUntilMs).toISOString()} on`]),
  ].join('\n')
}

function askedFor({ measure }: MeasureAnswer, members: Members): string {
  switch (measure.kind) {
    case 'quorum.revoke':
      return `Revoke ${credentials(measure.entries)} (${measure.reason})`
    case 'quorum.suspend':
      return `Suspend ${credentials(measure.entries)} until ${day(measure.untilMs)} (${measure.reason})`
    case 'quorum.annul':
      return `Annul revocations of ${credentials(measure.handles)}`
    case 'quorum.close':
      return measure.custodian === null
        ? 'Close it without a custodian'
        : `Close it, ${nameOf(measure.custodian, members)} being its custodian`
    case 'quorum.recognise': {
      const end = measure.untilMs === null ? 'on' : `to ${day(measure.untilMs)}`
      return `Recognise it for ${measure.recordClasses.join(', ')}, from ${day(measure.fromMs)} ${end}`
    }
    case 'quorum.endRecognition':
      return 'Recognise it no more'
  }
}

function credentials(named: readonly unknown[]): string {
  return named.length === 1 ? '1 credential' : `${named.length} credentials`
}

function nameOf(org: unknown, members: Members): string {
  const found = members.find((one) => one.org === org)
  return found ? plainText(found.name) : `${String(org).slice(0, 16)}…`
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
