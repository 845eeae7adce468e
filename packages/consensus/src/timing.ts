/** Entering views, and the timers: armed only while something calls for a decision, so that an idle network is silent. */

import { isLeading } from './leading.js'
import { viewOf } from './state.js'
import type { Turn } from './turn.js'
import { faultsOf } from './validator-set.js'

/** A silent leader costs at most this long, however many failed before it. */
const timeoutGrowthMax = 16
const timeoutGrowth = 1.5

/** A certificate for any view w ≥ the current one enters w + 1; so does finality. */
export function enterView(turn: Turn): boolean {
  const { state } = turn
  let next = Math.max(state.view, state.finalized.view + 1)
  let wasSkipped = false
  for (const [view, { notarization, skipped, finalization }] of state.views) {
    if (view < next || (notarization ?? skipped ?? finalization) === null) continue
    next = view + 1
    wasSkipped = notarization === null && finalization === null
  }
  if (next === state.view) return false
  state.view = next
  state.isProposalDue = false
  state.isBuilding = false
  // Not shortened by a notarization: where all skip before it comes, none would ever wait for FINAL votes.
  if (wasSkipped) state.timeoutMs = grown(turn)
  return true
}

/** Arms the view timer when something calls for a decision, and the leader's patience before an empty header. */
export function armTimers(turn: Turn): void {
  const { state } = turn
  armHeartbeat(turn)
  if (!isDecisionWanted(turn)) return
  if (state.armed.view !== state.view) {
    state.armed = { ...state.armed, view: state.view }
    turn.effects.push({ kind: 'set-timer', timer: 'view', view: state.view, afterMs: state.timeoutMs })
  }
  if (state.armed.propose !== state.view && isLeading(turn)) {
    state.armed = { ...state.armed, propose: state.view }
    const afterMs = Math.ceil(state.config.viewTimeoutMs / 4)
    turn.effects.push({ kind: 'set-timer', timer: 'propose', view: state.view, afterMs })
  }
}

/** Quiescence: an eligible event, a notarized header that is not final, f + 1 SKIPs, or the heartbeat. */
export function isDecisionWanted(turn: Turn): boolean {
  const { state } = turn
  if (state.isEligible || state.isHeartbeatDue) return true
  if (viewOf(state, state.view).skips.size > faultsOf(state.config.set)) return true
  return [...state.views.values()].some(
    ({ notarization, finalization }) => notarization !== null || finalization !== null,
  )
}

/** The same view once more: the timer grows, so that a slow network is given the time it needs. */
export function rearmView(turn: Turn): void {
  turn.state.timeoutMs = grown(turn)
  turn.state.armed = { ...turn.state.armed, view: null }
}

function grown({ state: { timeoutMs, config } }: Turn): number {
  return Math.min(Math.ceil(timeoutMs * timeoutGrowth), config.viewTimeoutMs * timeoutGrowthMax)
}

/** Something became final: a quorum waited long enough. One step at a time, so that a slow network goes on with it. */
export function shortenTimeout({ state }: Turn): void {
  const { viewTimeoutMs } = state.config
  state.timeoutMs = Math.max(viewTimeoutMs, Math.ceil(state.timeoutMs / timeoutGrowth))
}

function armHeartbeat(turn: Turn): void {
  const { state } = turn
  const { digest, view, timeMs } = state.finalized
  if (state.armed.heartbeat === digest) return
  state.armed = { ...state.armed, heartbeat: digest }
  const afterMs = Math.max(
    0,
    Math.min(timeMs + state.config.heartbeatMs - turn.nowMs, state.config.heartbeatMs),
  )
  turn.effects.push({ kind: 'set-timer', timer: 'heartbeat', view, afterMs })
}
