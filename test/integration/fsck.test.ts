/** What `checkStore` finds: every kind of damage, by its name and nothing besides; and nothing where nothing is wrong. */
import {
  ChirographError,
  type KeySpace,
  keySpaces,
  memoryDisk,
  metaKey,
  readEventKey,
  readVoteKey,
  type Store,
  type StoreEntry,
} from '@chirograph/interface'
import {
  checkStore,
  type DamageCode,
  examineStore,
  type Finding,
  initialiseStore,
  isComputable,
  repairStore,
} from '@chirograph/node'
import { equal, failsWith, ok, seeded, suite } from '../../packages/workspace/kit.ts'
import { ed25519, memberOf, startCluster } from './cluster.ts'
import { afterwards, asking, createDoor, early, heightOf, history, nodeAt, until } from './scene.ts'
import {
  busyShape,
  finalViewIn,
  heartbeatShape,
  type Rows,
  rowsOf,
  type Shape,
  shapeOf,
  storeOf,
} from './store-shapes.ts'

const anyTime = { timeoutMs: 120_000 }

async function codesIn(store: Store, { genesis, org }: Shape): Promise<DamageCode[]> {
  const { findings } = await checkStore(store, { genesis, org, ed25519 })
  return findings.map(({ code }) => code).sort()
}

const codesOf = async (rows: Rows, shape: Shape) => codesIn(await storeOf(rows), shape)

/** Made once: it is read, and copied to be damaged. */
let busy: Promise<Shape> | undefined
const busyOnce = () => {
  busy ??= busyShape()
  return busy
}

type Row = StoreEntry

interface Damage {
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

const gone = () => []
const flipped = ([key, value]: Row): Row[] => [
  [key, value.with(value.length >> 1, (value[value.length >> 1] ?? 0) ^ 0x10)],
]
const truncated = ([key, value]: Row): Row[] => [[key, value.subarray(0, -1)]]
const doubled = (row: Row): Row[] => [row, [keyOf(row[0], 0x40), row[1]]]
const rekeyed = ([key, value]: Row): Row[] => [[keyOf(key, 0x40), value]]
const named =
  (name: string) =>
  ([key]: Row) =>
    Buffer.from(key).equals(metaKey(name))
const last = (row: Row, all: Rows) => row === all.at(-1)

function keyOf(key: Uint8Array, bit: number): Uint8Array {
  return key.with(key.length - 1, (key.at(-1) ?? 0) ^ bit)
}

/** In the middle of a chain: final, with others before and behind. */
const isMiddle = ([key]: Row) => readEventKey(key).author === 0 && readEventKey(key).sequence === 1
const isPendingHead = (row: Row, all: Rows) => {
  const own = all.filter(([key]) => readEventKey(key).author === 0)
  return row === own.at(-1)
}
const isStrayRow = ([key]: Row) => readEventKey(key).branch === 1
/** In the latest view, in which nothing was voted after it. */
const isNotarize = (row: Row, all: Rows) => row === all.filter(([key]) => readVoteKey(key).kind === 1).at(-1)

const damages: readonly Damage[] = [
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
    title: 'a state row is flipped',
    space: 'stateRow',
    become: flipped,
    finds: ['state-rows'],
  },
  {
    title: 'a state row is deleted',
    space: 'stateRow',
    become: gone,
    finds: ['state-rows'],
  },
  {
    title: 'a state row is added',
    space: 'stateRow',
    become: doubled,
    finds: ['state-rows'],
  },
  {
    title: 'a row lies in the place that is not read',
    space: 'stateRow',
    become: (row) => [row, [row[0].with(0, keySpaces.otherStateRow), row[1]]],
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

function damage(rows: Rows, { space, which = () => true, become }: Damage): Rows | undefined {
  const all = rows.filter(([key]) => key[0] === keySpaces[space])
  const victim = all.find((row) => which(row, all))
  if (victim === undefined) return undefined
  return rows.flatMap((row) => (row === victim ? become(row, all) : [row]))
}

suite('fsck', (it) => {
  it(
    'finds nothing in a store that was just made, and in one of forks, rotated keys, votes and pending events',
    async () => {
      const shape = await busyOnce()
      equal(await codesOf(shape.rows, shape), [])
      const fresh = memoryDisk()
      const store = await fresh.open()
      equal(await codesIn(store, shape), [])
      await initialiseStore(store, { org: shape.org })
      equal(await codesIn(store, shape), [])
    },
    anyTime,
  )

  it(
    'finds nothing at any moment at which a node may be killed, of one that was there and of one that joins by snapshot',
    async () => {
      const moments: { readonly index: number; readonly rows: Rows }[] = []
      const cluster = await startCluster(4, {
        absent: [3],
        joinLimits: () => early,
        storeOf: (store, index) =>
          index !== 0 && index !== 3
            ? store
            : {
                ...store,
                async batch(ops, options) {
                  await store.batch(ops, options)
                  moments.push({ index, rows: await rowsOf(store) })
                },
              },
      })
      await history(cluster, { events: 10, among: [0, 1, 2] })
      const rotation = await nodeAt(cluster, 0).rotateKey()
      await nodeAt(cluster, 0).finality(rotation.id)
      const late = await cluster.start(3)
      await until('it is whole', () => late.status().history.isWhole && heightOf(late) > 0)
      const { id } = await late.publish({ kind: 'status.lease', count: 1_024 })
      await nodeAt(cluster, 0).finality(id)
      await cluster.stop()
      const wrong = new Set<string>()
      for (const [at, { index, rows }] of moments.entries()) {
        const shape = shapeOf(memberOf(index), cluster.genesis, rows)
        const { findings } = await checkStore(await storeOf(rows), { ...shape, ed25519 })
        // Rows of a snapshot lie in the place that is not read until all of them are there.
        for (const one of findings)
          if (one.code !== 'leftover-rows') wrong.add(`member ${index}, write ${at}: ${nameOf(one)}`)
      }
      equal([...wrong], [])
      ok(moments.length > 30, `${moments.length} moments`)
    },
    anyTime,
  )

  it(
    'finds every kind of damage, names it and nothing else, and repairs what it says that it repairs',
    async () => {
      const shape = await busyOnce()
      const wrong: string[] = []
      for (const one of damages) {
        const rows = damage(shape.rows, one)
        if (rows === undefined) {
          if (one.finds.length > 0) wrong.push(`${one.title}: there is no such row`)
          continue
        }
        const found = await codesOf(rows, shape)
        if (found.join() !== one.finds.join()) wrong.push(`${one.title}: ${found.join(' ') || 'nothing'}`)
        const store = await storeOf(rows)
        const { left } = await repairStore(store, { ...shape, ed25519 })
        const leaves = left.findings.map(({ code }) => code)
        if (leaves.join() !== (one.leaves ?? []).join())
          wrong.push(`${one.title}: leaves ${leaves.join(' ')}`)
      }
      equal(wrong, [])
    },
    anyTime,
  )

  it('names both of two rows that have each other’s values', async () => {
    const shape = await busyOnce()
    const swapped = (space: KeySpace) => {
      const [one, other] = shape.rows.filter(
        ([key]) => key[0] === keySpaces[space] && (space !== 'body' || readEventKey(key).sequence < 2),
      )
      if (!one || !other) throw new Error(`two rows of ${space}`)
      return shape.rows.map(
        (row): Row => (row === one ? [row[0], other[1]] : row === other ? [row[0], one[1]] : row),
      )
    }
    const found: Record<string, string> = {}
    for (const space of ['event', 'body', 'position', 'author', 'frontier', 'checkpointDigest'] as const)
      found[space] = (await codesOf(swapped(space), shape)).join(' ')
    equal(found, {
      event: 'event-damaged event-damaged',
      body: 'body-damaged body-damaged',
      position: 'position-index position-index',
      author: 'author-row author-row',
      frontier: 'frontier-row frontier-row',
      checkpointDigest: 'checkpoint-index checkpoint-index',
    })
  })

  it(
    'finds a flipped bit in any value, unless nothing depends on it',
    async () => {
      const shape = await busyOnce()
      const random = seeded(20_260_901)
      const finalView = finalViewIn(shape.rows)
      const unfound: string[] = []
      for (let round = 0; round < 400; round++) {
        const index = random.int(shape.rows.length)
        const [key, value] = shape.rows[index] as Row // the index is below the length
        if (value.length === 0) continue
        const at = random.int(value.length)
        const changed = value.with(at, (value[at] ?? 0) ^ (1 << random.int(8)))
        const rows = shape.rows.map((row, other): Row => (other === index ? [key, changed] : row))
        const name = Buffer.from(key).toString('hex')
        const isArbitrary = [metaKey('store-tag'), metaKey('place')].some((one) =>
          Buffer.from(one).equals(key),
        )
        // What was voted in a view that is over is read by nobody.
        const isPast = key[0] === keySpaces.vote && readVoteKey(key).view <= finalView
        if (isArbitrary || isPast) continue
        try {
          if ((await codesOf(rows, shape)).length === 0) unfound.push(`${name} byte ${at}`)
        } catch (error) {
          // The one note that is read before anything else.
          ok(Buffer.from(key).equals(metaKey('schema')), `${name}: ${String(error)}`)
        }
      }
      equal(unfound, [])
    },
    anyTime,
  )

  it(
    'finds nothing wrong with a hole that is noted, counts what lacks, and names a note that does not lead to it',
    async () => {
      const shape = await busyOnce()
      const isLow = ([key]: Row) => isMiddle([key, key]) || readEventKey(key).sequence === 2
      const lost = shape.rows.filter(([key]) => key[0] === keySpaces.event && readEventKey(key).author === 0)
      const rows = shape.rows.filter((row) => !lost.includes(row) || !isLow(row))
      const store = await storeOf(rows)
      const { left } = await repairStore(store, { ...shape, ed25519 })
      equal([left.findings.map(nameOf), left.toFetch], [[], 2])
      const noted = await rowsOf(store)
      const hole = (become: Damage['become']) =>
        damage(noted, { title: '', space: 'hole', become, finds: [] }) ?? []
      for (const [become, finds] of [
        [flipped, ['history-note']],
        [truncated, ['event-missing', 'history-note']],
        [gone, ['event-missing']],
        [doubled, ['history-note']],
      ] as const) {
        equal(await codesOf(hole(become), shape), finds)
        const again = await storeOf(hole(become))
        const { left } = await repairStore(again, { ...shape, ed25519 })
        equal([left.findings.map(nameOf), left.toFetch], [[], 2])
      }
    },
    anyTime,
  )

  it('refuses a store of another format, as every command does', async () => {
    const shape = await busyOnce()
    const store = await storeOf(shape.rows)
    await store.batch([{ kind: 'put', key: metaKey('schema'), value: Uint8Array.of(0x39) }], { sync: true })
    await failsWith('NODE_STORE_SCHEMA', () => codesIn(store, shape))
  })

  it('ends between two rows when it is asked to', async () => {
    const shape = await busyOnce()
    const controller = new AbortController()
    controller.abort(new Error('enough'))
    const run = checkStore(await storeOf(shape.rows), { ...shape, ed25519, signal: controller.signal })
    equal(await run.then(() => 'done', String), 'Error: enough')
  })

  it(
    'finds nothing in a store joined by snapshot, before, while and after its history comes, and counts what lacks',
    async () => {
      const door = createDoor()
      const cluster = await startCluster(4, {
        absent: [3],
        joinLimits: () => early,
        networkOf: (network, index) =>
          index !== 3
            ? network
            : asking(network, (request, next) =>
                request.protocol === 'history' ? afterwards(door.opened, () => next(request)) : next(request),
              ),
      })
      await history(cluster, { events: 12, among: [0, 1, 2] })
      const rotation = await nodeAt(cluster, 1).rotateKey()
      await nodeAt(cluster, 1).finality(rotation.id)
      const after = await nodeAt(cluster, 1).publish({ kind: 'status.lease', count: 1_024 })
      await nodeAt(cluster, 1).finality(after.id)
      const late = await cluster.start(3)
      await until('it joined', () => heightOf(late) >= heightOf(nodeAt(cluster, 0)))
      const member = memberOf(3)
      const check = async () =>
        checkStore(await cluster.open(3), { ...shapeOf(member, cluster.genesis, []), ed25519 })
      await until('the snapshot is on disk', async () => (await check()).toFetch > 0)
      const open = await check()
      equal(
        open.findings.map(({ code, what }) => `${code} ${what}`),
        [],
      )
      ok(open.toFetch > 0, `${open.toFetch} to fetch`)
      door.open()
      await until('history is whole', () => late.status().history.isWhole)
      const whole = await check()
      equal([whole.findings.map(({ code, what }) => `${code} ${what}`), whole.toFetch], [[], 0])
      await cluster.stop()
    },
    anyTime,
  )
})

suite('a look at the store of a stopped node', (it) => {
  const examined = async (rows: Rows, { genesis, org }: Shape) =>
    examineStore(await storeOf(rows), { genesis, org })

  it('finds that a node does not start where a note names another institution or network', async () => {
    const shape = await busyOnce()
    equal((await examined(shape.rows, shape)).kind, 'sound')
    for (const name of ['org', 'network']) {
      const which = named(name)
      const rows = damage(shape.rows, { title: '', space: 'meta', which, become: flipped, finds: [] }) ?? []
      const found = await examined(rows, shape)
      equal([name, found.kind], [name, 'foreign'])
    }
  })

  it('passes on what the store itself advises where it cannot be read', async () => {
    const shape = await busyOnce()
    const store = await storeOf(shape.rows)
    const parts = { code: 'STORE_CORRUPT', what: 'the database is damaged', hint: 'begin with an empty one' }
    const unreadable: Store = {
      ...store,
      range: () => {
        throw new ChirographError(parts)
      },
    }
    const { what, hint } = parts
    equal(await examineStore(unreadable, shape), { kind: 'damaged', what, hint })
  })
})

suite('a repair', (it) => {
  it(
    'that is killed before any of its writes leaves a store that the next repair puts right',
    async () => {
      const shape = await busyOnce()
      const repairable = damages.filter(({ leaves }) => leaves === undefined)
      const isComputed = ({ finds }: Damage) => finds.some(isComputable)
      const mixed = repairable.filter((one, index) => index % 3 === 0 && !isComputed(one))
      let kills = 0
      for (const several of [mixed, repairable.filter(isComputed)]) {
        let rows: Rows = shape.rows
        for (const one of several) rows = damage(rows, one) ?? rows
        const whole = await storeOf(rows)
        equal((await repairStore(whole, { ...shape, ed25519 })).left.findings.map(nameOf), [])
        // An event that lost its place among the arrivals comes last, wherever that is by then.
        const settled = (all: Rows) => all.filter(([key]) => key[0] !== keySpaces.arrival)
        const expected = settled(await rowsOf(whole))
        for (let writes = 0; ; writes++) {
          const store = await storeOf(rows)
          let left = writes
          const dying: Store = {
            ...store,
            async batch(ops, options) {
              if (left-- <= 0) throw new Error('killed')
              await store.batch(ops, options)
            },
          }
          const isDone = await repairStore(dying, { ...shape, ed25519, opsPerBatch: 2 }).then(
            () => true,
            () => false,
          )
          if (isDone) break
          kills++
          const { left: still } = await repairStore(store, { ...shape, ed25519 })
          equal(still.findings.map(nameOf), [])
          equal(settled(await rowsOf(store)), expected)
        }
      }
      ok(kills >= 10, `it was killed ${kills} times`)
    },
    anyTime,
  )

  it(
    'never writes a vote, nor the note of what was signed',
    async () => {
      const shape = await busyOnce()
      for (const one of damages) {
        const rows = damage(shape.rows, one)
        if (rows === undefined) continue
        const store = await storeOf(rows)
        const written: string[] = []
        const watched: Store = {
          ...store,
          async batch(ops, options) {
            for (const { key } of ops) written.push(Buffer.from(key).toString('hex'))
            await store.batch(ops, options)
          },
        }
        await repairStore(watched, { ...shape, ed25519 })
        const bound = Buffer.from(metaKey('last-signed')).toString('hex')
        equal(
          written.filter((key) => key.startsWith('0a') || key === bound),
          [],
          one.title,
        )
      }
    },
    anyTime,
  )

  it(
    'goes on as long as it gets on, however much there is',
    async () => {
      const shape = await busyOnce()
      const count = 70_000
      const junk = (at: number): Row => {
        const key = new Uint8Array(33).fill(1)
        key[0] = keySpaces.position
        new DataView(key.buffer).setUint32(1, at)
        return [key, new Uint8Array(17)]
      }
      const store = await storeOf([...shape.rows, ...Array.from({ length: count }, (_, at) => junk(at))])
      const { counts } = await checkStore(store, { ...shape, ed25519 })
      equal(counts, { 'position-index': count })
      const { repaired, left, whyNotComputed } = await repairStore(store, { ...shape, ed25519 })
      equal([repaired.length, left.total, whyNotComputed], [count, 0, null])
    },
    anyTime,
  )

  it(
    'never makes a node forget a height that it knew as final, though the state was the same before',
    async () => {
      const shape = await heartbeatShape()
      const checkpoints = shape.rows.filter(([key]) => key[0] === keySpaces.checkpointHeight)
      const [before, newest] = checkpoints.slice(-2) as [Row, Row] // at least two hearts beat
      const changed = (become: (row: Row) => readonly Row[]) => shape.rows.flatMap(become)
      const onNewest = (become: (row: Row) => readonly Row[]) =>
        changed((row) => (row === newest ? become(row) : [row]))
      const swapped = changed((row) =>
        row === newest ? [[row[0], before[1]]] : row === before ? [[row[0], newest[1]]] : [row],
      )
      const without = (name: string, rows: Rows) => rows.filter((row) => !named(name)(row))
      const heightNote = metaKey('final-height')
      const noteOf = (rows: Rows) => rows.find(([key]) => Buffer.from(key).equals(heightNote))?.[1]
      const digests = (rows: Rows) => rows.filter(([key]) => key[0] === keySpaces.checkpointDigest).length
      for (const [title, rows] of Object.entries({
        deleted: onNewest(gone),
        'at another height': onNewest(rekeyed),
        swapped,
        'deleted, and the note too': without('final-height', onNewest(gone)),
        'deleted, and its digest too': onNewest(gone).filter(
          ([key, value]) => key[0] !== keySpaces.checkpointDigest || !equalNumbers(value, noteOf(shape.rows)),
        ),
      })) {
        const store = await storeOf(rows)
        const { left } = await repairStore(store, { ...shape, ed25519 })
        equal([title, left.findings.map(({ code }) => code)], [title, ['newest-checkpoint']])
        const after = await rowsOf(store)
        equal([title, noteOf(after), digests(after) > 0], [title, noteOf(rows), true])
      }
    },
    anyTime,
  )

  it(
    'and another member bring back every event as it was, even the last of a chain, with one signature in place of many',
    async () => {
      const cluster = await startCluster(4)
      const { ids } = await history(cluster, { events: 24 })
      // Of a closed generation the last event is the one that its successor's state names.
      const second = nodeAt(cluster, 1)
      await second.finality((await second.rotateKey()).id)
      const { id: later } = await second.publish({ kind: 'status.lease', count: 1_024 })
      for (const node of cluster.nodes) await node.finality(later)
      await Promise.all(cluster.nodes.map((node) => node.stop()))
      const before = await rowsOf(await cluster.open(2))
      const store = await cluster.open(2)
      const events = before.filter(([key]) => key[0] === keySpaces.event)
      const chainOf = (key: Uint8Array) => Buffer.from(key.subarray(1, 9)).toString('hex')
      const tips = events.filter(([key], index) => {
        const next = events[index + 1]
        return next === undefined || chainOf(next[0]) !== chainOf(key)
      })
      // The last of every chain, every third event, and two bodies.
      const lost = [...tips, ...events.filter((_, index) => index % 3 === 0)]
      const bodies = before.filter(([key]) => key[0] === keySpaces.body)
      await store.batch(
        [
          ...lost.map(([key]) => ({ kind: 'delete' as const, key })),
          ...[bodies[1], bodies[4]].map((row) => ({
            kind: 'put' as const,
            key: row?.[0] ?? new Uint8Array(1),
            value: Uint8Array.of(7),
          })),
        ],
        { sync: true },
      )
      const third = memberOf(2)
      const shape = shapeOf(third, cluster.genesis, [])
      const { repaired, left } = await repairStore(store, { ...shape, ed25519 })
      ok(repaired.length >= lost.length - tips.length, `${repaired.length} repaired`)
      equal(left.findings.map(nameOf), [])
      ok(left.toFetch > 0, 'holes are noted')
      for (const index of [0, 1, 3]) await cluster.start(index)
      const node = await cluster.start(2)
      await until('the holes are filled', () => node.status().history.isWhole)
      for (const id of ids) ok(await node.event(id), id)
      const more = await node.publish({ kind: 'status.lease', count: 1_024 })
      await node.finality(more.id)
      await cluster.stop()
      const after = await rowsOf(await cluster.open(2))
      const { findings, toFetch } = await checkStore(await cluster.open(2), { ...shape, ed25519 })
      equal([findings.map(nameOf), toFetch], [[], 0])
      // Bodies and places are the same bytes; of an event its header, for who brings it may have fewer signatures.
      const content = (rows: Rows, space: KeySpace) =>
        rows
          .filter(([key]) => key[0] === keySpaces[space])
          .map(([key, value]) => {
            const bytes =
              space === 'event' ? value.subarray(1, value.length - (value[0] === 1 ? 64 : 0)) : value
            return `${Buffer.from(key).toString('hex')} ${Buffer.from(bytes).toString('hex')}`
          })
      for (const space of ['event', 'body', 'position'] as const) {
        const now = new Set(content(after, space))
        equal(
          content(before, space).filter((row) => !now.has(row)),
          [],
          space,
        )
      }
    },
    anyTime,
  )
})

function equalNumbers(one: Uint8Array, other: Uint8Array | undefined): boolean {
  return other !== undefined && Buffer.from(one).equals(other)
}

function nameOf({ code, what }: Finding): string {
  return `${code} ${what}`
}
