/** Segments that no member wrote: how much of them is read. */
import { decodeSegment, encodeHeader, encodeSegment, orgIdOf } from '@chirograph/event'
import { segmentInput } from '@chirograph/replica'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { effectsOf, eventOf, replicaOf, take } from './member.js'

const from = 'a peer'
const member = eventOf(1)
const { signature } = member
const stranger = orgIdOf({ logKey: new Uint8Array(32), nextKeyHash: new Uint8Array(32) })

/** With a body that is none: whoever reads on finds that. */
function spoilt(change: Partial<typeof member.header>): Uint8Array {
  const headerBytes = encodeHeader({ ...member.header, ...change })
  return encodeSegment({ items: [{ headerBytes, bodyBytes: new Uint8Array(9_000) }], signature })
}

function reasonsOf(bytes: Uint8Array): string[] {
  const replica = replicaOf(0)
  const effects = take(replica, segmentInput({ replica, bytes, from, isGossip: true }))
  return effectsOf(effects, 'rejected').map(({ reason }) => reason)
}

suite('a long segment of nobody', (it) => {
  it('is refused for its first header, and what follows that is not read', () => {
    const unread = spoilt({ author: stranger })
    is(decodeSegment(unread).kind, 'reject')
    equal(reasonsOf(unread), ['unknown-author'])
    equal(reasonsOf(spoilt({ networkId: new Uint8Array(32) })), ['wrong-network'])
    // In the order of before: the network first.
    equal(reasonsOf(spoilt({ networkId: new Uint8Array(32), author: stranger })), ['wrong-network'])
  })

  it('is no reason to read less of a member’s, or of what has no header', () => {
    equal(reasonsOf(spoilt({})), ['body-mismatch'])
    equal(reasonsOf(new Uint8Array(3)), ['malformed'])
    const replica = replicaOf(0)
    ok(signature)
    const bytes = encodeSegment({ items: [member], signature })
    is(effectsOf(take(replica, segmentInput({ replica, bytes, from, isGossip: true })), 'admitted').length, 1)
  })
})
