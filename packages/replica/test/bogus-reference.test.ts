/** Events that refer to what nobody has, and to what is not here yet. */
import { type EventId, toHex } from '@chirograph/codec'
import type { VerifiedEvent } from '@chirograph/event'
import { eventAt } from '@chirograph/log'
import type { Replica, ReplicaEffect } from '@chirograph/replica'
import { stateRoot } from '@chirograph/status'
import { equal, is, not, ok, suite } from '../../workspace/kit.ts'
import { executeHeader } from '../src/agreement.js'
import {
  createFour,
  effectsOf,
  eventOf,
  genesisTimeMs,
  gossipOf,
  lease,
  memberAt,
  replicaOf,
  take,
} from './member.js'
import { snapshotOf } from './snapshots.js'

const peer = memberAt(0).peer
const nowhere = eventOf(3, { timeMs: genesisTimeMs + 77 }).id

suite('a reference of which nobody can say yet whether it is final', (it) => {
  it('holds up its author alone where headers are built, and only from that event on', () => {
    const { four, final } = network()
    const before = eventOf(2)
    const bogus = eventOf(2, { sequence: 1, prev: before.id, references: [nowhere] })
    hear(four, before, bogus)
    four.input(1, { kind: 'publish', request: 1, body: lease })
    const places = () => [1, 2].map((member) => final().cut.get(memberAt(member).org)?.sequence)
    equal(places(), [0, 0])
    // It is known now: the event becomes final, without effect.
    answer(four, [nowhere], false)
    equal(places(), [0, 1])
    const { outcomes } = four.finals.at(-1)?.effect ?? { outcomes: [] }
    equal(outcomes, [{ id: bogus.id, outcome: 'void', reason: 'missing-reference' }])
  })

  it('is asked for after a restart, too', () => {
    const replica = replicaOf(0)
    take(replica, gossipOf(eventOf(2, { references: [nowhere] }), peer))
    const again = replicaOf(0, { log: replica.log })
    equal(
      effectsOf(take(again, { kind: 'start' }), 'look-up').map(({ ids }) => ids),
      [[nowhere]],
    )
  })
})

suite('a node that still fetches history', (it) => {
  it('comes to the state that a quorum signed, though an event in it refers to what nobody has', () => {
    const { four, final, checkpoint } = network()
    const late = replicaOf(3, { isHistoryWhole: false })
    const bogus = eventOf(2, { references: [nowhere] })
    hear(four, bogus)
    answer(four, [nowhere], false)
    four.input(1, { kind: 'publish', request: 1, body: lease })
    const finals = follow(late, four, checkpoint, [bogus])
    is(late.final.header.digest, final().header.digest)
    is(toHex(stateRoot(late.final.state)), toHex(stateRoot(final().state)))
    // Of this event nothing more is certain than that: it may have changed nothing for another reason.
    equal(
      finals.flatMap(({ outcomes }) => outcomes.map(({ id }) => id)),
      four.announced.map(({ id }) => id),
    )
  })

  it('comes to it where the reference is final and not here yet', () => {
    const { four, final, checkpoint } = network()
    for (const request of [1, 2]) four.input(1, { kind: 'publish', request, body: lease })
    const [old] = four.announced
    ok(old)
    const late = replicaOf(3)
    take(late, { kind: 'snapshot', snapshot: snapshotOf(four), from: peer })
    is(late.isHistoryWhole, false)
    not(eventAt(late.log, old.id))
    const speaking = eventOf(2, { references: [old.id] })
    hear(four, speaking)
    follow(late, four, checkpoint, [speaking])
    is(late.final.header.digest, final().header.digest)
    is(toHex(stateRoot(late.final.state)), toHex(stateRoot(final().state)))
  })

  it('does not take a leader’s word for it: what no quorum signed is judged when it is known', () => {
    const { four, checkpoint } = network()
    const bogus = eventOf(2, { references: [nowhere] })
    hear(four, bogus)
    answer(four, [nowhere], false)
    const late = replicaOf(3, { isHistoryWhole: false })
    take(late, gossipOf(bogus, peer))
    const [proposed] = four.finals
    ok(proposed && checkpoint())
    equal(executeHeader(late, proposed.effect.checkpoint), { kind: 'unknown-references', ids: [nowhere] })
    is(executeHeader(late, proposed.effect.checkpoint, { isCertified: true }).kind, 'executed')
    // Nor where another state was signed than either answer comes to.
    const { header } = proposed.effect.checkpoint
    const other = { ...header, core: { ...header.core, stateRoot: toHex(new Uint8Array(32)) } }
    const judged = executeHeader(
      late,
      { ...proposed.effect.checkpoint, header: other },
      { isCertified: true },
    )
    is(judged.kind, 'unknown-references')
    // Where history is whole the store answers at once, and is waited for.
    const whole: Replica = { ...late, isHistoryWhole: true }
    is(executeHeader(whole, proposed.effect.checkpoint, { isCertified: true }).kind, 'unknown-references')
  })
})

function network() {
  const four = createFour()
  for (let node = 0; node < 4; node++) four.input(node, { kind: 'start' })
  const [first] = four.replicas
  ok(first)
  return {
    four,
    final: () => first.final,
    checkpoint: () => four.gossiped.filter(({ topic }) => topic === 'certificates'),
  }
}

function hear(four: ReturnType<typeof createFour>, ...events: readonly VerifiedEvent[]): void {
  for (const event of events) for (let node = 0; node < 4; node++) four.input(node, gossipOf(event, peer))
}

function answer(four: ReturnType<typeof createFour>, ids: readonly EventId[], areFinal: boolean): void {
  const [found, absent] = areFinal ? [ids, []] : [[], ids]
  for (let node = 0; node < 4; node++) four.input(node, { kind: 'looked-up', found, absent, jumps: 0 })
}

/** Gossip of what the four published and decided; the effects of each header that became final. */
function follow(
  late: Replica,
  four: ReturnType<typeof createFour>,
  checkpoints: () => readonly { readonly bytes: Uint8Array }[],
  events: readonly VerifiedEvent[],
): Extract<ReplicaEffect, { kind: 'final' }>[] {
  const heard = [...four.announced, ...events].flatMap((event) => take(late, gossipOf(event, peer)))
  const told = checkpoints().flatMap(({ bytes }) =>
    take(late, { kind: 'checkpoint', bytes, from: peer, isGossip: true }),
  )
  return effectsOf([...heard, ...told], 'final')
}
