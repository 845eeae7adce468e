/** What is looked at before the library decodes, held against what the library makes and decodes. */
import { RPC } from '@chainsafe/libp2p-gossipsub/message'
import fc from 'fast-check'
import { is, ok, seeded, suite } from '../../workspace/kit.ts'
import { countGossipMessages } from '../src/gossip-frame.js'

const bytes = fc.uint8Array({ maxLength: 300 })
const text = fc.string({ maxLength: 60 })

/** Everything that a node of this network may put into a frame. */
const honest = fc.record({
  subscriptions: fc.array(fc.record({ subscribe: fc.boolean(), topic: text }), { maxLength: 4 }),
  messages: fc.array(fc.record({ data: bytes, topic: text }), { maxLength: 16 }),
  control: fc.option(
    fc.record({
      ihave: fc.array(fc.record({ topicID: text, messageIDs: fc.array(bytes, { maxLength: 2 }) }), {
        maxLength: 2,
      }),
      iwant: fc.array(fc.record({ messageIDs: fc.array(bytes, { maxLength: 2 }) }), { maxLength: 2 }),
      graft: fc.array(fc.record({ topicID: text }), { maxLength: 3 }),
      prune: fc.array(
        fc.record({
          topicID: text,
          peers: fc.array(fc.record({ peerID: bytes }), { maxLength: 2 }),
          backoff: fc.nat(100_000),
        }),
        {
          maxLength: 3,
        },
      ),
      idontwant: fc.array(fc.record({ messageIDs: fc.array(bytes, { maxLength: 3 }) }), { maxLength: 3 }),
    }),
    { nil: undefined },
  ),
})

suite('a gossip frame', (it) => {
  it('of the library itself counts as many messages as it holds', () => {
    fc.assert(
      fc.property(honest, (rpc) => {
        is(countGossipMessages(RPC.encode(rpc)), rpc.messages.length)
      }),
    )
  })

  it('that the library cannot decode is garbage, but for a few of its own corner cases', () => {
    const random = seeded(7)
    const [valid] = fc.sample(honest, { seed: 7, numRuns: 1 })
    ok(valid)
    let undecodable = 0
    let overlooked = 0
    for (let run = 0; run < 20_000; run++) {
      const frame = RPC.encode(
        run % 3 === 0 ? valid : (fc.sample(honest, { seed: run, numRuns: 1 })[0] ?? valid),
      )
      const cut = random.chance(0.5) ? frame.slice(0, random.int(frame.length + 1)) : frame
      for (let flips = random.int(4); flips >= 0 && cut.length > 0; flips--) {
        const at = random.int(cut.length)
        cut[at] = (cut[at] ?? 0) ^ (1 << random.int(8))
      }
      if (isDecodable(cut)) continue
      undecodable++
      if (countGossipMessages(cut) !== undefined) overlooked++
    }
    ok(undecodable > 1_000, `only ${undecodable} frames were undecodable`)
    // The library reads past the end of a nested message, and then fails where nothing is wrong by the encoding.
    ok(
      overlooked * 200 < undecodable,
      `${overlooked} of ${undecodable} undecodable frames were taken for good`,
    )
  })

  it('with more messages than a library batches is garbage', () => {
    const messages = Array.from({ length: 17 }, () => ({ data: new Uint8Array(), topic: 'x' }))
    is(countGossipMessages(RPC.encode({ subscriptions: [], messages })), undefined)
    is(countGossipMessages(RPC.encode({ subscriptions: [], messages: messages.slice(1) })), 16)
  })

  it('with a gossip signature is garbage, for this network has none', () => {
    const signed = { data: Uint8Array.of(1), topic: 'x', signature: new Uint8Array(64) }
    is(countGossipMessages(RPC.encode({ subscriptions: [], messages: [signed] })), undefined)
  })

  it('may hold fields that a later version adds', () => {
    const later = Uint8Array.of(10 * 8, 5, 11 * 8 + 2, 1, 9, 12 * 8 + 5, 1, 2, 3, 4)
    is(countGossipMessages(later), 0)
  })
})

function isDecodable(frame: Uint8Array): boolean {
  try {
    RPC.decode(frame)
    return true
  } catch {
    return false
  }
}
