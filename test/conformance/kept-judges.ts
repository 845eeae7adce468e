/**
 * Judges of bytes that no vector is of: rows of a store, notes of a node, frames of a snapshot and of a stream, and
 * documents in JSON. Each is given with samples that its writer wrote.
 */
import {
  checkMapManifest,
  chunkEntries,
  concatBytes,
  type Decoded,
  decode,
  digestOfContentId,
  emptyMap,
  encode,
  mapChunks,
  mapFromEntries,
  mapPages,
  mapRoot,
  openMap,
  parseContentId,
  type Shape,
  sha256,
  utf8,
} from '@chirograph/codec'
import {
  createHeader,
  decodeCertificate,
  decodeHeader as decodeCheckpointHeader,
  decodeHandover,
  decodeMessage,
  encodeHandover,
  encodeMessage,
} from '@chirograph/consensus'
import { cohortTemplate, parseCohort, parseSingle, readReceipt, receiptJson } from '@chirograph/credential'
import {
  applicationShape,
  createEvent,
  decodeRun,
  encodeSegment,
  parseOrgId,
  readAncestors,
  runOf,
  type VerifiedEvent,
} from '@chirograph/event'
import {
  arrivalKey,
  authorKey,
  authorValue,
  bodyFloorKey,
  ChirographError,
  checkpointHeightKey,
  eventKey,
  historyKey,
  holeKey,
  pastPagesKey,
  placeValue,
  positionKeyOfDigest,
  readArrivalKey,
  readAuthorKey,
  readAuthorValue,
  readBodyFloorKey,
  readCheckpointHeightKey,
  readEventKey,
  readHistoryKey,
  readHoleKey,
  readPastPagesKey,
  readPlace,
  readPositionKey,
  readVoteKey,
  type StoreOp,
  statePageKey,
  voteKey,
} from '@chirograph/interface'
import { cutEntryShape } from '@chirograph/log'
import {
  anchorOf,
  batchRowShape,
  credentialRowShape,
  decodeRow,
  generationsRowShape,
  orgRowShape,
  parseGenesis,
  recoveryRowShape,
} from '@chirograph/status'
import { parseAnchor, parseDateTime } from '@chirograph/verifier'
import { signedRun } from '../../packages/event/src/signed-run.ts'
import { createFrameDecoder, encodeFrames } from '../../packages/network-libp2p/src/frames.ts'
import { countGossipMessages } from '../../packages/network-libp2p/src/gossip-frame.ts'
import { bodyFloorOp, readBodyFloor } from '../../packages/node/src/body-floor.ts'
import { decodeCursor, encodeCursor } from '../../packages/node/src/event-cursor.ts'
import { heightShape, historyValue, logTreeShape, tipShape } from '../../packages/node/src/facts.ts'
import { readHistory } from '../../packages/node/src/history.ts'
import { holeOp, readHole } from '../../packages/node/src/holes.ts'
import { decodeVoteGate, voteGateOp } from '../../packages/node/src/meta.ts'
import { createPastPages, decodeTurn, type PageTurn } from '../../packages/node/src/past-pages.ts'
import { oldKey, oldPlaceOfKey, readOldHeader, readOldOrdinal } from '../../packages/node/src/schema-1.ts'
import { readStoredValue, storedValue } from '../../packages/node/src/stored-event.ts'
import { snapshotChunkBytes } from '../../packages/replica/src/limits.ts'
import {
  snapshotChunkShape,
  snapshotHeadShape,
  snapshotManifestShape,
  snapshotTipsShape,
} from '../../packages/replica/src/snapshot.ts'
import { readCredential } from '../../packages/verifier/src/credential.ts'
import { bytesOf } from './notation.ts'
import { readVectors, vectorText } from './read-vectors.ts'

/** The canonical bytes of what was accepted; null for bytes that were refused. */
export type Judge = (bytes: Uint8Array) => Uint8Array | null

interface Judged {
  readonly judge: Judge
  /** Bytes that it takes, to begin with. */
  readonly samples: readonly Uint8Array[]
}

export const ofDecoded =
  <T>(read: (bytes: Uint8Array) => Decoded<T>, write: (value: T) => Uint8Array): Judge =>
  (bytes) => {
    const decoded = read(bytes)
    return decoded.ok ? write(decoded.value) : null
  }

const ofShape = <T>(shape: Shape<T>, bytesMax = 65_536): Judge =>
  ofDecoded(
    (bytes) => decode(shape, bytes, { bytesMax }),
    (value) => encode(shape, value),
  )

/** Bytes of another length, and numbers that a key cannot hold, are a `RangeError`, which whoever reads a store expects. */
const ofRow =
  <T>(read: (bytes: Uint8Array) => T, write: (value: T) => Uint8Array): Judge =>
  (bytes) =>
    unlessRefused(
      () => write(read(bytes)),
      (error) => error instanceof RangeError,
    )

/** As a row; the byte of the key space is looked at by whoever chose the range. */
const ofKey = <T>(read: (key: Uint8Array) => T, write: (value: T) => Uint8Array): Judge => {
  const judge = ofRow(read, write)
  return (bytes) => judge(bytes)?.with(0, bytes[0] ?? 0) ?? null
}

function unlessRefused(read: () => Uint8Array, isRefusal: (error: unknown) => boolean): Uint8Array | null {
  try {
    return read()
  } catch (error) {
    if (isRefusal(error)) return null
    throw error
  }
}

const isDamage = (error: unknown) => error instanceof ChirographError && error.code === 'NODE_STORE_DAMAGED'

/** Documents may be written in many ways: that one is read is all that is asked. */
const ofText =
  (isTaken: (text: string) => boolean): Judge =>
  (bytes) =>
    isTaken(new TextDecoder().decode(bytes)) ? bytes : null

const valueOfOp = (op: StoreOp): Uint8Array => (op.kind === 'put' ? op.value : op.key)
const some = (length: number) => new Uint8Array(length).fill(7)
const place = { author: 3, generation: 1, sequence: 70_000, branch: 2 }
const chain = { author: 3, generation: 1 }
const org = parseOrgId('0a'.repeat(32))
if (org === undefined) throw new Error('an organisation')

const events: VerifiedEvent[] = []
for (const sequence of [0, 1, 2]) {
  const prev = events.at(-1)?.id ?? null
  const at = { networkId: some(32), author: org, generation: 0, sequence, prev, references: [], timeMs: 5 }
  events.push(createEvent({ ...at, body: { kind: 'status.lease', count: 1_024 } }, () => some(64)))
}
const [firstEvent, , lastEvent] = events
if (!firstEvent || !lastEvent) throw new Error('three events')

/** What the verifiers of signatures would say is not asked here. */
const noSignature = {
  name: 'none',
  publicKey: () => some(32),
  sign: () => some(64),
  verify: () => true,
}

const map = mapFromEntries(
  Array.from({ length: 40 }, (_, index) => [sha256(utf8(`${index}`)), utf8(`row ${index}`)] as const),
)
const root = mapRoot(map)
const [rootPage] = [...mapPages({ before: emptyMap, after: map, version: 1 })].filter(
  ({ depth }) => depth === 0,
)
if (!rootPage) throw new Error('a page of the root')

const zero = '00'.repeat(32)
const { coreBytes, restBytes } = createHeader(
  {
    networkId: zero,
    epoch: 0,
    view: 1,
    height: 1,
    timeMs: 1,
    setHash: zero,
    stateRoot: zero,
    nextSetHash: zero,
  },
  { parent: zero, cutRoot: zero, logRoot: zero, logSize: 0 },
)
const certificates = [...vectorText('certificates').matchAll(/"((?:[0-9a-f]{2}){60,20000})"/g)].flatMap(
  ([, hex = '']) => {
    const decoded = decodeCertificate(bytesOf(hex))
    return decoded.ok ? [decoded.value] : []
  },
)
const [certificate] = certificates
if (!certificate) throw new Error('a certificate among the vectors')
const chunks = mapChunks(map, { bytesMax: snapshotChunkBytes })
const [chunk] = chunks
if (!chunk?.top) throw new Error('a chunk of the map')

const single = {
  learner_id: 'S-1',
  learner_name: 'Amber Quarry',
  achievement_name: 'Welding',
  achievement_description: 'Joins steel.',
  criteria: 'Six courses.',
  achievement_type: 'Certificate',
  awarded_on: '2026-06-12',
}

const storeTag = '0123abcd'
const [genesisCase] = readVectors('genesis').cases
const genesisText = JSON.stringify(genesisCase?.input.document)
const genesis = parseGenesis(genesisText)
if (genesis.kind === 'invalid') throw new Error(`${genesis.path}: ${genesis.detail}`)
const pageKey = (version: number) => statePageKey({ depth: 8, prefix: Uint8Array.of(9), version })
const turnOf = (turn: PageTurn) =>
  createPastPages(() => undefined)
    .note(1, turn)
    .map(valueOfOp)
const rowShapes: readonly Shape<unknown>[] = [
  orgRowShape,
  batchRowShape,
  credentialRowShape,
  generationsRowShape,
  recoveryRowShape,
] as readonly Shape<unknown>[] // each is given only what it read itself

const receipt = receiptJson({
  networkId: '07'.repeat(32),
  issuerOrg: org,
  batch: firstEvent.id,
  index: 1,
  paddedSize: 1_024,
  path: Array.from({ length: 10 }, () => some(32)),
})

export const keptJudges: Readonly<Record<string, Judged>> = {
  'hand-over': {
    judge: ofDecoded(decodeHandover, encodeHandover),
    samples: [
      encodeHandover({ core: coreBytes, certificate: some(90), validators: [{ org, key: '07'.repeat(32) }] }),
    ],
  },
  // The other part of a header, which its core names by a hash.
  'checkpoint header rest': {
    judge: (bytes) => (decodeCheckpointHeader(coreBytes, bytes).ok ? bytes : null),
    samples: [restBytes],
  },
  'question for a view': {
    judge: ofDecoded(decodeMessage, encodeMessage),
    samples: [
      encodeMessage({ kind: 'ask-view', nonce: '07'.repeat(16) }),
      encodeMessage({ kind: 'tell-view', nonce: '07'.repeat(16), epoch: 1, view: 9 }),
    ],
  },
  run: {
    judge(bytes) {
      const run = decode(signedRun, bytes, { bytesMax: 65_536 })
      return run.ok && decodeRun(run.value).kind === 'decoded' ? encode(signedRun, run.value) : null
    },
    samples: [
      encode(
        signedRun,
        runOf(
          events.map(({ headerBytes }) => headerBytes),
          some(64),
        ),
      ),
    ],
  },
  ancestors: {
    judge: (bytes) =>
      readAncestors(bytes, { anchor: lastEvent.id, logKey: some(32), ed25519: noSignature }).kind === 'linked'
        ? bytes
        : null,
    samples: [encodeSegment({ items: events, signature: some(64) })],
  },
  application: {
    judge: ofShape(applicationShape),
    samples: [
      encode(applicationShape, {
        profile: {
          name: 'A college',
          type: 'community-college',
          logKey: some(32),
          nextKeyHash: some(32),
          assertionKeys: [some(32)],
          dids: [],
          peerId: '12D3KooW',
          consensusKey: { key: some(32), nextKeyHash: some(32), possession: some(64) },
        },
        signature: some(64),
      }),
    ],
  },
  'snapshot head': {
    judge: ofShape(snapshotHeadShape),
    samples: [
      encode(snapshotHeadShape, {
        version: 1,
        coreBytes,
        restBytes,
        certificate,
        peaks: [some(32)],
        tipCount: 3,
      }),
    ],
  },
  'snapshot tips': {
    judge: ofShape(snapshotTipsShape),
    samples: [encode(snapshotTipsShape, [firstEvent, { ...lastEvent, signature: null }])],
  },
  'snapshot manifest': {
    judge(bytes) {
      const manifest = decode(snapshotManifestShape, bytes, { bytesMax: 65_536 })
      if (!manifest.ok) return null
      checkMapManifest({ root, manifest: manifest.value })
      return encode(snapshotManifestShape, manifest.value)
    },
    samples: [encode(snapshotManifestShape, chunks)],
  },
  'snapshot chunk': {
    judge: ofShape(snapshotChunkShape),
    samples: [encode(snapshotChunkShape, { hash: chunk.hash, entries: chunkEntries(chunk) })],
  },
  'stream of frames': {
    judge(bytes) {
      const { frames, oversize } = createFrameDecoder({ frameBytesMax: 4_096 }).push(bytes)
      const written = encodeFrames(frames)
      return !oversize && written.length === bytes.length ? written : null
    },
    samples: [encodeFrames([some(3), new Uint8Array(), some(300)])],
  },
  'gossip frame': {
    judge: (bytes) => (countGossipMessages(bytes) === undefined ? null : bytes),
    // One message of three bytes on the topic "t".
    samples: [Uint8Array.of(0x12, 8, 0x12, 3, 1, 2, 3, 0x22, 1, 0x74)],
  },
  'page of the state': {
    judge(bytes) {
      const source = { page: () => bytes, damaged: (what: string) => new Error(what) }
      return openMap({ root, version: 1, source }) === undefined ? null : bytes
    },
    samples: [rootPage.bytes],
  },
  'row of the state': {
    judge(bytes) {
      for (const shape of rowShapes) {
        const row = decodeRow(shape, bytes)
        if (row !== undefined) return encode(shape, row)
      }
      return null
    },
    samples: rowSamples(),
  },
  'note of past pages': {
    judge(bytes) {
      const turn = decodeTurn(bytes)
      if (turn === undefined) return null
      const [note, another] = turnOf(turn)
      return note === undefined || another !== undefined ? bytes : note
    },
    samples: turnOf({ brought: [pageKey(1), pageKey(2)], replaced: [pageKey(3)] }),
  },
  'vote gate': {
    judge(bytes) {
      const gate = decodeVoteGate(bytes)
      return gate === undefined ? null : valueOfOp(voteGateOp(gate))
    },
    samples: [valueOfOp(voteGateOp({ epoch: 1, view: 9 })), valueOfOp(voteGateOp({ epoch: 1, view: null }))],
  },
  'stored event': {
    judge(bytes) {
      const stored = readStoredValue(bytes)
      return stored === undefined ? null : storedValue(stored)
    },
    samples: [storedValue(firstEvent), storedValue({ ...firstEvent, signature: null })],
  },
  history: {
    judge(bytes) {
      const history = readHistory(bytes)
      return history === undefined ? null : historyValue(history)
    },
    samples: [historyValue({ lowest: 9, before: firstEvent.id })],
  },
  hole: {
    judge(bytes) {
      const hole = readHole(bytes.subarray(0, 17), bytes.subarray(17))
      if (hole === undefined) return null
      const op = holeOp(hole)
      return concatBytes(op.key.with(0, bytes[0] ?? 0), valueOfOp(op))
    },
    samples: [{ ...chain, fromSequence: 4, lowest: 9, before: firstEvent.id }].map((hole) =>
      concatBytes(holeOp(hole).key, valueOfOp(holeOp(hole))),
    ),
  },
  'body floor': {
    judge(bytes) {
      const sequence = readBodyFloor(bytes)
      return sequence === undefined ? null : valueOfOp(bodyFloorOp({ ...chain, sequence }))
    },
    samples: [valueOfOp(bodyFloorOp({ ...chain, sequence: 70_000 }))],
  },
  'chain tip': {
    judge: ofShape(tipShape),
    samples: [encode(tipShape, { generation: 0, sequence: 9, digest: some(32) })],
  },
  'final tip': {
    judge: ofShape(cutEntryShape),
    samples: [encode(cutEntryShape, { author: org, generation: 0, sequence: 9, id: firstEvent.id })],
  },
  'log tree': {
    judge: ofShape(logTreeShape),
    samples: [encode(logTreeShape, { size: 3, peaks: [some(32), some(32)] })],
  },
  height: { judge: ofShape(heightShape), samples: [encode(heightShape, 70_000)] },
  'author key': { judge: ofKey(readAuthorKey, authorKey), samples: [authorKey(org)] },
  'author number': { judge: ofRow(readAuthorValue, authorValue), samples: [authorValue(3)] },
  'event key': { judge: ofKey(readEventKey, eventKey), samples: [eventKey(place)] },
  'position key': {
    judge: ofKey(readPositionKey, (id) => positionKeyOfDigest(digestOfContentId(id))),
    samples: [positionKeyOfDigest(some(32))],
  },
  place: { judge: ofRow(readPlace, placeValue), samples: [placeValue(place)] },
  'history key': { judge: ofKey(readHistoryKey, historyKey), samples: [historyKey(chain)] },
  'hole key': {
    judge: ofKey(readHoleKey, holeKey),
    samples: [holeKey({ ...chain, fromSequence: 70_000 })],
  },
  'body floor key': { judge: ofKey(readBodyFloorKey, bodyFloorKey), samples: [bodyFloorKey(chain)] },
  'arrival key': { judge: ofKey(readArrivalKey, arrivalKey), samples: [arrivalKey(70_000)] },
  'checkpoint key': {
    judge: ofKey(readCheckpointHeightKey, checkpointHeightKey),
    samples: [checkpointHeightKey(70_000)],
  },
  'past pages key': {
    judge: ofKey(readPastPagesKey, pastPagesKey),
    samples: [pastPagesKey({ height: 70_000, part: 1 })],
  },
  'vote key': {
    judge: ofKey(readVoteKey, voteKey),
    samples: [voteKey({ epoch: 1, view: 70_000, kind: 2 })],
  },
  'place of format 1': {
    judge: (bytes) =>
      unlessRefused(() => concatBytes(bytes.subarray(0, 1), oldPlaceOfKey(bytes).suffix), isDamage),
    samples: [oldKey('event', concatBytes(some(32), some(4), new Uint8Array(7), some(1), some(32)))],
  },
  'arrival of format 1': {
    judge: (bytes) =>
      unlessRefused(() => {
        readOldOrdinal(bytes)
        return bytes
      }, isDamage),
    samples: [oldKey('arrival', concatBytes(new Uint8Array(7), some(1)))],
  },
  'event of format 1': {
    judge: (bytes) =>
      unlessRefused(() => {
        const { headerBytes, signature } = readOldHeader(bytes)
        return concatBytes(headerBytes, signature)
      }, isDamage),
    samples: [concatBytes(firstEvent.headerBytes, some(64))],
  },
  cursor: {
    judge: (bytes) =>
      unlessRefused(() => {
        decodeCursor(storeTag, new TextDecoder().decode(bytes))
        return bytes
      }, isCursorRefused),
    samples: [null, place].map((within) => utf8(encodeCursor(storeTag, { ordinal: 70_000, within }))),
  },
  genesis: {
    judge: ofText((text) => parseGenesis(text).kind !== 'invalid'),
    samples: [utf8(genesisText)],
  },
  anchor: {
    judge: ofText((text) => parseAnchor(text).kind === 'anchor'),
    samples: [utf8(JSON.stringify(anchorOf(genesis.genesis)))],
  },
  receipt: {
    judge: ofText((text) => readReceipt(text).kind === 'decoded'),
    samples: [utf8(JSON.stringify(receipt))],
  },
  credential: {
    judge: ofText((text) => readCredential(text).kind === 'document'),
    samples: [utf8('{"type":["VerifiableCredential"]}')],
  },
  'content id': {
    judge: ofText((text) => parseContentId(text) !== undefined),
    samples: [utf8(firstEvent.id)],
  },
  'date and time': {
    judge: ofText((text) => parseDateTime(text) !== undefined),
    samples: [utf8('2026-06-12T10:00:00Z')],
  },
  cohort: {
    judge: ofText((text) => parseCohort(text).kind === 'rows'),
    samples: [utf8(cohortTemplate())],
  },
  'single credential': {
    judge: ofText((text) => parseSingle(text).kind === 'rows'),
    samples: [utf8(JSON.stringify(single))],
  },
}

function isCursorRefused(error: unknown): boolean {
  return error instanceof ChirographError && error.code.startsWith('NODE_CURSOR_')
}

function rowSamples(): Uint8Array[] {
  return [...vectorText('state').matchAll(/"((?:[0-9a-f]{2}){2,20000})"/g)]
    .map(([, hex = '']) => bytesOf(hex))
    .filter((bytes) => rowShapes.some((shape) => decodeRow(shape, bytes) !== undefined))
}
