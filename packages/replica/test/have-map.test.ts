/** What it costs to ask for what lacks inside of chains. */
import { parseOrgId } from '@chirograph/event'
import { equal, ok, suite } from '../../workspace/kit.ts'
import { decodeHistoryRequest, encodeHistoryRequest } from '../src/index.ts'

suite('a request for what lacks inside of a chain', (it) => {
  it('takes at most four bytes a hole, up to 255 events each held and lacking, and 64 bytes for the chain', () => {
    const author = parseOrgId('0a'.repeat(32))
    if (!author) throw new Error('an author')
    for (const length of [1, 23, 24, 255])
      for (const holes of [1, 10, 500]) {
        const ranges = Array.from({ length: holes }, (_, index) => {
          const from = length + index * 2 * length
          return [from, from + length - 1] as const
        })
        const request = { areBodiesWanted: true, chains: [{ author, generation: 0, ranges, from: null }] }
        const bytes = encodeHistoryRequest(request)
        ok(bytes.length <= 64 + 4 * holes, `${bytes.length} bytes for ${holes} holes of ${length}`)
        equal(decodeHistoryRequest(bytes), { ok: true, value: request })
      }
  })
})
