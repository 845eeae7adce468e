/** What `repairStore` puts right, and that it writes nothing else, wherever it is killed. */
import {
  type KeySpace,
  keySpaces,
  metaKey,
  readAuthorKey,
  readAuthorValue,
  readEventKey,
  type Store,
} from '@chirograph/interface'
import { checkStore, isComputable, repairStore } from '@chirograph/node'
import { decodeHistoryRequest } from '@chirograph/replica'
import { equal, ok, suite } from '../../packages/workspace/kit.ts'
import { ed25519, memberOf, startCluster } from './cluster.ts'
import { asking, history, nodeAt, until } from './scene.ts'
import {
  anyTime,
  busyOnce,
  type Damage,
  damage,
  damages,
  gone,
  named,
  nameOf,
  type Row,
  rekeyed,
} from './store-damage.ts'
import { heartbeatShape, pagedShape, type Rows, rowsOf, shapeOf, storeOf } from './store-shapes.ts'

suite('a repair', (it) => {
  it('that writes the state anew writes its root last, so that no start believes in half of it', async () => {
    const shape = await pagedShape()
    const isPage = ([key]: Row) => key[0] === keySpaces.statePage
    const isRoot = (key: Uint8Array | undefined) => key?.[1] === 0
    const store = await storeOf(shape.rows.filter((row) => !isPage(row) || isRoot(row[0])))
    const written: Uint8Array[] = []
    const noting: Store = {
      ...store,
      async batch(ops, options) {
        for (const { kind, key } of ops) if (kind === 'put' && isPage([key, key])) written.push(key)
        await store.batch(ops, options)
      },
    }
    equal((await repairStore(noting, { ...shape, ed25519 })).left.findings, [])
    ok(written.length > 10, `${written.length} pages`)
    equal(
      written.map(isRoot),
      written.map((_, index) => index === written.length - 1),
    )
  })

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
      // Many more rounds than may find no less than one before.
      const findingsMax = 64
      const count = 40 * findingsMax
      const junk = (at: number): Row => {
        const key = new Uint8Array(33).fill(1)
        key[0] = keySpaces.position
        new DataView(key.buffer).setUint32(1, at)
        return [key, new Uint8Array(17)]
      }
      const store = await storeOf([...shape.rows, ...Array.from({ length: count }, (_, at) => junk(at))])
      const { counts } = await checkStore(store, { ...shape, ed25519 })
      equal(counts, { 'position-index': count })
      const options = { ...shape, ed25519, findingsMax }
      const { repaired, left, whyNotComputed } = await repairStore(store, options)
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
      const asked: Uint8Array[] = []
      const cluster = await startCluster(4, {
        networkOf: (network, index) =>
          index !== 2
            ? network
            : asking(network, (request, next) => {
                if (request.protocol === 'history') asked.push(request.bytes)
                return next(request)
              }),
      })
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
      // Nothing else is asked for than what lacks, at four bytes a hole beside the chain that it is in.
      const places = placesIn(asked)
      equal([places.length, new Set(places).size], [left.toFetch, left.toFetch])
      const lacked = new Set(
        [...lost, ...[bodies[1], bodies[4]]].flatMap((row) => row && placeIn(before, row[0])),
      )
      equal(
        places.filter((place) => !lacked.has(place)),
        [],
      )
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

/** What requests for history ask for; their size is within what the ladder promises. */
function placesIn(requests: readonly Uint8Array[]): string[] {
  const places: string[] = []
  for (const bytes of requests) {
    const decoded = decodeHistoryRequest(bytes)
    ok(decoded.ok)
    const { chains } = decoded.value
    const holes = chains.reduce((sum, { ranges }) => sum + ranges.length, 0)
    ok(bytes.length <= 64 * chains.length + 4 * holes, `${bytes.length} bytes for ${holes} holes`)
    for (const { author, generation, ranges } of chains)
      for (const [from, to] of ranges)
        for (let sequence = from; sequence <= to; sequence++)
          places.push(`${author}/${generation}/${sequence}`)
  }
  return places
}

/** By the names that members have, not by the numbers that a store gives them. */
function placeIn(rows: Rows, key: Uint8Array): string {
  const { author, generation, sequence } = readEventKey(key)
  const row = rows.find(([one, value]) => one[0] === keySpaces.author && readAuthorValue(value) === author)
  ok(row)
  return `${readAuthorKey(row[0])}/${generation}/${sequence}`
}

function equalNumbers(one: Uint8Array, other: Uint8Array | undefined): boolean {
  return other !== undefined && Buffer.from(one).equals(other)
}
