/** How many signatures a replica checks for what a sync brings: counted, over the segments that a peer sends. */
import { createEvent, createSegmenter, type OrgId, type VerifiedEvent } from '@chirograph/event'
import { createReplica, emptyRestored, segmentInput, step } from '@chirograph/replica'
import { networkIdOf } from '@chirograph/status'
import { is, ok, suite } from '../../packages/workspace/kit.ts'
import { ed25519, genesisOf, memberOf } from './cluster.ts'

const perAuthor = 3_000

suite('a sync', (it) => {
  it('checks a signature for each 600 events, and one more for each author', () => {
    const members = [0, 1, 2].map(memberOf)
    const [own, ...authors] = members
    if (!own) throw new Error('three members')
    const genesis = genesisOf(members)
    const networkId = networkIdOf(genesis)
    let checked = 0
    const counting: typeof ed25519 = {
      ...ed25519,
      verify(signed) {
        checked++
        return ed25519.verify(signed)
      },
    }
    const replica = createReplica(
      {
        genesis,
        org: own.org as OrgId,
        signers: { event: () => new Uint8Array(64), vote: () => new Uint8Array(64) },
        ed25519: counting,
        hasVoteRecord: true,
        nonce: '00'.repeat(16),
      },
      emptyRestored(),
    )
    let known = 0
    for (const { org, seeds } of authors) {
      const segmenter = createSegmenter()
      const segments: Uint8Array[] = []
      let last: VerifiedEvent | undefined
      for (let sequence = 0; sequence < perAuthor; sequence++) {
        const place = { networkId, author: org as OrgId, generation: 0, sequence, prev: last?.id ?? null }
        last = createEvent(
          { ...place, references: [], timeMs: 1, body: { kind: 'status.lease', count: 1_024 } },
          (message) => ed25519.sign({ seed: seeds.log, message }),
        )
        segments.push(...segmenter.push(last))
      }
      for (const bytes of [...segments, ...segmenter.end()]) {
        const input = { ...segmentInput({ bytes, from: 'peer', isGossip: false }), nowMs: 1_750_000_000_000 }
        const effects = step(replica, input as Parameters<typeof step>[1]) // with the time it is whole
        for (const { kind } of effects) ok(kind !== 'rejected', 'a segment was refused')
      }
      known += perAuthor
      is(replica.log.entries.size, known)
    }
    ok(checked >= authors.length, 'the counter counts')
    ok(checked <= known / 600 + authors.length, `${checked} signatures for ${known} events`)
  })
})
