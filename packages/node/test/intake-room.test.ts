/** What is let in when events that are not final fill the memory. */
import { segmentOf } from '@chirograph/event'
import { encodeSegmentFrame } from '@chirograph/replica'
import { eventOf, memberAt, replicaOf } from '../../replica/test/member.ts'
import { is, suite } from '../../workspace/kit.ts'
import { isGossipWelcome, isPendingFull, pendingBytesMax, pendingEventsMax } from '../src/intake-room.js'

const frame = encodeSegmentFrame([segmentOf(eventOf(1))])
const both = encodeSegmentFrame([segmentOf(eventOf(1)), segmentOf(eventOf(2))])

suite('the room for events that are not final', (it) => {
  it('ends for gossip, too: without a quorum one author would fill the memory', () => {
    const replica = replicaOf(0)
    replica.log.pending.count = pendingEventsMax
    is(isGossipWelcome(replica, frame), true)
    replica.log.pending.count++
    is(isPendingFull(replica), true)
    is(isGossipWelcome(replica, frame), false)
    is(isGossipWelcome(replica, Uint8Array.of(1)), false)
    replica.log.pending.count = 0
    replica.log.pending.bytes = pendingBytesMax + 1
    is(isGossipWelcome(replica, frame), false)
  })

  it('is made for what a cut has and is not here, for nothing becomes final without it', () => {
    const replica = replicaOf(0)
    replica.log.pending.count = pendingEventsMax + 1
    const { org } = memberAt(1)
    replica.lacking.set(`${org}/0`, { author: org, generation: 0, fromSequence: 0, toSequence: 0 })
    is(isGossipWelcome(replica, frame), true)
    is(isGossipWelcome(replica, both), false)
    is(isGossipWelcome(replica, Uint8Array.of(1)), false)
  })

  it('is not made for what lies beyond that cut in the same chain', () => {
    const replica = replicaOf(0)
    replica.log.pending.count = pendingEventsMax + 1
    const { org } = memberAt(1)
    const beyond = eventOf(1, { sequence: 1, prev: eventOf(1).id })
    replica.lacking.set(`${org}/0`, { author: org, generation: 0, fromSequence: 0, toSequence: 0 })
    is(isGossipWelcome(replica, encodeSegmentFrame([segmentOf(beyond)])), false)
    replica.lacking.set(`${org}/0`, { author: org, generation: 0, fromSequence: 0, toSequence: 1 })
    is(isGossipWelcome(replica, encodeSegmentFrame([segmentOf(beyond)])), true)
  })
})
