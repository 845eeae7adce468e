/** The checkpoints, each held against the one before, the one behind it, its certificate and its cut; and their index. */
import { decode, encode, fromHex, toHex } from '@chirograph/codec'
import { checkCertificate } from '@chirograph/consensus'
import { decodeHeader } from '@chirograph/event'
import {
  checkpointDigestKey,
  checkpointHeightKey,
  eventRange,
  positionKey,
  readCheckpointHeightKey,
  type StoreOp,
  spaceRange,
} from '@chirograph/interface'
import { type Cut, type CutEntry, cutRoot, decodeChanges } from '@chirograph/log'
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  genesisChainState,
  isCertificateOf,
} from '@chirograph/replica'
import { heightShape } from './facts.js'
import type { Check } from './fsck.js'
import { type AuthorNumbers, isKeyWhole } from './fsck-notes.js'
import { readStoredValue } from './stored-event.js'

export interface CheckpointChain {
  /** The latest that is in order. */
  readonly newest: Checkpoint | null
  /** There is a later one, which is not in order. */
  readonly isHeadLost: boolean
  /** The cut that the checkpoints add up to; null where their beginning is not here. */
  readonly cut: Cut | null
  /** What moved since the oldest checkpoint here: the last entry of each author and generation. */
  readonly moved: ReadonlyMap<string, CutEntry>
  /** Heights by digest. */
  readonly heights: ReadonlyMap<string, number>
  /** Whether a checkpoint was found damaged, or missing. */
  readonly isLost: (height: number) => boolean
}

/** One checkpoint, between the one before and the one behind it. */
interface Link {
  readonly height: number
  readonly digest: string | null
  readonly checkpoint: Checkpoint | null
  readonly isCertified: boolean
  fault: string | null
}

export async function checkCheckpoints(check: Check, authors: AuthorNumbers): Promise<CheckpointChain> {
  const { store, known, findings } = check
  const moved = new Map<string, CutEntry>()
  const heights = new Map<string, number>()
  const lost: (readonly [from: number, to: number])[] = []
  const genesisDigest = genesisChainState(known.genesis).header.digest
  let cut: Map<CutEntry['author'], CutEntry> | null = new Map()
  let newest: Checkpoint | null = null
  let before: Link = { height: 0, digest: genesisDigest, checkpoint: null, isCertified: true, fault: null }

  /** Judges the one before, now that it is known what follows it: nothing behind the last. */
  const settle = (at: Link | null, isIndexed = false) => {
    const { height, checkpoint } = before
    const isAdjacent = at?.height === height + 1
    const next = at?.checkpoint ?? null
    const isFollowed = isAdjacent && next?.header.rest.parent === before.digest
    const isTorn =
      isAdjacent && next !== null && next.changes.length > 0 && !isFollowed && before.fault === null
    // One of the two is not what was agreed on. What a quorum signed is.
    if (isTorn && at !== null)
      if (at.isCertified && !before.isCertified) before.fault = 'the next one does not follow it'
      else at.fault = 'it does not follow the one before'
    if (height > 0 && before.fault === null && !before.isCertified && !isFollowed && at?.fault == null)
      if (at === null || checkpoint?.certificate !== null) {
        const fault =
          checkpoint?.certificate === null ? 'it has no certificate' : 'its certificate does not hold'
        // The header is the one that became final: it is the proof of it that is damaged.
        if (isIndexed) findings.add({ code: 'newest-certificate', what: `checkpoint ${height}: ${fault}` })
        else before.fault = fault
      }
    const key = checkpointHeightKey(height)
    if (before.fault !== null) {
      lost.push([height, height])
      const fix =
        next === null || at?.fault != null
          ? [{ kind: 'delete', key } as const]
          : [{ kind: 'delete', key } as const, beginAt(next)]
      const code = at === null ? 'newest-checkpoint' : 'checkpoint-damaged'
      findings.add({ code, what: `checkpoint ${height}: ${before.fault}`, fix: at === null ? null : fix })
      return
    }
    if (before.digest !== null && height > 0) heights.set(before.digest, height)
    newest = checkpoint
    if (isFollowed && checkpoint !== null && checkpoint.certificate !== null && !before.isCertified)
      findings.add({
        code: 'certificate-damaged',
        what: `checkpoint ${height}`,
        fix: [{ kind: 'put', key, value: encodeCheckpoint({ ...checkpoint, certificate: null }) }],
      })
    if (at !== null && !isAdjacent && next !== null && next.changes.length > 0) {
      const last = at.height - 1
      lost.push([height + 1, last])
      const what = last === height + 1 ? `checkpoint ${last}` : `checkpoints ${height + 1} to ${last}`
      findings.add({ code: 'checkpoint-missing', what, fix: [beginAt(next)] })
    }
  }

  for await (const [key, value] of store.range(spaceRange('checkpointHeight'))) {
    check.step('checkpoints')
    if (!isKeyWhole(check, 'checkpointHeight', key)) continue
    const height = readCheckpointHeightKey(key)
    const decoded = decodeCheckpoint(value)
    const checkpoint = decoded.ok ? decoded.value : null
    if (checkpoint !== null && checkpoint.header.core.height !== height) {
      const what = `checkpoint ${checkpoint.header.core.height}, which stands as ${height}`
      findings.add({ code: 'checkpoint-damaged', what, fix: [{ kind: 'delete', key }] })
      continue
    }
    const at: Link = {
      height,
      digest: checkpoint?.header.digest ?? null,
      checkpoint,
      isCertified: checkpoint !== null && isCertified(check, checkpoint),
      fault: decoded.ok ? faultOfHeader(check, decoded.value) : decoded.detail,
    }
    settle(at)
    const isWhole = before.fault === null && height === before.height + 1 && checkpoint?.changes.length !== 0
    if (!isWhole || at.fault !== null) cut = null
    if (checkpoint !== null && at.fault === null) {
      const entries = await entriesOf(check, { checkpoint, authors, isFolded: cut !== null })
      const isRight =
        entries !== undefined && (cut === null || isFolded(cut, entries, checkpoint.header.rest.cutRoot))
      if (!isRight) at.fault = 'its cut is not the one that its header names'
      if (!isRight) cut = null
      else for (const entry of entries) moved.set(`${entry.author}/${entry.generation}`, entry)
    }
    before = at
  }
  const { digest, height } = before
  settle(null, digest !== null && (await heightByDigest(check, digest)) === height)
  const isLost = (height: number) => lost.some(([from, to]) => from <= height && height <= to)
  return { newest, isHeadLost: before.fault !== null, cut, moved, heights, isLost }
}

async function heightByDigest({ store }: Check, digest: string): Promise<number | null> {
  const value = await store.get(checkpointDigestKey(fromHex(digest) ?? new Uint8Array(32)))
  const height = value && decode(heightShape, value, { bytesMax: 16 })
  return height?.ok ? height.value : null
}

/** Lets the checkpoint behind a gap begin the chain, as that of a snapshot does. */
function beginAt(checkpoint: Checkpoint): StoreOp {
  return {
    kind: 'put',
    key: checkpointHeightKey(checkpoint.header.core.height),
    value: encodeCheckpoint({ ...checkpoint, changes: new Uint8Array() }),
  }
}

function faultOfHeader({ known }: Check, { header: { core } }: Checkpoint): string | null {
  if (core.networkId !== known.networkId) return 'it is of another network'
  if (known.sets.get(core.epoch)?.setHash !== core.setHash) return 'it is of other validators'
  return null
}

function isCertified({ known }: Check, checkpoint: Checkpoint): boolean {
  const { certificate, header } = checkpoint
  const set = known.sets.get(header.core.epoch)
  if (certificate === null || set === undefined || !isCertificateOf(checkpoint)) return false
  const { ed25519, bls } = known
  return checkCertificate(certificate, { set, ed25519, bls }).kind === 'valid'
}

/** What a checkpoint says moved; undefined when it cannot be, or what stands here contradicts it. */
async function entriesOf(
  { store }: Check,
  {
    checkpoint,
    authors,
    isFolded,
  }: {
    readonly checkpoint: Checkpoint
    readonly authors: AuthorNumbers
    /** The root of the cut will tell more than the events can. */
    readonly isFolded: boolean
  },
): Promise<readonly CutEntry[] | undefined> {
  if (checkpoint.changes.length === 0) return []
  const decoded = decodeChanges(checkpoint.changes)
  if (!decoded.ok) return undefined
  for (const { author: org, generation, sequence, id } of isFolded ? [] : decoded.value) {
    const author = authors.numberOf(org)
    if (author === undefined) continue
    const slot = eventRange({ author, generation, fromSequence: sequence, toSequence: sequence })
    let isForeign = false
    let isThere = false
    for await (const [, value] of store.range(slot)) {
      const stored = readStoredValue(value)
      const event = stored && decodeHeader(stored.headerBytes)
      if (event?.kind !== 'decoded') continue
      isThere ||= event.id === id
      // An event that no index knows was changed here; one that it knows is in order.
      isForeign ||= (await store.get(positionKey(event.id))) !== undefined
    }
    if (isForeign && !isThere) return undefined
  }
  return decoded.value
}

function isFolded(
  cut: Map<CutEntry['author'], CutEntry>,
  entries: readonly CutEntry[],
  root: string,
): boolean {
  for (const entry of entries) cut.set(entry.author, entry)
  return toHex(cutRoot(cut)) === root
}

export async function checkDigests(
  check: Check,
  { heights, isLost }: CheckpointChain,
  { lostFrom }: { readonly lostFrom: number },
): Promise<void> {
  const { store, findings } = check
  const seen = new Set<string>()
  for await (const [key, value] of store.range(spaceRange('checkpointDigest'))) {
    if (!isKeyWhole(check, 'checkpointDigest', key)) continue
    const digest = toHex(key.subarray(1))
    const height = decode(heightShape, value, { bytesMax: 16 })
    const expected = heights.get(digest)
    seen.add(digest)
    if (expected !== undefined && height.ok && height.value === expected) continue
    // It may be all that still tells of a head that was lost.
    if (expected === undefined && height.ok && height.value >= lostFrom) continue
    if (expected === undefined && height.ok && isLost(height.value)) {
      findings.followUps.push({ kind: 'delete', key })
      continue
    }
    const fix: StoreOp =
      expected === undefined
        ? { kind: 'delete', key }
        : { kind: 'put', key, value: encode(heightShape, expected) }
    findings.add({ code: 'checkpoint-index', what: `the entry of ${digest.slice(0, 16)}…`, fix: [fix] })
  }
  for (const [digest, height] of heights) {
    if (seen.has(digest)) continue
    const key = checkpointDigestKey(fromHex(digest) ?? new Uint8Array(32))
    const fix: StoreOp = { kind: 'put', key, value: encode(heightShape, height) }
    findings.add({ code: 'checkpoint-index', what: `the entry of checkpoint ${height}`, fix: [fix] })
  }
}
