/** From one epoch to the next: rules R8 to R10, and J12 of snapshots. */
import {
  decodeCertificate,
  decodeHandover,
  isClosing,
  signersOf,
  validatorIndexOf,
} from '@chirograph/consensus'
import type { EventBody } from '@chirograph/event'
import {
  beginHead,
  createReplica,
  createSnapshotAssembly,
  createSnapshotSource,
  emptyRestored,
  encodeCheckpoint,
  type Fact,
  finishSnapshot,
  handoversFrom,
  progressOf,
  type Replica,
  type Snapshot,
  takeChunkFrame,
  takeHeadFrame,
  validatorPeers,
} from '@chirograph/replica'
import { equal, is, not, ok, suite } from '../../workspace/kit.ts'
import {
  createFour,
  ed25519,
  effectsOf,
  genesis,
  gossipOf,
  lease,
  memberAt,
  replicaOf,
  take,
} from './member.ts'

const leave: EventBody = { kind: 'validator.leave' }

/** Four members of which the last has left, and what happened after. */
function afterLeaving() {
  const four = createFour()
  for (let node = 0; node < 4; node++) four.input(node, { kind: 'start' })
  four.input(0, { kind: 'publish', request: 1, body: lease })
  four.input(3, { kind: 'publish', request: 2, body: leave })
  const closing = four.replicas[0]?.final
  four.input(1, { kind: 'publish', request: 3, body: lease })
  const [first, , , last] = four.replicas
  ok(first && last && closing)
  return { four, first, last, closing }
}

function snapshotOf(
  replica: Replica,
  tips: Map<string, { headerBytes: Uint8Array; signature: Uint8Array | null }>,
) {
  return createSnapshotSource(replica.final, tips, handoversFrom(replica, 0))
}

suite('epochs', (it) => {
  it('R8: whoever left has no vote in the next epoch, and the others go on without it', () => {
    const { first, last, closing } = afterLeaving()
    ok(isClosing(closing.header.core))
    equal([first.set.epoch, first.set.validators.length], [1, 3])
    is(first.final.header.core.epoch, 1)
    ok(first.final.header.core.height > closing.header.core.height)
    is(last.set.epoch, 1)
    is(last.consensus.config.self, undefined)
    not(last.consensus.config.mayVote)
    is(last.final.header.digest, first.final.header.digest)
  })

  it('R8: the former validators are told once more, until the next change', () => {
    const { first } = afterLeaving()
    equal(validatorPeers(first).sort(), [1, 2, 3].map((index) => memberAt(index).peer).sort())
  })

  it('R8: a restart at the end of an epoch goes on in the next one, and votes of the former bind nobody', () => {
    const { closing } = afterLeaving()
    const { state, cut, logTree, header, changes, certificate, tail } = closing
    const checkpoint = { header, changes, certificate, tail }
    const restored = { ...emptyRestored(), final: { checkpoint, state, cut, logTree }, isFirstStart: false }
    const replica = replicaOf(0, restored)
    equal([replica.set.epoch, replica.consensus.view], [1, header.core.view + 1])
    equal(replica.consensus.config.base, { digest: header.digest, view: header.core.view })
    is(replica.consensus.finalized.certificate, null)
    ok(replica.consensus.config.mayVote)
  })

  it('R8: whoever does not hold the key that the set names follows without voting', () => {
    const { four } = afterLeaving()
    const [source] = four.replicas
    ok(source)
    const { config } = source
    const signers = { ...config.signers, holdsVoteKey: () => false }
    not(createReplica({ ...config, signers }, emptyRestored()).consensus.config.mayVote)
  })

  it('R9: the hand-over is on disk with the checkpoint that ends the epoch', () => {
    const { closing } = afterLeaving()
    const late = replicaOf(2)
    const effects = take(late, {
      kind: 'checkpoint',
      bytes: encodeCheckpoint(closing),
      from: memberAt(0).peer,
      isGossip: true,
    })
    // It lacks the events: nothing is believed before they are here.
    equal(factsOf(effects, 'checkpoint'), [])
    is(late.set.epoch, 0)
    const { first } = afterLeaving()
    equal([...first.handovers.keys()], [0])
  })

  it('H16: what a member has signed and does not remember makes it doubt its record, the end of an epoch too', () => {
    const { four, closing } = afterLeaving()
    const run = four.finals.flatMap(({ node, effect: { checkpoint } }) =>
      node === 0 && checkpoint.header.core.height <= closing.header.core.height ? [checkpoint] : [],
    )
    const named = run.flatMap(({ certificate }) => (certificate === null ? [] : signersOf(certificate)))
    for (const index of [0, 1, 2, 3]) {
      const late = replicaOf(index)
      const self = late.consensus.config.self ?? -1
      take(late, { kind: 'start' })
      const from = memberAt((index + 1) % 4).peer
      for (const event of four.announced) take(late, gossipOf(event, from))
      for (const one of run)
        take(late, { kind: 'checkpoint', bytes: encodeCheckpoint(one), from, isGossip: true })
      is(late.final.header.digest, closing.header.digest)
      is(late.set.epoch, 1)
      is(late.consensus.votesFrom, named.includes(self) ? null : 0, `member ${index}`)
    }
  })

  it('R10: what is of a later epoch is asked about, and held against nobody', () => {
    const { first } = afterLeaving()
    const late = replicaOf(2)
    take(late, { kind: 'start' })
    const bytes = encodeCheckpoint(first.final)
    const effects = take(late, { kind: 'checkpoint', bytes, from: memberAt(0).peer, isGossip: true })
    equal(effectsOf(effects, 'rejected'), [])
    equal(
      effectsOf(effects, 'fetch-checkpoints').map(({ peer, fromHeight }) => [peer, fromHeight]),
      [[memberAt(0).peer, 1]],
    )
  })
})

suite('J12: snapshots over a change of the validators', (it) => {
  const { four, first } = afterLeaving()
  const tips = new Map(four.announced.map((event) => [event.id as string, event]))
  const source = snapshotOf(first, tips)
  const begin = () => {
    const assembly = createSnapshotAssembly({ genesis, ed25519, aboveHeight: 0 })
    beginHead(assembly)
    return assembly
  }

  function taken(): Snapshot {
    const assembly = begin()
    for (const frame of source.headFrames) not(takeHeadFrame(assembly, frame).kind === 'refused')
    for (const hash of progressOf(assembly)?.missing ?? []) {
      const frame = source.chunkFrame(hash)
      ok(frame)
      takeChunkFrame(assembly, frame)
    }
    const finished = finishSnapshot(assembly)
    ok(finished.kind === 'complete')
    return finished.snapshot
  }

  it('J12: bring the hand-overs before the head, and lead to its validators', () => {
    const snapshot = taken()
    equal([...snapshot.handovers.keys()], [0])
    const late = replicaOf(2)
    take(late, { kind: 'start' })
    const effects = take(late, { kind: 'snapshot', snapshot, from: memberAt(0).peer })
    equal([late.set.epoch, late.final.header.digest], [1, first.final.header.digest])
    is(factsOf(effects, 'handover').length, 1)
    equal(handoversFrom(late, 0), handoversFrom(first, 0))
    ok(late.consensus.config.mayVote)
  })

  it('H16: show whoever takes one what it has signed on the way and does not remember', () => {
    const snapshot = taken()
    const handover = decodeHandover(snapshot.handovers.get(0) ?? new Uint8Array())
    ok(handover.ok)
    const ended = decodeCertificate(handover.value.certificate)
    ok(ended.ok && first.final.certificate)
    const signers = signersOf(ended.value)
    const later = signersOf(first.final.certificate).map((signer) => first.set.validators[signer]?.org)
    const seen = new Set<boolean>()
    for (const index of [0, 1, 2, 3]) {
      const { org } = memberAt(index)
      const self = validatorIndexOf(replicaOf(0).set, org)
      const isNamed = signers.some((signer) => signer === self) || later.includes(org)
      const late = replicaOf(index)
      take(late, { kind: 'start' })
      const effects = take(late, { kind: 'snapshot', snapshot, from: memberAt((index + 1) % 3).peer })
      is(late.consensus.votesFrom, isNamed ? null : 0, `member ${index}`)
      equal(
        factsOf(effects, 'votes-from').map((fact) => fact.kind === 'votes-from' && fact.view),
        isNamed ? [null] : [],
      )
      seen.add(isNamed)
    }
    ok(seen.has(true))
  })

  it('J12: are refused without a hand-over, and with one twice', () => {
    const [handover, ...rest] = source.headFrames
    ok(handover)
    const [head] = rest
    ok(head)
    const bare = takeHeadFrame(begin(), head)
    ok(bare.kind === 'refused')
    is(bare.reason, 'wrong-network')
    const twice = begin()
    takeHeadFrame(twice, handover)
    const verdict = takeHeadFrame(twice, handover)
    ok(verdict.kind === 'refused')
    is(verdict.reason, 'wrong-handover')
  })

  it('J12: are refused with a hand-over that was altered anywhere', () => {
    const [handover] = source.headFrames
    ok(handover)
    for (let at = 0; at < handover.length; at += 7) {
      const altered = Uint8Array.from(handover)
      altered[at] = (altered[at] ?? 0) ^ 1
      is(takeHeadFrame(begin(), altered).kind, 'refused', `byte ${at}`)
    }
  })

  it('J12: pass over hand-overs that the asker is beyond', () => {
    const assembly = createSnapshotAssembly({ genesis, ed25519, aboveHeight: 0, set: first.set })
    beginHead(assembly)
    const verdicts = source.headFrames.map((frame) => takeHeadFrame(assembly, frame).kind)
    is(verdicts.at(-1), 'planned')
    equal([...assembly.handovers], [])
  })
})

function factsOf<K extends Fact['kind']>(effects: Parameters<typeof effectsOf>[0], kind: K) {
  return effectsOf(effects, 'persist').flatMap(({ facts }) => facts.filter((fact) => fact.kind === kind))
}
