/**
 * Going on from a snapshot: this replica is at its checkpoint as if it had executed everything up to it, and what lies
 * before is fetched afterwards. SPEC.md, J9 and J10.
 */
import {
  closeAt,
  closeGenerations,
  finalGenerationOf,
  type Jump,
  jumpTo,
  resumeComparing,
  straysOf,
} from '@chirograph/log'
import { readClosedGenerations } from '@chirograph/status'
import { enterOrphans } from './admission.js'
import { feed, forgetOthers, reconsiderEligibility } from './agreement.js'
import type { ChainState } from './chain-state.js'
import { beginEpoch, endOf, handoverFact, hasSignedLater, noteHandover, pointOf } from './epochs.js'
import { frozenIn } from './frozen.js'
import type { DroppedPlace, Gap, ReplicaInput, StrayPlace } from './io.js'
import { noteOwnTip } from './own-chain.js'
import { askFor, unknownReferences } from './references.js'
import type { Replica } from './replica.js'
import type { Snapshot, SnapshotTip } from './snapshot-assembly.js'
import type { Turn } from './turn.js'
import { noteLost } from './untold.js'

/** Takes the place of a snapshot, unless this replica came further in the meantime. */
export function takeSnapshot(
  turn: Turn,
  { snapshot, from }: Extract<ReplicaInput, { kind: 'snapshot' }>,
): void {
  const { replica, effects } = turn
  const { header, certificate, state, cut, logTree } = snapshot
  const { height } = header.core
  if (height <= replica.final.header.core.height) return
  replica.jumps++
  const { jumped, open, dropped, strays } = moveTips(replica, snapshot)
  // What the checkpoint changed in its parent's cut is not known here, and not served.
  const changes = new Uint8Array()
  const certified = { header, changes, certificate, tail: null }
  const final: ChainState = { ...certified, state, cut, logTree, events: [], outcomes: [] }
  replica.chain.clear()
  replica.chain.set(header.digest, final)
  replica.final = final
  const before = replica.frozen
  replica.frozen = frozenIn(state)
  for (const author of before.keys()) if (!replica.frozen.has(author)) resumeComparing(replica.log, author)
  noteLost(replica, replica.frozen.keys())
  replica.waiting.clear()
  replica.fetching = null
  replica.incoming = null
  // What a quorum saw of our own chain counts as signed.
  const ownTip = cut.get(replica.config.org)
  const own = ownTip === undefined ? [] : noteOwnTip(turn, ownTip)
  const checkpoint = certified
  const moved = { tips: jumped, open, dropped, strays }
  const fact = { kind: 'snapshot', checkpoint, state, cut, logTree, ...moved } as const
  const learnt = [...snapshot.handovers].map(
    ([epoch, bytes]) => ({ kind: 'handover', epoch, bytes }) as const,
  )
  const closing = handoverFact(final)
  const handovers = closing ? [...learnt, closing] : learnt
  for (const one of handovers) noteHandover(replica, one)
  effects.push({ kind: 'persist', facts: [fact, ...handovers, ...own], isSynced: true })
  const gaps = [
    ...jumped.map(({ id, header: { author, generation, sequence } }): Gap => {
      return { author, generation, lowest: sequence + 1, before: id }
    }),
    ...open,
  ]
  for (const { author, generation, lowest } of gaps)
    replica.heldFrom.set(
      author,
      lowest === null ? { generation: generation + 1, sequence: 0 } : { generation, sequence: lowest },
    )
  if (gaps.length > 0) replica.isHistoryWhole = false
  effects.push({ kind: 'joined', checkpoint, state, cut, logTree, gaps })
  if (state.validators.setHash === replica.set.setHash)
    feed(turn, { kind: 'adopt', finalized: pointOf(final) })
  else {
    // H16: what the way here shows of own votes that are in no record.
    const isDoubted = hasSignedLater(replica, { handovers: snapshot.handovers, final })
    feed(turn, { kind: 'end', certificate: endOf(replica, snapshot.handovers), isDoubted })
    beginEpoch(replica)
    // The first step of the epoch arms its timers.
    feed(turn, { kind: 'eligible', isEligible: false })
    reconsiderEligibility(turn)
  }
  forgetOthers(replica)
  lookUpAgain(turn)
  enterOrphans(
    turn,
    jumped.map(({ id }) => id),
    [],
  )
  effects.push({ kind: 'sync', peer: from, hasGap: true })
}

/** J9: each chain goes on from its tip, and those of generations that were closed since end where the state says. */
function moveTips({ log }: Replica, { tips, state }: Snapshot) {
  const dropped: DroppedPlace[] = []
  const jumped: SnapshotTip[] = []
  const open: Gap[] = []
  const drop = (jump: Jump) => {
    if (jump.kind === 'jumped')
      dropped.push(...jump.dropped.map((entry) => ({ ...placeOf(entry), id: entry.id })))
    return jump.kind === 'jumped'
  }
  for (const tip of tips) {
    const { author, generation } = tip.header
    const before = finalGenerationOf(log, author)
    const ends = generation === before ? [] : readClosedGenerations(state, author)
    const lacking = ends.flatMap((end): Gap[] => {
      if (end.generation < before || !drop(closeAt(log, { author, generation: end.generation }, end.last)))
        return []
      return end.last === null
        ? []
        : [{ author, generation: end.generation, lowest: null, before: end.last.id }]
    })
    const isJumping = drop(
      jumpTo(log, { id: tip.id, header: tip.header, branch: 0, isVerified: tip.signature !== null }),
    )
    closeGenerations(log, author)
    if (isJumping) jumped.push(tip)
    // Filling a chain down to its beginning goes on with the generation before, so the highest gap is enough.
    else open.push(...lacking.slice(-1))
  }
  const strays = tips.flatMap(({ header }) => straysOf(log, header).map(placeOf))
  return { jumped, open, dropped, strays }
}

function placeOf({ author, generation, sequence, branch }: StrayPlace): StrayPlace {
  return { author, generation, sequence, branch }
}

/** J10: what was in no store before may have become final since. */
function lookUpAgain(turn: Turn): void {
  const { replica } = turn
  replica.lookedUp.clear()
  replica.asking.clear()
  const pending = [...replica.log.entries.values()].flatMap(({ event }) => event ?? [])
  askFor(turn, unknownReferences(replica, pending))
}
