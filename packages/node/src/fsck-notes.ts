/** The small facts about a store, and the numbers of its authors. */
import { decode, equalBytes, fromHex, toHex } from '@chirograph/codec'
import { decodeHeader, type OrgId, parseOrgId } from '@chirograph/event'
import {
  authorKey,
  authorValue,
  type EventPlace,
  eventRange,
  keySpaces,
  metaKey,
  type RangeBounds,
  readArrivalKey,
  readAuthorKey,
  readAuthorValue,
  readEventKey,
  readPlace,
  type StoreOp,
  spaceRange,
} from '@chirograph/interface'
import { heightShape, ordinalShape } from './facts.js'
import type { Check } from './fsck.js'
import { epochOfNote } from './handovers.js'
import { decodeVoteGate, isSchemaText, prunedHeightName, put, schemaOps } from './meta.js'
import { readStoredValue } from './stored-event.js'

/** The numbers of authors as they must be, whatever their rows say. */
export interface AuthorNumbers {
  numberOf(org: OrgId): number | undefined
  orgOf(author: number): OrgId | undefined
  readonly numbers: readonly number[]
}

/** Those whose values another check holds against what they are about. */
const checkedElsewhere = ['final-height', 'log-tree', 'last-signed']

export async function checkNotes({ store, known, findings }: Check): Promise<void> {
  const notes = new Map<string, Uint8Array>()
  for await (const [key, value] of store.range(spaceRange('meta'))) {
    const name = new TextDecoder().decode(key.subarray(1))
    notes.set(name, value)
    const epoch = epochOfNote(name)
    // What does not lead on leaves its checkpoints without validators to check them by, and cannot be made anew.
    if (epoch !== undefined && !known.sets.has(epoch + 1))
      findings.add({ code: 'note-damaged', what: `the note ${name} does not hold`, fix: null })
    if (epoch === undefined && !(name in noteRules) && !checkedElsewhere.includes(name))
      findings.add({
        code: 'unknown-row',
        what: `a note named ${shown(key.subarray(1))}`,
        fix: [{ kind: 'delete', key }],
      })
  }
  for (const [name, rule] of Object.entries(noteRules)) {
    const value = notes.get(name)
    const fault = value === undefined ? undefined : rule(value, known)
    if (fault === undefined) continue
    // Wrong numbers are counted anew; whose store it is cannot be guessed.
    const isSet = name === 'started'
    const isRebuilt = isSet || name === 'next-ordinal' || name === 'store-tag' || name === prunedHeightName
    findings.add({
      code: isRebuilt ? 'note-rebuildable' : 'note-damaged',
      what: `the note ${name} ${fault}`,
      fix: isRebuilt ? [isSet ? put(name, new Uint8Array()) : { kind: 'delete', key: metaKey(name) }] : null,
    })
  }
  await checkPresence(notes, { store, known, findings } as Check)
}

/** A store that holds anything was begun by somebody, and says so. */
async function checkPresence(notes: ReadonlyMap<string, Uint8Array>, { store, findings }: Check) {
  let isUsed = notes.size > 0
  let hasEvents = false
  for await (const _ of store.range({ ...spaceRange('event'), limit: 1 })) hasEvents = true
  for await (const _ of store.range({ ...spaceRange('checkpointHeight'), limit: 1 })) isUsed = true
  if (!isUsed && !hasEvents) return
  const missing = (name: string, ops: StoreOp[] | null) =>
    findings.add({
      code: ops === null ? 'note-damaged' : 'note-rebuildable',
      what: `the note ${name} is missing`,
      fix: ops,
    })
  if (!notes.has('schema')) missing('schema', schemaOps())
  if (!notes.has('org')) missing('org', null)
  // A store is given its network, and the mark that a node ran on it, at the first start; before, it has neither.
  if (!hasEvents && !notes.has('final-height')) return
  if (!notes.has('network')) missing('network', null)
  if (!notes.has('started')) missing('started', [put('started', new Uint8Array())])
}

type NoteRule = (value: Uint8Array, known: Check['known']) => string | undefined

const noteRules: Readonly<Record<string, NoteRule>> = {
  // That it is this version's was looked at before anything else.
  schema: (value) => (isSchemaText(new TextDecoder().decode(value)) ? undefined : 'names no format'),
  org: (value, { org }) => (isHex(value, org) ? undefined : 'names another institution than the keys do'),
  network: (value, { networkId }) =>
    isHex(value, networkId) ? undefined : 'names another network than the network file does',
  'vote-record': (value, { org }) => (isHex(value, org) ? undefined : 'is not of this institution'),
  'votes-from': (value) =>
    decodeVoteGate(value) === undefined ? 'says neither a view nor that there is none' : undefined,
  started: (value) => (value.length === 0 ? undefined : 'has a value, and should have none'),
  // Where a store lies and what tells it from others is arbitrary; another value is as good.
  place: () => undefined,
  'store-tag': (value) =>
    /^[0-9a-f]{8}$/.test(new TextDecoder().decode(value)) ? undefined : 'is not eight hex digits',
  'next-ordinal': (value) => (decode(ordinalShape, value, { bytesMax: 16 }).ok ? undefined : 'is no number'),
  [prunedHeightName]: (value) =>
    decode(heightShape, value, { bytesMax: 16 }).ok ? undefined : 'is no height',
}

function isHex(value: Uint8Array, hex: string): boolean {
  const expected = fromHex(hex)
  return expected !== undefined && equalBytes(value, expected)
}

/** Looks at the number of each author, by what stands under it. */
export async function checkAuthors({ store, known, findings }: Check): Promise<AuthorNumbers> {
  const rows = new Map<number, OrgId>()
  const unreadable: { key: Uint8Array; org: OrgId | undefined }[] = []
  for await (const [key, value] of store.range(spaceRange('author'))) {
    const org = key.length === 33 ? parseOrgId(readAuthorKey(key)) : undefined
    const author = value.length === 4 ? readAuthorValue(value) : undefined
    const isMember = org !== undefined && known.members.has(org)
    if (isMember && author !== undefined && !rows.has(author)) rows.set(author, org)
    else unreadable.push({ key, org: isMember ? org : undefined })
  }
  const orgs = new Map<number, OrgId>()
  const wrong = new Set<number>()
  const unnamed = new Map<number, readonly OrgId[]>()
  for (const author of await authorsWithEvents(store)) {
    const row = rows.get(author)
    const found = await namesUnder(store, author)
    if (row !== undefined && (found.length === 0 || found.includes(row))) orgs.set(author, row)
    else unnamed.set(author, found)
  }
  for (const [author, found] of unnamed) {
    const org = mostOf(found)
    // Events of an author that has its number do not stand under another one.
    if (org === undefined || !known.members.has(org) || [...orgs.values()].includes(org)) continue
    orgs.set(author, org)
    wrong.add(author)
  }
  for (const author of wrong) {
    const org = orgs.get(author)
    if (org === undefined) continue
    findings.add({
      code: 'author-row',
      what: `the number ${author} of ${known.nameOf(org)}`,
      author: org,
      fix: [{ kind: 'put', key: authorKey(org), value: authorValue(author) }],
    })
  }
  const repaired = new Set([...wrong].map((author) => orgs.get(author)))
  for (const [author, org] of rows) {
    if (orgs.get(author) === org || repaired.has(org)) continue
    const isDouble = [...orgs.values()].includes(org) || orgs.has(author)
    if (!isDouble) orgs.set(author, org)
    else
      findings.add({
        code: 'author-row',
        what: `a second number, ${author}, of ${known.nameOf(org)}`,
        author: org,
        fix: [{ kind: 'delete', key: authorKey(org) }],
      })
  }
  for (const { key, org } of unreadable)
    if (org === undefined || !repaired.has(org))
      findings.add({
        code: org === undefined ? 'unknown-row' : 'author-row',
        what:
          org === undefined
            ? `an author's number under ${shown(key.subarray(1))}`
            : `the number of ${known.nameOf(org)}`,
        author: org ?? null,
        fix: [{ kind: 'delete', key }],
      })
  const numberOf = new Map([...orgs].map(([author, org]) => [org, author]))
  return {
    numberOf: (org) => numberOf.get(org),
    orgOf: (author) => orgs.get(author),
    numbers: [...orgs.keys()].sort((a, b) => a - b),
  }
}

/** One step from author to author, not a walk over their events. */
async function authorsWithEvents(store: Check['store']): Promise<number[]> {
  const authors: number[] = []
  for (let from: Uint8Array | undefined = spaceRange('event').from; from !== undefined; ) {
    const bounds: RangeBounds = { from, to: spaceRange('event').to, limit: 1 }
    from = undefined
    for await (const [key] of store.range(bounds)) {
      if (key.length < 5) {
        from = behind(key)
        continue
      }
      const author = readEventKey(padded(key)).author
      authors.push(author)
      from = author === 0xffff_ffff ? undefined : firstOf(author + 1)
    }
  }
  return authors
}

function firstOf(author: number): Uint8Array {
  return eventRange({ author, generation: 0, fromSequence: 0, toSequence: 0 }).from
}

/** The first key behind this one. */
export function behind(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}

/** A key of any length as one of the length of an event's, to read the fields that it has. */
export function padded(key: Uint8Array): Uint8Array {
  const whole = new Uint8Array(18)
  whole.set(key.subarray(0, 18))
  return whole
}

/** What the first few headers under a number call their author. */
async function namesUnder(store: Check['store'], author: number): Promise<OrgId[]> {
  const names: OrgId[] = []
  const bounds = { from: firstOf(author), to: firstOf(author + 1), limit: samples }
  for await (const [, value] of store.range(bounds)) {
    const stored = readStoredValue(value)
    const decoded = stored && decodeHeader(stored.headerBytes)
    if (decoded?.kind === 'decoded') names.push(decoded.header.author)
  }
  return names
}

/** One damaged header does not outvote the others. */
const samples = 5

function mostOf(names: readonly OrgId[]): OrgId | undefined {
  const count = (name: OrgId) => names.filter((other) => other === name).length
  return [...names].sort((a, b) => count(b) - count(a))[0]
}

/** Spaces that are in no use, and rows of spaces in use whose key is none. */
export async function checkSpaces({ store, findings }: Check): Promise<void> {
  const used = new Set<number>(Object.values(keySpaces))
  for (let from: Uint8Array | undefined = new Uint8Array(); from !== undefined; ) {
    const bounds = { from, to: Uint8Array.of(0xff, 0xff), limit: 1 }
    from = undefined
    for await (const [key] of store.range(bounds)) {
      const space = key[0] ?? 0
      if (used.has(space) && key.length > 0) {
        from = Uint8Array.of(space + 1)
        continue
      }
      findings.add({ code: 'unknown-row', what: `a row under ${shown(key)}`, fix: [{ kind: 'delete', key }] })
      from = behind(key)
    }
  }
}

/** Rows of these spaces have keys of one length each. */
export const keyLengths = {
  author: 33,
  event: 18,
  body: 18,
  position: 33,
  arrival: 9,
  stray: 18,
  history: 9,
  hole: 17,
  bodyFloor: 9,
  frontier: 37,
  evidence: 45,
  checkpointHeight: 9,
  checkpointDigest: 33,
  vote: 14,
  pastPages: 13,
} as const

/** Names a row whose key has the wrong length; false when it has. */
export function isKeyWhole(
  { findings }: Pick<Check, 'findings'>,
  space: keyof typeof keyLengths,
  key: Uint8Array,
): boolean {
  if (key.length === keyLengths[space] && isSafe(key, numberAt[space])) return true
  findings.add({
    code: 'unknown-row',
    what: `a row under ${shown(key)}, which is no key of its kind`,
    fix: [{ kind: 'delete', key }],
  })
  return false
}

/** Where a key has a number of eight bytes. */
const numberAt: Partial<Record<keyof typeof keyLengths, number>> = {
  event: 9,
  body: 9,
  stray: 9,
  arrival: 1,
  hole: 9,
  evidence: 37,
  checkpointHeight: 1,
  vote: 5,
  pastPages: 1,
}

/** Numbers in keys are safe integers: the upper eleven bits are 0. */
function isSafe(bytes: Uint8Array, at: number | undefined): boolean {
  return at === undefined || (bytes[at] === 0 && ((bytes[at + 1] ?? 0) & 0xe0) === 0)
}

/** The place that a value names, if it names one. */
export function placeIn(value: Uint8Array): EventPlace | undefined {
  return value.length === 17 && isSafe(value, 8) ? readPlace(value) : undefined
}

export function shown(bytes: Uint8Array): string {
  const text = toHex(bytes.subarray(0, 24))
  return bytes.length > 24 ? `${text}…` : text
}

/** The next ordinal that no arrival has, whatever damaged rows say. */
export async function freeOrdinalOf(store: Check['store']): Promise<number> {
  const noted = await store.get(metaKey('next-ordinal'))
  const decoded = noted && decode(ordinalShape, noted, { bytesMax: 16 })
  const next = decoded?.ok ? decoded.value : 0
  for await (const [key] of store.range({ ...spaceRange('arrival'), reverse: true }))
    if (key.length === keyLengths.arrival && isSafe(key, numberAt.arrival))
      return Math.max(next, readArrivalKey(key) + 1)
  return next
}
