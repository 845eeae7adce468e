/**
 * Signed chains for benchmarks, as segments: events of about 300 bytes, each the revocation of one handle after a first
 * one that issued as many. So each makes a row of the state, as almost every event of an institution does.
 */
import type { EventId } from '@chirograph/codec'
import { fastestEd25519 } from '@chirograph/crypto-native'
import {
  createEvent,
  createSegmenter,
  type EventBody,
  paddedSizeMax,
  type VerifiedEvent,
} from '@chirograph/event'
import type { BenchMember } from './members.js'

const ed25519 = fastestEd25519()

/** Makes events of one author, on and on; each takes about 60 µs, most of it the signature. */
export function* signedChain(networkId: Uint8Array, author: BenchMember): Generator<VerifiedEvent, never> {
  let prev: EventId | null = null
  for (let sequence = 0; ; sequence++) {
    const handle = new Uint8Array(32)
    new DataView(handle.buffer).setUint32(0, sequence)
    const body = sequence === 0 ? largestBatch : revocationOf(handle)
    const place = { networkId, author: author.org, generation: 0, sequence, prev }
    const event: VerifiedEvent = createEvent(
      { ...place, references: [], timeMs: 1_700_000_000_000, body },
      (message) => ed25519.sign({ seed: author.seeds.log, message }),
    )
    prev = event.id
    yield event
  }
}

/** Whoever issued nothing can revoke nothing: without a batch a revocation is void. */
export const largestBatch: EventBody = {
  kind: 'credential.issueBatch',
  root: new Uint8Array(32),
  paddedSize: paddedSizeMax,
  recordClass: 'certification',
  credentialType: 'open-badge-3',
  schemaDigest: new Uint8Array(32),
}

function revocationOf(handle: Uint8Array): EventBody {
  return { kind: 'status.revoke', entries: [{ handle, position: null }], reason: 'withdrawn' }
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
