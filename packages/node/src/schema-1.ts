/**
 * Where events lay in schema 1, for the migration and for nothing else. Keys named the author by its whole id:
 *
 * | space    | key                                  | value                        |
 * |----------|--------------------------------------|------------------------------|
 * | event    | author, generation, sequence, digest | header bytes ‖ signature     |
 * | body     | author, generation, sequence, digest | body bytes                   |
 * | position | id digest                            | author, generation, sequence |
 * | arrival  | ordinal                              | id digest                    |
 *
 * Sizes: author 32 bytes, digest 32, generation u32, sequence and ordinal u64. Every other space is as it was.
 */
import { concatBytes, contentIdOfDigest, type EventId, toHex } from '@chirograph/codec'
import { type OrgId, parseOrgId, signatureBytes } from '@chirograph/event'
import type { KeyRange } from '@chirograph/interface'
import type { StoredHeader } from '@chirograph/log'
import { storeDamaged } from './node-errors.js'

const spaces = { event: 0x01, body: 0x02, position: 0x03, arrival: 0x04 } as const

export type OldSpace = keyof typeof spaces

/** An event's place in its author's chain, and which event it is. */
export interface OldPlace {
  readonly author: OrgId
  readonly generation: number
  readonly sequence: number
  readonly id: EventId
  /** What both of its keys have behind the key space: author, generation, sequence and digest. */
  readonly suffix: Uint8Array
}

export function oldRange(space: OldSpace): KeyRange {
  return { from: Uint8Array.of(spaces[space]), to: Uint8Array.of(spaces[space] + 1) }
}

export function oldKey(space: OldSpace, suffix: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(spaces[space]), suffix)
}

/** The place under a position key, of the event with that digest. */
export function oldPlaceOf({
  position,
  digest,
}: {
  readonly position: Uint8Array
  readonly digest: Uint8Array
}): OldPlace {
  return readOldPlace(concatBytes(position, digest))
}

/** The place that the key of an event or of a body names. */
export function oldPlaceOfKey(key: Uint8Array): OldPlace {
  return readOldPlace(key.subarray(1))
}

export function readOldOrdinal(key: Uint8Array): number {
  if (key.length !== 9) throw storeDamaged('an arrival of format 1 has a key of another length')
  return readU64(key, 1)
}

/** Schema 1 held checked signatures alone. */
export function readOldHeader(value: Uint8Array): StoredHeader & { readonly signature: Uint8Array } {
  const end = value.length - signatureBytes
  if (end <= 0) throw storeDamaged('an event of format 1 is shorter than a signature')
  return { headerBytes: value.slice(0, end), signature: value.slice(end) }
}

function readOldPlace(suffix: Uint8Array): OldPlace {
  const author = suffix.length === 76 ? parseOrgId(toHex(suffix.subarray(0, 32))) : undefined
  if (author === undefined) throw storeDamaged('a place of format 1 cannot be read')
  return {
    author,
    generation: new DataView(suffix.buffer, suffix.byteOffset).getUint32(32),
    sequence: readU64(suffix, 36),
    id: contentIdOfDigest(suffix.slice(44)),
    suffix,
  }
}

function readU64(bytes: Uint8Array, offset: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.getUint32(offset) * 2 ** 32 + view.getUint32(offset + 4)
}
