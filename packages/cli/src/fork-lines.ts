/** Whose log forked, in words: what happened, what the network did, and what is left to do. */
import type { ForksAnswer } from '@chirograph/api/client'
import { table } from './table.js'
import type { Colours } from './terminal.js'

type Fork = ForksAnswer['forks'][number]

export function renderForks({ forks }: ForksAnswer, { dim, yellow, green }: Colours): string {
  if (forks.length === 0) return `${green('✔')} No member's log has forked.`
  const rows = forks.map((fork) => [
    fork.name,
    fork.org.slice(0, 16),
    String(fork.generation),
    fork.state,
    whereOf(fork),
    nextOf(fork),
  ])
  const [head = '', ...lines] = table(['MEMBER', 'ID', 'GENERATION', 'STATE', 'WHERE', 'NEXT'], rows)
  const isOpen = forks.some(({ state }) => state !== 'recovered')
  return [dim(head), ...lines.map((line) => (isOpen ? yellow(line) : line))].join('\n')
}

function whereOf({ sequence, frozen }: Fork): string {
  const forked = sequence === null ? 'proof not here' : `two events at ${sequence}`
  if (frozen === null) return forked
  return `${forked}; frozen ${frozen.sequence === null ? 'before its first' : `at ${frozen.sequence}`}`
}

function nextOf({ state, rotations, approvalsNeeded, salvageable }: Fork): string {
  if (state === 'recovered') return 'goes on in a later generation'
  if (state === 'known') return 'waits for the network to freeze it'
  const [rotation] = rotations
  const told = salvageable.length > 0 ? `; ${salvageable.length} to salvage` : ''
  if (rotation === undefined) return `its people rotate the key${told}`
  const given = `${rotation.approvedBy.length} of ${approvalsNeeded} approvals`
  return `${rotation.isApproved ? 'approved, waits to be final' : given}${told}`
}
