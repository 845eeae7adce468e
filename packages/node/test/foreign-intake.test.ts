import { encodeHeader, encodeSegment, orgIdOf } from '@chirograph/event'
import { eventOf, replicaOf } from '../../replica/test/member.ts'
import { equal, suite } from '../../workspace/kit.ts'
import { createSegmentIntake } from '../src/segment-intake.js'

suite('the intake of segments', (it) => {
  it('reads no further than the first header of something long that no member wrote', async () => {
    const { header, signature } = eventOf(1)
    const author = orgIdOf({ logKey: new Uint8Array(32), nextKeyHash: new Uint8Array(32) })
    const headerBytes = encodeHeader({ ...header, author })
    // Whoever reads on finds a body that is none, and names that.
    const segment = encodeSegment({ items: [{ headerBytes, bodyBytes: new Uint8Array(9_000) }], signature })
    const [input] = await createSegmentIntake(replicaOf(0), undefined, () => {
      throw new Error('nobody has no budget')
    })([segment], { from: 'a peer', isGossip: true })
    equal(input?.segment.kind === 'reject' && input.segment.reason, 'unknown-author')
  })
})
