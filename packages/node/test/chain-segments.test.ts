/** Walks through the store for an answer. */
import { memoryStore, type Store } from '@chirograph/interface'
import { memberAt, replicaOf } from '../../replica/test/member.ts'
import { failsWith, is, suite } from '../../workspace/kit.ts'
import { loadAuthors } from '../src/author-table.js'
import { segmentsBackward, segmentsForward } from '../src/chain-segments.js'

const { org } = memberAt(1)
const range = { author: org, generation: 0, fromSequence: 0, toSequence: 1_000_000 }

suite('the walk for an answer', (it) => {
  for (const [direction, walk] of [
    ['up', (context) => segmentsForward(context, { final: range, pending: [] })],
    ['down', (context) => segmentsBackward(context, range, false)],
  ] satisfies [string, (context: Parameters<typeof segmentsForward>[0]) => AsyncIterable<Uint8Array>][])
    it(`${direction} a chain ends with the page at which nobody wants it any more`, async () => {
      const ending = new AbortController()
      const inner = memoryStore()
      const authors = await loadAuthors(inner)
      authors.claim(org, [])
      let turned = 0
      const store: Store = {
        ...inner,
        // Nothing in it is to be sent, so no frame is yielded that could end the walk.
        async *pages() {
          for (; turned < 1_000; ) {
            if (++turned === 3) ending.abort(Object.assign(new Error('gone'), { code: 'GONE' }))
            yield []
          }
        },
      }
      const context = { replica: replicaOf(0), store, authors, signal: ending.signal }
      await failsWith('GONE', async () => {
        for await (const _segment of walk(context)) throw new Error('nothing is to be sent')
      })
      is(turned, 3)
    })
})
