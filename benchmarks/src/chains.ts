/** Signed chains for benchmarks, as segments: events of about 300 bytes, each the revocation of one handle. */
import type { EventId } from '@chirograph/codec'
import { fastestEd25519 } from '@chirograph/crypto-native'
import { createEvent, createSegmenter, type VerifiedEvent } from '@chirograph/event'
import type { BenchMember } from './members.js'

const ed25519 = fastestEd25519()

/** Makes events of one author, on and on; each takes about 60 µs, most of it the signature. */
export function* signedChain(networkId: Uint8Array, author: BenchMember): Generator<VerifiedEvent, never> {
  let prev: EventId | null = null
  for (let sequence = 0; ; sequence++) {
    const handle = new Uint8Array(32)
    new DataView(handle.buffer).setUint32(0, sequence)
    const body = {
      kind: 'status.revoke',
      entries: [{ handle, position: null }],
      reason: 'withdrawn',
    } as const
    const place = { networkId, author: author.org, generation: 0, sequence, prev }
    const event: VerifiedEvent = createEvent(
      { ...place, references: [], timeMs: 1_700_000_000_000, body },
      (message) => ed25519.sign({ seed: author.seeds.log, message }),
    )
    prev = event.id
    yield event
  }
}

/** The next `count` events of a chain, cut into segments as a node sends them. */
export function* segmentsOfChain(
  chain: Generator<VerifiedEvent, never>,
  count: number,
): Generator<Uint8Array> {
  const segmenter = createSegmenter()
  for (let taken = 0; taken < count; taken++) yield* segmenter.push(chain.next().value)
  yield* segmenter.end()
}
