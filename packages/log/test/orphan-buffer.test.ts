/** Where events wait for the one before: rule L28. */

import * as fc from 'fast-check'
import type { VerifiedEvent } from '@chirograph/event'
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

  it('L28: drops a peer’s oldest beyond its count or bytes, and says so', () => {
    const [, ...rest] = chain(org(1), 4)
    const [one, two, three] = rest
    ok(one && two && three)
    const byCount = createOrphanBuffer({ ...roomy, eventsPerPeerMax: 2 })
    equal(hold(byCount, rest, 'a'), [`peer-limit a ${one.id}`])
    equal([...byCount.held.keys()], [two.id, three.id])
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
    ok(orphans.held.has(quiet.id))
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
          if (random.chance(0.8)) hold(orphans, [event], random.pick(['a', 'b', 'c']))
          else release(orphans, event.id).flat()
          const held = [...orphans.held.values()]
          is(
            orphans.bytes,
            held.reduce((sum, one) => sum + eventBytes(one.event), 0),
          )
          ok(held.length <= limits.eventsMax && orphans.bytes <= limits.bytesMax)
          for (const [peer, load] of orphans.peers) {
            const own = held.filter((one) => one.peer === peer)
            equal(load, {
              events: own.length,
              bytes: own.reduce((sum, one) => sum + eventBytes(one.event), 0),
            })
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
