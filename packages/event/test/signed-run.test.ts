/** Runs: how little proves that an unsigned header is its author's, and that two of them fit into one body. */
import { contentId, sha256, utf8 } from '@chirograph/codec'
import { nobleEd25519, signingBytes } from '@chirograph/crypto'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import {
  bodyBytesMax,
  decodeHeader,
  decodeRun,
  type EventHeader,
  encodeBody,
  encodeHeader,
  entriesMax,
  isSignedBy,
  positionMax,
  referencesMax,
  runBytes,
  runBytesMax,
  runOf,
} from '../src/index.ts'
import { authorOf, bytes32, lease, networkId } from './author.ts'

const college = authorOf(1)

/** A chain of headers from this one on, as long as its run stays within `runBytesMax`, and its end's signature. */
function longestRun(first: EventHeader): { headers: Uint8Array[]; signature: Uint8Array } {
  const headers = [encodeHeader(first)]
  let size = runBytes(first)
  for (let header = first; size + runBytes(first) <= runBytesMax; size += runBytes(first)) {
    const prev = contentId(encodeHeader(header))
    header = { ...header, sequence: header.sequence + 1, prev }
    headers.push(encodeHeader(header))
  }
  return { headers, signature: college.sign(signingBytes('event', headers.at(-1) ?? new Uint8Array())) }
}

const widest = (change: Partial<EventHeader> = {}): EventHeader => ({
  version: 1,
  networkId,
  author: college.org,
  generation: 0xffff_ffff,
  sequence: 2 ** 52,
  prev: contentId(utf8('before')),
  references: [],
  kind: 'evidence.branches',
  bodyLength: bodyBytesMax,
  bodyHash: sha256(utf8('body')),
  timeMs: Number.MAX_SAFE_INTEGER,
  ...change,
})

const sixteen = college.make(lease, {
  references: Array.from({ length: referencesMax }, (_, i) => contentId(utf8(`reference ${i}`))),
}).header.references

suite('run', (it) => {
  it('gives back every header that it leaves out, and what the signature is for', () => {
    const one = college.make(lease)
    const two = college.make(lease, { sequence: 1, prev: one.id, references: [one.id], timeMs: 9 })
    const three = college.make({ kind: 'status.lease', count: 1_024 }, { sequence: 2, prev: two.id })
    const run = decodeRun(
      runOf(
        [one, two, three].map((event) => event.headerBytes),
        three.signature,
      ),
    )
    ok(run.kind === 'decoded')
    equal(run.first, { id: one.id, header: one.header })
    equal(run.last, { id: three.id, header: three.header })
    ok(isSignedBy({ signed: run.signed, logKey: college.logKey, ed25519: nobleEd25519 }))
  })

  it('is another run when any step of it is another', () => {
    const one = college.make(lease)
    const two = college.make(lease, { sequence: 1, prev: one.id })
    const run = runOf([one.headerBytes, two.headerBytes], two.signature)
    const [step] = run.steps
    ok(step)
    const changes = [
      { timeMs: 1 },
      { kind: 'status.revoke' },
      { bodyLength: 5 },
      { bodyHash: bytes32(0) },
    ] as const
    for (const change of changes) {
      const decoded = decodeRun({ ...run, steps: [{ ...step, ...change }] })
      ok(decoded.kind === 'decoded')
      is(isSignedBy({ signed: decoded.signed, logKey: college.logKey, ed25519: nobleEd25519 }), false)
    }
  })

  it('costs a header no more than runBytes says', () => {
    for (const references of [[], sixteen.slice(0, 1), sixteen]) {
      const header = widest({ references })
      const [one, two] = longestRun(header).headers
      ok(one && two)
      const of = (...headers: Uint8Array[]) => {
        const run = runOf(headers, new Uint8Array(64))
        return encodeBody({
          kind: 'evidence.branches',
          first: runOf([other], new Uint8Array(64)),
          second: run,
        }).length
      }
      // The first header of another branch at the same place, smaller than the run's.
      const other = encodeHeader(widest({ sequence: header.sequence, timeMs: Number.MAX_SAFE_INTEGER - 1 }))
      const three = longestRun(header).headers[2] ?? one
      is(of(one, two, three) - of(one, two), runBytes(header))
    }
  })

  for (const [name, references] of [
    ['no references', []],
    ['sixteen references each', sixteen],
  ] as const) {
    it(`two of the longest, with ${name}, fit into one body`, () => {
      const [low, high] = [1, 2].map((less) => {
        return longestRun(widest({ references, timeMs: Number.MAX_SAFE_INTEGER - 3 + less }))
      })
      ok(low && high && low.headers.length > 40)
      const first = runOf(low.headers, low.signature)
      const second = runOf(high.headers, high.signature)
      const body = encodeBody({ kind: 'evidence.branches', first, second })
      ok(body.length <= bodyBytesMax, `${body.length} bytes`)
      const event = college.make({ kind: 'evidence.branches', first, second })
      is(event.bodyBytes.length, body.length)
      // The limit is no tighter than it must be: another tenth would not fit.
      ok(body.length > bodyBytesMax * 0.9, `${body.length} bytes`)
    })
  }

  it('leaves room beside it for the largest body that can be salvaged', () => {
    const entries = Array.from({ length: entriesMax }, (_, index) => {
      const handle = new Uint8Array(32)
      new DataView(handle.buffer).setUint32(0, index)
      return { handle, position: positionMax }
    })
    const event = college.make({
      kind: 'status.suspend',
      entries,
      reason: 'under-review',
      untilMs: Number.MAX_SAFE_INTEGER,
    })
    const next = college.make(lease, { sequence: 1, prev: event.id })
    const steps = Array.from({ length: 400 }, () =>
      runOf([event.headerBytes, next.headerBytes], next.signature),
    )
    const run = { ...runOf([event.headerBytes], event.signature), steps: steps.flatMap((one) => one.steps) }
    const salvage = college.make({ kind: 'fork.salvage', run, bodyBytes: event.bodyBytes })
    ok(salvage.bodyBytes.length <= bodyBytesMax)
    ok(decodeHeader(event.headerBytes).kind === 'decoded')
  })
})
