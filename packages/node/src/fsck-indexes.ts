/** What points at events: the order of arrival, the index by id, marks, and bodies by themselves. */
import { type EventId, toHex } from '@chirograph/codec'
import { decodeHeader } from '@chirograph/event'
import {
  arrivalKey,
  bodyKey,
  type EventPlace,
  eventKey,
  placeValue,
  positionKey,
  readArrivalKey,
  readEventKey,
  readPositionKey,
  type StoreOp,
  spaceRange,
} from '@chirograph/interface'
import type { Check } from './fsck.js'
import type { Walked } from './fsck-chain.js'
import { type AuthorNumbers, freeOrdinalOf, isKeyWhole, placeIn } from './fsck-notes.js'
import { createPlaceSet } from './place-set.js'
import { readStoredValue } from './stored-event.js'

/** An event that the index by id does not lead to. */
export interface Unindexed {
  readonly id: EventId
  readonly place: EventPlace
  readonly org: string
  readonly hasValue: boolean
}

interface Pointer {
  readonly key: Uint8Array
  readonly place: EventPlace
}

export async function checkIndexes(check: Check, authors: AuthorNumbers, walked: Walked): Promise<void> {
  const arrivals = await checkArrivals(check, authors, walked)
  await checkPositions(check, authors, { walked, arrivals })
  const { findings } = check
  for (const { key, place } of arrivals.values())
    if (!walked.gone.has(place))
      findings.add({
        code: 'arrival-order',
        what: `arrival ${readArrivalKey(key)} leads to ${nameOf(check, authors, place)}, where nothing is`,
        fix: [{ kind: 'delete', key }],
      })
  for await (const [key, value] of check.store.range(spaceRange('stray'))) {
    if (!isKeyWhole(check, 'stray', key)) continue
    const place = readEventKey(key)
    if (walked.gone.has(place)) findings.followUps.push({ kind: 'delete', key })
    else if (!walked.held.has(place))
      findings.add({
        code: 'stray-mark',
        what: `${nameOf(check, authors, place)}, where nothing is, is marked as passed over`,
        fix: [{ kind: 'delete', key }],
      })
    else if (value.length > 0)
      findings.add({
        code: 'stray-mark',
        what: `the mark of ${nameOf(check, authors, place)} has a value`,
        fix: [{ kind: 'put', key, value: new Uint8Array() }],
      })
  }
  for (const place of check.danglingBodies) {
    const key = bodyKey(place)
    if (walked.gone.has(place)) findings.followUps.push({ kind: 'delete', key })
    else
      findings.add({
        code: 'body-dangling',
        what: nameOf(check, authors, place),
        fix: [{ kind: 'delete', key }],
      })
  }
}

/** Each event arrived once. Returns arrivals that lead nowhere, by their place. */
async function checkArrivals(
  check: Check,
  authors: AuthorNumbers,
  walked: Walked,
): Promise<Map<string, Pointer>> {
  const { store, findings } = check
  const told = createPlaceSet()
  const dangling = new Map<string, Pointer>()
  for await (const page of store.pages(spaceRange('arrival')))
    for (const [key, value] of page) {
      check.step('arrivals')
      if (!isKeyWhole(check, 'arrival', key)) continue
      const place = placeIn(value)
      if (place === undefined) {
        findings.add({
          code: 'arrival-order',
          what: `arrival ${readArrivalKey(key)} leads to no place`,
          fix: [{ kind: 'delete', key }],
        })
        continue
      }
      if (walked.gone.has(place)) findings.followUps.push({ kind: 'delete', key })
      else if (!walked.held.has(place)) dangling.set(toHex(value), { key, place })
      else if (!walked.arrived.has(place) || !told.add(place))
        findings.add({
          code: 'arrival-order',
          what: `arrival ${readArrivalKey(key)} tells of ${nameOf(check, authors, place)} once more`,
          fix: [{ kind: 'delete', key }],
        })
    }
  if (told.size === walked.arrived.size) return dangling
  let ordinal = await freeOrdinalOf(store)
  for await (const page of store.pages(spaceRange('event')))
    for (const [key] of page) {
      if (key.length !== 18) continue
      const place = readEventKey(key)
      if (!walked.arrived.has(place) || walked.gone.has(place) || told.has(place)) continue
      findings.add({
        code: 'arrival-order',
        what: `no arrival tells of ${nameOf(check, authors, place)}`,
        fix: [{ kind: 'put', key: arrivalKey(ordinal++), value: placeValue(place) }],
      })
    }
  return dangling
}

async function checkPositions(
  check: Check,
  authors: AuthorNumbers,
  { walked, arrivals }: { readonly walked: Walked; readonly arrivals: Map<string, Pointer> },
): Promise<void> {
  const { store, findings } = check
  const rebuilt = new Set<EventId>()
  for (const { id, place } of check.unindexed) {
    if (walked.gone.has(place)) continue
    rebuilt.add(id)
    findings.add({
      code: 'position-index',
      what: `the entry of ${nameOf(check, authors, place)}`,
      id,
      fix: [{ kind: 'put', key: positionKey(id), value: placeValue(place) }],
    })
  }
  // Each event that is indexed has its own entry, so as many entries as events are all right.
  if (rebuilt.size === 0 && walked.gone.size === 0 && (await countPositions(check)) === walked.indexed.size)
    return
  for await (const page of store.pages(spaceRange('position'))) {
    const rows = page.filter(([key]) => isKeyWhole(check, 'position', key))
    const ids = await idsAt(
      check,
      rows.map(([, value]) => value),
    )
    for (const [index, [key, value]] of rows.entries()) {
      const id = readPositionKey(key)
      const place = placeIn(value)
      if (rebuilt.has(id)) continue
      const remove: StoreOp = { kind: 'delete', key }
      if (walked.missing.has(id) || (place !== undefined && walked.gone.has(place))) {
        findings.followUps.push(remove)
        continue
      }
      if (ids[index] === id) continue
      const arrival = arrivals.get(toHex(value))
      if (place === undefined || walked.held.has(place) || arrival === undefined) {
        findings.add({
          code: 'position-index',
          what: `an entry that leads to another event, or none`,
          id,
          fix: [remove],
        })
        continue
      }
      // It was indexed and it arrived: it was here.
      walked.gone.add(place)
      const { author, generation, sequence } = place
      findings.add({
        code: 'event-missing',
        standing: 'pending',
        what: `${nameOf(check, authors, place)}, not final`,
        author: authors.orgOf(author) ?? null,
        generation,
        sequence,
        id,
        fix: [remove, { kind: 'delete', key: arrival.key }],
      })
    }
  }
}

async function countPositions(check: Check): Promise<number> {
  let count = 0
  for await (const page of check.store.pages(spaceRange('position')))
    for (const [key] of page) {
      check.step('index by id')
      if (key.length === 33) count++
      else return -1
    }
  return count
}

/** The ids of the events at these places; undefined where there is none. */
async function idsAt({ store }: Check, values: readonly Uint8Array[]): Promise<(EventId | undefined)[]> {
  const keys = values.map((value) => {
    const place = placeIn(value)
    return place === undefined ? new Uint8Array(1) : eventKey(place)
  })
  const found = await store.getMany(keys)
  return found.map((value) => {
    const stored = value && readStoredValue(value)
    const decoded = stored && decodeHeader(stored.headerBytes)
    return decoded?.kind === 'decoded' ? decoded.id : undefined
  })
}

export function nameOf({ known }: Check, authors: AuthorNumbers, place: EventPlace): string {
  const org = authors.orgOf(place.author)
  const who = org === undefined ? `author ${place.author}` : known.nameOf(org)
  const branch = place.branch === 0 ? '' : `, branch ${place.branch}`
  return `${who}, key period ${place.generation}, place ${place.sequence}${branch}`
}
