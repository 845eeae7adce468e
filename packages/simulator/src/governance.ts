/** What institutions do about who takes part and who votes, in a run in which that changes. */
import type { EventId } from '@chirograph/codec'
import { quorumOf } from '@chirograph/consensus'
import type { EventBody, OrgId } from '@chirograph/event'
import { refusalOf } from '@chirograph/replica'
import {
  consensusKeyOf,
  type NetworkState,
  readApplication,
  readEviction,
  readMember,
  readOrg,
} from '@chirograph/status'
import type { Random } from './random.js'
import type { Simulation } from './simulation.js'

/** How often people look, and how long they wait for what they said to show, in virtual milliseconds. */
const lookEveryMs = 400
const patienceMs = 5_000

/** What is to change; members by the number of their node. */
export interface GovernancePlan {
  /** The node outside of the genesis that is to take part and to vote, and who brings its application. */
  readonly joiner: number | null
  readonly sponsor: number
  readonly leaver: number | null
  readonly evicted: number | null
  /** Whoever takes its next consensus key into use. */
  readonly rotating: number | null
  /** When each of these is begun, in virtual milliseconds. */
  readonly beginMs: Readonly<Record<'join' | 'leave' | 'evict' | 'rotate', number>>
}

/** Draws what changes: something always does, and four of the genesis go on voting. */
export function drawGovernance(
  random: Random,
  { size, joiner, faultsMs }: { readonly size: number; readonly joiner: number; readonly faultsMs: number },
): GovernancePlan {
  const [sponsor = 0, leaver = 1, evicted = 2, rotating = 3] = random.shuffle(
    Array.from({ length: size }, (_, index) => index),
  )
  const [joins, leaves, evicts, rotates] = [
    random.chance(0.8),
    random.chance(0.5),
    random.chance(0.3),
    random.chance(0.6),
  ]
  const beginMs = {
    join: random.int(faultsMs / 2),
    leave: random.int(faultsMs),
    evict: random.int(faultsMs),
    rotate: random.int(faultsMs),
  }
  return {
    sponsor,
    joiner: joins || size < 5 ? joiner : null,
    leaver: leaves && size >= 5 ? leaver : null,
    evicted: evicts && size >= 6 ? evicted : null,
    rotating: rotates ? rotating : null,
    beginMs,
  }
}

/** People look at what their node shows, and say what they want said until it is. */
export function tendGovernance(simulation: Simulation, plan: GovernancePlan): void {
  const saidMs = new Map<string, number>()
  const look = () => {
    for (const { index, replica } of simulation.nodes) {
      if (!replica || refusalOf(replica) !== undefined) continue
      for (const [what, body] of wishesOf(simulation, plan, index)) {
        const name = `${index} ${what}`
        if (simulation.nowMs() < (saidMs.get(name) ?? Number.NEGATIVE_INFINITY) + patienceMs) continue
        saidMs.set(name, simulation.nowMs())
        simulation.publish(index, body)
      }
    }
    simulation.after(lookEveryMs, look)
  }
  simulation.after(lookEveryMs, look)
}

/** Whether every change is made, as every node has it, and all nodes are in the same epoch. */
export function isGoverned(simulation: Simulation, plan: GovernancePlan): boolean {
  return openChanges(simulation, plan).length === 0
}

/** What is not as the plan has it, and where. */
export function openChanges(simulation: Simulation, plan: GovernancePlan): string[] {
  const { nodes, members } = simulation
  const epochs = new Set(nodes.map(({ replica }) => replica?.set.epoch))
  const open = nodes.flatMap(({ index, replica }) => {
    if (!replica) return [`node ${index} is down`]
    const { state } = replica.final
    const votes = (node: number) =>
      consensusKeyOf(state, members[node]?.org ?? replica.config.org) !== undefined
    return [
      ...(plan.joiner !== null && !votes(plan.joiner)
        ? [`node ${index}: ${plan.joiner} has not joined`]
        : []),
      ...(plan.leaver !== null && votes(plan.leaver) ? [`node ${index}: ${plan.leaver} has not left`] : []),
      ...(plan.evicted !== null && votes(plan.evicted)
        ? [`node ${index}: ${plan.evicted} is not evicted`]
        : []),
      ...(plan.rotating !== null && !hasRotated(simulation, plan.rotating, state)
        ? [`node ${index}: ${plan.rotating} has not rotated`]
        : []),
    ]
  })
  return epochs.size === 1 ? open : [...open, `nodes are in the epochs ${[...epochs].join(', ')}`]
}

function hasRotated({ members }: Simulation, node: number, state: NetworkState): boolean {
  const member = members[node]
  if (member === undefined) return true
  // Who has left, or was put out, has nothing to rotate any more.
  return consensusKeyOf(state, member.org) !== member.voteKeys[0]
}

/** What the people of this node want said now, each under a name. */
function wishesOf(
  simulation: Simulation,
  plan: GovernancePlan,
  index: number,
): readonly [string, EventBody][] {
  const { members, nodes } = simulation
  const replica = nodes[index]?.replica
  const org = members[index]?.org
  if (!replica || org === undefined) return []
  const { state } = replica.final
  const isDue = (what: keyof GovernancePlan['beginMs']) => simulation.nowMs() >= plan.beginMs[what]
  const isValidator = consensusKeyOf(state, org) !== undefined
  const wishes: [string, EventBody][] = []
  const joiner = plan.joiner === null ? undefined : members[plan.joiner]
  if (joiner?.application && isDue('join')) {
    const isIn = readOrg(state, joiner.org) !== undefined
    const open = openApplications(simulation, state, joiner.org)
    if (!isIn && index === plan.sponsor && open.length === 0)
      wishes.push(['apply', { kind: 'member.apply', application: joiner.application, probationMs: 0 }])
    for (const id of isIn || !isValidator ? [] : open)
      if (mayApprove(state, readApplication(state, id)?.approvals ?? [], org))
        wishes.push([`approve ${id}`, { kind: 'member.approve', application: id }])
    if (index === plan.joiner && readMember(state, org)?.standing === 'probation')
      wishes.push(['join', { kind: 'validator.join' }])
  }
  if (index === plan.leaver && isValidator && isDue('leave'))
    wishes.push(['leave', { kind: 'validator.leave' }])
  const evicted = plan.evicted === null ? undefined : members[plan.evicted]?.org
  if (evicted !== undefined && isDue('evict') && index !== plan.evicted && isValidator)
    if (consensusKeyOf(state, evicted) !== undefined && mayApprove(state, readEviction(state, evicted), org))
      wishes.push(['evict', { kind: 'member.evict', org: evicted }])
  if (index === plan.rotating && isValidator && isDue('rotate'))
    wishes.push(...rotationOf(simulation, index, state))
  return wishes
}

/** Not given yet, or enough by now because others have left. */
function mayApprove(state: NetworkState, approvals: readonly OrgId[], org: OrgId): boolean {
  const counting = approvals.filter((one) => consensusKeyOf(state, one) !== undefined)
  return !approvals.includes(org) || counting.length >= quorumOf(state.validators)
}

function rotationOf({ members }: Simulation, index: number, state: NetworkState): [string, EventBody][] {
  const member = members[index]
  if (member === undefined || consensusKeyOf(state, member.org) !== member.voteKeys[0]) return []
  const isCommitted = readMember(state, member.org)?.nextConsensusKeyHash != null
  return isCommitted
    ? [['rotate', { kind: 'validator.rotate', ...member.nextVoteKey }]]
    : [['commit', { kind: 'validator.commit', nextKeyHash: member.nextVoteKeyHash }]]
}

/** Applications of an organisation that are final: their events are in the log of whoever published them. */
function openApplications({ applications }: Simulation, state: NetworkState, org: OrgId): EventId[] {
  return [...(applications.get(org) ?? [])].filter(
    (id) => readApplication(state, id)?.admittedHeight === null,
  )
}
