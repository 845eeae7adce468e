/** Whose log forked, what the network did about it, and what this member can still do. */
import type { EventId } from '@chirograph/codec'
import { quorumOf, validatorIndexOf } from '@chirograph/consensus'
import type { ForkEvidence, OrgId } from '@chirograph/event'
import {
  encodeForkEvidence,
  eventAt,
  forksOf,
  type LogIndex,
  placeOfForkEvidence,
  rotationsOf,
} from '@chirograph/log'
import type { Replica } from '@chirograph/replica'
import {
  approvedRotation,
  currentLogKey,
  type NetworkState,
  readApprovals,
  readOrg,
} from '@chirograph/status'
import type { Salvageable } from './salvageable.js'

/** An organisation of which two stories are known, or on whose having told them the network agreed. */
export interface KnownFork {
  readonly org: OrgId
  readonly name: string
  readonly isSelf: boolean
  readonly generation: number
  /** Known here: this node holds the proof. Frozen: the network agreed on it. Recovered: a later generation goes on. */
  readonly state: 'known' | 'frozen' | 'recovered'
  /** The place at which two events stand; null where the proof is not here. */
  readonly sequence: number | null
  /** Set while frozen: nothing of that generation counts beyond `sequence` (null: nothing at all). */
  readonly frozen: { readonly height: number; readonly sequence: number | null } | null
}

/** The same, with what has been done and is left to do. */
export interface ForkView extends KnownFork {
  readonly evidence: { readonly kind: ForkEvidence['kind']; readonly bytes: number } | null
  /** Rotations by which it would go on, with those who approved each. */
  readonly rotations: readonly {
    readonly id: EventId
    readonly approvedBy: readonly OrgId[]
    readonly isApproved: boolean
  }[]
  readonly approvalsNeeded: number
  /** Revocations and suspensions on its branches that nobody has told again yet. */
  readonly salvageable: readonly EventId[]
}

/** In the order of the genesis; at most one for each organisation and generation. */
export function knownForks({
  log,
  state,
  self,
}: {
  readonly log: LogIndex
  readonly state: NetworkState
  readonly self: OrgId
}): KnownFork[] {
  return state.organisations.flatMap((org) => {
    const row = readOrg(state, org)
    if (row === undefined) return []
    const { generation: current } = currentLogKey(row)
    const places = new Map(
      forksOf(log, org).flatMap((evidence) => {
        const place = placeOfForkEvidence(evidence)
        return place === undefined ? [] : [[place.generation, place.sequence]]
      }),
    )
    const generations = new Set(places.keys())
    if (row.frozen !== null) generations.add(row.frozen.generation)
    return [...generations]
      .sort((a, b) => a - b)
      .map((generation): KnownFork => {
        const frozen = row.frozen?.generation === generation ? row.frozen : null
        return {
          org,
          name: row.name,
          isSelf: org === self,
          generation,
          state: frozen !== null ? 'frozen' : generation < current ? 'recovered' : 'known',
          sequence: places.get(generation) ?? null,
          frozen: frozen && { height: frozen.height, sequence: frozen.sequence },
        }
      })
  })
}

/** A generation that is over needs nobody's attention any more. */
export function openForks(args: Parameters<typeof knownForks>[0]): KnownFork[] {
  return knownForks(args).filter(({ state }) => state !== 'recovered')
}

export function viewForks(
  replica: Replica,
  { salvageable, nowMs }: { readonly salvageable: Salvageable; readonly nowMs: number },
): ForkView[] {
  const { log, final, set, config } = replica
  return knownForks({ log, state: final.state, self: config.org }).map((fork): ForkView => {
    const { org, generation, state } = fork
    const isFrozen = state === 'frozen'
    const proof = forksOf(log, org).find((one) => placeOfForkEvidence(one)?.generation === generation)
    return {
      ...fork,
      evidence: proof === undefined ? null : { kind: proof.kind, bytes: encodeForkEvidence(proof).length },
      rotations: isFrozen ? rotationsFor(replica, org, generation + 1) : [],
      approvalsNeeded: quorumOf(set),
      salvageable: isFrozen ? salvageable.of(org, nowMs) : [],
    }
  })
}

/** The rotations held here that could end a freeze: those that follow what is final. */
export function rotationsFor(replica: Replica, org: OrgId, generation: number): ForkView['rotations'] {
  const { log, final } = replica
  const approvals = readApprovals(final.state, org)
  const approved = approvedRotation(final.state, org)
  return rotationsOf(log, org, generation)
    .filter(({ prev }) => prev === null || (eventAt(log, prev)?.isFinal ?? true))
    .map(({ id }) => ({
      id,
      approvedBy: approvals.filter(({ rotation }) => rotation === id).map((approval) => approval.org),
      isApproved: approved === id,
    }))
}

export function isValidator({ set }: Replica, org: OrgId): boolean {
  return validatorIndexOf(set, org) !== undefined
}
