/**
 * A snapshot in the making. Every frame is checked when it comes, against what a quorum signed: so chunks may come
 * from any peers in any order, and are kept when the peer that sent the head goes away or a newer head takes its
 * place. Rules J1 to J8 of SPEC.md, "Snapshot".
 */
import {
  type CheckedChunk,
  type CheckedManifest,
  type ChunkFault,
  type ChunkSlot,
  checkMapChunk,
  checkMapManifest,
  closeChunk,
  decode,
  type EventId,
  fromHex,
  type LogTree,
  type ManifestFault,
  mapOfChunks,
  packChunk,
  type Shape,
  toHex,
  treeRoot,
} from '@chirograph/codec'
import {
  type Certificate,
  type CertificateRejectReason,
  checkCertificate,
  decodeHeader as decodeCheckpointHeader,
  decodeHandover,
  decodeHeaderCore,
  followHandover,
  type Header,
  isFinalOf,
  type ValidatorSet,
  type Verified,
} from '@chirograph/consensus'
import type { Bls, Ed25519 } from '@chirograph/crypto'
import { decodeHeader, type EventHeader, isSignedBy } from '@chirograph/event'
import { type Cut, cutOf, cutRoot } from '@chirograph/log'
import { type Genesis, type NetworkState, readOrg, stateOfMap, validatorSetOf } from '@chirograph/status'
import { snapshotChunkFrameBytesMax, snapshotFrameBytesMax } from './limits.js'
import {
  type SignedTip,
  snapshotChunkShape,
  snapshotHeadShape,
  snapshotManifestShape,
  snapshotTipsShape,
} from './snapshot.js'

/** A chain goes on from its tip. */
export interface SnapshotTip extends SignedTip {
  readonly id: EventId
  readonly header: EventHeader
}

/** What is true at a checkpoint; nothing of how it came to be. */
export interface Snapshot {
  readonly header: Header
  readonly certificate: Verified<Certificate>
  readonly state: NetworkState
  readonly cut: Cut
  readonly logTree: LogTree
  readonly tips: readonly SnapshotTip[]
  /** What led from the validators of the asker to those of the header, by epoch. */
  readonly handovers: ReadonlyMap<number, Uint8Array>
}

export type SnapshotFault =
  | 'malformed'
  | 'wrong-network'
  | 'wrong-handover'
  | 'not-newer'
  | 'other-certificate'
  | CertificateRejectReason
  | 'wrong-log-root'
  | 'bad-tip'
  | 'unsorted-tips'
  | 'too-many-tips'
  | 'wrong-cut-root'
  | `manifest-${ManifestFault}`
  | 'unasked-chunk'
  | `chunk-${ChunkFault}`
  | 'bad-tip-signature'

/** Whoever sent it broke a rule: what it sent was not a slip of the network. */
export interface SnapshotRefusal {
  readonly kind: 'refused'
  readonly reason: SnapshotFault
  readonly detail: string
}

/** A head that was read up to somewhere. */
interface Reading {
  readonly header: Header
  readonly certificate: Verified<Certificate>
  readonly logTree: LogTree
  readonly tipCount: number
  readonly tips: SnapshotTip[]
}

/** A head that was read to its end. */
interface Plan extends Omit<Reading, 'tipCount'> {
  readonly cut: Cut
  readonly manifest: CheckedManifest
  /** By hash. */
  readonly slots: ReadonlyMap<string, ChunkSlot>
}

/**
 * Owned by the caller; changed by the functions of this file alone. It holds one head, the one being read, and chunks
 * of the former in the bytes in which they came: no more than the state itself.
 */
export interface SnapshotAssembly {
  readonly genesis: Genesis
  /** Those whose certificate counts: the asker's, and on from there by the hand-overs that came. */
  set: ValidatorSet
  /** Hand-overs that were followed, by the epoch that they close. */
  readonly handovers: Map<number, Uint8Array>
  /** The epoch of the last hand-over of this head, followed or known before. */
  lastHandover: number
  readonly ed25519: Ed25519
  readonly bls?: Bls | undefined
  /** What is known already: only a higher checkpoint is of use. */
  readonly aboveHeight: number
  reading: Reading | null
  /** The newest whole head. */
  plan: Plan | null
  readonly chunks: Map<string, CheckedChunk>
}

export function createSnapshotAssembly(args: {
  readonly genesis: Genesis
  readonly ed25519: Ed25519
  readonly bls?: Bls | undefined
  readonly aboveHeight: number
  /** The validators of the asker's epoch; those of the genesis where none are named. */
  readonly set?: ValidatorSet
}): SnapshotAssembly {
  return {
    ...args,
    set: args.set ?? validatorSetOf(args.genesis),
    handovers: new Map(),
    lastHandover: -1,
    reading: null,
    plan: null,
    chunks: new Map(),
  }
}

/** A peer begins to send a head: what another one had sent of its own is forgotten, chunks are not. */
export function beginHead(assembly: SnapshotAssembly): void {
  assembly.reading = null
  assembly.lastHandover = -1
}

/**
 * The next frame of a head. With the last one, `planned`, it takes the place of the one before, and chunks that it
 * does not name are dropped.
 */
export function takeHeadFrame(
  assembly: SnapshotAssembly,
  frame: Uint8Array,
): { readonly kind: 'more' } | { readonly kind: 'planned' } | SnapshotRefusal {
  const verdict = readNext(assembly, frame)
  if (verdict.kind === 'refused') assembly.reading = null
  return verdict
}

function readNext(assembly: SnapshotAssembly, frame: Uint8Array): ReturnType<typeof takeHeadFrame> {
  const { reading } = assembly
  if (reading === null && frame[0] === handoverFirstByte) return takeHandover(assembly, frame)
  if (reading === null) return takeHead(assembly, frame)
  const isWhole = reading.tips.length === reading.tipCount
  return isWhole ? takeManifest(assembly, reading, frame) : takeTips(reading, frame)
}

/** A chunk, from whomever. `known` is one that is here already. */
export function takeChunkFrame(
  { plan, chunks }: SnapshotAssembly,
  frame: Uint8Array,
): { readonly kind: 'taken' } | { readonly kind: 'known' } | SnapshotRefusal {
  const decoded = decode(snapshotChunkShape, frame, { bytesMax: snapshotChunkFrameBytesMax })
  if (!decoded.ok) return refused('malformed', decoded.detail)
  const { hash, entries } = decoded.value
  const name = toHex(hash)
  const slot = plan?.slots.get(name)
  if (slot === undefined) return refused('unasked-chunk', `${name} is not in the manifest`)
  if (chunks.has(name)) return { kind: 'known' }
  const verdict = checkMapChunk({ slot, entries })
  if (verdict.kind === 'invalid') return refused(`chunk-${verdict.reason}`, `chunk ${name}`)
  // In the bytes in which it came, a state takes a tenth of what it does as nodes.
  chunks.set(name, packChunk({ slot, chunk: verdict.chunk, entries: () => entriesOf(frame) }))
  return { kind: 'taken' }
}

export interface SnapshotProgress {
  readonly height: number
  readonly chunkCount: number
  /** Hashes of the chunks that are not here, in the order of their keys. */
  readonly missing: readonly Uint8Array[]
}

/** How far it is; undefined while there is no whole head. */
export function progressOf({ plan, chunks }: SnapshotAssembly): SnapshotProgress | undefined {
  if (plan === null) return undefined
  const { slots } = plan.manifest
  const missing = slots.filter(({ hash }) => !chunks.has(toHex(hash))).map(({ hash }) => hash)
  return { height: plan.header.core.height, chunkCount: slots.length, missing }
}

/**
 * The snapshot, when nothing is missing. The tips' signatures are checked now, because their keys are in the state;
 * a bad one refuses the head, whose sender is to blame, and leaves the chunks for another.
 */
export function finishSnapshot(
  assembly: SnapshotAssembly,
):
  | { readonly kind: 'complete'; readonly snapshot: Snapshot }
  | { readonly kind: 'incomplete' }
  | SnapshotRefusal {
  const { plan, chunks, genesis, ed25519 } = assembly
  const map = plan && mapOfChunks(plan.manifest, chunks)
  if (!map) return { kind: 'incomplete' }
  const state = stateOfMap({ genesis, map })
  const forged = plan.tips.find((tip, index) => {
    if (index % tipsAtOnce === 0) for (const chunk of chunks.values()) closeChunk(chunk)
    return !isOwnSignature(state, tip, ed25519)
  })
  if (forged !== undefined) {
    assembly.plan = null
    return refused('bad-tip-signature', `of ${forged.id}`)
  }
  const { header, certificate, cut, logTree, tips } = plan
  const { handovers } = assembly
  return { kind: 'complete', snapshot: { header, certificate, state, cut, logTree, tips, handovers } }
}

/** Each may have its organisation's row in another chunk. */
const tipsAtOnce = 64

function entriesOf(frame: Uint8Array) {
  const decoded = decode(snapshotChunkShape, frame, { bytesMax: snapshotChunkFrameBytesMax })
  if (!decoded.ok) throw new Error(`a chunk that was checked: ${decoded.detail}`)
  return decoded.value.entries
}

/** An array of three fields: no head begins so. */
const handoverFirstByte = 0x83

/** SPEC J12: hand-overs come before the head, ascending; those of epochs that are known say nothing new. */
function takeHandover(assembly: SnapshotAssembly, frame: Uint8Array): { kind: 'more' } | SnapshotRefusal {
  const { set, ed25519, bls, handovers, lastHandover } = assembly
  const decoded = decodeHandover(frame)
  const core = decoded.ok ? decodeHeaderCore(decoded.value.core) : decoded
  if (!decoded.ok || !core.ok) return refused('malformed', 'a hand-over that cannot be read')
  const { epoch } = core.value.core
  if (epoch <= lastHandover)
    return refused('wrong-handover', `of epoch ${epoch} after that of ${lastHandover}`)
  assembly.lastHandover = epoch
  if (epoch < set.epoch) return { kind: 'more' }
  const followed = followHandover(decoded.value, { set, ed25519, bls })
  if (followed.kind === 'invalid') return refused('wrong-handover', `of epoch ${epoch}: ${followed.reason}`)
  assembly.set = followed.next
  handovers.set(epoch, frame)
  return { kind: 'more' }
}

/** SPEC J1, J2. */
function takeHead(assembly: SnapshotAssembly, frame: Uint8Array): { kind: 'more' } | SnapshotRefusal {
  const { set, ed25519, bls, aboveHeight } = assembly
  const head = read(snapshotHeadShape, frame)
  if (!head.ok) return refused('malformed', head.detail)
  const decoded = decodeCheckpointHeader(head.value.coreBytes, head.value.restBytes)
  if (!decoded.ok) return refused('malformed', decoded.detail)
  const header = decoded.value
  const { core, rest } = header
  if (core.networkId !== set.networkId || core.setHash !== set.setHash)
    return refused('wrong-network', 'made for another network or by other validators')
  if (core.height <= aboveHeight)
    return refused('not-newer', `height ${core.height} is not above ${aboveHeight}`)
  const { certificate, peaks, tipCount } = head.value
  if (!isFinalOf(certificate, header))
    return refused('other-certificate', 'the certificate is not a FINAL of the header')
  const checked = checkCertificate(certificate, { set, ed25519, bls })
  if (checked.kind === 'invalid') return refused(checked.reason, 'the certificate does not hold')
  const logTree = { size: rest.logSize, peaks }
  if (peaks.length !== oneBitsOf(rest.logSize) || toHex(treeRoot(logTree)) !== rest.logRoot)
    return refused('wrong-log-root', "the peaks do not hash to the header's log root")
  assembly.reading = { header, certificate: checked.certificate, logTree, tipCount, tips: [] }
  return { kind: 'more' }
}

/** SPEC J3. */
function takeTips({ tips, tipCount }: Reading, frame: Uint8Array): { kind: 'more' } | SnapshotRefusal {
  const decoded = read(snapshotTipsShape, frame)
  if (!decoded.ok) return refused('malformed', decoded.detail)
  for (const tip of decoded.value) {
    const event = decodeHeader(tip.headerBytes)
    if (event.kind === 'reject') return refused('bad-tip', `${event.reason}: ${event.detail}`)
    const { author } = event.header
    const last = tips.at(-1)
    if (last !== undefined && last.header.author >= author)
      return refused('unsorted-tips', `${author} comes after ${last.header.author}`)
    if (tips.length === tipCount) return refused('too-many-tips', `more than the ${tipCount} announced`)
    tips.push({ ...tip, id: event.id, header: event.header })
  }
  return { kind: 'more' }
}

/** SPEC J4, J5. The cut's root covers every byte of every tip's header. */
function takeManifest(
  assembly: SnapshotAssembly,
  reading: Reading,
  frame: Uint8Array,
): { kind: 'planned' } | SnapshotRefusal {
  const { header, certificate, logTree, tips } = reading
  const cut = cutOf(
    tips.map(({ id, header: { author, generation, sequence } }) => ({ author, generation, sequence, id })),
  )
  if (toHex(cutRoot(cut)) !== header.rest.cutRoot)
    return refused('wrong-cut-root', "the tips do not hash to the header's cut root")
  const decoded = read(snapshotManifestShape, frame)
  if (!decoded.ok) return refused('malformed', decoded.detail)
  const checked = checkMapManifest({ root: hexBytesOf(header.core.stateRoot), manifest: decoded.value })
  if (checked.kind === 'invalid')
    return refused(`manifest-${checked.reason}`, `of the state at height ${header.core.height}`)
  const { manifest } = checked
  const slots = new Map(manifest.slots.map((slot) => [toHex(slot.hash), slot]))
  for (const name of assembly.chunks.keys()) if (!slots.has(name)) assembly.chunks.delete(name)
  assembly.plan = { header, certificate, logTree, tips, cut, manifest, slots }
  assembly.reading = null
  return { kind: 'planned' }
}

/** SPEC J7: a tip without a signature is final all the same; a quorum signed its id. */
function isOwnSignature(state: NetworkState, tip: SnapshotTip, ed25519: Ed25519): boolean {
  const { signature, headerBytes, header } = tip
  if (signature === null) return true
  const { logKeys } = readOrg(state, header.author) ?? { logKeys: [] }
  const logKey = logKeys.find(({ generation }) => generation === header.generation)?.key
  return logKey !== undefined && isSignedBy({ signed: { headerBytes, signature }, logKey, ed25519 })
}

function read<T>(shape: Shape<T>, frame: Uint8Array) {
  return decode(shape, frame, { bytesMax: snapshotFrameBytesMax })
}

function refused(reason: SnapshotFault, detail: string): SnapshotRefusal {
  return { kind: 'refused', reason, detail }
}

function oneBitsOf(size: number): number {
  let count = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2
  return count
}

function hexBytesOf(hex: string): Uint8Array {
  const decoded = fromHex(hex)
  if (decoded === undefined) throw new Error(`not hex: ${hex}`) // a header holds lowercase hex only
  return decoded
}
