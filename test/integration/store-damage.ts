/** Every kind of damage that a store may take, what a check must call it, and what no repair can put right. */
import {
  type KeySpace,
  keySpaces,
  metaKey,
  readEventKey,
  readVoteKey,
  type StoreEntry,
} from '@chirograph/interface'
import type { DamageCode, Finding } from '@chirograph/node'
import { busyShape, type Rows, type Shape } from './store-shapes.ts'

export const anyTime = { timeoutMs: 120_000 }

/** Made once: it is read, and copied to be damaged. */
let busy: Promise<Shape> | undefined
export const busyOnce = () => {
  busy ??= busyShape()
  return busy
}

export type Row = StoreEntry

export interface Damage {
  readonly title: string
  readonly space: KeySpace
  /** Of the rows of the space, which; the first where it does not matter. */
  readonly which?: (row: Row, all: Rows) => boolean
  /** What the row becomes; several to add some. */
  readonly become: (row: Row, all: Rows) => readonly Row[]
  readonly finds: readonly DamageCode[]
  /** What a repair cannot put right. */
  readonly leaves?: readonly DamageCode[]
}

export const gone = () => []
export const flipped = ([key, value]: Row): Row[] => [
  [key, value.with(value.length >> 1, (value[value.length >> 1] ?? 0) ^ 0x10)],
]
export const truncated = ([key, value]: Row): Row[] => [[key, value.subarray(0, -1)]]
export const doubled = (row: Row): Row[] => [row, [keyOf(row[0], 0x40), row[1]]]
export const rekeyed = ([key, value]: Row): Row[] => [[keyOf(key, 0x40), value]]
export const named =
  (name: string) =>
  ([key]: Row) =>
    Buffer.from(key).equals(metaKey(name))
const last = (row: Row, all: Rows) => row === all.at(-1)

function keyOf(key: Uint8Array, bit: number): Uint8Array {
  return key.with(key.length - 1, (key.at(-1) ?? 0) ^ bit)
}

/** In the middle of a chain: final, with others before and behind. */
export const isMiddle = ([key]: Row) => readEventKey(key).author === 0 && readEventKey(key).sequence === 1
export const isPendingHead = (row: Row, all: Rows) => {
  const own = all.filter(([key]) => readEventKey(key).author === 0)
  return row === own.at(-1)
}
export const isStrayRow = ([key]: Row) => readEventKey(key).branch === 1
/** The page at the root of the newest state. */
const isRoot = (row: Row, all: Rows) => row === all.filter(([key]) => key[1] === 0).at(-1)
/** In the latest view, in which nothing was voted after it. */
export const isNotarize = (row: Row, all: Rows) =>
  row === all.filter(([key]) => readVoteKey(key).kind === 1).at(-1)

export const damages: readonly Damage[] = [
  {
    title: 'an event is flipped',
    space: 'event',
    which: isMiddle,
    become: flipped,
    finds: ['event-damaged'],
  },
  {
    title: 'an event is truncated',
    space: 'event',
    which: isMiddle,
    become: truncated,
    finds: ['event-damaged'],
  },
  { title: 'an event is deleted', space: 'event', which: isMiddle, become: gone, finds: ['event-missing'] },
  {
    title: 'a signature is flipped',
    space: 'event',
    which: isMiddle,
    become: ([key, value]) => [[key, value.with(value.length - 40, (value.at(-40) ?? 0) ^ 1)]],
    finds: ['signature-damaged'],
  },
  {
    title: 'an event stands at a second place',
    space: 'event',
    which: isMiddle,
    become: doubled,
    finds: ['event-damaged'],
  },
  {
    title: 'an event that is not final is flipped',
    space: 'event',
    which: isPendingHead,
    become: flipped,
    finds: ['event-damaged'],
    leaves: ['own-event-missing'],
  },
  {
    title: 'an event that is not final is deleted',
    space: 'event',
    which: isPendingHead,
    become: gone,
    finds: ['event-missing'],
    leaves: ['own-event-missing'],
  },
  {
    title: 'a branch that was passed over is flipped',
    space: 'event',
    which: isStrayRow,
    become: flipped,
    finds: ['event-damaged'],
  },
  {
    title: 'a branch that was passed over is deleted',
    space: 'event',
    which: isStrayRow,
    become: gone,
    finds: ['event-missing'],
  },
  { title: 'a body is flipped', space: 'body', which: isMiddle, become: flipped, finds: ['body-damaged'] },
  {
    title: 'a body is truncated',
    space: 'body',
    which: isMiddle,
    become: truncated,
    finds: ['body-damaged'],
  },
  { title: 'a body is deleted', space: 'body', which: isMiddle, become: gone, finds: ['body-missing'] },
  {
    title: 'a body stands at a second place',
    space: 'body',
    which: isMiddle,
    become: doubled,
    finds: ['body-dangling'],
  },
  { title: 'an entry by id is flipped', space: 'position', become: flipped, finds: ['position-index'] },
  { title: 'an entry by id is truncated', space: 'position', become: truncated, finds: ['position-index'] },
  { title: 'an entry by id is deleted', space: 'position', become: gone, finds: ['position-index'] },
  { title: 'an entry by id is added', space: 'position', become: doubled, finds: ['position-index'] },
  {
    title: 'an arrival is flipped',
    space: 'arrival',
    become: flipped,
    finds: ['arrival-order', 'arrival-order'],
  },
  {
    title: 'an arrival is truncated',
    space: 'arrival',
    become: truncated,
    finds: ['arrival-order', 'arrival-order'],
  },
  { title: 'an arrival is deleted', space: 'arrival', become: gone, finds: ['arrival-order'] },
  { title: 'an arrival is added', space: 'arrival', become: doubled, finds: ['arrival-order'] },
  { title: 'a mark is deleted', space: 'stray', become: gone, finds: ['stray-mark'] },
  { title: 'a mark is added', space: 'stray', become: doubled, finds: ['stray-mark'] },
  {
    title: 'a mark gets a value',
    space: 'stray',
    become: ([key]) => [[key, Uint8Array.of(1)]],
    finds: ['stray-mark'],
  },
  { title: "an author's number is flipped", space: 'author', become: flipped, finds: ['author-row'] },
  { title: "an author's number is deleted", space: 'author', become: gone, finds: ['author-row'] },
  { title: "an author's number is truncated", space: 'author', become: truncated, finds: ['author-row'] },
  { title: "a stranger's number is added", space: 'author', become: doubled, finds: ['unknown-row'] },
  { title: 'a tip is flipped', space: 'frontier', become: flipped, finds: ['frontier-row'] },
  { title: 'a tip is truncated', space: 'frontier', become: truncated, finds: ['frontier-row'] },
  { title: 'a tip is deleted', space: 'frontier', become: gone, finds: ['frontier-row'] },
  { title: 'a tip stands under a second key', space: 'frontier', become: doubled, finds: ['frontier-row'] },
  {
    title: 'a checkpoint is flipped',
    space: 'checkpointHeight',
    become: flipped,
    finds: ['checkpoint-damaged'],
  },
  {
    title: 'a checkpoint is truncated',
    space: 'checkpointHeight',
    become: truncated,
    finds: ['checkpoint-damaged'],
  },
  {
    title: 'a checkpoint is deleted',
    space: 'checkpointHeight',
    become: gone,
    finds: ['checkpoint-missing'],
  },
  {
    title: 'a checkpoint stands at a second height',
    space: 'checkpointHeight',
    become: doubled,
    finds: ['checkpoint-damaged'],
  },
  {
    title: 'a certificate is flipped',
    space: 'checkpointHeight',
    become: ([key, value]) => [[key, value.with(value.length - 9, (value.at(-9) ?? 0) ^ 1)]],
    finds: ['certificate-damaged'],
  },
  {
    title: 'the newest checkpoint is flipped',
    space: 'checkpointHeight',
    which: last,
    become: flipped,
    finds: ['newest-checkpoint'],
    leaves: ['newest-checkpoint'],
  },
  {
    title: 'the newest checkpoint is deleted',
    space: 'checkpointHeight',
    which: last,
    become: gone,
    finds: ['newest-checkpoint'],
    leaves: ['newest-checkpoint'],
  },
  {
    title: "the newest checkpoint's certificate is flipped",
    space: 'checkpointHeight',
    which: last,
    become: ([key, value]) => [[key, value.with(value.length - 9, (value.at(-9) ?? 0) ^ 1)]],
    finds: ['newest-certificate'],
    leaves: ['newest-certificate'],
  },
  {
    title: 'an entry by digest is flipped',
    space: 'checkpointDigest',
    become: flipped,
    finds: ['checkpoint-index'],
  },
  {
    title: 'an entry by digest is deleted',
    space: 'checkpointDigest',
    become: gone,
    finds: ['checkpoint-index'],
  },
  {
    title: 'an entry by digest is added',
    space: 'checkpointDigest',
    become: doubled,
    finds: ['checkpoint-index'],
  },
  {
    title: 'a page of the state is flipped',
    space: 'statePage',
    which: isRoot,
    become: flipped,
    finds: ['state-rows'],
  },
  {
    title: 'the last page of the state is flipped',
    space: 'statePage',
    which: last,
    become: flipped,
    finds: ['state-rows'],
  },
  {
    title: 'a page of the state is truncated',
    space: 'statePage',
    which: last,
    become: truncated,
    finds: ['state-rows'],
  },
  {
    title: 'a page of the state is deleted',
    space: 'statePage',
    which: last,
    become: gone,
    finds: ['state-rows'],
  },
  {
    title: 'a page of the state stands elsewhere',
    space: 'statePage',
    which: isRoot,
    become: rekeyed,
    finds: ['state-rows'],
  },
  {
    title: 'a page lies where none is read',
    space: 'statePage',
    become: doubled,
    finds: ['leftover-rows'],
  },
  {
    title: 'a note of pages of no use is truncated',
    space: 'pastPages',
    which: last,
    become: truncated,
    finds: ['leftover-rows', 'past-pages'],
  },
  {
    title: 'a note of pages of no use is deleted',
    space: 'pastPages',
    which: last,
    become: gone,
    finds: ['leftover-rows'],
  },
  {
    title: 'the proof of a fork is flipped',
    space: 'evidence',
    become: flipped,
    finds: ['evidence-damaged'],
  },
  {
    title: 'the proof of a fork is truncated',
    space: 'evidence',
    become: truncated,
    finds: ['evidence-damaged'],
  },
  {
    title: 'the proof of a fork stands elsewhere',
    space: 'evidence',
    become: rekeyed,
    finds: ['evidence-damaged'],
  },
  {
    title: 'a vote is flipped',
    space: 'vote',
    which: isNotarize,
    become: flipped,
    finds: ['vote-damaged'],
    leaves: ['vote-damaged'],
  },
  {
    title: 'a vote is truncated',
    space: 'vote',
    which: isNotarize,
    become: truncated,
    finds: ['vote-damaged'],
    leaves: ['vote-damaged'],
  },
  {
    title: 'a vote in a view without a proposal is added',
    space: 'vote',
    which: isNotarize,
    become: ([key, value]) => [
      [key, value],
      [key.with(11, 1), value],
    ],
    finds: ['vote-damaged'],
    leaves: ['vote-damaged'],
  },
  {
    title: 'a kept proposal is flipped',
    space: 'vote',
    which: ([key]) => [0, 4].includes(readVoteKey(key).kind),
    become: flipped,
    finds: ['vote-damaged'],
    leaves: ['vote-damaged'],
  },
  {
    title: 'the signing note is flipped',
    space: 'meta',
    which: named('last-signed'),
    become: flipped,
    finds: ['signing-record'],
    leaves: ['signing-record'],
  },
  {
    title: 'the signing note is deleted',
    space: 'meta',
    which: named('last-signed'),
    become: gone,
    finds: ['signing-record'],
    leaves: ['signing-record'],
  },
  {
    title: 'the final height is flipped',
    space: 'meta',
    which: named('final-height'),
    become: ([key]) => [[key, Uint8Array.of(2)]],
    finds: ['note-rebuildable'],
  },
  {
    title: 'the final height is deleted',
    space: 'meta',
    which: named('final-height'),
    become: gone,
    finds: ['note-rebuildable'],
  },
  {
    title: 'the log tree is flipped',
    space: 'meta',
    which: named('log-tree'),
    become: flipped,
    finds: ['log-tree'],
  },
  {
    title: 'the network is flipped',
    space: 'meta',
    which: named('network'),
    become: flipped,
    finds: ['note-damaged'],
    leaves: ['note-damaged'],
  },
  {
    title: 'the owner is deleted',
    space: 'meta',
    which: named('org'),
    become: gone,
    finds: ['note-damaged'],
    leaves: ['note-damaged'],
  },
  {
    title: 'the mark of a first start is deleted',
    space: 'meta',
    which: named('started'),
    become: gone,
    finds: ['note-rebuildable'],
  },
  {
    title: 'the format is deleted',
    space: 'meta',
    which: named('schema'),
    become: gone,
    finds: ['note-rebuildable'],
  },
  {
    title: 'the format is flipped to what no version writes',
    space: 'meta',
    which: named('schema'),
    become: flipped,
    finds: ['note-damaged'],
    leaves: ['note-damaged'],
  },
  { title: 'a note of an unknown name is added', space: 'meta', become: doubled, finds: ['unknown-row'] },
  {
    title: 'a key is too long',
    space: 'position',
    become: (row) => [row, [new Uint8Array([...row[0], 1]), row[1]]],
    finds: ['unknown-row'],
  },
  {
    title: 'a key names no number',
    space: 'event',
    become: (row) => [row, [row[0].with(9, 0x80), row[1]]],
    finds: ['unknown-row'],
  },
  {
    title: 'an event stands under a number of nobody',
    space: 'event',
    become: (row) => [row, [row[0].with(4, 0x70), row[1]]],
    finds: ['unknown-row'],
  },
  {
    title: 'a row of format 1 is there',
    space: 'body',
    become: (row) => [row, [row[0].with(0, 0x02), row[1]]],
    finds: ['unknown-row'],
  },
  {
    title: 'a row of an unknown space is there',
    space: 'body',
    become: (row) => [row, [row[0].with(0, 0x77), row[1]]],
    finds: ['unknown-row'],
  },
]

/** The rows with that damage; undefined where there is no such row. */
export function damage(rows: Rows, { space, which = () => true, become }: Damage): Rows | undefined {
  const all = rows.filter(([key]) => key[0] === keySpaces[space])
  const victim = all.find((row) => which(row, all))
  if (victim === undefined) return undefined
  return rows.flatMap((row) => (row === victim ? become(row, all) : [row]))
}

export function nameOf({ code, what }: Finding): string {
  return `${code} ${what}`
}
