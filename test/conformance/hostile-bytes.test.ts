/**
 * Every decoder of what comes from a disk or a wire, under bytes that its writer did not write. The corpus is the vectors
 * and samples of what no vector is of: each decoder is given what is meant for it, what is meant for others, and mutations of both. More inputs than in a run
 * of all tests: FUZZ_INPUTS=100000000 node packages/workspace/run-tests.mjs hostile-bytes --limit 100000
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { concatBytes } from '@chirograph/codec'
import {
  decodeCertificate,
  decodeHeaderCore,
  decodeMessage,
  decodeProposal,
  decodeVote,
  encodeCertificate,
  encodeMessage,
  encodeProposal,
  encodeVote,
} from '@chirograph/consensus'
import {
  decodeBody,
  decodeEvent,
  decodeHeader,
  decodeSegment,
  type EventKind,
  encodeBody,
  encodeEvent,
  encodeHeader,
  eventKinds,
} from '@chirograph/event'
import {
  decodeChanges,
  decodeForkEvidence,
  decodeFrontier,
  encodeChanges,
  encodeForkEvidence,
  encodeFrontier,
} from '@chirograph/log'
import {
  decodeCheckpoint,
  decodeCheckpointFloor,
  decodeCheckpointRequest,
  decodeHistoryRequest,
  decodeSegmentFrame,
  decodeSnapshotRequest,
  decodeSyncOffer,
  encodeCheckpoint,
  encodeCheckpointFloor,
  encodeCheckpointRequest,
  encodeHistoryRequest,
  encodeSegmentFrame,
  encodeSnapshotRequest,
  encodeSyncOffer,
} from '@chirograph/replica'
import { decodeStatusProof, encodeStatusProof } from '@chirograph/status'
import { equal, is, ok, type Seeded, seeded, suite } from '../../packages/workspace/kit.ts'
import { type Judge, keptJudges, ofDecoded } from './kept-judges.ts'
import { bytesOf } from './notation.ts'
import { vectorText } from './read-vectors.ts'

const kinds = Object.keys(eventKinds) as EventKind[]

const judges: Readonly<Record<string, Judge>> = {
  event: (bytes) => {
    const decoded = decodeEvent(bytes)
    return decoded.kind === 'decoded' ? encodeEvent(decoded.event) : null
  },
  'event header': (bytes) => {
    const decoded = decodeHeader(bytes)
    return decoded.kind === 'decoded' ? encodeHeader(decoded.header) : null
  },
  'event body': (bytes) => {
    for (const kind of kinds) {
      const decoded = decodeBody(kind, bytes)
      if (decoded.kind === 'decoded') return encodeBody(decoded.body)
    }
    return null
  },
  // A segment is read into its events, and no function writes it back: that it is read is all that is asked.
  segment: (bytes) => (decodeSegment(bytes).kind === 'decoded' ? bytes : null),
  'fork evidence': (bytes) => {
    const evidence = decodeForkEvidence(bytes)
    return evidence === undefined ? null : encodeForkEvidence(evidence)
  },
  frontier: ofDecoded(decodeFrontier, encodeFrontier),
  'cut changes': ofDecoded(decodeChanges, encodeChanges),
  vote: ofDecoded(decodeVote, encodeVote),
  certificate: ofDecoded(decodeCertificate, encodeCertificate),
  proposal: ofDecoded(decodeProposal, encodeProposal),
  message: ofDecoded(decodeMessage, encodeMessage),
  // Of the parts of a header, each checked against the other where it is used, this one names the other.
  'checkpoint header core': (bytes) => (decodeHeaderCore(bytes).ok ? bytes : null),
  checkpoint: ofDecoded(decodeCheckpoint, encodeCheckpoint),
  'status proof': ofDecoded(decodeStatusProof, encodeStatusProof),
  'sync offer': ofDecoded(decodeSyncOffer, encodeSyncOffer),
  'checkpoint request': ofDecoded(decodeCheckpointRequest, ({ fromHeight }) =>
    encodeCheckpointRequest(fromHeight),
  ),
  'checkpoint floor': ofDecoded(decodeCheckpointFloor, ({ floor }) => encodeCheckpointFloor(floor)),
  'history request': ofDecoded(decodeHistoryRequest, encodeHistoryRequest),
  'segment frame': ofDecoded(decodeSegmentFrame, encodeSegmentFrame),
  'snapshot request': ofDecoded(decodeSnapshotRequest, ({ chunks }) => encodeSnapshotRequest(chunks)),
}

const inputs = Number(process.env.FUZZ_INPUTS ?? 60_000)

/** There are many of them, and some read whole documents: for each of so many inputs one takes two. */
const keptEvery = 8

suite('every decoder', (it) => {
  const corpus = [
    ...corpusOf([
      'event-headers',
      'event-bodies',
      'events',
      'segments',
      'cuts',
      'frontiers',
      'fork-evidence',
      'votes',
      'certificates',
      'bls-certificates',
      'proposals',
      'messages',
      'checkpoint-headers',
      'checkpoints',
      'status-proofs',
      'sync',
    ]),
    encodeSnapshotRequest([]),
    encodeSnapshotRequest([new Uint8Array(32)]),
  ]

  it('takes something of the vectors, and writes all that it takes back byte for byte', () => {
    ok(corpus.length > 500, `${corpus.length} samples`)
    for (const [name, judge] of Object.entries(judges)) {
      const accepted = corpus.filter((bytes) => isCanonical(judge, bytes))
      ok(accepted.length > 0, name)
    }
    for (const [name, { judge, samples }] of Object.entries(keptJudges))
      for (const sample of samples) ok(isCanonical(judge, sample), `a sample of ${name}`)
  })

  it(
    'ends in a value for any bytes, takes nothing that it would write otherwise, and keeps nothing of them',
    () => {
      const random = seeded(Number(process.env.FUZZ_SEED ?? 20_261))
      const heapBefore = heapAfterCollection()
      const kept = Object.values(keptJudges)
      let [taken, keptTaken] = [0, 0]
      for (let count = 0; count < inputs; count++) {
        const bytes = mutated(random, corpus)
        for (const judge of Object.values(judges)) if (isCanonical(judge, bytes)) taken++
        if (count % keptEvery > 0) continue
        isCanonical(random.pick(kept).judge, bytes)
        const { judge, samples } = random.pick(kept)
        if (isCanonical(judge, mutated(random, samples))) keptTaken++
      }
      ok(
        keptTaken > inputs / keptEvery / 20,
        `hardly any of what is kept got past the first check: ${keptTaken} of ${inputs}`,
      )
      ok(taken > inputs / 100, `hardly anything got past the first check: ${taken} of ${inputs}`)
      const grownMb = (heapAfterCollection() - heapBefore) / 2 ** 20
      ok(grownMb < 32, `${grownMb} MB are kept of ${inputs} inputs`)
    },
    { timeoutMs: 60_000 + inputs },
  )

  it('reserves nothing for lengths that are claimed and do not come', () => {
    // An array, a byte string, a text, a map and a tag of 2⁶³ − 1; and arrays in arrays without end.
    const claims = [0x9b, 0x5b, 0x7b, 0xbb, 0xdb].map((major) =>
      Uint8Array.of(major, 0x7f, ...new Uint8Array(7).fill(255)),
    )
    const nested = new Uint8Array(100_000).fill(0x81)
    const heapBefore = heapAfterCollection()
    for (const [name, judge] of Object.entries(judges))
      for (const bytes of [
        ...claims,
        ...claims.map((claim) => concatBytes(Uint8Array.of(0x84), claim)),
        nested,
      ])
        is(judge(bytes), null, name)
    for (const { judge } of Object.values(keptJudges)) for (const bytes of [...claims, nested]) judge(bytes)
    ok((heapAfterCollection() - heapBefore) / 2 ** 20 < 16)
  })
})

/** Whether the judge takes these bytes; fails where it would write them otherwise. */
function isCanonical(judge: Judge, bytes: Uint8Array): boolean {
  const before = bytes.slice()
  const written = judge(bytes)
  if (written === null) return false
  equal(written, before)
  return true
}

/** One to four changes to something of the corpus, as a slip or somebody who knows the format would make them. */
function mutated(random: Seeded, corpus: readonly Uint8Array[]): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(random.pick(corpus))
  for (let changes = 1 + random.int(4); changes > 0; changes--) bytes = changedOnce(random, bytes, corpus)
  return bytes
}

function changedOnce(random: Seeded, bytes: Uint8Array, corpus: readonly Uint8Array[]): Uint8Array {
  const at = random.int(bytes.length + 1)
  const to = Math.min(bytes.length, at + random.int(40))
  const [before, between, after] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)]
  switch (random.int(8)) {
    case 0:
      return bytes.length === 0
        ? bytes
        : bytes.with(at % bytes.length, (bytes[at % bytes.length] ?? 0) ^ (1 << random.int(8)))
    case 1:
      return concatBytes(before, random.bytes(1 + random.int(3)), after)
    case 2:
      return concatBytes(before, after)
    case 3:
      return before.slice()
    case 4:
      return concatBytes(before, between, between, after)
    case 5:
      return concatBytes(before, random.pick(corpus), after)
    case 6:
      // Another number, length or type where one may stand.
      return concatBytes(
        before,
        Uint8Array.of(
          random.pick([0x17, 0x18, 0x1b, 0x40, 0x58, 0x80, 0x9b, 0xa0, 0xd8, 0xf6, 0xf7, 0xfb, 0xff]),
        ),
        bytes.subarray(at + 1),
      )
    default:
      return concatBytes(between, before, after)
  }
}

/** Every run of bytes in these vectors that is long enough to be an encoding. */
function corpusOf(names: readonly Parameters<typeof vectorText>[0][]): Uint8Array[] {
  const found = new Set<string>()
  for (const name of names)
    for (const [, hex] of vectorText(name).matchAll(/"((?:[0-9a-f]{2}){2,20000})"/g)) if (hex) found.add(hex)
  return [...found].map(bytesOf)
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}
