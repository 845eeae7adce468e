/** Whose log forked, what the network did about it, and what this member can still do. */
import type { EventId } from '@chirograph/codec'
import { quorumOf, validatorIndexOf } from '@chirograph/consensus'
import type { OrgId } from '@chirograph/event'
import {
  encodeForkEvidence,
  eventAt,
  forksOf,
  pendingOf,
  placeOfForkEvidence,
  rotationsOf,
} from '@chirograph/log'
import { type Replica, salvageOf } from '@chirograph/replica'
import { approvedRotation, currentLogKey, readApprovals, readOrg } from '@chirograph/status'

export interface ForkView {
  readonly org: OrgId
  readonly name: string
  readonly generation: number
  /** Known here: this node holds the proof. Frozen: the network agreed on it. Recovered: a later generation goes on. */
  readonly state: 'known' | 'frozen' | 'recovered'
  /** Where two events stand; null where the proof is not here. */
  readonly sequence: number | null
  readonly evidence: { readonly kind: 'evidence.fork' | 'evidence.branches'; readonly bytes: number } | null
  /** The last event that counts; null when none does. */
  readonly frozen: { readonly sequence: number | null; readonly height: number } | null
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
export function viewForks(replica: Replica, nowMs: number): ForkView[] {
  const { state } = replica.final
  return state.organisations.flatMap((org) => {
    const row = readOrg(state, org)
    if (row === undefined) return []
    const { generation: current } = currentLogKey(row)
    const proofs = forksOf(replica.log, org).flatMap((evidence) => {
      const place = placeOfForkEvidence(evidence)
      return place === undefined ? [] : [{ evidence, place }]
    })
    const generations = new Set(proofs.map(({ place }) => place.generation))
    if (row.frozen !== null) generations.add(row.frozen.generation)
    return [...generations]
      .sort((a, b) => a - b)
      .map((generation): ForkView => {
        const proof = proofs.find(({ place }) => place.generation === generation)
        const frozen = row.frozen?.generation === generation ? row.frozen : null
        return {
          org,
          name: row.name,
          generation,
          state: frozen !== null ? 'frozen' : generation < current ? 'recovered' : 'known',
          sequence: proof?.place.sequence ?? null,
          evidence:
            proof === undefined
              ? null
              : { kind: proof.evidence.kind, bytes: encodeForkEvidence(proof.evidence).length },
          frozen: frozen && { sequence: frozen.sequence, height: frozen.height },
          rotations: frozen === null ? [] : rotationsFor(replica, org, generation + 1),
          approvalsNeeded: quorumOf(replica.set),
          salvageable: frozen === null ? [] : salvageableOf(replica, { author: org, generation }, nowMs),
        }
      })
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

/** Events of a frozen generation that would restrict something if they were told again. */
export function salvageableOf(
  replica: Replica,
  place: { readonly author: OrgId; readonly generation: number },
  nowMs: number,
): EventId[] {
  return pendingOf(replica.log, place).flatMap(({ id, kind }) => {
    if (kind !== 'status.revoke' && kind !== 'status.suspend') return []
    return salvageOf(replica, id, nowMs) === undefined ? [] : [id]
  })
}

export function isValidator({ set }: Replica, org: OrgId): boolean {
  return validatorIndexOf(set, org) !== undefined
}
