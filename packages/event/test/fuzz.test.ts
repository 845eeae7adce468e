/** Hostile bytes: whatever comes in, decoding ends in a value, and what is accepted is canonical. */
import * as fc from 'fast-check'
import {
  bytes,
  constant,
  contentId,
  contentIdBytes,
  decode,
  field,
  hexBytes,
  link,
  list,
  nullable,
  struct,
  uint,
} from '@chirograph/codec'
import { equal, is, ok, type Seeded, seeded, suite } from '../../workspace/kit.ts'
import {
  type DecodedHeader,
  decodeBody,
  decodeEvent,
  decodeHeader,
  decodeSegment,
  encodeBody,
  encodeEvent,
  encodeHeader,
  encodeSegment,
  evidenceHeadOf,
  kindOfNumber,
  runsOfEvidence,
  segmentHeadOf,
} from '../src/index.ts'
import { authorOf, bodies, lease } from './author.ts'
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

suite('evidenceHeadOf', (it) => {
  it('is the form and the first header of everything that is evidence, whatever flips', () => {
    const other = { 'evidence.fork': 'evidence.branches', 'evidence.branches': 'evidence.fork' } as const
    const random = seeded(20_251_126)
    const evidences = bodies.filter(({ kind }) => kind === 'evidence.fork' || kind === 'evidence.branches')
    is(evidences.length, 2)
    let accepted = 0
    for (let i = 0; i < 4_000; i++) {
      const changed = encodeBody(random.pick(evidences))
      for (let flips = random.int(3); flips > 0; flips--)
        changed[random.chance(0.5) ? random.int(6) : random.int(changed.length)] = random.int(256)
      const head = evidenceHeadOf(changed)
      for (const kind of ['evidence.fork', 'evidence.branches'] as const) {
        const decoded = decodeBody(kind, changed)
        if (decoded.kind !== 'decoded' || decoded.body.kind !== kind) continue
        accepted++
        const first = decodeHeader(runsOfEvidence(decoded.body)[0].headerBytes)
        ok(first.kind === 'decoded')
        equal(head, { kind, header: first.header })
      }
      if (head !== undefined) is(decodeBody(other[head.kind], changed).kind, 'reject')
    }
    ok(accepted > 100 && accepted < 4_000, `${accepted}`)
  })

  it('is none of bodies that do not begin with a run, nor of the beginning of a header', () => {
    for (const body of bodies) {
      if (['evidence.fork', 'evidence.branches', 'fork.salvage'].includes(body.kind)) continue
      is(evidenceHeadOf(encodeBody(body)), undefined, body.kind)
    }
    const evidence = bodies.find(({ kind }) => kind === 'evidence.fork')
    ok(evidence?.kind === 'evidence.fork')
    const whole = encodeBody(evidence)
    const begin = runsOfEvidence(evidence)[0].headerBytes.length
    for (let length = 0; length < begin; length++) is(evidenceHeadOf(whole.subarray(0, length)), undefined)
  })
})

/** The header as SPEC.md has it, read as SPEC.md says: decoded, encoded again, compared. */
const headerShape = struct('header', [
  field('version', constant(1)),
  field('networkId', bytes(32)),
  field('author', hexBytes(32)),
  field('generation', uint({ max: 0xffff_ffff })),
  field('sequence', uint()),
  field('prev', nullable(link())),
  field('references', list(link(), { max: 16, sortedUniqueBy: contentIdBytes })),
  field('kind', uint()),
  field('bodyLength', uint({ max: 65_536 })),
  field('bodyHash', bytes(32)),
  field('timeMs', uint()),
])

function decodeByTheBook(headerBytes: Uint8Array): unknown {
  const reject = (reason: string, detail: string) => ({ kind: 'reject', reason, detail })
  const [array = 0, version = 0xff] = headerBytes
  if (headerBytes.length > 2_048)
    return reject('oversize', `header of ${headerBytes.length} bytes, at most 2048`)
  if (array > 0x80 && array < 0x98 && version < 24 && version !== 1)
    return reject('unknown-version', `version ${version}`)
  // Without a straight way to read, the shape is read the long way.
  const decoded = decode({ ...headerShape, read: undefined }, headerBytes, { bytesMax: 2_048 })
  if (!decoded.ok)
    return reject(decoded.code === 'NON_CANONICAL' ? 'non-canonical' : 'malformed', decoded.detail)
  const kind = kindOfNumber(decoded.value.kind)
  if (kind === undefined) return reject('unknown-kind', `kind ${decoded.value.kind}`)
  return { kind: 'decoded', id: contentId(headerBytes), header: { ...decoded.value, kind } }
}

const ids = [1, 2, 3].map((timeMs) => college.make(lease, { timeMs }).id)
const headers = [0, 1, 2, 3].map((count) => {
  const place = {
    sequence: count * 300,
    prev: count === 0 ? null : (ids[0] ?? null),
    references: ids.slice(0, count),
  }
  return college.make(lease, { ...place, timeMs: 1_700_000_000_000 }).headerBytes
})

function mutatedHeader(random: Seeded): Uint8Array {
  const out = [...random.pick(headers)]
  for (let times = 1 + random.int(2); times > 0; times--) {
    // Half of the changes hit the heads, which are few among the bytes.
    const heads = out.flatMap((byte, i) =>
      [0x02, 0x19, 0x1b, 0x58, 0xd8, 0xf6].includes(byte) ? [i, i + 1] : [],
    )
    const at = random.chance(0.5) ? random.pick([0, 1, ...heads]) : random.int(out.length + 1)
    const change = random.int(6)
    if (change < 3)
      // 7 is the number of no kind.
      out[at] = random.pick([random.int(256), random.int(24), 7, (out[at] ?? 0) + random.pick([-1, 1, 32])])
    else if (change === 3) out.splice(at, 0, random.pick([0x18, 0x00, 0x58, 0xf6, random.int(256)]))
    else if (change === 4) out.splice(at, 1)
    else out.splice(random.chance(0.5) ? at : -1)
  }
  return Uint8Array.from(out)
}

suite('decodeHeader under fuzzing', (it) => {
  it('gives the verdict, the reason and the words of the book to every mutation of a header', () => {
    const random = seeded(20_250_302)
    const seen = new Map<string, number>()
    for (let i = 0; i < 30_000; i++) {
      const headerBytes = i < headers.length ? (headers[i] ?? new Uint8Array()) : mutatedHeader(random)
      const decoded: DecodedHeader = decodeHeader(headerBytes)
      equal(decoded, decodeByTheBook(headerBytes))
      const verdict = decoded.kind === 'reject' ? decoded.reason : 'decoded'
      seen.set(verdict, (seen.get(verdict) ?? 0) + 1)
    }
    for (const verdict of ['decoded', 'malformed', 'non-canonical', 'unknown-version', 'unknown-kind'])
      ok((seen.get(verdict) ?? 0) > 20, `${verdict} ${seen.get(verdict)} times`)
  })
})

suite('segmentHeadOf', (it) => {
  it('is the first header of every segment that is one, whatever its length, and of nothing that begins otherwise', () => {
    const random = seeded(20_251_127)
    const chain = [college.make(lease)]
    while (chain.length < 300) {
      const { header, id } = chain.at(-1) ?? college.make(lease)
      chain.push(college.make(lease, { sequence: header.sequence + 1, prev: id }))
    }
    for (const length of [1, 2, 23, 24, 255, 256, 300]) {
      const items = chain.slice(0, length)
      const wire = encodeSegment({ items, signature: items.at(-1)?.signature ?? null })
      equal(segmentHeadOf(wire), chain[0]?.header)
      for (let round = 0; round < 100; round++) {
        const changed = wire.slice()
        changed[random.int(12)] = random.int(256)
        const decoded = decodeSegment(changed)
        if (decoded.kind === 'decoded') equal(segmentHeadOf(changed), decoded.segment.first.header)
        segmentHeadOf(wire.subarray(0, random.int(wire.length)))
      }
    }
    is(segmentHeadOf(new Uint8Array()), undefined)
    is(segmentHeadOf(encodeCbor([[], null])), undefined)
  })
})
