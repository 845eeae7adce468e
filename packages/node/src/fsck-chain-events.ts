/** Which rows of a chain are events of it, and what is wrong with those that are. */
import { type EventId, equalBytes, sha256 } from '@chirograph/codec'
import {
  decodeBody,
  decodeHeader,
  type EventHeader,
  type EventKind,
  isSignedBy,
  type SignedHeader,
} from '@chirograph/event'
import { placeValue, positionKey } from '@chirograph/interface'
import type { ChainCheck } from './fsck-chain.js'
import { placeName, type Slot } from './fsck-chain-rows.js'
import { isPrunable } from './prunable.js'
import { readStoredValue } from './stored-event.js'

/** A row whose header is an event of the chain. */
export interface Good extends Slot {
  readonly id: EventId
  readonly header: EventHeader
  readonly headerBytes: Uint8Array
  readonly signature: Uint8Array | null
  readonly isStray: boolean
}

/** Which of the events at a place are events of this chain, and which are bytes that were one. A body alone is neither. */
export async function judge(
  chain: ChainCheck,
  slots: readonly Slot[],
  {
    expected,
    above,
  }: {
    /** What must stand here by what is above: that one is an event whatever the index says. */
    readonly expected: EventId | null | undefined
    readonly above: ReadonlySet<EventId>
  },
): Promise<{ readonly good: readonly Good[]; readonly broken: readonly Slot[] }> {
  const { check, org, place, walked, strays } = chain
  const read: Good[] = []
  const broken: Slot[] = []
  for (const slot of slots) {
    const { value } = slot
    if (value === undefined) {
      check.danglingBodies.push(slot.place)
      continue
    }
    const stored = readStoredValue(value)
    const decoded = stored && decodeHeader(stored.headerBytes)
    const header = decoded?.kind === 'decoded' ? decoded.header : undefined
    const isHere =
      header?.author === org &&
      header.generation === place.generation &&
      header.sequence === slot.place.sequence
    if (!stored || decoded?.kind !== 'decoded' || !isHere) broken.push(slot)
    else if (!equalBytes(decoded.header.networkId, check.known.networkIdBytes)) broken.push(slot)
    else {
      const { id } = decoded
      read.push({
        ...slot,
        ...stored,
        id,
        header: decoded.header,
        isStray: strays.has(placeName(slot.place)),
      })
    }
  }
  const values = read.length === 0 ? [] : await check.store.getMany(read.map(({ id }) => positionKey(id)))
  const good: Good[] = []
  for (const [index, one] of read.entries()) {
    const value = values[index]
    const isIndexed = value !== undefined && equalBytes(value, placeValue(one.place))
    const { signature, headerBytes, id } = one
    // A header that was changed is another event: no index knows it, nothing names it, nobody signed it.
    const isNamed = id === expected || above.has(id)
    const isVouched =
      isIndexed || isNamed || (signature !== null && isSigned(chain, { headerBytes, signature }))
    const isCopy = !isIndexed && read.some((other) => other !== one && other.id === id)
    if (!isVouched || isCopy) {
      broken.push(one)
      continue
    }
    good.push(one)
    if (isIndexed) walked.indexed.add(one.place)
    else check.unindexed.push({ id, place: one.place, org, hasValue: value !== undefined })
  }
  return { good, broken }
}

/** Two events at one place that the author signed are a fork. */
export function noteFork(chain: ChainCheck, sequence: number, good: readonly Good[]): void {
  const { org, place, walked } = chain
  if (good.length < 2) return
  const headers = good.flatMap(({ headerBytes, signature }) =>
    signature !== null && isSigned(chain, { headerBytes, signature }) ? [{ headerBytes, signature }] : [],
  )
  if (headers.length < 2) return
  // The lowest place is the one that is proven: going down, the last.
  const at = walked.forks.findIndex((fork) => fork.org === org && fork.generation === place.generation)
  if (at >= 0) walked.forks.splice(at, 1)
  walked.forks.push({ org, generation: place.generation, sequence, headers })
}

type Fault = {
  readonly code: 'body-damaged' | 'body-missing' | 'signature-damaged'
  readonly detail?: string
}

/** What is wrong with an event whose header is in order; up to the floor its body may have been pruned. */
export function faultOfContent(
  chain: ChainCheck,
  event: Good,
  { bodyFloor }: { readonly bodyFloor: number },
): Fault | undefined {
  const { body, header, signature, headerBytes } = event
  if (body === undefined) {
    const isPruned = header.sequence <= bodyFloor && isPrunable(header.kind)
    if (!isPruned) return { code: 'body-missing' }
  } else {
    const detail = faultOfBody(header, body)
    if (detail !== undefined) return { code: 'body-damaged', detail }
  }
  if (signature === null || chain.keys.length === 0) return undefined
  return isSigned(chain, { headerBytes, signature }) ? undefined : { code: 'signature-damaged' }
}

function faultOfBody(
  header: { bodyLength: number; bodyHash: Uint8Array; kind: EventKind },
  body: Uint8Array,
) {
  if (body.length !== header.bodyLength)
    return `${body.length} bytes, and the header says ${header.bodyLength}`
  if (!equalBytes(sha256(body), header.bodyHash)) return 'it hashes to another value'
  const content = decodeBody(header.kind, body)
  return content.kind === 'reject' ? content.detail : undefined
}

function isSigned({ check: { known }, keys }: ChainCheck, signed: SignedHeader): boolean {
  return keys.some((logKey) => isSignedBy({ signed, logKey, ed25519: known.ed25519 }))
}
