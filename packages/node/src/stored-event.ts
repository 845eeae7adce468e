/** An event as it lies in the store: header and signature under one key, the body under another. */
import type { EventId } from '@chirograph/codec'
import { type AuthenticEvent, restoreEvent, signatureBytes } from '@chirograph/event'
import { bodyKey, type EventPlace, eventKey, positionKey, readPlace, type Store } from '@chirograph/interface'
import type { StoredHeader } from '@chirograph/log'
import { storeDamaged } from './node-errors.js'

/** The signature was checked and stands behind the header. A value without it ends with the header. */
const signedFlag = 0x01

export function storedValue({ headerBytes, signature }: StoredHeader): Uint8Array {
  const value = new Uint8Array(1 + headerBytes.length + (signature?.length ?? 0))
  value.set(headerBytes, 1)
  if (signature !== null) {
    value[0] = signedFlag
    value.set(signature, 1 + headerBytes.length)
  }
  return value
}

/** Views of the value, which is little more than them. Undefined for bytes that `storedValue` does not make. */
export function readStoredValue(value: Uint8Array): StoredHeader | undefined {
  const [flags] = value
  if (flags === 0) return { headerBytes: value.subarray(1), signature: null }
  const end = value.length - signatureBytes
  if (flags !== signedFlag || end <= 1) return undefined
  return { headerBytes: value.subarray(1, end), signature: value.subarray(end) }
}

export async function readHeader(store: Store, place: EventPlace): Promise<StoredHeader | undefined> {
  const value = await store.get(eventKey(place))
  return value && headerOfValue(value, place)
}

export function headerOfValue(value: Uint8Array, place: EventPlace): StoredHeader {
  const stored = readStoredValue(value)
  if (stored === undefined) throw storeDamaged(`the header at ${nameOfPlace(place)} is none`)
  return stored
}

/** The event at a place of the store, whole and held against its header; undefined when it or its body is not there. */
export async function readEvent(store: Store, place: EventPlace): Promise<AuthenticEvent | undefined> {
  const [value, bodyBytes] = await store.getMany([eventKey(place), bodyKey(place)])
  if (value === undefined || bodyBytes === undefined) return undefined
  const restored = restoreEvent({ ...headerOfValue(value, place), bodyBytes })
  if (restored.kind === 'reject') throw storeDamaged(`the event at ${nameOfPlace(place)}: ${restored.detail}`)
  return restored.event
}

export async function placeOfEvent(store: Store, id: EventId): Promise<EventPlace | undefined> {
  const value = await store.get(positionKey(id))
  return value && readPlace(value)
}

export function nameOfPlace({ author, generation, sequence, branch }: EventPlace): string {
  return `author ${author}, generation ${generation}, sequence ${sequence}, branch ${branch}`
}
