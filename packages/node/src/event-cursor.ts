/**
 * Where a reader of events stands: an ordinal of arrival, and in a query by issuer the place in that issuer's chain
 * that was reached. A cursor belongs to one store: another one numbers its arrivals otherwise.
 */
import { toHex, utf8 } from '@chirograph/codec'
import { ChirographError, type EventPlace, metaKey, type Store } from '@chirograph/interface'
import { put } from './meta.js'

export interface Cursor {
  /** The last arrival that was dealt with; -1 before the first. */
  readonly ordinal: number
  /** Of its author's chain what is at or before this place was dealt with, as far as it had arrived; null: all of it. */
  readonly within: EventPlace | null
}

export const firstCursor: Cursor = { ordinal: -1, within: null }

export function encodeCursor(storeTag: string, { ordinal, within }: Cursor): string {
  const place = within === null ? [] : [within.author, within.generation, within.sequence, within.branch]
  return [storeTag, ordinal, ...place].join('.')
}

/** Reads a cursor that came from outside. `NODE_CURSOR_INVALID`, `NODE_CURSOR_OF_OTHER_STORE`. */
export function decodeCursor(storeTag: string, text: string): Cursor {
  const [, tag, ordinal, author, generation, sequence, branch] = cursorPattern.exec(text) ?? []
  const cursor = {
    ordinal: Number(ordinal),
    within:
      author === undefined
        ? null
        : {
            author: Number(author),
            generation: Number(generation),
            sequence: Number(sequence),
            branch: Number(branch),
          },
  }
  if (!isCursor(cursor)) throw cursorInvalid(text)
  if (tag !== storeTag) throw cursorOfOtherStore(text)
  return cursor
}

const cursorPattern = /^([0-9a-f]{8})\.(-1|\d{1,16})(?:\.(\d{1,10})\.(\d{1,10})\.(\d{1,16})\.(\d{1,3}))?$/

/** A few bytes that tell this store from any other, and from itself before it was emptied; made where there are none. */
export async function loadStoreTag(
  store: Store,
  randomBytes: (length: number) => Uint8Array,
): Promise<string> {
  const known = await store.get(metaKey('store-tag'))
  if (known !== undefined) return new TextDecoder().decode(known)
  const tag = toHex(randomBytes(storeTagBytes))
  await store.batch([put('store-tag', utf8(tag))], { sync: true })
  return tag
}

/** Two stores of one institution are told apart; nobody gains from forging one. */
const storeTagBytes = 4

function isCursor({ ordinal, within }: Cursor): boolean {
  if (!Number.isSafeInteger(ordinal) || (within !== null && ordinal < 0)) return false
  if (within === null) return true
  const { author, generation, sequence, branch } = within
  return (
    author <= 0xffff_ffff && generation <= 0xffff_ffff && branch <= 0xff && Number.isSafeInteger(sequence)
  )
}

export function cursorInvalid(text: string): ChirographError {
  return new ChirographError({
    code: 'NODE_CURSOR_INVALID',
    what: `${JSON.stringify(text.slice(0, 80))} is no cursor of this query`,
    hint: 'give one that came with an event of the same issuer, or leave it out to begin with the first event',
  })
}

/** No event here had it: the log was put back to an earlier state, or it is mistyped; what is to come would be passed over. */
export function cursorBehindEnd(text: string): ChirographError {
  return new ChirographError({
    code: 'NODE_CURSOR_INVALID',
    what: `the cursor ${text} lies behind the last event of this log`,
    hint: 'give one that came with an event; if it did, this log has lost events since: begin with the first event, and pass over those whose ids are known',
  })
}

function cursorOfOtherStore(text: string): ChirographError {
  return new ChirographError({
    code: 'NODE_CURSOR_OF_OTHER_STORE',
    what: `the cursor ${text} belongs to another data directory, or to this one before it was emptied`,
    hint: 'leave the cursor out to begin with the first event, and pass over the events whose ids are known',
  })
}
