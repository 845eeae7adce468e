import type { VerifiedEvent } from '@chirograph/event'
import {
  bodyKey,
  eventKey,
  keySpaces,
  memoryDisk,
  positionKey,
  readPlace,
  type Store,
} from '@chirograph/interface'
import { equal, failsWith, is, ok, type Seeded, seeded, suite } from '../../workspace/kit.ts'
import type { EventQuery, LoggedEvent } from '../src/event-query.ts'
import { type Arrivals, chainOf, handleOf, openArrivals, org } from './arrivals.ts'

/** What a subscriber keeps: the events that it dealt with, and the cursor of the last one. */
interface Subscriber {
  readonly query: EventQuery
  readonly events: LoggedEvent[]
}

const newSubscriber = (query: EventQuery): Subscriber => ({ query, events: [] })

/** Reads on for at most `count` events, dies, and forgets all but what it dealt with. */
async function readOn({ reader }: Arrivals, { query, events }: Subscriber, count: number): Promise<void> {
  if (count === 0) return
  const from = events.at(-1)?.cursor
  let left = count
  for await (const event of reader.events({ ...query, live: false, ...(from !== undefined && { from }) })) {
    events.push(event)
    if (--left === 0) break
  }
}

const idsOf = (events: readonly { readonly id: string }[]) => events.map(({ id }) => id)
const ordinalOf = ({ cursor }: LoggedEvent) => Number(cursor.split('.')[1])

/** The order in which events of these chains may come: each chain from some place up, and what is before from above. */
function scheduleOf(chains: readonly (readonly VerifiedEvent[])[], random: Seeded) {
  const lanes = chains.flatMap((chain) => {
    const joinedAt = random.int(chain.length)
    const live = chain.slice(joinedAt).map((event) => ({ admit: event }))
    const history: { bring: readonly VerifiedEvent[] }[] = []
    for (let end = joinedAt; end > 0; ) {
      const start = Math.max(0, end - 1 - random.int(40))
      history.push({ bring: chain.slice(start, end) })
      end = start
    }
    return [live, history]
  })
  const steps: ({ admit: VerifiedEvent } | { bring: readonly VerifiedEvent[] })[] = []
  for (let open = lanes.filter(({ length }) => length > 0); open.length > 0; ) {
    const next = random.pick(open).shift()
    if (next !== undefined) steps.push(next)
    open = open.filter(({ length }) => length > 0)
  }
  return steps
}

suite('events', (it) => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`come each once and in order to subscribers that are killed, over restarts of the node (seed ${seed})`, async () => {
      const random = seeded(seed)
      const chains = [1, 2, 3].map((n) => chainOf(org(n), 30 + random.int(400)))
      const all = chains.flat()
      const disk = memoryDisk()
      let node = await openArrivals(disk)
      const revokes = { kind: 'status.revoke' } as const
      const handle = handleOf(2)
      const wanted: [EventQuery, (event: VerifiedEvent) => boolean][] = [
        [{}, () => true],
        [{ issuer: org(2) }, ({ header }) => header.author === org(2)],
        [revokes, ({ header }) => header.kind === 'status.revoke'],
        [
          { issuer: org(1), handle },
          ({ header }) => header.author === org(1) && header.sequence % 5 === 2 && header.sequence % 3 !== 0,
        ],
        [{ sinceMs: 1_010, untilMs: 1_020 }, ({ header }) => header.sequence >= 10 && header.sequence <= 20],
      ]
      const subscribers = wanted.map(([query]) => newSubscriber(query))
      const arrived: VerifiedEvent[] = []
      for (const step of scheduleOf(chains, random)) {
        if ('admit' in step) {
          arrived.push(step.admit)
          await node.admit(step.admit)
        } else {
          arrived.push(...step.bring)
          await node.bring(step.bring)
        }
        if (random.chance(0.1)) await readOn(node, random.pick(subscribers), 1 + random.int(60))
        if (random.chance(0.02)) {
          node.reader.stop()
          node = await openArrivals(disk)
        }
      }
      for (const [index, subscriber] of subscribers.entries()) {
        await readOn(node, subscriber, Number.MAX_SAFE_INTEGER)
        const isWanted = wanted[index]?.[1] ?? (() => false)
        const expected = idsOf(all.filter(isWanted))
        const told = idsOf(subscriber.events)
        ok(expected.length > 3)
        is(new Set(told).size, told.length, 'something came twice')
        equal([...told].sort(), [...expected].sort())
        const ordinals = subscriber.events.map(ordinalOf)
        equal(
          ordinals,
          [...ordinals].sort((a, b) => a - b),
        )
      }
      equal(idsOf(subscribers[0]?.events ?? []), idsOf(arrived))
    })
  }

  it('reach a subscriber that waits, one by one as they are stored', async () => {
    const node = await openArrivals()
    const [first, second] = chainOf(org(1), 2)
    ok(first && second)
    const told = node.reader.events()
    const waiting = told.next()
    await node.admit(first)
    is((await waiting).value?.id, first.id)
    const next = told.next()
    await node.admit(second)
    is((await next).value?.id, second.id)
    await told.return()
  })

  it('reach a subscriber by issuer that waits, whatever others do', async () => {
    const node = await openArrivals()
    const told = node.reader.events({ issuer: org(1) })
    const waiting = told.next()
    for (const event of chainOf(org(2), 5)) await node.admit(event)
    const [first] = chainOf(org(1), 1)
    ok(first)
    await node.admit(first)
    is((await waiting).value?.id, first.id)
    await told.return()
  })

  it('are read as the subscriber asks for them, and by issuer without those of others', async () => {
    let read = 0
    const counting = (store: Store): Store => ({
      ...store,
      getMany(keys) {
        read += keys.length
        return store.getMany(keys)
      },
    })
    const node = await openArrivals(memoryDisk(), counting)
    for (const event of chainOf(org(1), 3_000)) await node.admit(event)
    for (const event of chainOf(org(2), 10)) await node.admit(event)
    read = 0
    for await (const _event of node.reader.events()) break
    ok(read <= 256 + 2 * 64, `${read} values were read for one event`)
    read = 0
    let count = 0
    for await (const _event of node.reader.events({ issuer: org(2), live: false })) count++
    is(count, 10)
    is(read, 30)
  })

  it('by issuer come once, although more of the chain arrives while it is read', async () => {
    const chain = chainOf(org(1), 60)
    let next = 40
    const node = await openArrivals(memoryDisk(), (store) => ({
      ...store,
      async *pages(bounds) {
        for await (const page of store.pages(bounds)) {
          const event = bounds.from[0] === keySpaces.event ? chain[next++] : undefined
          if (event !== undefined) await node.admit(event)
          yield page
        }
      },
    }))
    for (const event of chain.slice(0, 40)) await node.admit(event)
    const subscriber = newSubscriber({ issuer: org(1) })
    await readOn(node, subscriber, Number.MAX_SAFE_INTEGER)
    ok(next > 40)
    equal(idsOf(subscriber.events), idsOf(chain.slice(0, next)))
  })

  it('end with the node, and with the caller’s own signal', async () => {
    const node = await openArrivals()
    const controller = new AbortController()
    const aborted = node.reader.events({ signal: controller.signal }).next()
    const ended = node.reader.events({ issuer: org(1) }).next()
    controller.abort(Object.assign(new Error('enough'), { code: 'ENOUGH' }))
    await failsWith('ENOUGH', aborted)
    node.reader.stop()
    equal(await ended, { done: true, value: undefined })
    equal(await node.reader.events().next(), { done: true, value: undefined })
  })

  it('are told without a body where it was pruned, and then to nobody who asks for a credential', async () => {
    const node = await openArrivals()
    const chain = chainOf(org(1), 5)
    for (const event of chain) await node.admit(event)
    await node.store.batch(
      [{ kind: 'delete', key: bodyKey({ author: 0, generation: 0, sequence: 1, branch: 0 }) }],
      { sync: true },
    )
    const bodies: (string | null)[] = []
    for await (const { body } of node.reader.events({ live: false })) bodies.push(body?.kind ?? null)
    equal(bodies, ['status.lease', null, 'status.revoke', 'status.lease', 'status.revoke'])
    for await (const { sequence } of node.reader.events({ live: false, handle: handleOf(1) }))
      ok(sequence !== 1)
  })

  it('are never told damaged', async () => {
    const place = { author: 0, generation: 0, sequence: 1, branch: 0 }
    const flips: [Uint8Array, number][] = [
      [bodyKey(place), 3],
      [eventKey(place), 30], // inside the network id
      [eventKey(place), 1],
    ]
    for (const [key, at] of flips) {
      const node = await openArrivals()
      for (const event of chainOf(org(1), 3)) await node.admit(event)
      const value = await node.store.get(key)
      ok(value)
      value[at] = (value[at] ?? 0) ^ 1
      await node.store.batch([{ kind: 'put', key, value }], { sync: true })
      const told: number[] = []
      await failsWith('NODE_STORE_DAMAGED', async () => {
        for await (const { sequence } of node.reader.events({ live: false })) told.push(sequence)
      })
      ok(told.every((sequence) => sequence === 0))
    }
  })

  it('are passed over where the store lost them', async () => {
    const node = await openArrivals()
    const chain = chainOf(org(1), 3)
    for (const event of chain) await node.admit(event)
    const id = chain[1]?.id
    ok(id)
    const position = await node.store.get(positionKey(id))
    ok(position)
    await node.store.batch([{ kind: 'delete', key: eventKey(readPlace(position)) }], { sync: true })
    const told: number[] = []
    for await (const { sequence } of node.reader.events({ live: false })) told.push(sequence)
    equal(told, [0, 2])
  })
})

suite('an event that a snapshot drops', (it) => {
  it('is passed over by whoever reads it meanwhile, and told when it has come again', async () => {
    const chain = chainOf(org(1), 3)
    const [, second] = chain
    ok(second)
    let dropAfterReads = Number.POSITIVE_INFINITY
    const node = await openArrivals(memoryDisk(), (store) => ({
      ...store,
      async getMany(keys) {
        const values = await store.getMany(keys)
        if (--dropAfterReads === 0) await node.dropBySnapshot([second])
        return values
      },
    }))
    for (const event of chain) await node.admit(event)
    dropAfterReads = 1
    const subscriber = newSubscriber({})
    await readOn(node, subscriber, 2)
    await node.bring([second])
    await readOn(node, subscriber, 1)
    equal(idsOf(subscriber.events), [chain[0]?.id, chain[2]?.id, second.id])
  })

  it('leaves its number to nobody, so that a subscriber is told what comes next, even after a restart', async () => {
    const chain = chainOf(org(1), 3)
    const [, , third] = chain
    ok(third)
    const disk = memoryDisk()
    const node = await openArrivals(disk)
    for (const event of chain) await node.admit(event)
    const subscriber = newSubscriber({})
    await readOn(node, subscriber, 3)
    await node.dropBySnapshot([third])
    const again = await openArrivals(disk)
    await again.bring([third])
    await readOn(again, subscriber, 1)
    equal(
      idsOf(subscriber.events),
      [...chain, third].map(({ id }) => id),
    )
  })
})

suite('a cursor', (it) => {
  it('of another store, or of a store that was emptied, is refused', async () => {
    const [first] = chainOf(org(1), 1)
    ok(first)
    const one = await openArrivals()
    const other = await openArrivals()
    for (const node of [one, other]) await node.admit(first)
    const { value } = await one.reader.events().next()
    ok(value)
    await failsWith('NODE_CURSOR_OF_OTHER_STORE', () => other.reader.events({ from: value.cursor }).next())
  })

  it('that nobody gave out is refused', async () => {
    const node = await openArrivals()
    for (const from of [
      '',
      '7',
      'x.7',
      'a1b2c3d4.-2',
      'a1b2c3d4.1.2',
      `a1b2c3d4.${'9'.repeat(17)}`,
      'a1b2c3d4.9999999999999999',
    ])
      await failsWith('NODE_CURSOR_INVALID', () => node.reader.events({ from }).next())
  })

  it('behind the last event is refused, for what is to come would be passed over', async () => {
    const node = await openArrivals()
    const [first] = chainOf(org(1), 1)
    ok(first)
    await node.admit(first)
    const { value } = await node.reader.events().next()
    ok(value)
    const { done } = await node.reader.events({ from: value.cursor, live: false }).next()
    is(done, true)
    const from = value.cursor.replace(/\d+$/, (ordinal) => String(Number(ordinal) + 1))
    await failsWith('NODE_CURSOR_INVALID', () => node.reader.events({ from }).next())
  })

  it('of a query by issuer does not serve another issuer, nor a query for all', async () => {
    const node = await openArrivals()
    for (const n of [1, 2]) for (const event of chainOf(org(n), 3)) await node.admit(event)
    const { value } = await node.reader.events({ issuer: org(1) }).next()
    ok(value)
    await failsWith('NODE_CURSOR_INVALID', () =>
      node.reader.events({ from: value.cursor, issuer: org(2) }).next(),
    )
    await failsWith('NODE_CURSOR_INVALID', () => node.reader.events({ from: value.cursor }).next())
  })
})
