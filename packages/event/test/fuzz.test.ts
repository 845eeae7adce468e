/** Hostile bytes: whatever comes in, decoding ends in a value, and what is accepted is canonical. */
import * as fc from 'fast-check'
import { equal, is, ok, seeded, suite } from '../../workspace/kit.ts'
import { decodeEvent, decodeHeader, encodeEvent, encodeHeader } from '../src/index.ts'
import { authorOf, bodies } from './author.ts'
import { encodeCbor } from './cbor.ts'

const college = authorOf(1)
const wires = bodies.map((body) => encodeEvent(college.make(body)))

function judge(bytes: Uint8Array): void {
  const decoded = decodeEvent(bytes)
  if (decoded.kind === 'decoded') equal(encodeEvent(decoded.event), bytes)
}

suite('decodeEvent under fuzzing', (it) => {
  it('never throws on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        judge(bytes)
        is(decodeHeader(bytes).kind, 'reject')
      }),
      { numRuns: 2_000 },
    )
  })

  it('never throws on any data in the place of an event, a header or a body', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.maxSafeNat(),
        fc.constant(null),
        fc.uint8Array({ maxLength: 40 }),
        fc.string({ maxLength: 8 }),
        fc.array(tie('any'), { maxLength: 12 }),
      ),
    })).any
    fc.assert(
      fc.property(value, (any) => {
        const inner = encodeCbor(any)
        judge(inner)
        judge(encodeCbor([inner, new Uint8Array(64), inner]))
      }),
      { numRuns: 2_000 },
    )
  })

  it('accepts no mutation of an event that is not a canonical event itself', () => {
    const random = seeded(20_240_607)
    let accepted = 0
    for (let i = 0; i < 6_000; i++) {
      const bytes = Uint8Array.from(random.pick(wires))
      for (let flips = 1 + random.int(3); flips > 0; flips--) {
        const at = random.int(bytes.length)
        bytes[at] = random.int(256)
      }
      judge(bytes)
      if (decodeEvent(bytes).kind === 'decoded') accepted++
    }
    // Flips in the signature or in free header fields leave a well-formed event.
    ok(accepted > 0 && accepted < 6_000)
  })

  it('gives every accepted header back byte for byte', () => {
    for (const body of bodies) {
      const { headerBytes } = college.make(body)
      const decoded = decodeHeader(headerBytes)
      ok(decoded.kind === 'decoded')
      equal(encodeHeader(decoded.header), headerBytes)
    }
  })
})
