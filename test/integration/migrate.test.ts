import { setTimeout as sleep } from 'node:timers/promises'
import { type EventId, toHex, utf8 } from '@chirograph/codec'
import { createEvent, parseOrgId, restoreEvent, segmentOf } from '@chirograph/event'
import {
  bodyKey,
  type EventPlace,
  eventKey,
  keySpaces,
  type MemoryDisk,
  memoryDisk,
  metaKey,
  positionKey,
  readAuthorKey,
  readAuthorValue,
  readEventKey,
  readPlace,
  type Store,
  type StoreOp,
  spaceRange,
} from '@chirograph/interface'
import { assertSchema, checkStore, migrateStore, type NodeStatus } from '@chirograph/node'
import { encodeSegmentFrame } from '@chirograph/replica'
import { type Genesis, networkIdOf } from '@chirograph/status'
import { equal, failsWith, is, ok, suite } from '../../packages/workspace/kit.ts'
import { ed25519, genesisOf, memberOf, type Running, startCluster } from './cluster.ts'
import { history } from './scene.ts'
import { copyUnchanged, type OldEvent, oldEventOps, oldRowOps, spacesOn } from './schema-1-writer.ts'

const anyTime = { timeoutMs: 90_000 }

async function rangeOf(store: Store, prefix: Uint8Array) {
  const rows = []
  const [space = 0] = prefix
  for await (const row of store.range({ from: prefix, to: Uint8Array.of(space + 1) })) rows.push(row)
  return rows
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 15_000; waited += 20) {
    if (await isTrue()) return
    await sleep(20)
  }
  throw new Error(`never happened: ${what}`)
}

/** All events of a store of today, in the order in which they came; each signed by itself, as schema 1 had them. */
async function eventsOf(store: Store): Promise<OldEvent[]> {
  const orgs = new Map<number, string>()
  for await (const [key, value] of store.range(spaceRange('author')))
    orgs.set(readAuthorValue(value), readAuthorKey(key))
  const events: OldEvent[] = []
  for await (const [, value] of store.range(spaceRange('arrival'))) {
    const place = readPlace(value)
    const [stored, bodyBytes] = await store.getMany([eventKey(place), bodyKey(place)])
    if (!stored || !bodyBytes) throw new Error('an event and its body')
    const isSigned = stored[0] === 1
    const headerBytes = isSigned ? stored.slice(1, -64) : stored.slice(1)
    const kept = isSigned ? stored.slice(-64) : null
    const restored = restoreEvent({ headerBytes, bodyBytes, signature: kept })
    if (restored.kind === 'reject') throw new Error(restored.detail)
    const { id, header, body } = restored.event
    const { author, generation, sequence } = header
    is(orgs.get(place.author), author)
    is(`${place.generation}/${place.sequence}`, `${generation}/${sequence}`)
    const { seeds } = members.find(({ org }) => org === author) ?? {}
    const signed = createEvent({ ...header, body }, (message) =>
      ed25519.sign({ seed: seeds?.log ?? new Uint8Array(32), message }),
    )
    is(signed.id, id)
    equal(kept ?? signed.signature, signed.signature)
    const { signature } = signed
    events.push({ id, author, generation, sequence, headerBytes, signature, bodyBytes })
  }
  return events
}

const members = [0, 1, 2, 3].map(memberOf)

interface Fixture {
  readonly cluster: Running
  /** The third member's disk as it would be in schema 1: stopped, with one event that is not final. */
  readonly disk: MemoryDisk
  readonly events: readonly OldEvent[]
  readonly twin: EventId
  readonly rival: EventId
}

/**
 * Four members with several final events each, one of which has forked, and an event that waits. The fork's other branch
 * came first, so the final one is not branch 0 of its place.
 */
async function fixture(): Promise<Fixture> {
  const cluster = await startCluster(4)
  const [college, university, third] = cluster.nodes
  const [member] = cluster.members
  if (!college || !university || !third || !member) throw new Error('four nodes')
  const published: EventId[] = []
  for (const node of cluster.nodes)
    for (let count = 1024; count <= 3072; count += 1024)
      published.push((await node.publish({ kind: 'status.lease', count: 1024 })).id)
  await until('all is final at the third member', () => third.status().events.pending === 0)
  const networkId = networkIdOf(cluster.genesis)
  const place = {
    networkId,
    author: college.org,
    generation: 0,
    sequence: 0,
    prev: null,
    references: [],
    timeMs: 5,
  }
  const twin = createEvent({ ...place, body: { kind: 'status.lease', count: 2048 } }, (message) =>
    ed25519.sign({ seed: member.seeds.log, message }),
  )
  await cluster.inject('events', encodeSegmentFrame([segmentOf(twin)]))
  const org = parseOrgId(college.org)
  await until('the forker is frozen at the third member', () => {
    return org !== undefined && third.organisation(org)?.frozen !== null
  })
  await until('the evidence is final', () => third.status().events.pending <= 1)
  // Without a quorum what comes now waits.
  await cluster.nodes[3]?.stop()
  await college.stop()
  const waiting = await university.publish({ kind: 'status.lease', count: 1024 })
  await until('the third member holds what waits', async () => (await third.event(waiting.id)) !== undefined)
  await third.stop()
  await university.stop()

  const today = await (cluster.disks[2]?.store ?? memoryDisk()).open()
  const [rival] = published
  if (!rival) throw new Error('a published event')
  const all = await eventsOf(today)
  const isFirst = (event: OldEvent) => event.id === twin.id
  const events = [...all.filter(isFirst), ...all.filter((event) => !isFirst(event))]
  const disk = memoryDisk()
  const old = await disk.open()
  await copyUnchanged(today, old)
  await old.batch(await oldRowOps(today, cluster.genesis), { sync: true })
  for (const [ordinal, event] of events.entries())
    await old.batch(oldEventOps(event, ordinal), { sync: true })
  return { cluster, disk, events, twin: twin.id, rival }
}

async function copyOf(disk: MemoryDisk): Promise<MemoryDisk> {
  const copy = memoryDisk()
  const to = await copy.open()
  for await (const [key, value] of (await disk.open()).range(everything))
    await to.batch([{ kind: 'put', key, value }], { sync: true })
  return copy
}

const everything = { from: Uint8Array.of(0), to: Uint8Array.of(0xff) }

async function contentOf(disk: MemoryDisk): Promise<string> {
  const lines: string[] = []
  for await (const entry of (await disk.open()).range(everything))
    lines.push(entry.map((bytes) => Buffer.from(bytes).toString('hex')).join(' '))
  return lines.join('\n')
}

/** A store whose process dies before the batch of that number; its disk keeps the others. */
function dyingStore(store: Store, batches: number): Store {
  let left = batches
  return {
    ...store,
    async batch(ops, options) {
      ok(options.sync, 'every batch of a migration is synced')
      if (left-- <= 0) throw new Error('killed')
      await store.batch(ops, options)
    },
  }
}

/** Fields of a status that do not depend on who is there and on when it is asked. */
function lastingStatus({ height, events, forks, isVoting, history, authors }: NodeStatus) {
  return { height, events, forks, isVoting, history, authors }
}

suite('a store of schema 1', (it) => {
  it(
    'is moved as it stands: order of arrival, branches, what was passed over, and nothing left behind',
    async () => {
      const { disk, events, twin, rival, cluster } = await fixture()
      const { genesis } = cluster
      const readGenesis = async () => genesis
      const before = await contentOf(disk)
      const planned = await migrateStore(await disk.open(), { readGenesis, isDryRun: true })
      is(await contentOf(disk), before)
      is(planned.kind === 'planned' && planned.events, events.length)
      const told: number[] = []
      const store = await disk.open()
      const done = await migrateStore(store, {
        readGenesis,
        onProgress: ({ what, moved }) => void (what === 'events' && told.push(moved)),
      })
      if (done.kind !== 'done') throw new Error('it was moved')
      equal([done.events, done.authors, done.strays, done.lost], [events.length, 4, 1, 0])
      is(told.at(-1), events.length)
      equal(await eventsOf(store), events)
      for await (const [, value] of store.range(spaceRange('event'))) is(value[0], 1)
      const placeOf = async (id: EventId) => readPlace((await store.get(positionKey(id))) ?? new Uint8Array())
      is((await placeOf(twin)).branch, 0)
      is((await placeOf(rival)).branch, 1)
      const strays: EventPlace[] = []
      for await (const [key] of store.range(spaceRange('stray'))) strays.push(readEventKey(key))
      equal(strays, [await placeOf(twin)])
      equal(
        (await spacesOn(disk)).filter((space) => space < 0x05 || space === 0x09 || space === 0x17),
        [],
      )
      ok(await store.get(metaKey('started')), 'what may have signed is not taken for new')
      is((await migrateStore(store, { readGenesis })).kind, 'current')
      const org = parseOrgId(members[2]?.org ?? '')
      if (org === undefined) throw new Error('a third member')
      const { findings } = await checkStore(store, { genesis, org, ed25519 })
      equal(
        findings.map(({ code, what }) => `${code} ${what}`),
        [],
      )
      await cluster.stop()
    },
    anyTime,
  )

  it(
    'comes out the same when the migration is killed before any of its batches, and nobody opens half of it',
    async () => {
      const { disk, cluster } = await fixture()
      const { genesis } = cluster
      const readGenesis = async () => genesis
      const whole = await copyOf(disk)
      await migrateStore(await whole.open(), { readGenesis })
      const expected = await contentOf(whole)
      // A few events a batch, so that two of one place are moved by different ones.
      const small = { readGenesis, eventsPerBatch: 2 }
      let kills = 0
      for (let batches = 0; ; batches++) {
        const dying = await copyOf(disk)
        let isDone = true
        try {
          await migrateStore(dyingStore(await dying.open(), batches), small)
        } catch (error) {
          is(error instanceof Error && error.message, 'killed')
          isDone = false
        }
        if (isDone) break
        kills++
        if (batches > 0) {
          await failsWith('NODE_STORE_SCHEMA', assertSchema(await dying.open()))
          equal((await migrateStore(await dying.open(), { readGenesis })).kind, 'done')
        } else await migrateStore(await dying.open(), { readGenesis })
        is(await contentOf(dying), expected)
      }
      ok(kills >= 10, `${kills} places to be killed at`)
      // And killed before each batch in turn, again and again, on one disk.
      const weary = await copyOf(disk)
      for (let run = 0; run < kills; run++)
        await migrateStore(dyingStore(await weary.open(), 1), small).catch(() => {})
      await migrateStore(await weary.open(), small)
      is(await contentOf(weary), expected)
      await cluster.stop()
    },
    anyTime,
  )

  it(
    'is brought up to date by a start: same status, every event found, and others are served from it',
    async () => {
      const { disk, events, cluster } = await fixture()
      const today = cluster.disks[2]
      if (!today) throw new Error('the third disk')
      const unmoved = await cluster.start(2)
      const expected = lastingStatus(unmoved.status())
      await unmoved.stop()
      today.store = disk
      cluster.notices[2]?.splice(0)
      const moved = await cluster.start(2)
      equal(lastingStatus(moved.status()), expected)
      const said = cluster.notices[2]?.map(({ what }) => what) ?? []
      ok(said[0]?.includes('older format'), said[0])
      ok(said.includes('the data directory is up to date'))
      for (const { id, bodyBytes } of events) equal((await moved.event(id))?.bodyBytes, bodyBytes)
      // A member that lost everything has only this one to learn from.
      cluster.wipe(3)
      const wiped = await cluster.start(3)
      await until('the other member has everything', async () => {
        for (const { id } of events) if ((await wiped.event(id)) === undefined) return false
        return true
      })
      is(wiped.status().height, expected.height)
      await cluster.stop()
    },
    anyTime,
  )

  it('of a newer version, or of no version, is refused and left alone', async () => {
    for (const [schema, code, says] of [
      ['4', 'NODE_STORE_SCHEMA', 'a newer version'],
      ['x', 'NODE_STORE_DAMAGED', 'the note of its format'],
    ] as const) {
      const disk = memoryDisk()
      const store = await disk.open()
      await store.batch([{ kind: 'put', key: metaKey('schema'), value: utf8(schema) }], { sync: true })
      const before = await contentOf(disk)
      const error = await failsWith(
        code,
        migrateStore(store, { readGenesis: async () => genesisOf(members) }),
      )
      ok(error.message.includes(says), error.message)
      await failsWith(code, assertSchema(store))
      is(await contentOf(disk), before)
    }
  })

  it(
    'with an arrival whose event is gone and an event that no arrival lists keeps what is there',
    async () => {
      const { disk, events, cluster } = await fixture()
      const store = await disk.open()
      const [, lost, unlisted] = events.filter(({ sequence }) => sequence > 1)
      if (!lost || !unlisted) throw new Error('three events')
      // One is listed twice, the second time pages later: that is no event which lacks.
      const again = await rangeOf(store, Uint8Array.of(0x04))
      const twice = again[0]
      if (!twice) throw new Error('an arrival')
      await store.batch(
        [{ kind: 'put', key: Uint8Array.of(0x04, 0, 0, 1, 0, 0, 0, 0, 0), value: twice[1] }],
        {
          sync: true,
        },
      )
      const of = (event: OldEvent) => oldEventOps(event, events.indexOf(event)).map(({ key }) => key)
      const [lostEvent] = of(lost)
      const arrival = of(unlisted)[3]
      if (!lostEvent || !arrival) throw new Error('four keys')
      await store.batch(
        [lostEvent, arrival].map((key) => ({ kind: 'delete', key })),
        { sync: true },
      )
      const planned = await migrateStore(store, { readGenesis: async () => cluster.genesis, isDryRun: true })
      equal(planned.kind === 'planned' && planned.lost, 1)
      const done = await migrateStore(store, { readGenesis: async () => cluster.genesis, eventsPerBatch: 2 })
      equal(done.kind === 'done' && [done.events, done.lost], [events.length - 1, 1])
      const rest = events.filter((event) => event !== lost && event !== unlisted)
      equal(await eventsOf(store), [...rest, unlisted])
      equal(
        (await spacesOn(disk)).filter((space) => space < 0x05 || space === 0x09 || space === 0x17),
        [],
      )
      await cluster.stop()
    },
    anyTime,
  )
})

suite('a store of schema 2', (it) => {
  it(
    'has its rows in pages afterwards, wherever they lay and whenever the migration is killed',
    async () => {
      const cluster = await startCluster(4)
      await history(cluster, { events: 4, rows: 3_000 })
      await cluster.stop()
      const today = cluster.disks[2]?.store ?? memoryDisk()
      const { genesis } = cluster
      const readGenesis = async () => genesis
      const whole = await schema2Of(today, genesis, { space: 0x09, note: undefined })
      await migrateStore(await whole.open(), { readGenesis })
      const expected = await contentOf(whole)
      // In which versions pages are depends on how they came to be; all else is as it was, and they are sound.
      const pages = new RegExp(`^(${keySpaces.statePage.toString(16)}|${keySpaces.pastPages.toString(16)})`)
      const others = (content: string) => content.split('\n').filter((line) => !pages.test(line))
      equal(others(expected), others(await contentOf(today)))
      const org = parseOrgId(members[2]?.org ?? '')
      if (org === undefined) throw new Error('a third member')
      const { findings } = await checkStore(await whole.open(), { genesis, org, ed25519 })
      equal(findings, [])
      for (const [space, note] of [
        [0x09, undefined],
        [0x17, Uint8Array.of(1)],
      ] as const) {
        const disk = await schema2Of(today, cluster.genesis, { space, note })
        const planned = await migrateStore(await disk.open(), { readGenesis, isDryRun: true })
        ok(planned.kind === 'planned' && planned.events === 0 && planned.rows > 3_000)
        let kills = 0
        for (let batches = 0; ; batches++) {
          const dying = await copyOf(disk)
          let isDone = true
          try {
            await migrateStore(dyingStore(await dying.open(), batches), { readGenesis })
          } catch (error) {
            is(error instanceof Error && error.message, 'killed')
            isDone = false
          }
          if (isDone) break
          kills++
          await failsWith('NODE_STORE_SCHEMA', assertSchema(await dying.open()))
          const told: string[] = []
          const done = await migrateStore(await dying.open(), {
            readGenesis,
            onProgress: ({ what, moved, total }) => void told.push(`${what} ${moved <= total}`),
          })
          is(done.kind, 'done')
          equal([...new Set(told)], told.length === 0 ? [] : ['rows of the state true'])
          is(await contentOf(dying), expected)
        }
        ok(kills > 4, `${kills} places to be killed at`)
      }
      // What the other place held, of a snapshot that was broken off, is no row of the state.
      const disk = await schema2Of(today, cluster.genesis, { space: 0x09, note: undefined })
      const stray = [{ kind: 'put', key: new Uint8Array(33).fill(0x17), value: utf8('left') }] as const
      await (await disk.open()).batch(stray, { sync: true })
      await migrateStore(await disk.open(), { readGenesis })
      is(await contentOf(disk), expected)
    },
    anyTime,
  )
})

/** A store of today as schema 2 had it. */
async function schema2Of(
  today: MemoryDisk,
  genesis: Genesis,
  { space, note }: { readonly space: number; readonly note: Uint8Array | undefined },
): Promise<MemoryDisk> {
  const disk = memoryDisk()
  const [from, to] = [await today.open(), await disk.open()]
  const ops: StoreOp[] = [{ kind: 'put', key: metaKey('schema'), value: utf8('2') }]
  if (note) ops.push({ kind: 'put', key: metaKey('row-space'), value: note })
  for await (const [key, value] of from.range(everything)) {
    const isOfState = key[0] === keySpaces.statePage || key[0] === keySpaces.pastPages
    if (!isOfState && toHex(key) !== toHex(metaKey('schema'))) ops.push({ kind: 'put', key, value })
  }
  await to.batch([...ops, ...(await oldRowOps(from, genesis, space))], { sync: true })
  return disk
}
