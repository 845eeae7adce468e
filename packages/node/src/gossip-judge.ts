/**
 * What becomes of a gossiped message. A node relays only what it has checked whole, because whoever gets it next holds
 * every wrong byte against this node; and it holds wrong bytes, not unknown ones, against whoever it got them from.
 */
import type { OrgId } from '@chirograph/event'
import type { GossipVerdict, Topic } from '@chirograph/interface'
import {
  decodeSegmentFrame,
  encodeSegmentFrame,
  type ReplicaEffect,
  type ReplicaInput,
  type SegmentInput,
} from '@chirograph/replica'
import { type AuthorBudget, authorSegmentsBurst, authorSegmentsPerSecond } from './author-budget.js'
import type { PeerConduct } from './peer-conduct.js'
import { judgementOf } from './peer-faults.js'
import { intakeSegmentsMax, type SegmentIntake, slicesOf } from './segment-intake.js'

type Bare<T> = T extends unknown ? Omit<T, 'nowMs'> : never

export interface GossipJudgeOptions {
  /** Steps the replica; the effects are run elsewhere, and their faults noted. */
  readonly dispatch: (input: Bare<ReplicaInput>) => readonly ReplicaEffect[]
  readonly intake: SegmentIntake
  readonly conduct: PeerConduct
  readonly budget: AuthorBudget
  /** The peer that is the author's own node; undefined for who is no member. */
  readonly peerOf: (author: OrgId) => string | undefined
  /** Whether the replica holds what the segment ends with; then it costs nothing. */
  readonly isKnown: (input: SegmentInput) => boolean
  /** Whether a signature does not hold, checked here and now. */
  readonly isForged: (input: SegmentInput) => boolean
  /** Lets other work run where a slice of time is used up. */
  readonly breathe: () => Promise<void>
  /** Resolves after so long, or sooner when the node stops. */
  readonly pause: (ms: number) => Promise<void>
  /** Gossips what was good in a message that is not relayed. */
  readonly publish: (topic: Topic, bytes: Uint8Array) => void
}

/**
 * Segments of one peer that are looked at before what it sent earlier was judged: two batches for a thread, so that it
 * need not wait, and all that a liar can make this node check between its first lie and the end.
 */
const aheadMax = 2 * intakeSegmentsMax

/**
 * Segments of its own that may wait of one peer: what its budget lets through at once, and in five seconds in which this
 * node got to nothing. Sync has brought them by then.
 */
export const ownWaitingMax = authorSegmentsBurst + 5 * authorSegmentsPerSecond

/** How long each message takes that a peer brings in excess of what an honest one can: ten of them a second. */
const excessPauseMs = 100

/** What one peer has sent and is not judged: in its order, because each event follows the one before. */
interface Lane {
  last: Promise<unknown>
  ahead: number
  messages: number
  /** Segments among what was looked at ahead that the peer signed itself. */
  own: number
}

export function createGossipJudge(options: GossipJudgeOptions) {
  const { dispatch, intake, conduct, budget, peerOf, isKnown, isForged, breathe, pause, publish } = options
  const lanes = new Map<string, Lane>()

  async function judge(topic: Topic, bytes: Uint8Array, from: string): Promise<GossipVerdict> {
    if (topic !== 'events') return judgeOne(otherInput(topic, bytes, from))
    // What it had sent before it was dropped is not worth a check.
    if (conduct.of(from).state === 'dropped') return 'ignore'
    const frame = decodeSegmentFrame(bytes)
    // What is no frame of segments is one input that is refused.
    return inTurn(frame.ok ? frame.value : [bytes], from)
  }

  async function inTurn(segments: readonly Uint8Array[], from: string): Promise<GossipVerdict> {
    const lane = lanes.get(from) ?? { last: Promise.resolve(), ahead: 0, messages: 0, own: 0 }
    lanes.set(from, lane)
    lane.messages++
    const before = lane.last
    const slices = [...slicesOf(segments)]
    const [first = []] = slices
    const isAhead = lane.ahead + first.length <= aheadMax
    let own = 0
    let isJudged = false
    const taken = isAhead
      ? intake(first, { from, isGossip: true }).then((inputs) => {
          if (!isJudged) own = inputs.filter((input) => isOwn(input, from)).length
          lane.own += own
          return inputs
        })
      : undefined
    if (isAhead) lane.ahead += first.length
    const verdict = before.then(() => judgeSlices(slices, from, taken))
    lane.last = verdict.catch(() => {}) // whoever asked hears of it
    try {
      return await verdict
    } finally {
      isJudged = true
      lane.own -= own
      if (isAhead) lane.ahead -= first.length
      if (--lane.messages === 0) lanes.delete(from)
    }
  }

  /** `taken` is the first slice, where that was looked at ahead. */
  async function judgeSlices(
    slices: readonly (readonly Uint8Array[])[],
    from: string,
    taken: ReturnType<SegmentIntake> | undefined,
  ): Promise<GossipVerdict> {
    const accepted: Uint8Array[] = []
    let isWhole = true
    for (const [at, slice] of slices.entries()) {
      if (conduct.of(from).state === 'dropped') return 'ignore'
      const inputs = await ((at === 0 ? taken : undefined) ?? intake(slice, { from, isGossip: true }))
      for (const [index, input] of inputs.entries()) {
        if (conduct.of(from).state === 'dropped') return 'ignore'
        const verdict = await judgeInBudget(input, from)
        const segment = slice[index]
        if (verdict === 'accept' && segment !== undefined) accepted.push(segment)
        else isWhole = false
        // One proof condemns the message: whatever else is in it is not looked at.
        if (verdict === 'reject') return 'reject'
        if (inputs.length > 1) await breathe()
      }
    }
    if (isWhole) return 'accept'
    // What was known already was not checked in this copy, and the next one to get it might not know it.
    if (accepted.length > 0) publish('events', encodeSegmentFrame(accepted))
    return 'ignore'
  }

  async function judgeInBudget(input: SegmentInput, from: string): Promise<GossipVerdict> {
    const author = authorOf(input)
    if (author === undefined) return judgeOne(input)
    // A lie that was found ahead is told of, whoever's budget it is in.
    if (input.isSigned !== false && (isFlooding(author) || !budget.hasRoom(author)) && !isKnown(input)) {
      await passOver(author, from)
      // What is judged slowly can be checked all the same: a flood of lies must not pass for one of events.
      if (!conduct.isHeld(from) || !isForged(input)) return 'ignore'
    }
    const effects = dispatch(input)
    const verdict = verdictOf(effects)
    if (verdict === 'accept') budget.charge(author, effects.some(isGap))
    return verdict
  }

  /**
   * Its own node brings more than it publishes when it keeps to its budget: that much of it waits here, or it is held for
   * it. None of its gossip is taken until that has ended: from a flood each node would take other pieces, relay them to
   * all others, and ask for what lies between. Sync brings it whole.
   */
  function isFlooding(author: OrgId): boolean {
    const peer = peerOf(author)
    if (peer === undefined) return false
    if (conduct.isHeld(peer)) return true
    return (lanes.get(peer)?.own ?? 0) > ownWaitingMax && Number.isFinite(budget.room(author))
  }

  function isOwn(input: SegmentInput, from: string): boolean {
    const author = authorOf(input)
    return author !== undefined && peerOf(author) === from
  }

  async function passOver(author: OrgId, from: string): Promise<void> {
    // What a relay may take and we do not is charged as if it was taken: so nothing but what a relay with the same budget
    // could not have taken counts against it.
    if (budget.hasRoom(author)) budget.charge(author)
    else if (budget.isExcess(author, from)) conduct.hold(from)
    // A turn of the loop for each of them, on a machine that has much to do: there is no hurry with what is passed over.
    if (!conduct.isHeld(from)) return breathe()
    // The adapter reads no further while so much of one peer is under judgement. So the flood stays with its sender: to
    // read it and pass it over takes the most of the time that a flood takes.
    await pause(excessPauseMs)
    // What has come meanwhile waits behind this: it is still at it.
    if ((lanes.get(from)?.messages ?? 0) > 1) conduct.hold(from)
  }

  function judgeOne(input: Bare<ReplicaInput>): GossipVerdict {
    return verdictOf(dispatch(input))
  }

  /** How many segments of the author's gossip are looked at now. */
  function room(author: OrgId): number {
    return isFlooding(author) ? 0 : budget.room(author)
  }

  return { judge, room }
}

function verdictOf(effects: readonly ReplicaEffect[]): GossipVerdict {
  const verdicts = effects.flatMap((effect) => (effect.kind === 'verdict' ? [effect.verdict] : []))
  if (!verdicts.includes('reject')) return verdicts.includes('accept') ? 'accept' : 'ignore'
  return effects.some(isProof) ? 'reject' : 'ignore'
}

function authorOf({ segment }: SegmentInput): OrgId | undefined {
  return segment.kind === 'decoded' ? segment.segment.last.header.author : undefined
}

function isGap(effect: ReplicaEffect): boolean {
  return effect.kind === 'sync' && effect.hasGap
}

function isProof(effect: ReplicaEffect): boolean {
  return effect.kind === 'rejected' && judgementOf(effect.reason).kind === 'proof'
}

function otherInput(topic: Exclude<Topic, 'events'>, bytes: Uint8Array, from: string): Bare<ReplicaInput> {
  return topic === 'evidence'
    ? { kind: 'evidence', bytes, from }
    : { kind: 'checkpoint', bytes, from, isGossip: true }
}
