/** What institutions do about stolen keys: the owner begins a new generation, and the others let it go on. */
import { rotationsOf } from '@chirograph/log'
import { type NetworkState, readApprovals, readOrg } from '@chirograph/status'
import type { Simulation } from './simulation.js'

/** How often people look, in virtual milliseconds. */
const lookEveryMs = 500

/** Looks after everybody whose key was used by somebody else, until the run ends. */
export function tendForked(simulation: Simulation): void {
  for (const [author, { org }] of simulation.members.entries()) {
    if (!simulation.forkedIn.has(org) || simulation.isByzantine(author)) continue
    for (const [index, { replica }] of simulation.nodes.entries()) {
      if (!replica) continue
      const isHurt =
        replica.stopped !== null && replica.stopped.generation === generationOf(replica.lastSigned)
      if (index === author && isHurt) simulation.rotate(author)
      if (index !== author) approve(simulation, index, author)
    }
  }
  simulation.after(lookEveryMs, () => tendForked(simulation))
}

/** Whether nobody honest is frozen, accused or kept from signing any more, by what any honest node knows. */
export function areAllRecovered({ nodes, members, forkedIn, isByzantine }: Simulation): boolean {
  const honest = members.filter((_, index) => !isByzantine(index))
  return nodes.every(({ index, replica }) => {
    if (isByzantine(index)) return true
    if (!replica || honest.some(({ org }) => replica.accused.has(org))) return false
    const { stopped, lastSigned, config, final } = replica
    if (stopped !== null && forkedIn.has(config.org) && stopped.generation === generationOf(lastSigned))
      return false
    return honest.every(({ org }) => (readOrg(final.state, org)?.frozen ?? null) === null)
  })
}

function approve(simulation: Simulation, index: number, author: number): void {
  const { replica } = simulation.nodes[index] ?? {}
  const { org } = simulation.members[author] ?? {}
  const approver = simulation.members[index]?.org
  if (!replica || org === undefined || approver === undefined) return
  const { state } = replica.final
  const frozen = readOrg(state, org)?.frozen
  if (!frozen) return
  const [rotation] = rotationsOf(replica.log, org, frozen.generation + 1)
  if (rotation === undefined || hasApproved(state, org, approver)) return
  simulation.publish(index, { kind: 'recovery.approve', author: org, rotation: rotation.id })
}

function hasApproved(
  state: NetworkState,
  org: Parameters<typeof readApprovals>[1],
  approver: string,
): boolean {
  return readApprovals(state, org).some((approval) => approval.org === approver)
}

function generationOf(tip: { readonly generation: number } | null): number {
  return tip?.generation ?? 0
}
