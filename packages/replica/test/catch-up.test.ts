/** Checkpoints that come as answers, while events lack here and this replica gets on by itself. */
import type { VerifiedEvent } from '@chirograph/event'
import { type Checkpoint, encodeCheckpoint, type Replica, type ReplicaEffect } from '@chirograph/replica'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { createFour, effectsOf, gossipOf, lease, memberAt, replicaOf, take } from './member.js'

const asked = memberAt(0).peer
const other = memberAt(1).peer

suite('a replica that fetches checkpoints', (it) => {
  it('blames nobody for those that follow one whose events lack, and has all of them once the events are here', () => {
    const { checkpoints, events } = history(4)
    const late = replicaOf(3)
    equal(ask(late, checkpoints).length, 1)
    const heard = checkpoints.map((one) => fetched(late, one))
    equal(rejected(heard.flat()), [])
    is(heightOf(late), 0)
    ok(
      effectsOf(heard.flat(), 'sync').some(({ peer, hasGap }) => peer === asked && hasGap),
      'it asks for the events',
    )
    // The answer may be over before they come.
    take(late, { kind: 'fetched', peer: asked })
    equal(rejected(events.flatMap((event) => take(late, gossipOf(event, other)))), [])
    is(heightOf(late), 4)
  })

  it('does not ask again at once for what waits for events, but for what comes after it', () => {
    const { checkpoints, events } = history(4)
    const [first, second] = checkpoints
    const late = replicaOf(3)
    ask(late, checkpoints.slice(0, 2))
    fetched(late, first)
    fetched(late, second)
    take(late, { kind: 'fetched', peer: asked })
    equal(ask(late, checkpoints.slice(0, 2)), [])
    const [further] = ask(late, checkpoints)
    equal([further?.fromHeight, further?.toHeight], [3, 4])
    const rest = checkpoints.slice(2).flatMap((one) => fetched(late, one))
    equal(rejected([...rest, ...events.flatMap((event) => take(late, gossipOf(event, other)))]), [])
    is(heightOf(late), 4)
  })

  it('asks for all of it once more when the events have not come for a while', () => {
    const { checkpoints } = history(2)
    const late = replicaOf(3)
    ask(late, checkpoints)
    fetched(late, checkpoints[0])
    take(late, { kind: 'fetched', peer: asked })
    const [again] = ask(late, checkpoints, 5_000)
    equal([again?.fromHeight, late.incoming], [1, null])
  })

  it('blames nobody when it got on by itself while an answer was on its way', () => {
    const { checkpoints, events } = history(3)
    const [first, second, third] = checkpoints
    const late = replicaOf(3)
    for (const event of events) take(late, gossipOf(event, other))
    ask(late, checkpoints)
    const effects = [
      ...fetched(late, first && { ...first, certificate: null }),
      ...announced(late, first),
      ...fetched(late, second && { ...second, certificate: null }),
      ...announced(late, second),
      ...fetched(late, third),
    ]
    equal(rejected(effects), [])
    is(heightOf(late), 3)
  })

  it('takes no more of an answer that does not follow, and blames nobody: it may be to an earlier question', () => {
    const { checkpoints } = history(3)
    const late = replicaOf(3)
    ask(late, checkpoints)
    equal(rejected(fetched(late, checkpoints[2])), [])
    is(late.fetching, null)
    equal(fetched(late, checkpoints[0]), [])
  })

  it('blames the sender of a certificate that no quorum signed, whether it follows or not', () => {
    const { checkpoints, events } = history(2)
    for (const checkpoint of checkpoints) {
      const late = replicaOf(3)
      for (const event of events) take(late, gossipOf(event, other))
      ask(late, checkpoints)
      const { certificate } = checkpoint
      ok(certificate)
      const [signature = new Uint8Array(64), ...rest] = certificate.signatures
      const signatures = [signature.with(7, (signature[7] ?? 0) ^ 1), ...rest]
      const effects = fetched(late, { ...checkpoint, certificate: { ...certificate, signatures } })
      equal(rejected(effects), ['uncertified-checkpoint'])
      is(late.fetching, null)
      is(heightOf(late), 0)
    }
  })
})

/** Checkpoints of four members, each with a certificate and one event in it. */
function history(heights: number): { checkpoints: Checkpoint[]; events: readonly VerifiedEvent[] } {
  const four = createFour()
  for (let height = 1; height <= heights; height++)
    four.input(height % 3, { kind: 'publish', request: height, body: lease })
  const checkpoints = four.finals.flatMap(({ node, effect }) => (node === 0 ? [effect.checkpoint] : []))
  equal(
    checkpoints.map(({ header, certificate }) => [header.core.height, certificate !== null]),
    Array.from({ length: heights }, (_, index) => [index + 1, true]),
  )
  return { checkpoints, events: four.announced }
}

/** It hears of the last of them, and so asks for all. */
function ask(late: Replica, checkpoints: readonly Checkpoint[], atMs?: number) {
  const last = checkpoints.at(-1)
  if (last === undefined) throw new Error('no checkpoint')
  const bytes = encodeCheckpoint(last)
  const effects = take(late, { kind: 'checkpoint', bytes, from: asked, isGossip: true }, atMs)
  return effectsOf(effects, 'fetch-checkpoints')
}

function fetched(late: Replica, checkpoint: Checkpoint | undefined): ReplicaEffect[] {
  if (checkpoint === undefined) throw new Error('no checkpoint')
  return take(late, { kind: 'checkpoint', bytes: encodeCheckpoint(checkpoint), from: asked, isGossip: false })
}

function announced(late: Replica, checkpoint: Checkpoint | undefined): ReplicaEffect[] {
  if (checkpoint === undefined) throw new Error('no checkpoint')
  return take(late, { kind: 'checkpoint', bytes: encodeCheckpoint(checkpoint), from: other, isGossip: true })
}

function rejected(effects: readonly ReplicaEffect[]) {
  return effectsOf(effects, 'rejected').map(({ reason }) => reason)
}

function heightOf(replica: Replica): number {
  return replica.final.header.core.height
}
