/** What becomes of the revocations of an author that forked, when the author or who tells them again means harm. */
import { createEvent, type EventBody, encodeSegment, type VerifiedEvent } from '@chirograph/event'
import { encodeForkEvidence, eventAt, forkEvidenceOf, pendingSizeOf } from '@chirograph/log'
import { segmentInput } from '@chirograph/replica'
import { networkIdOf, readCredential, readOrg } from '@chirograph/status'
import { is, ok, suite } from '../../workspace/kit.ts'
import { salvageAttemptsMax } from '../src/limits.ts'
import {
  createFour,
  ed25519,
  eventOf,
  genesis,
  genesisTimeMs,
  gossipOf,
  lease,
  memberAt,
  take,
} from './member.ts'

const evil = memberAt(1).org
const handle = (n: number) => {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(0, n)
  return bytes
}
const revoke = (n: number): EventBody => ({
  kind: 'status.revoke',
  entries: [{ handle: handle(n), position: null }],
  reason: 'withdrawn',
})

/** Four started replicas at which member 1 is frozen after `before`, by a fork at the place behind it. */
function frozenFour(a: VerifiedEvent, b: VerifiedEvent, before: readonly VerifiedEvent[] = []) {
  const four = createFour()
  const all = [0, 1, 2, 3]
  for (const node of all) four.input(node, { kind: 'start' })
  for (const event of before) for (const node of all) four.input(node, gossipOf(event, memberAt(1).peer))
  const evidence = forkEvidenceOf(a, b)
  ok(evidence)
  for (const node of all)
    four.input(node, { kind: 'evidence', bytes: encodeForkEvidence(evidence), from: memberAt(2).peer })
  const replica = four.replicas[0]
  ok(replica && readOrg(replica.final.state, evil)?.frozen != null)
  return { ...four, replica, all }
}

suite('revocations of an author that forked', (it) => {
  it('that would be void are each judged once, not again with every event that comes in', () => {
    const [a, b] = [eventOf(1), eventOf(1, { timeMs: genesisTimeMs + 5 })]
    const { replica, announced } = frozenFour(a, b, [a])
    const count = 200
    let prev = a.id
    const events = Array.from({ length: count }, (_, index) => {
      const isLast = index === count - 1
      const place = {
        networkId: networkIdOf(genesis),
        author: evil,
        generation: 0,
        sequence: index + 1,
        prev,
      }
      const event = createEvent(
        { ...place, references: [], timeMs: genesisTimeMs, body: revoke(index) },
        (message) => (isLast ? ed25519.sign({ seed: memberAt(1).logSeed, message }) : new Uint8Array(64)),
      )
      prev = event.id
      return event
    })
    let checks = 0
    const counting = {
      ...ed25519,
      verify: (args: Parameters<typeof ed25519.verify>[0]) => {
        checks++
        return ed25519.verify(args)
      },
    }
    Object.assign(replica.config, { ed25519: counting })
    const { signature } = events.at(-1) as VerifiedEvent
    const bytes = encodeSegment({ items: events, signature })
    take(replica, segmentInput({ bytes, from: memberAt(1).peer, isGossip: false }))
    is(pendingSizeOf(replica.log, { author: evil, from: 0, to: 0 }).count, count)
    const judged = checks - 1
    ok(judged > 0 && judged <= salvageAttemptsMax, `${judged} judged when they came in`)
    is(replica.untold.size, count - judged)
    let own = announced.filter(({ header }) => header.author === memberAt(2).org).at(-1)
    for (let n = 0; n < 3; n++) {
      own = eventOf(2, { sequence: own ? own.header.sequence + 1 : 0, prev: own?.id ?? null })
      checks = 0
      take(replica, gossipOf(own, memberAt(2).peer))
      ok(eventAt(replica.log, own.id))
      is(checks, 1)
    }
  })

  it('are told again although somebody tells them again with a false proof', () => {
    const root = handle(7)
    const batch = { root, paddedSize: 16, recordClass: 'degree', credentialType: 'open-badge-3' } as const
    const issued = eventOf(1, { body: { kind: 'credential.issueBatch', ...batch, schemaDigest: root } })
    const revoked = eventOf(1, { sequence: 1, prev: issued.id, body: revoke(1) })
    const other = eventOf(1, { sequence: 1, prev: issued.id, timeMs: genesisTimeMs + 9 })
    const { replica, replicas, input, announced, all } = frozenFour(revoked, other, [issued])
    const own = announced.filter(({ header }) => header.author === memberAt(3).org).at(-1)
    const run = { headerBytes: revoked.headerBytes, steps: [], signature: new Uint8Array(64) }
    const bogus = eventOf(3, {
      sequence: own === undefined ? 0 : own.header.sequence + 1,
      prev: own?.id ?? null,
      body: { kind: 'fork.salvage', run, bodyBytes: revoked.bodyBytes },
    })
    for (const node of all) input(node, gossipOf(bogus, memberAt(3).peer))
    for (const node of all) input(node, gossipOf(revoked, memberAt(1).peer))
    for (let request = 0; request < 20; request++) input(0, { kind: 'publish', request, body: lease })
    is(readCredential(replica.final.state, { org: evil, handle: handle(1) })?.restriction.kind, 'revoked')
    for (const { told } of replicas) is(told.size, 0)
  })
})

suite('evidence of a fork', (it) => {
  it('is logged by others where the member that logged it forks at that very place', () => {
    const four = createFour()
    const all = [0, 1, 2, 3]
    const evidence = forkEvidenceOf(eventOf(1), eventOf(1, { timeMs: genesisTimeMs + 5 }))
    ok(evidence)
    const first = eventOf(3)
    const logged = eventOf(3, { sequence: 1, prev: first.id, body: evidence })
    const forked = eventOf(3, { sequence: 1, prev: first.id })
    for (const node of all) four.input(node, { kind: 'start' })
    // Both wait for the event before them, so every member takes in both at once.
    for (const event of [logged, forked, first])
      for (const node of all) four.input(node, gossipOf(event, memberAt(3).peer))
    for (let request = 0; request < 20; request++) four.input(0, { kind: 'publish', request, body: lease })
    const state = four.replicas[0]?.final.state
    ok(state && readOrg(state, memberAt(3).org)?.frozen != null, 'who logged it is not frozen')
    ok(readOrg(state, evil)?.frozen != null, 'the accused goes on')
  })
})
