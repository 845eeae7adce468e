/** What keeps the protocol going when messages were lost: re-broadcast at a standstill, and help for whoever is behind. */
import { helpMessagesMax, rebroadcastViewsMax } from './limits.js'
import type { Message, Standing } from './message.js'
import { type Recipient, recordOf, standingOf, viewOf } from './state.js'
import type { Turn } from './turn.js'
import { recordedVotes } from './voting.js'

/** Re-sends the highest certificates, own votes and own proposal of the open views, and says where we stand. */
export function rebroadcast(turn: Turn): void {
  const { state } = turn
  const lowest = Math.max(state.finalized.view + 1, state.view - rebroadcastViewsMax)
  for (const message of openMessages(turn, { from: lowest, isOwnOnly: true }))
    sendTo(turn, 'validators', message)
  sendTo(turn, 'validators', { kind: 'standing', standing: standingOf(state) })
}

/** Answers a peer's standing: sends what it lacks of the open views, or says where we stand so that it helps us. */
export function answerStanding(turn: Turn, { from, standing }: { from: string; standing: Standing }): void {
  const { state } = turn
  const own = standingOf(state)
  const peer = { peer: from }
  if (standing.finalHeight > own.finalHeight) {
    turn.effects.push({ kind: 'fetch-checkpoints', from, finalHeight: standing.finalHeight })
  }
  // Behind in height we fetch and say nothing: our answer would be answered, and so on until we have caught up.
  const mayHelpUs = standing.finalHeight === own.finalHeight && standing.view > own.view
  if (standing.finalHeight < own.finalHeight || mayHelpUs)
    sendTo(turn, peer, { kind: 'standing', standing: own })
  const firstView = Math.max(standing.finalView, state.finalized.view) + 1
  for (const message of openMessages(turn, { from: firstView, isOwnOnly: false })) sendTo(turn, peer, message)
}

/**
 * Oldest view first, and of each what is needed first: the order in which it can be used. The newest views are never left
 * out: where many are open, nobody would ever hear of them, and all would wait there for each other.
 */
function openMessages(turn: Turn, { from, isOwnOnly }: { from: number; isOwnOnly: boolean }): Message[] {
  const { view } = turn.state
  const newest = Math.max(from, view - 1)
  const last = messagesOfViews(turn, { from: newest, to: view, isOwnOnly })
  const before = messagesOfViews(turn, { from, to: newest - 1, isOwnOnly })
  return [...before.slice(0, Math.max(0, helpMessagesMax - last.length)), ...last]
}

function messagesOfViews(
  turn: Turn,
  { from, to, isOwnOnly }: { from: number; to: number; isOwnOnly: boolean },
): Message[] {
  const messages: Message[] = []
  for (let view = from; view <= to && messages.length < helpMessagesMax; view++)
    messages.push(...messagesOfView(turn, view, isOwnOnly))
  return messages
}

/** The proposal before the certificates before the votes; a vote that a certificate speaks for needs no sending. */
function messagesOfView(turn: Turn, view: number, isOwnOnly: boolean): Message[] {
  const { state } = turn
  const messages: Message[] = []
  const own = state.ownProposals.get(view)
  const { notarization, skipped } = viewOf(state, view)
  const certified = notarization?.digest ? state.proposals.get(notarization.digest)?.proposal : undefined
  const proposal = isOwnOnly ? own : (certified ?? own)
  if (proposal) messages.push({ kind: 'proposal', proposal })
  for (const certificate of [notarization, skipped]) {
    if (certificate) messages.push({ kind: 'certificate', certificate })
  }
  for (const vote of recordedVotes(turn, recordOf(state, view))) {
    const spokenFor = { notarize: notarization, skip: skipped, final: null }[vote.type]
    if (spokenFor?.digest !== vote.digest) messages.push({ kind: 'vote', vote })
  }
  return messages
}

function sendTo(turn: Turn, to: Recipient, message: Message): void {
  turn.effects.push({ kind: 'send', to, message })
}
