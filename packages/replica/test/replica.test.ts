import { randomBytes } from 'node:crypto'
import { bytes as bytesShape, constant, encode, field, list, nullable, struct, uint } from '@chirograph/codec'
import { encodeHeader, orgIdOf } from '@chirograph/event'
import { claimsShape, encodeForkEvidence, eventAt, forkEvidenceOf } from '@chirograph/log'
import {
  answerSync,
  decodeCheckpoint,
  encodeCheckpoint,
  encodeSyncRequest,
  segmentInput,
} from '@chirograph/replica'
import { readLeases } from '@chirograph/status'
import { equal, is, not, ok, seeded, suite } from '../../workspace/kit.ts'
import {
  createFour,
  effectsOf,
  eventOf,
  genesis,
  gossipOf,
  lease,
  memberAt,
  replicaOf,
  rotationOf,
  take,
} from './member.ts'

const from = memberAt(1).peer
const received = (event: ReturnType<typeof eventOf>) => gossipOf(event, from)
const key = new Uint8Array(16)

suite('publishing', (it) => {
  it('syncs the event and the note of it before anyone hears of it', () => {
    const kinds = take(replicaOf(0), { kind: 'publish', request: 7, body: lease })
      .map(({ kind }) => kind)
      .filter((kind) => kind === 'persist' || kind === 'announce' || kind === 'published')
    equal(kinds.slice(0, 2), ['persist', 'announce'])
    is(kinds.at(-1), 'published')
    const [persist] = effectsOf(take(replicaOf(0), { kind: 'publish', request: 7, body: lease }), 'persist')
    equal(
      persist?.facts.map(({ kind }) => kind),
      ['event', 'last-signed'],
    )
    is(persist?.isSynced, true)
  })

  it('continues the own chain', () => {
    const replica = replicaOf(0)
    const published = [1, 2, 3].flatMap((request) =>
      effectsOf(take(replica, { kind: 'publish', request, body: lease }), 'published'),
    )
    equal(
      published.map(({ event }) => event.header.sequence),
      [0, 1, 2],
    )
    is(published[2]?.event.header.prev, published[1]?.event.id)
  })

  it('is refused while an event that was signed here is not in the log: own-events-missing', () => {
    const lost = eventOf(0)
    const replica = replicaOf(0, { lastSigned: { generation: 0, sequence: 0, id: lost.id } })
    const refused = take(replica, { kind: 'publish', request: 1, body: lease })
    equal(refused, [{ kind: 'refused', request: 1, reason: 'own-events-missing' }])
    take(replica, received(lost))
    const [published] = effectsOf(take(replica, { kind: 'publish', request: 2, body: lease }), 'published')
    is(published?.event.header.prev, lost.id)
  })

  it('stops for good once a fork of the own chain is known: own-fork', () => {
    const replica = replicaOf(0)
    take(replica, { kind: 'publish', request: 1, body: lease })
    take(replica, received(eventOf(0, { timeMs: 5 })))
    const refused = take(replica, { kind: 'publish', request: 2, body: lease })
    equal(refused, [{ kind: 'refused', request: 2, reason: 'own-fork' }])
  })
})

suite('events from peers', (it) => {
  it('are stored and admitted, and ignored the second time', () => {
    const replica = replicaOf(0)
    const event = eventOf(1)
    const first = take(replica, received(event))
    equal(effectsOf(first, 'verdict'), [{ kind: 'verdict', verdict: 'accept' }])
    is(effectsOf(first, 'admitted').length, 1)
    ok(eventAt(replica.log, event.id))
    equal(take(replica, received(event)), [{ kind: 'verdict', verdict: 'ignore' }])
  })

  it('with a broken signature are rejected and not stored: bad-signature', () => {
    const replica = replicaOf(0)
    const event = eventOf(1)
    const forged = { ...event, signature: event.signature.with(3, (event.signature[3] ?? 0) ^ 1) }
    const effects = take(replica, received(forged))
    equal(
      effectsOf(effects, 'rejected').map(({ reason }) => reason),
      ['bad-signature'],
    )
    equal(effectsOf(effects, 'persist'), [])
  })

  it('whose prev is missing wait for it, and enter behind it', () => {
    const replica = replicaOf(0)
    const first = eventOf(1)
    const second = eventOf(1, { sequence: 1, prev: first.id })
    equal(effectsOf(take(replica, received(second)), 'sync'), [{ kind: 'sync', peer: from, hasGap: true }])
    const admitted = effectsOf(take(replica, received(first)), 'admitted')
    equal(
      admitted.flatMap(({ events }) => events.map(({ id }) => id)),
      [first.id, second.id],
    )
  })

  it('that fork name their author once, with evidence that is synced, spread and logged', () => {
    const replica = replicaOf(0)
    take(replica, received(eventOf(1)))
    const effects = take(replica, received(eventOf(1, { timeMs: 9 })))
    is(effectsOf(effects, 'forked')[0]?.author, memberAt(1).org)
    equal(
      effectsOf(effects, 'gossip').map(({ topic }) => topic),
      ['evidence'],
    )
    is(effectsOf(effects, 'announce')[0]?.event.body.kind, 'evidence.fork')
    equal(effectsOf(take(replica, received(eventOf(1, { timeMs: 11 }))), 'forked'), [])
  })
})

suite('evidence from peers', (it) => {
  it('is believed when both signatures hold, else refused: bad-evidence', () => {
    const evidence = forkEvidenceOf(eventOf(1), eventOf(1, { timeMs: 9 }))
    ok(evidence?.kind === 'evidence.fork')
    const bytes = encodeForkEvidence(evidence)
    const taken = (hostile: Uint8Array) => take(replicaOf(0), { kind: 'evidence', bytes: hostile, from })
    is(effectsOf(taken(bytes), 'forked').length, 1)
    const signature = evidence.first.signature.with(9, (evidence.first.signature[9] ?? 0) ^ 1)
    const forged = encodeForkEvidence({ ...evidence, first: { ...evidence.first, signature } })
    for (const hostile of [forged, bytes.slice(1), new Uint8Array()]) {
      equal(
        effectsOf(taken(hostile), 'rejected').map(({ reason }) => reason),
        ['bad-evidence'],
      )
      equal(effectsOf(taken(hostile), 'forked'), [])
    }
  })
})

suite('evidence that nobody needs', (it) => {
  const made = forkEvidenceOf(eventOf(1), eventOf(1, { timeMs: 9 }))
  ok(made)
  const evidence = encodeForkEvidence(made)
  // Whoever reads on finds this fault; reading runs of branches to their end takes milliseconds.
  const spoilt = evidence.slice(0, -1)
  const judged = (replica: ReturnType<typeof replicaOf>, bytes: Uint8Array) =>
    take(replica, { kind: 'evidence', bytes, from }).map((effect) =>
      effect.kind === 'rejected' ? effect.reason : effect.kind === 'verdict' ? effect.verdict : effect.kind,
    )

  it('is not read behind whom it accuses where the fork is known', () => {
    const replica = replicaOf(0)
    equal(judged(replicaOf(0), spoilt), ['reject', 'bad-evidence'], 'a fault where it is read')
    take(replica, { kind: 'evidence', bytes: evidence, from })
    equal(judged(replica, spoilt), ['ignore'])
  })

  it('is not read behind whom it accuses where the generation is closed, or ahead', () => {
    const four = createFour()
    for (let node = 0; node < 4; node++) four.input(node, { kind: 'start' })
    four.input(1, { ...rotationOf(1), kind: 'rotate', request: 1 })
    const [replica] = four.replicas
    ok(replica)
    is(replica.final.cut.get(memberAt(1).org)?.generation, 1)
    equal(judged(replica, spoilt), ['ignore'])
    const later = [1, 2].map((timeMs) =>
      eventOf(1, { generation: 2, sequence: 1, prev: eventOf(2).id, timeMs }),
    )
    const [a, b] = later
    const ahead = a && b && forkEvidenceOf(a, b)
    ok(ahead)
    equal(judged(replica, encodeForkEvidence(ahead).slice(0, -1)), ['ignore'])
  })

  it('is not read behind whom it accuses where nobody knows that author', () => {
    const stranger = orgIdOf({ logKey: new Uint8Array(32), nextKeyHash: new Uint8Array(32) })
    const { signature } = eventOf(1)
    ok(signature)
    const headers = [1, 2].map((timeMs) =>
      encodeHeader({ ...eventOf(1, { timeMs }).header, author: stranger }),
    )
    const [a, b] = headers.map((headerBytes) => ({ headerBytes, signature }))
    const strange = a && b && forkEvidenceOf(a, b)
    ok(strange)
    equal(judged(replicaOf(0), encodeForkEvidence(strange).slice(0, -1)), ['reject', 'unknown-author'])
  })
})

suite('four replicas', (it) => {
  const decided = () => {
    const four = createFour()
    for (let node = 0; node < 4; node++) four.input(node, { kind: 'start' })
    four.input(2, { kind: 'publish', request: 1, body: lease })
    return four
  }

  it('make a published event final at all of them, with its effect on the state', () => {
    const { replicas, finals } = decided()
    equal(new Set(finals.map(({ node }) => node)), new Set([0, 1, 2, 3]))
    is(new Set(finals.map(({ effect }) => effect.checkpoint.header.digest)).size, 1)
    for (const { final } of replicas)
      equal(readLeases(final.state, memberAt(2).org), [{ start: 0, count: 1_024, height: 1 }])
  })

  it('announce a final header once, and it survives its bytes', () => {
    const checkpoints = decided().gossiped.filter(({ topic }) => topic === 'certificates')
    is(checkpoints.length, 1)
    const decoded = decodeCheckpoint(checkpoints[0]?.bytes ?? new Uint8Array())
    ok(decoded.ok)
    equal(encodeCheckpoint(decoded.value), checkpoints[0]?.bytes)
  })

  it('let a replica that was away adopt the checkpoint as soon as it holds the events', () => {
    const { replicas, announced, gossiped } = decided()
    const late = replicaOf(3)
    const bytes = gossiped.find(({ topic }) => topic === 'certificates')?.bytes ?? new Uint8Array()
    const before = take(late, { kind: 'checkpoint', bytes, from, isGossip: true })
    equal(effectsOf(before, 'sync'), [{ kind: 'sync', peer: from, hasGap: true }])
    is(late.final.header.core.height, 0)
    const after = announced.flatMap((event) => take(late, received(event)))
    is(effectsOf(after, 'final').length, 1)
    is(late.final.header.digest, replicas[0]?.final.header.digest)
  })

  it('do not believe a checkpoint whose certificate does not check: uncertified-checkpoint', () => {
    const { gossiped } = decided()
    const bytes = gossiped.find(({ topic }) => topic === 'certificates')?.bytes ?? new Uint8Array()
    const decoded = decodeCheckpoint(bytes)
    ok(decoded.ok && decoded.value.certificate)
    const { certificate } = decoded.value
    const [first = new Uint8Array(64), ...rest] = certificate.signatures
    const forged = { ...certificate, signatures: [first.with(7, (first[7] ?? 0) ^ 1), ...rest] }
    // The height is not signed; adopted wrong, it would make every proof at this checkpoint fail.
    const elsewhere = { ...certificate, height: certificate.height + 1 }
    for (const wrong of [forged, { ...certificate, type: 'notarize' as const }, elsewhere, null]) {
      const hostile = encodeCheckpoint({ ...decoded.value, certificate: wrong })
      const effects = take(replicaOf(3), { kind: 'checkpoint', bytes: hostile, from, isGossip: true })
      equal(
        effectsOf(effects, 'rejected').map(({ reason }) => reason),
        ['uncertified-checkpoint'],
      )
    }
    const bytesOnly = take(replicaOf(3), { kind: 'checkpoint', bytes: bytes.slice(1), from, isGossip: true })
    equal(
      effectsOf(bytesOnly, 'rejected').map(({ reason }) => reason),
      ['malformed-checkpoint'],
    )
  })

  it('answer a sync with what the asker lacks, and say when they are behind themselves', () => {
    const { replicas } = decided()
    const asked = replicas[0]
    ok(asked)
    const answer = answerSync(asked, 'p', encodeSyncRequest(replicaOf(3), { peer: 'q', key }))
    ok(answer.ok)
    is(answer.value.offer.eventCount, 1)
    not(answer.value.isBehind)
    const empty = answerSync(replicaOf(3), 'p', encodeSyncRequest(asked, { peer: 'q', key }))
    ok(empty.ok && empty.value.isBehind)
    is(empty.value.offer.eventCount, 0)
  })

  it('offer nothing of an author whose bodies were pruned to whom lacks events from there: P3', () => {
    const { replicas } = decided()
    const asked = replicas[0]
    ok(asked)
    const [author] = asked.final.cut.keys()
    ok(author)
    const offered = (place: { generation: number; sequence: number }) => {
      asked.bodiesFrom.set(author, place)
      const answer = answerSync(asked, 'p', encodeSyncRequest(replicaOf(3), { peer: 'q', key }))
      return answer.ok && answer.value.offer.eventCount
    }
    is(offered({ generation: 0, sequence: 1 }), 0)
    is(offered({ generation: 0, sequence: 0 }), 1)
  })

  it('forget claims that add up to more authors than a frontier names', () => {
    const replica = replicaOf(0)
    take(replica, gossipOf(eventOf(1), from))
    const answerTo = (base: Uint8Array | null, count: number) => {
      const digest = new Uint8Array(randomBytes(32))
      const answer = answerSync(replica, 'liar', requestOfInvented({ digest, base, count }))
      ok(answer.ok)
      return { next: digest.slice(0, 8), ...answer.value.offer }
    }
    const first = answerTo(null, 3_000)
    const second = answerTo(first.next, 1_000)
    not(second.isBaseUnknown, 'as many as a frontier names')
    is(answerTo(second.next, 1_000).isBaseUnknown, true)
    is(replica.sessions.get('liar')?.heard, null)
    not(answerTo(null, 3_000).isBaseUnknown, 'all claims are a beginning')
  })

  it('remember as many exchanges as there are members', () => {
    const replica = replicaOf(0)
    take(replica, gossipOf(eventOf(1), from))
    for (let peer = 0; peer < 100; peer++)
      answerSync(replica, `stranger ${peer}`, encodeSyncRequest(replicaOf(3), { peer: 'q', key }))
    is(replica.sessions.size, genesis.organisations.length)
    ok(replica.sessions.has('stranger 99'))
  })
})

suite('hostile bytes', (it) => {
  it('of any kind are refused with a reason, and never throw', () => {
    const random = seeded(5)
    const replica = replicaOf(0)
    for (let time = 0; time < 300; time++) {
      const bytes = random.bytes(random.int(120))
      for (const input of [
        { kind: 'message', bytes, from },
        segmentInput({ bytes, from, isGossip: true }),
        { kind: 'checkpoint', bytes, from, isGossip: true },
        { kind: 'evidence', bytes, from },
      ] as const)
        is(effectsOf(take(replica, input), 'rejected').length, 1)
      not(answerSync(replica, 'p', bytes).ok)
    }
  })
})

/** Claims of authors that nobody has heard of. */
function requestOfInvented({
  digest,
  base,
  count,
}: {
  readonly digest: Uint8Array
  readonly base: Uint8Array | null
  readonly count: number
}): Uint8Array {
  const others = Array.from({ length: count }, () => {
    const logKey = new Uint8Array(randomBytes(32))
    const author = orgIdOf({ logKey, nextKeyHash: new Uint8Array(32) })
    return { author, generation: 0, sequence: 0, tag: new Uint8Array(4) }
  })
  const none = new Uint8Array()
  const claims = { authors: none, sequences: [], tags: none, generations: [], others }
  const shape = struct('request', [
    field('version', constant(2)),
    field('digest', bytesShape(32)),
    field(
      'delta',
      struct('delta', [
        field('key', bytesShape(16)),
        field('base', nullable(bytesShape(8))),
        field('claims', claimsShape),
      ]),
    ),
    field('locators', list(uint(), { max: 1 })),
  ])
  return encode(shape, { version: 2, digest, delta: { key, base, claims }, locators: [] })
}
