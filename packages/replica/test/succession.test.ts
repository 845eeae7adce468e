/** New generations at one replica: which keys it believes, when it rotates its own, and what it salvages. */
import type { EventId } from '@chirograph/codec'
import { nextKeyHashOf, type VerifiedEvent } from '@chirograph/event'
import { createLog, encodeForkEvidence, eventAt, forkEvidenceOf, restorePending } from '@chirograph/log'
import {
  answerSync,
  encodeSyncRequest,
  noteOffer,
  ownTip,
  type Replica,
  type RestoredReplica,
  refusalOf,
} from '@chirograph/replica'
import { readOrg } from '@chirograph/status'
import { equal, is, not, ok, suite } from '../../workspace/kit.ts'
import {
  createFour,
  ed25519,
  effectsOf,
  eventOf,
  gossipOf,
  lease,
  memberAt,
  replicaOf,
  rotationOf,
  take,
} from './member.ts'

const from = memberAt(1).peer
const begin = eventOf(1, { generation: 1, body: rotationOf(1) })
const next = eventOf(1, { generation: 1, sequence: 1, prev: begin.id })

/** What becomes of a gossiped event: taken, passed over, or refused for a reason. */
function fateOf(replica: Replica, event: VerifiedEvent): string {
  const effects = take(replica, gossipOf(event, from))
  const [rejected] = effectsOf(effects, 'rejected')
  if (rejected !== undefined) return rejected.reason
  return eventAt(replica.log, event.id) ? 'taken' : (effectsOf(effects, 'verdict')[0]?.verdict ?? 'nothing')
}

function refusedFor(replica: Replica, input: Parameters<typeof take>[1]): string | undefined {
  return effectsOf(take(replica, input), 'refused')[0]?.reason
}

const rotate = (index: number, change: object = {}) => {
  const { logKey, nextKeyHash } = rotationOf(index)
  return { kind: 'rotate', request: 1, logKey, nextKeyHash, ...change } as const
}

suite('a fork of a generation that follows the frozen one', (it) => {
  it('is told to others once, however often it is heard of', () => {
    const four = createFour()
    const all = [0, 1, 2, 3]
    for (const node of all) four.input(node, { kind: 'start' })
    const frozenBy = forkEvidenceOf(eventOf(1), eventOf(1, { timeMs: 5 }))
    const rival = eventOf(1, { generation: 1, sequence: 1, prev: begin.id, timeMs: 7 })
    const evidence = forkEvidenceOf(next, rival)
    ok(frozenBy && evidence)
    const hears = (bytes: Uint8Array) => ({ kind: 'evidence', bytes, from: memberAt(2).peer }) as const
    for (const node of all) four.input(node, hears(encodeForkEvidence(frozenBy)))
    const replica = four.replicas[0]
    ok(replica)
    is(readOrg(replica.final.state, memberAt(1).org)?.frozen?.generation, 0)
    // Nobody has approved of the new generation, and its owner forks in it already.
    take(replica, gossipOf(begin, from))
    const bytes = encodeForkEvidence(evidence)
    const told = [1, 2, 3].map(() => effectsOf(take(replica, hears(bytes)), 'gossip').length)
    equal(told, [1, 0, 0])
    is(replica.accused.get(memberAt(1).org)?.generation, 1)
  })
})

suite('keys of a generation', (it) => {
  it('are believed as soon as the rotation is here, before it is final', () => {
    const replica = replicaOf(0)
    is(fateOf(replica, begin), 'taken')
    is(fateOf(replica, next), 'taken')
  })

  it('are not known before the rotation is here, and that is nobody’s fault', () => {
    const replica = replicaOf(0)
    is(fateOf(replica, next), 'ignore')
    const effects = take(replica, gossipOf(next, from))
    equal(effectsOf(effects, 'sync'), [{ kind: 'sync', peer: from, hasGap: true }])
    const later = eventOf(1, { generation: 2, body: rotationOf(1) })
    is(fateOf(replica, later), 'ignore')
  })

  it('follow from the commitment alone: unknown-author, bad-signature', () => {
    const { nextKeyHash } = rotationOf(1)
    const foreign = {
      kind: 'key.rotate',
      logKey: ed25519.publicKey(memberAt(2).nextSeed),
      nextKeyHash,
    } as const
    is(fateOf(replicaOf(0), eventOf(1, { generation: 1, body: foreign })), 'unknown-author')
    const forged = eventOf(1, { generation: 1, body: rotationOf(1), seed: memberAt(1).logSeed })
    is(fateOf(replicaOf(0), forged), 'bad-signature')
    const replica = replicaOf(0)
    is(fateOf(replica, begin), 'taken')
    const old = eventOf(1, { generation: 1, sequence: 1, prev: begin.id, seed: memberAt(1).logSeed })
    is(fateOf(replica, old), 'bad-signature')
  })

  it('decide about evidence: of a generation that is not open here nobody can say anything', () => {
    const two = [1, 2].map((timeMs) => eventOf(1, { generation: 1, sequence: 1, prev: begin.id, timeMs }))
    const [a, b] = two as [VerifiedEvent, VerifiedEvent]
    const evidence = forkEvidenceOf(a, b)
    ok(evidence)
    const bytes = encodeForkEvidence(evidence)
    const verdicts = [replicaOf(0), replicaOf(0)].map((replica, index) => {
      if (index === 1) is(fateOf(replica, begin), 'taken')
      return effectsOf(take(replica, { kind: 'evidence', bytes, from }), 'verdict').map(
        ({ verdict }) => verdict,
      )
    })
    equal(verdicts, [['ignore'], ['accept']])
  })
})

suite('rotating the own key', (it) => {
  it('begins the next generation behind what is final, with the committed key', () => {
    const four = createFour()
    for (let node = 0; node < 4; node++) four.input(node, { kind: 'start' })
    four.input(0, { kind: 'publish', request: 1, body: lease })
    four.input(0, rotate(0))
    const [published, begun] = four.announced as [VerifiedEvent, VerifiedEvent]
    const { generation, sequence, prev } = begun.header
    equal({ generation, sequence, prev }, { generation: 1, sequence: 0, prev: published.id })
    for (const replica of four.replicas) {
      const row = readOrg(replica.final.state, memberAt(0).org)
      is(row?.logKeys.length, 2)
      is(replica.final.cut.get(memberAt(0).org)?.id, begun.id)
    }
    four.input(0, { kind: 'publish', request: 2, body: lease })
    const [own] = four.replicas
    ok(own)
    equal([ownTip(own)?.generation, ownTip(own)?.sequence], [1, 1])
  })

  it('is refused where it could not take effect, or would cut off what waits', () => {
    const stranger = ed25519.publicKey(memberAt(2).nextSeed)
    is(refusedFor(replicaOf(0), rotate(0, { logKey: stranger })), 'not-the-next-key')
    const holdsNothing = replicaOf(
      0,
      {},
      { signers: { event: () => new Uint8Array(64), vote: () => new Uint8Array(64), holds: () => false } },
    )
    is(refusedFor(holdsNothing, rotate(0)), 'log-key-missing')
    is(refusedFor(holdsNothing, { kind: 'publish', request: 1, body: lease }), 'log-key-missing')
    is(refusedFor(replicaOf(0, { isFirstStart: false }), rotate(0)), 'own-events-missing')
    const busy = replicaOf(0)
    take(busy, { kind: 'publish', request: 1, body: lease })
    is(refusedFor(busy, rotate(0)), 'own-events-pending')
    const rotating = replicaOf(0)
    is(refusedFor(rotating, rotate(0)), undefined)
    is(refusedFor(rotating, rotate(0)), 'rotation-pending')
  })

  it('is the way on for a node whose key somebody else used', () => {
    const replica = replicaOf(0)
    const foreign = eventOf(0)
    const effects = take(replica, gossipOf(foreign, from))
    equal(
      effectsOf(effects, 'signing-stopped').map(({ reason }) => reason),
      ['own-key-elsewhere'],
    )
    is(refusedFor(replica, { kind: 'publish', request: 1, body: lease }), 'own-key-elsewhere')
    is(refusedFor(replica, rotate(0)), undefined)
    is(refusalOf(replica), undefined)
    equal(ownTip(replica)?.generation, 1)
  })

  it('commits to a key that only its owner knows', () => {
    const { logKey, nextKeyHash } = rotationOf(0)
    not(Buffer.compare(nextKeyHashOf(logKey), nextKeyHash) === 0)
  })
})

suite('a restart', (it) => {
  const synced = (index: number) => ({ kind: 'synced', peer: memberAt(index).peer }) as const

  it('is followed by signing once f + 1 validators were heard', () => {
    const replica = replicaOf(0, { isFirstStart: false })
    is(refusalOf(replica), 'own-events-missing')
    for (const peer of [memberAt(1).peer, memberAt(1).peer, 'a stranger'])
      take(replica, { kind: 'synced', peer })
    is(refusalOf(replica), 'own-events-missing', 'one of them, heard twice, is not two')
    take(replica, synced(2))
    is(refusalOf(replica), undefined)
  })

  it('is followed by signing alone, when there was nobody to hear, but not on a copy or after a loss', () => {
    const alone = (restored: object, config: object = {}) => {
      const replica = replicaOf(0, { isFirstStart: false, ...restored }, config)
      take(replica, { kind: 'heard-all' })
      return refusalOf(replica)
    }
    is(alone({}), undefined)
    is(alone({ isCopy: true }), 'own-events-missing')
    is(alone({}, { hasVoteRecord: false }), 'own-events-missing')
  })

  it('is followed by no signing where a backup was restored and those heard have pruned what it signed since', () => {
    const four = createFour()
    four.input(0, { kind: 'start' })
    for (let request = 0; request < 5; request++) four.input(0, { kind: 'publish', request, body: lease })
    const own = four.announced.filter(({ header }) => header.author === memberAt(0).org)
    const backup = (isCopy: boolean, held: number) => {
      const log = createLog()
      for (const event of own.slice(0, held)) restorePending(log, event, 0)
      const lastSigned = { generation: 0, sequence: held - 1, id: own[held - 1]?.id as EventId } // of five
      return replicaOf(0, { log, isFirstStart: false, isCopy, lastSigned })
    }
    const sync = (replica: Replica, index: number) => {
      const [peer, other] = [memberAt(index).peer, four.replicas[index]]
      ok(other)
      other.bodiesFrom.set(memberAt(0).org, { generation: 0, sequence: 4 })
      const request = encodeSyncRequest(replica, { peer, key: new Uint8Array(16) })
      const answer = answerSync(other, memberAt(0).peer, request)
      ok(answer.ok)
      noteOffer(replica, peer, answer.value.offer)
      take(replica, synced(index))
    }
    for (const isCopy of [true, false]) {
      const replica = backup(isCopy, 2)
      for (const index of [1, 2, 3]) sync(replica, index)
      take(replica, { kind: 'heard-all' })
      is(refusalOf(replica), 'own-events-missing')
      const whole = backup(isCopy, 5)
      for (const index of [1, 2]) sync(whole, index)
      is(refusalOf(whole), undefined, 'nothing lacks of what they know')
    }
  })

  it('on a copy votes nowhere before it was found out where it may, and then from there on', () => {
    const votesFrom = (restored: Partial<RestoredReplica>) =>
      replicaOf(0, { isFirstStart: false, ...restored }).consensus.votesFrom
    is(votesFrom({}), 0)
    is(votesFrom({ isCopy: true }), null)
    is(votesFrom({ voteGate: { epoch: 0, view: 7 } }), 7)
    is(votesFrom({ voteGate: { epoch: 0, view: null } }), null)
    is(votesFrom({ isCopy: true, voteGate: { epoch: 0, view: 7 } }), null, 'a copy of what was known then')
  })
})
