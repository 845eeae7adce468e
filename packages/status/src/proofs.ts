/** Proofs out of the state map: a row is there with these bytes, or there is none. */
import {
  checkMapProof,
  type EventId,
  equalBytes,
  type MapProof,
  mapGet,
  proveKey,
  sha256,
} from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import { batchRowKey, credentialRowKey, orgRowKey } from './rows.js'
import type { NetworkState } from './state.js'

/** A row's bytes, or null where there is none, and the path that proves either against the state root. */
export interface RowProof {
  readonly value: Uint8Array | null
  readonly proof: MapProof
}

/** What a status proof needs of the state: the issuer's row, the batch's row, the credential's row or its absence. */
export interface StatusRows {
  readonly org: RowProof
  readonly batch: RowProof
  readonly credential: RowProof
}

/** Proves the three rows. Rows that are absent are proven absent; whether that makes sense is the reader's rule. */
export function proveStatus(
  state: NetworkState,
  { org, batch, handle }: { org: OrgId; batch: EventId; handle: Uint8Array },
): StatusRows {
  return {
    org: proveRow(state, orgRowKey(org)),
    batch: proveRow(state, batchRowKey(batch)),
    credential: proveRow(state, credentialRowKey({ org, handle })),
  }
}

/** Whether the path leads from the root to exactly these bytes under this key, or to the key's absence. */
export function checkRowProof({
  root,
  key,
  row,
}: {
  root: Uint8Array
  key: Uint8Array
  row: RowProof
}): boolean {
  const reached = checkMapProof({ root, key, proof: row.proof })
  if (row.value === null) return reached.kind === 'absent'
  return reached.kind === 'present' && equalBytes(reached.valueHash, sha256(row.value))
}

function proveRow(state: NetworkState, key: Uint8Array): RowProof {
  return { value: mapGet(state.map, key) ?? null, proof: proveKey(state.map, key) }
}
