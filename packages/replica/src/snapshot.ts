/**
 * What is true at a certified checkpoint, as frames for a node that comes late: the head, the tips of all chains, the
 * manifest of the state; then the chunks that it asks for. Whoever takes them is `snapshot-assembly.ts`. SPEC.md,
 * "Snapshot".
 */
import {
  bytes,
  bytesUpTo,
  chunkEntries,
  constant,
  type Decoded,
  decode,
  encode,
  field,
  type Infer,
  list,
  mapChunkShape,
  mapChunks,
  mapManifestShape,
  nullable,
  struct,
  toHex,
  uint,
} from '@chirograph/codec'
import { certificateShape } from '@chirograph/consensus'
import { headerBytesMax, signatureBytes } from '@chirograph/event'
import { cutEntries } from '@chirograph/log'
import { organisationsMax } from '@chirograph/status'
import type { ChainState } from './chain-state.js'
import { snapshotAskMax, snapshotChunkBytes, snapshotChunksMax, snapshotTipsBytes } from './limits.js'

const tipShape = struct('tip', [
  field('headerBytes', bytesUpTo(headerBytesMax)),
  field('signature', nullable(bytes(signatureBytes))),
])

/** The last event of a chain in the cut: its header, and its signature where the sender holds one that it checked. */
export type SignedTip = Infer<typeof tipShape>

const digest = bytes(32)

export const snapshotHeadShape = struct('snapshot head', [
  field('version', constant(1)),
  field('coreBytes', bytesUpTo(512)),
  field('restBytes', bytesUpTo(512)),
  field('certificate', certificateShape),
  // One for each 1 bit of a size below 2⁵³.
  field('peaks', list(digest, { max: 53 })),
  field('tipCount', uint({ max: organisationsMax })),
])

export const snapshotTipsShape = list(tipShape, { min: 1, max: organisationsMax })

export const snapshotManifestShape = mapManifestShape({ nodesMax: snapshotChunksMax })

export const snapshotChunkShape = struct('snapshot chunk', [
  field('hash', digest),
  field('entries', mapChunkShape({ bytesMax: snapshotChunkBytes })),
])

const requestShape = struct('snapshot request', [
  field('version', constant(1)),
  field('chunks', list(digest, { max: snapshotAskMax })),
])

/** Asks for these chunks, by their hashes, or for the head when there are none; at most `snapshotAskMax`. */
export function encodeSnapshotRequest(chunks: readonly Uint8Array[]): Uint8Array {
  return encode(requestShape, { version: 1, chunks })
}

export function decodeSnapshotRequest(requestBytes: Uint8Array): Decoded<Infer<typeof requestShape>> {
  return decode(requestShape, requestBytes, { bytesMax: 64 * snapshotAskMax })
}

/** The frames of one snapshot. Immutable, as is the state behind it: it may be served while the replica goes on. */
export interface SnapshotSource {
  readonly height: number
  /** The head, the tips and the manifest. */
  readonly headFrames: readonly Uint8Array[]
  /** Undefined for a chunk that is not of this snapshot. */
  chunkFrame(hash: Uint8Array): Uint8Array | undefined
}

/** `tips` are the headers of the cut's events, in any order, one for each. Throws where one of them is missing. */
export function createSnapshotSource(
  point: Pick<ChainState, 'header' | 'certificate' | 'state' | 'cut' | 'logTree'>,
  tips: ReadonlyMap<string, SignedTip>,
  /** Of all epochs before that of the header, in their order. */
  handovers: readonly Uint8Array[] = [],
): SnapshotSource {
  const { header, certificate, state, cut, logTree } = point
  const { coreBytes, restBytes } = header
  if (certificate === null) throw new Error('a snapshot is taken at a header with a certificate')
  const chunks = mapChunks(state.map, { bytesMax: snapshotChunkBytes })
  const byHash = new Map(chunks.map((chunk) => [toHex(chunk.hash), chunk]))
  const ordered = cutEntries(cut).map(({ id }) => {
    const tip = tips.get(id)
    if (tip === undefined) throw new Error(`no header was given for ${id} of the cut`)
    return tip
  })
  const { peaks } = logTree
  const head = { version: 1, coreBytes, restBytes, certificate, peaks, tipCount: ordered.length } as const
  const headFrames = [
    ...handovers,
    encode(snapshotHeadShape, head),
    ...tipFrames(ordered),
    encode(snapshotManifestShape, chunks),
  ]
  return {
    height: header.core.height,
    headFrames,
    chunkFrame(hash) {
      const chunk = byHash.get(toHex(hash))
      return chunk?.top && encode(snapshotChunkShape, { hash, entries: chunkEntries(chunk) })
    },
  }
}

function tipFrames(tips: readonly SignedTip[]): Uint8Array[] {
  const frames: Uint8Array[] = []
  let frame: SignedTip[] = []
  let size = 0
  for (const tip of tips) {
    frame.push(tip)
    size += tip.headerBytes.length + signatureBytes
    if (size < snapshotTipsBytes) continue
    frames.push(encode(snapshotTipsShape, frame))
    frame = []
    size = 0
  }
  if (frame.length > 0) frames.push(encode(snapshotTipsShape, frame))
  return frames
}
