/** Pages of the state over courses in which anything may follow anything: whoever holds a map reads all of it. */
import '../../../test/native.ts'
import {
  encode,
  type MapSource,
  type MerkleMap,
  mapChanges,
  mapEntries,
  mapFromEntries,
  mapRoot,
  mapSet,
  mapSize,
  openMap,
  sha256,
  toHex,
  utf8,
} from '@chirograph/codec'
import {
  memoryDisk,
  metaKey,
  type Store,
  type StoreOp,
  spaceRange,
  statePageKey,
} from '@chirograph/interface'
import { equal, is, ok, type Seeded, seeded, suite } from '../../workspace/kit.ts'
import { heightShape } from '../src/facts.js'
import { clearPastPages, createPastPages } from '../src/past-pages.js'
import { createPageWriter, type PageWriter, type StateChange } from '../src/state-pages.js'

const keyOf = (index: number) => sha256(utf8(`row ${index}`))

const kinds = [
  ...([
    'few',
    'few',
    'few',
    'few',
    'long',
    'final',
    'final',
    'final',
    'twice',
    'twice',
    'other',
    'snapshot',
  ] as const),
  ...(['write', 'write', 'write', 'seal', 'hold', 'hold', 'release', 'crash'] as const),
] as const

/** Rows that there are at the most. */
const keysMax = 3_000

/** One node: what is on disk, what its replica came to in memory, and who reads an older state. */
interface Course {
  readonly random: Seeded
  readonly store: Store
  writer: PageWriter
  /** Of what is shown: on disk, and known to be. */
  height: number
  shown: MerkleMap
  /** Final in memory, and not on disk: each made from the one before. */
  ahead: { readonly map: MerkleMap; readonly isSnapshot: boolean }[]
  /** Executed and not final: each made from the one before, or from what was once executed in its place. */
  pending: MerkleMap[]
  held: { readonly height: number; readonly map: MerkleMap }[]
}

function sourceOf(store: Store, seen?: Set<string>): MapSource {
  return {
    page(place) {
      const key = statePageKey(place)
      seen?.add(toHex(key))
      return store.getSync(key)
    },
    damaged: (what) => new Error(what),
  }
}

function open(
  store: Store,
  { height, map }: { height: number; map: MerkleMap },
  seen?: Set<string>,
): MerkleMap {
  const found = openMap({ root: mapRoot(map), version: height, source: sourceOf(store, seen) })
  ok(found, `the root of height ${height}`)
  return found
}

function sizeOf(map: MerkleMap): number {
  let size = 0
  for (const _ of mapEntries(map)) size++
  return size
}

function writerOf(course: Omit<Course, 'writer'>, onDisk?: { height: number; map: MerkleMap }): PageWriter {
  return createPageWriter({
    onDisk,
    source: sourceOf(course.store),
    past: createPastPages((key) => course.store.getSync(key)),
    readFrom: () => Math.min(course.height, ...course.held.map(({ height }) => height)),
  })
}

function begin(store: Store, random: Seeded): Course {
  const rows = Array.from({ length: 20 }, (_, index) => [keyOf(index), utf8('genesis')] as const)
  const shown = mapFromEntries(rows)
  mapRoot(shown)
  const course: Omit<Course, 'writer'> = { random, store, height: 0, shown, ahead: [], pending: [], held: [] }
  const made: Course = Object.assign(course, { writer: undefined as unknown as PageWriter })
  made.writer = writerOf(made)
  return made
}

const newest = ({ ahead, shown }: Course) => ahead.at(-1)?.map ?? shown

/** A change of so many rows, executed on this map. */
function changed(random: Seeded, map: MerkleMap, count: number): MerkleMap {
  let after = map
  const value = utf8(`value ${random.int(1_000_000)}`)
  const from = random.int(keysMax)
  for (let index = 0; index < count; index++) {
    const at = random.chance(0.5) ? (from + index) % keysMax : random.int(keysMax)
    after = mapSet(after, keyOf(at), value)
  }
  mapRoot(after)
  return after
}

/** The same rows changed once more, on a map that is alike: the outcome is alike, and apart. */
function again({ from, map, onto = from }: { from: MerkleMap; map: MerkleMap; onto?: MerkleMap }): MerkleMap {
  let after = onto
  for (const [key, value] of mapChanges({ before: from, after: map })) after = mapSet(after, key, value)
  mapRoot(after)
  return after
}

function changeOf(course: Course, index: number): StateChange {
  const one = course.ahead[index]
  ok(one)
  const before = course.ahead[index - 1]?.map ?? course.shown
  const rows = one.isSnapshot
    ? null
    : Array.from(mapChanges({ before, after: one.map }), ([key, value]) => ({ key, value }))
  return { height: course.height + 1 + index, map: one.map, rows }
}

/** Writes some of what is ahead as the runner of effects does. Stops before a batch of those where `cutAt` says so. */
async function writeSome(
  course: Course,
  { count, cutAt }: { count: number; cutAt: number },
): Promise<boolean> {
  const { store } = course
  let batches = 0
  const put = async (ops: readonly StoreOp[]): Promise<boolean> => {
    if (batches++ === cutAt) return false
    await store.batch(ops, { sync: true })
    return true
  }
  const first = changeOf(course, 0)
  const ops: StoreOp[] = []
  let taken = 0
  if (course.writer.isLong(first)) {
    for (const part of course.writer.ahead(first)) if (!(await put(part))) return false
    ops.push(...course.writer.opsOf(first))
    taken = 1
  } else
    for (; taken < count && taken < course.ahead.length; taken++) {
      const change = changeOf(course, taken)
      if (taken > 0 && course.writer.isLong(change)) break
      ops.push(...course.writer.opsOf(change))
    }
  ops.push({ kind: 'put', key: metaKey('final-height'), value: encode(heightShape, course.height + taken) })
  if (!(await put(ops))) return false
  for (; taken > 0; taken--) {
    course.shown = course.ahead.shift()?.map ?? course.shown
    course.height++
  }
  return true
}

/** As the replica does: what was executed on the final state is put over what is read from disk. */
function seal(course: Course): void {
  if (course.ahead.length > 0 || course.height === 0) return
  let from = course.shown
  let onto = open(course.store, { height: course.height, map: course.shown })
  course.shown = onto
  course.pending = course.pending.map((map) => {
    onto = again({ from, map, onto })
    from = map
    return onto
  })
  course.writer.noteSealed(course.shown)
}

async function restart(course: Course): Promise<void> {
  const { store, height } = course
  course.held = []
  course.ahead = []
  course.pending = []
  await clearPastPages(store)
  if (height === 0) {
    course.writer = writerOf(course)
    is(await countOf(store), 0)
    return
  }
  const seen = new Set<string>()
  equal(sizeOf(open(store, { height, map: course.shown }, seen)), mapSize(course.shown))
  course.shown = open(store, { height, map: course.shown })
  course.writer = writerOf(course, { height, map: course.shown })
  for await (const [key] of store.range(spaceRange('statePage')))
    ok(seen.has(toHex(key)), `${toHex(key)} is left over`)
  for await (const [key] of store.range(spaceRange('pastPages'))) ok(false, `${toHex(key)} is left over`)
}

async function countOf(store: Store): Promise<number> {
  let count = 0
  for await (const page of store.pages(spaceRange('statePage'))) count += page.length
  return count
}

async function step(course: Course): Promise<string> {
  const { random } = course
  const kind = random.pick(kinds)
  const from = newest(course)
  switch (kind) {
    case 'few':
    case 'long': {
      const count = kind === 'few' ? 1 + random.int(60) : 2_500
      course.pending.push(changed(random, course.pending.at(-1) ?? from, count))
      break
    }
    case 'final':
    case 'twice': {
      const map = course.pending.shift()
      if (map === undefined) break
      // Executed once more when its certificate came; what was made from the first execution stays.
      course.ahead.push({ map: kind === 'final' ? map : again({ from, map }), isSnapshot: false })
      break
    }
    case 'other':
      course.pending = []
      break
    case 'snapshot': {
      if (!random.chance(0.3)) break
      const entries = new Map(
        Array.from(mapEntries(changed(random, from, 500)), ([key, value]) => [
          toHex(key),
          [key, value] as const,
        ]),
      )
      const map = mapFromEntries(entries.values())
      mapRoot(map)
      course.ahead.push({ map, isSnapshot: true })
      course.pending = []
      break
    }
    case 'write':
      while (course.ahead.length > 0 && random.chance(0.8))
        await writeSome(course, { count: 1 + random.int(4), cutAt: Number.POSITIVE_INFINITY })
      break
    case 'seal':
      while (course.ahead.length > 0) await writeSome(course, { count: 9, cutAt: Number.POSITIVE_INFINITY })
      seal(course)
      break
    case 'hold':
      course.held.push({ height: course.height, map: course.shown })
      break
    case 'release':
      course.held = course.held.filter(() => random.chance(0.4))
      break
    case 'crash':
      if (!random.chance(0.4)) break
      if (course.ahead.length > 0) await writeSome(course, { count: 3, cutAt: random.int(3) })
      await restart(course)
      break
  }
  return kind
}

suite('pages of the state, in any course', (it) => {
  for (const seed of [1, 2, 3, 4])
    it(`are there for whoever holds a map, and none is left when nobody does (seed ${seed})`, async () => {
      const course = begin(await memoryDisk().open(), seeded(seed))
      const done: string[] = []
      for (let index = 0; index < 100; index++) {
        done.push(await step(course))
        const what = `after ${done.slice(-12).join(', ')}`
        if (index % 6 !== 0) continue
        if (course.height > 0)
          is(
            sizeOf(open(course.store, { height: course.height, map: course.shown })),
            mapSize(course.shown),
            what,
          )
        for (const map of [newest(course), ...course.pending, ...course.held.map((one) => one.map)])
          is(sizeOf(map), mapSize(map), what)
        for (const one of course.held)
          if (one.height > 0) is(sizeOf(open(course.store, one)), mapSize(one.map), what)
      }
      ok(course.height > 5, `${course.height}`)
      await restart(course)
    })
})
