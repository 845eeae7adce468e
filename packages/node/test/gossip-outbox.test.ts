import { createEvent, type OrgId, type VerifiedEvent } from '@chirograph/event'
import { decodeSegmentFrame, segmentInput } from '@chirograph/replica'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { authorSegmentsBurst, authorSegmentsPerSecond, createAuthorBudget } from '../src/author-budget.js'
import { createGossipOutbox } from '../src/gossip-outbox.js'

const [self, other] = ['aa'.repeat(32), 'bb'.repeat(32)] as [OrgId, OrgId]

suite('own events on their way to gossip', (it) => {
  it('that were published in one turn travel as one segment', async () => {
    const world = worldOf()
    const events = chainOf(16)
    for (const event of events) world.outbox.add(event)
    await world.turn()
    equal(world.sent(), [events.map(({ id }) => id)])
  })

  it('keep to the budget by which others judge them: act after act, none is passed over and none is left out', async () => {
    const world = worldOf()
    const receiver = createAuthorBudget({ nowMs: () => world.clock.ms, areOthersWaiting: () => true })
    const events = chainOf(1_000)
    let judged = 0
    for (const event of events) {
      world.outbox.add(event)
      await world.turn()
      for (; judged < world.count(); judged++) {
        ok(receiver.hasRoom(self), `segment ${judged} at ${world.clock.ms} ms`)
        receiver.charge(self)
      }
      world.clock.ms += 2
    }
    world.clock.ms += 1_000 / authorSegmentsPerSecond
    await world.turn()
    equal(
      world.sent().flat(),
      events.map(({ id }) => id),
    )
    ok(world.sent().length <= authorSegmentsBurst + 2 * authorSegmentsPerSecond + 1)
  })

  it('wait for nothing while their author is alone', async () => {
    const world = worldOf({ isAlone: true })
    for (const event of chainOf(200)) {
      world.outbox.add(event)
      await world.turn()
    }
    is(world.sent().length, 200)
  })
})

/** An outbox over a clock that the test moves. */
function worldOf({ isAlone = false } = {}) {
  const clock = { ms: 0 }
  const budget = createAuthorBudget({ nowMs: () => clock.ms, areOthersWaiting: () => !isAlone })
  if (!isAlone) budget.charge(other)
  const frames: Uint8Array[] = []
  let timer: { readonly atMs: number; readonly run: () => void } | undefined
  const outbox = createGossipOutbox({
    budget,
    later(ms, run) {
      is(timer, undefined, 'one timer at a time')
      timer = { atMs: clock.ms + ms, run }
    },
    send: (frame) => void frames.push(frame),
  })
  return {
    clock,
    outbox,
    async turn() {
      await Promise.resolve()
      if (timer === undefined || timer.atMs > clock.ms) return
      const { run } = timer
      timer = undefined
      run()
    },
    count: () => frames.length,
    /** The ids of each segment that was sent. */
    sent: () => frames.map(idsOf),
  }
}

function idsOf(frame: Uint8Array): string[] {
  const segments = decodeSegmentFrame(frame)
  if (!segments.ok) throw new Error(segments.detail)
  return segments.value.flatMap((bytes) => {
    const { segment } = segmentInput({ bytes, from: 'a test', isGossip: true })
    if (segment.kind === 'reject') throw new Error(segment.reason)
    return segment.segment.events.map(({ id }) => id)
  })
}

function chainOf(count: number): VerifiedEvent[] {
  const events: VerifiedEvent[] = []
  for (let sequence = 0; sequence < count; sequence++) {
    const prev = events.at(-1)?.id ?? null
    const place = { networkId: new Uint8Array(32), author: self, generation: 0, sequence, prev }
    const body = { kind: 'status.lease', count: 1_024 } as const
    events.push(createEvent({ ...place, references: [], timeMs: 1, body }, () => new Uint8Array(64)))
  }
  return events
}
