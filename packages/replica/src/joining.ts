/**
 * Going on from a snapshot: this replica is at its checkpoint as if it had executed everything up to it, and what lies
 * before is fetched afterwards. SPEC.md, J9 and J10.
 */
import { jumpTo, straysOf } from '@chirograph/log'
import { enterOrphans } from './admission.js'
import { feed, forgetOthers, takeIncoming } from './agreement.js'
import type { ChainState } from './chain-state.js'
import type { DroppedPlace, Gap, ReplicaInput, StrayPlace } from './io.js'
import { askFor, unknownReferences } from './references.js'
import type { Replica } from './replica.js'
import type { Snapshot } from './snapshot-assembly.js'
import type { Turn } from './turn.js'

/** Takes the place of a snapshot, unless this replica came further in the meantime. */
export function takeSnapshot(
  turn: Turn,
  { snapshot, from }: Extract<ReplicaInput, { kind: 'snapshot' }>,
): void {
  const { replica, effects } = turn
  const { header, certificate, state, cut, logTree } = snapshot
  const { view, height, timeMs } = header.core
  if (height <= replica.final.header.core.height) return
  const { jumped, dropped, strays } = moveTips(replica, snapshot)
  // What the checkpoint changed in its parent's cut is not known here, and not served.
  const changes = new Uint8Array()
  const final: ChainState = { header, changes, certificate, state, cut, logTree, events: [], outcomes: [] }
  replica.chain.clear()
  replica.chain.set(header.digest, final)
  replica.final = final
  replica.waiting.clear()
  replica.fetching = null
  takeIncoming(replica)
  const own = noteOwnTip(replica, snapshot)
  const checkpoint = { header, changes, certificate }
  const fact = { kind: 'snapshot', checkpoint, state, cut, logTree, tips: jumped, dropped, strays } as const
  effects.push({ kind: 'persist', facts: own === null ? [fact] : [fact, own], isSynced: true })
  const gaps = jumped.map(({ id, header: { author, generation, sequence } }): Gap => {
    return { author, generation, lowest: sequence + 1, before: id }
  })
  for (const { author, generation, lowest } of gaps)
    replica.heldFrom.set(author, { generation, sequence: lowest })
  if (gaps.length > 0) replica.isHistoryWhole = false
  effects.push({ kind: 'joined', checkpoint, state, cut, logTree, gaps })
  feed(turn, { kind: 'adopt', finalized: { digest: header.digest, view, height, timeMs, certificate } })
  forgetOthers(replica)
  lookUpAgain(turn)
  enterOrphans(
    turn,
    jumped.map(({ id }) => id),
    [],
  )
  effects.push({ kind: 'sync', peer: from, hasGap: true })
}

/** J9: each chain goes on from its tip. */
function moveTips({ log }: Replica, { tips }: Snapshot) {
  const dropped: DroppedPlace[] = []
  const jumped = tips.filter((tip) => {
    const isVerified = tip.signature !== null
    const jump = jumpTo(log, { id: tip.id, header: tip.header, branch: 0, isVerified })
    if (jump.kind === 'jumped')
      dropped.push(...jump.dropped.map((entry) => ({ ...placeOf(entry), id: entry.id })))
    return jump.kind === 'jumped'
  })
  const strays = tips.flatMap(({ header }) => straysOf(log, header).map(placeOf))
  return { jumped, dropped, strays }
}

function placeOf({ author, generation, sequence, branch }: StrayPlace): StrayPlace {
  return { author, generation, sequence, branch }
}

/** What a quorum saw of our own chain counts as signed. */
function noteOwnTip(replica: Replica, { cut }: Snapshot) {
  const own = cut.get(replica.config.org)
  const { lastSigned } = replica
  if (own === undefined) return null
  const { generation, sequence, id } = own
  const isKnown =
    lastSigned !== null &&
    (lastSigned.generation > generation ||
      (lastSigned.generation === generation && lastSigned.sequence >= sequence))
  if (isKnown) return null
  replica.lastSigned = { generation, sequence, id }
  return { kind: 'last-signed', tip: replica.lastSigned } as const
}

/** J10: what was in no store before may have become final since. */
function lookUpAgain(turn: Turn): void {
  const { replica } = turn
  replica.lookedUp.clear()
  replica.asking.clear()
  const pending = [...replica.log.entries.values()].flatMap(({ event }) => event ?? [])
  askFor(turn, unknownReferences(replica, pending))
}
