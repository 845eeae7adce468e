/** Which bodies a node can do without once what came of them is in the state. SPEC.md of `replica`, "Pruning". */
import { type EventKind, kindOfNumber } from '@chirograph/event'

/**
 * What the rows of the state hold in full. The others are kept: a rotation's body is the key that its generation is
 * checked by, evidence and what is salvaged are proofs, and an approval counts as long as its author may be frozen.
 */
export const prunableKinds: readonly EventKind[] = [
  'credential.issueBatch',
  'status.lease',
  'status.revoke',
  'status.suspend',
  'status.reinstate',
]

export function isPrunable(kind: EventKind): boolean {
  return prunableKinds.includes(kind)
}

/** The same by the number of the kind in a header. */
export function isPrunableNumber(kindNumber: number): boolean {
  const kind = kindOfNumber(kindNumber)
  return kind !== undefined && isPrunable(kind)
}
