/** Who takes part and who votes, as lines on a terminal. */
import type { ApplicationAnswer, MembershipAnswer } from '@chirograph/api/client'
import { describeMs } from './duration.js'
import { plainText } from './plain-text.js'
import { table } from './table.js'
import type { Colours } from './terminal.js'

export function renderMembers({ epoch, quorum, members }: MembershipAnswer, { dim }: Colours): string {
  const votes = members.filter((member) => member.votes).length
  const rows = members.map(({ org, name, standing, probationUntilMs, evictedBy }) => [
    org.slice(0, 8),
    name,
    standing === 'probation' && probationUntilMs !== null
      ? `on probation until ${new Date(probationUntilMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
      : standing,
    evictedBy.length > 0 ? `${evictedBy.length} of ${quorum} want it to vote no more` : '',
  ])
  return [
    ...table(['ID', 'NAME', 'STANDING', ''], rows),
    dim(`Epoch ${epoch}: ${votes} vote, ${quorum} decide.`),
  ].join('\n')
}

export function renderApplication(application: ApplicationAnswer): string {
  const { org, name, probationMs, approvedBy, admittedHeight } = application
  const approvals = approvedBy.length === 1 ? '1 approval' : `${approvedBy.length} approvals`
  return [
    `${plainText(name)} (${org.slice(0, 8)}…)`,
    `  ${approvals}${admittedHeight === null ? '' : `, admitted at height ${admittedHeight}`}`,
    `  on probation for ${describeMs(probationMs)} before it may vote`,
  ].join('\n')
}
