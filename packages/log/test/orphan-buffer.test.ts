/** Where events wait for the one before: rule L28. */

import * as fc from 'fast-check'
import type { AuthenticEvent, VerifiedEvent } from '@chirograph/event'
import { equal, is, ok, seeded, suite } from '../../workspace/kit.ts'
import {
  createOrphanBuffer,
  eventBytes,
  holdOrphan,
  missingOf,
  type OrphanBuffer,
  type OrphanLimits,
  release,
} from '../src/index.ts'
import { after, chain, history, make, org } from './world.ts'

const roomy: OrphanLimits = { eventsMax: 1_000, bytesMax: 1e6, eventsPerPeerMax: 1_000, bytesPerPeerMax: 1e6 }

function hold(orphans: OrphanBuffer, events: readonly VerifiedEvent[], peer: string): string[] {
  return events.flatMap((event) => {
    const verdict = holdOrphan(orphans, { events: [event], peer })
    return verdict.kind === 'held'
      ? verdict.dropped.map(({ id, peer: from, reason }) => `${reason} ${from} ${id}`)
      : []
  })
}

const sizeOf = (events: readonly AuthenticEvent[]): number => {
  return events.reduce((sum, event) => sum + eventBytes(event), 0)
}

function eventsOf(orphans: OrphanBuffer): readonly AuthenticEvent[] {
  return [...orphans.held.values()].flatMap(({ events }) => events)
}

suite('orphan buffer', (it) => {
  it('L28: releases a chain of orphans in order, whatever order they came in', () => {
    const [first, ...rest] = chain(org(1), 20)
    ok(first)
    const orphans = createOrphanBuffer(roomy)
    hold(orphans, seeded(7).shuffle(rest), 'a')
    equal(missingOf(orphans), [first.id])
    equal(release(orphans, first.id).flat(), rest)
    equal(missingOf(orphans), [])
    equal([orphans.held.size, orphans.bytes, orphans.peers.size], [0, 0, 0])
  })

  it('L28: releases all branches, each event after its prev', () => {
    const root = make({ author: org(1) })
    const branches = [1, 2].flatMap((timeMs) => {
      const one = after(root, { timeMs })
      return [after(one), one]
    })
    const orphans = createOrphanBuffer(roomy)
    hold(orphans, branches, 'a')
    const seen = new Set([root.id])
    for (const event of release(orphans, root.id).flat()) {
      ok(event.header.prev !== null && seen.has(event.header.prev))
      seen.add(event.id)
    }
    is(seen.size, 5)
  })

  it('releases nothing for an event that nobody waits for', () => {
    const [, second, third] = chain(org(1), 3)
    ok(second && third)
    const orphans = createOrphanBuffer(roomy)
    hold(orphans, [third], 'a')
    equal(release(orphans, third.id).flat(), [])
    is(orphans.held.size, 1)
    equal(release(orphans, second.id).flat(), [third])
  })

  it('holds an event once, for the peer that brought it first', () => {
    const [, second] = chain(org(1), 2)
    ok(second)
    const orphans = createOrphanBuffer(roomy)
    hold(orphans, [second], 'a')
    equal(holdOrphan(orphans, { events: [second], peer: 'b' }), { kind: 'known' })
    equal([...orphans.peers.keys()], ['a'])
  })

  it('L28: holds a stretch as a unit, until the event before its first', () => {
    const events = chain(org(1), 9)
    const [one, two, three, four] = [
      events.slice(0, 2),
      events.slice(2, 4),
      events.slice(4, 7),
      events.slice(7),
    ]
    const orphans = createOrphanBuffer(roomy)
    for (const stretch of [four, two, three])
      equal(holdOrphan(orphans, { events: stretch ?? [], peer: 'a' }), { kind: 'held', dropped: [] })
    equal([orphans.held.size, orphans.events, orphans.bytes], [3, 7, sizeOf(events.slice(2))])
    equal(missingOf(orphans), [events[1]?.id])
    equal(release(orphans, events[0]?.id as VerifiedEvent['id']), [])
    equal(release(orphans, one?.[1]?.id as VerifiedEvent['id']), [two, three, four])
    equal([orphans.held.size, orphans.events, orphans.bytes, orphans.peers.size], [0, 0, 0, 0])
  })

  it('L28: holds a stretch beside a later part of it, whichever came first (found by arrival in any order)', () => {
    const events = chain(org(1), 5)
    const [longer, part] = [events.slice(2), events.slice(4)]
    for (const order of [
      [part, longer],
      [longer, part],
    ]) {
      const orphans = createOrphanBuffer(roomy)
      for (const stretch of order)
        equal(holdOrphan(orphans, { events: stretch, peer: 'a' }), { kind: 'held', dropped: [] })
      equal(release(orphans, events[1]?.id as VerifiedEvent['id']), [longer, part])
    }
  })

  it('L28: releases what branches off inside of a stretch behind it', () => {
    const events = chain(org(1), 5)
    const branch = [after(events[2] as VerifiedEvent, { timeMs: 9 })]
    const orphans = createOrphanBuffer(roomy)
    for (const stretch of [branch, events.slice(1)]) holdOrphan(orphans, { events: stretch, peer: 'a' })
    equal(missingOf(orphans), [events[0]?.id])
    equal(release(orphans, events[0]?.id as VerifiedEvent['id']), [events.slice(1), branch])
  })

  it('L28: counts every event of a stretch against the limits', () => {
    const stretches = [1, 2, 3].map((n) => chain(org(n), 4).slice(1))
    const orphans = createOrphanBuffer({ ...roomy, eventsPerPeerMax: 6 })
    const dropped = stretches.flatMap((events) => {
      const verdict = holdOrphan(orphans, { events, peer: 'a' })
      return verdict.kind === 'held' ? verdict.dropped : []
    })
    equal(dropped, [{ id: stretches[0]?.at(-1)?.id, peer: 'a', reason: 'peer-limit' }])
    is(orphans.events, 6)
  })

  it('L28: drops a peer’s oldest beyond its count or bytes, and says so', () => {
    const [, ...rest] = chain(org(1), 4)
    const [one, two, three] = rest
    ok(one && two && three)
    const byCount = createOrphanBuffer({ ...roomy, eventsPerPeerMax: 2 })
    equal(hold(byCount, rest, 'a'), [`peer-limit a ${one.id}`])
    equal(eventsOf(byCount), [two, three])
    const byBytes = createOrphanBuffer({ ...roomy, bytesPerPeerMax: eventBytes(two) + eventBytes(three) })
    equal(hold(byBytes, rest, 'a'), [`peer-limit a ${one.id}`])
  })

  it('L28: drops from the heaviest peer when the whole buffer is full', () => {
    const [, ...flood] = chain(org(1), 5)
    const [, quiet] = chain(org(2), 2)
    ok(flood[0] && quiet)
    const orphans = createOrphanBuffer({ ...roomy, eventsMax: 4 })
    equal(hold(orphans, flood, 'flooder'), [])
    equal(hold(orphans, [quiet], 'quiet'), [`buffer-limit flooder ${flood[0].id}`])
    ok(eventsOf(orphans).includes(quiet))
  })

  it('keeps its accounts exact and its bounds, under any use', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const random = seeded(seed)
        const limits = { eventsMax: 12, bytesMax: 6_000, eventsPerPeerMax: 6, bytesPerPeerMax: 3_000 }
        const orphans = createOrphanBuffer(limits)
        const events = history(random, { events: 40, forkers: 2 }).filter(
          (event) => event.header.prev !== null,
        )
        for (let step = 0; step < 80; step++) {
          const event = random.pick(events)
          const stretch = stretchFrom(event, events, 1 + random.int(3))
          if (random.chance(0.8)) holdOrphan(orphans, { events: stretch, peer: random.pick(['a', 'b', 'c']) })
          else release(orphans, event.id)
          const held = [...orphans.held.values()]
          const waitingEvents = held.flatMap((one) => one.events)
          equal([orphans.events, orphans.bytes], [waitingEvents.length, sizeOf(waitingEvents)])
          ok(orphans.events <= limits.eventsMax && orphans.bytes <= limits.bytesMax)
          for (const [peer, load] of orphans.peers) {
            const own = held.filter((one) => one.peer === peer).flatMap((one) => one.events)
            equal(load, { events: own.length, bytes: sizeOf(own) })
            ok(load.events <= limits.eventsPerPeerMax && load.bytes <= limits.bytesPerPeerMax)
          }
          const waiting = [...orphans.waiting.values()].reduce((sum, ids) => sum + ids.size, 0)
          is(waiting, held.length)
        }
      }),
      { numRuns: 40 },
    )
  })
})

/** The event and what follows it, as far as it was made: at most `length` events. */
function stretchFrom(first: VerifiedEvent, made: readonly VerifiedEvent[], length: number): VerifiedEvent[] {
  const stretch = [first]
  while (stretch.length < length) {
    const next = made.find(({ header }) => header.prev === stretch.at(-1)?.id)
    if (next === undefined) break
    stretch.push(next)
  }
  return stretch
}
