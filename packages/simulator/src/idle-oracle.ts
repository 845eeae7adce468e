/** An idle network: a header at each heartbeat, and silence between them. */
import { breach } from './breach.js'
import type { Simulation } from './simulation.js'

/** How long nothing happens, in heartbeats; what is under way when that begins is not counted. */
const heartbeats = 2.5
const underWayMs = 2_000

/** Of one header each member hears each other one about six times: proposal, votes, and what is passed on. */
const messagesPerHeader = 8

/** Lets time pass in which nobody asks for anything. */
export function judgeIdle(simulation: Simulation): void {
  const { nodes, network, genesis } = simulation
  const heightNow = () => Math.max(...nodes.map(({ replica }) => replica?.final.header.core.height ?? 0))
  simulation.runFor(underWayMs)
  const [height, { delivered }] = [heightNow(), { ...network.counts }]
  simulation.runFor(heartbeats * genesis.parameters.heartbeatMs)
  const made = heightNow() - height
  if (made < Math.floor(heartbeats) || made > Math.ceil(heartbeats) + 1)
    breach('idle', `${made} headers in ${heartbeats} heartbeats`)
  const heard = network.counts.delivered - delivered
  if (heard > made * messagesPerHeader * nodes.length ** 2)
    breach('idle', `${heard} messages for ${made} headers of ${nodes.length} members`)
}
