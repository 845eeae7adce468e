/** Where the store says that this node is: checkpoints, the cut, and the state that the newest one commits to. */
import { decode, encode, equalBytes, fromHex, toHex, treeRoot } from '@chirograph/codec'
import { checkCertificate } from '@chirograph/consensus'
import { decodeHeader } from '@chirograph/event'
import {
  checkpointDigestKey,
  checkpointHeightKey,
  eventRange,
  frontierKey,
  metaKey,
  positionKey,
  type RowSpace,
  readCheckpointHeightKey,
  rowSpaces,
  type StoreOp,
  spaceRange,
} from '@chirograph/interface'
import { type Cut, type CutEntry, cutEntryShape, cutOf, cutRoot, decodeChanges } from '@chirograph/log'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, genesisChainState } from '@chirograph/replica'
import {
  genesisState,
  type NetworkState,
  readClosedGenerations,
  restoreState,
  rowKindOf,
  rowsOf,
  type StateRow,
  stateRoot,
} from '@chirograph/status'
import { heightShape, logTreeShape, rowSpaceShape } from './facts.js'
import type { Check } from './fsck.js'
import { type AuthorNumbers, isKeyWhole } from './fsck-notes.js'
import { put } from './meta.js'
import { readStoredValue } from './stored-event.js'

/** What the checks of events go by. */
export interface Head {
  readonly newest: Checkpoint | null
  readonly cut: Cut
  readonly state: NetworkState
  readonly isStateSound: boolean
  /** Where closed generations ended; undefined where that is not known. */
  closedEnd(org: CutEntry['author'], generation: number): CutEntry | null | undefined
}

export async function checkHead(check: Check, authors: AuthorNumbers): Promise<Head> {
  const chain = await checkCheckpoints(check, authors)
  const newestHeight = chain.newest?.header.core.height ?? 0
  const told = await toldHeight(check, chain)
  // What was final is not there any more. Its state does not tell: a heartbeat has that of the one before.
  const isNewestMissing = told > newestHeight
  if (isNewestMissing && !chain.isHeadLost)
    check.findings.add({ code: 'newest-checkpoint', what: `checkpoint ${told} is missing` })
  const isHeadLost = chain.isHeadLost || isNewestMissing
  const found = await checkState(check, chain.newest)
  await checkDigests(check, chain, { lostFrom: isHeadLost ? newestHeight + 1 : Number.POSITIVE_INFINITY })
  const tips = await checkFrontier(check, { chain, isHeadLost })
  if (!isHeadLost) {
    if (!found.isStateSound) await nameState(check, chain.newest)
    await checkHeadNotes(check, chain.newest)
  }
  const { state, isStateSound } = found
  const closedEnd: Head['closedEnd'] = (org, generation) => {
    if (isStateSound) {
      const end = readClosedGenerations(state, org).find((one) => one.generation === generation)
      if (end === undefined) return undefined
      return end.last === null ? null : { author: org, generation, ...end.last }
    }
    return tips.all.get(`${org}/${generation}`)
  }
  if (isStateSound && !isHeadLost) checkOldTips(check, { all: tips.all, cut: tips.cut, closedEnd })
  return { newest: chain.newest, cut: tips.cut, state, isStateSound, closedEnd }
}

interface CheckpointChain {
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

async function checkCheckpoints(check: Check, authors: AuthorNumbers): Promise<CheckpointChain> {
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
  if (core.epoch !== known.set.epoch || core.setHash !== known.set.setHash) return 'it is of other validators'
  return null
}

function isCertified({ known }: Check, { header, certificate }: Checkpoint): boolean {
  if (certificate === null || certificate.type !== 'final' || certificate.digest !== header.digest)
    return false
  if (certificate.view !== header.core.view || certificate.height !== header.core.height) return false
  return checkCertificate(certificate, { set: known.set, ed25519: known.ed25519 }).kind === 'valid'
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

async function checkDigests(
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

/** The final tips against what the checkpoints add up to, and the newest one's root. */
async function checkFrontier(
  check: Check,
  { chain, isHeadLost }: { readonly chain: CheckpointChain; readonly isHeadLost: boolean },
) {
  const { store, findings } = check
  const { newest } = chain
  const rows = new Map<string, CutEntry>()
  const wrong: { key: Uint8Array; what: string }[] = []
  for await (const [key, value] of store.range(spaceRange('frontier'))) {
    if (!isKeyWhole(check, 'frontier', key)) continue
    const entry = decode(cutEntryShape, value, { bytesMax: 256 })
    if (entry.ok && equalBytes(frontierKey(entry.value), key))
      rows.set(`${entry.value.author}/${entry.value.generation}`, entry.value)
    else wrong.push({ key, what: entry.ok ? 'it stands under another key' : entry.detail })
  }
  const cutOfRows = currentOf(rows.values())
  if (isHeadLost) return { cut: cutOfRows, all: rows }
  const root = newest?.header.rest.cutRoot
  // Where the beginning of the checkpoints is not here, the rows alone know of who has not moved since.
  const candidates = chain.cut === null ? [rows, laterOf(rows, chain.moved)] : [chain.moved]
  const expected = candidates.find((all) => toHex(cutRoot(currentOf(all.values()))) === root)
  if (newest !== null && expected === undefined) {
    findings.add({ code: 'frontier-lost', what: `the tips of ${cutOfRows.size} authors` })
    return { cut: cutOfRows, all: rows }
  }
  const all = newest === null ? new Map<string, CutEntry>() : (expected ?? rows)
  const touched = new Set<string>()
  for (const [name, entry] of all) {
    const row = rows.get(name)
    if (row?.id === entry.id && row.sequence === entry.sequence) continue
    const key = frontierKey(entry)
    touched.add(toHex(key))
    const { author, generation, sequence, id } = entry
    findings.add({
      code: 'frontier-row',
      what: nameOfTip(check, entry),
      author,
      generation,
      sequence,
      id,
      fix: [{ kind: 'put', key, value: encode(cutEntryShape, entry) }],
    })
  }
  for (const { key, what } of wrong)
    if (!touched.has(toHex(key)))
      findings.add({
        code: 'frontier-row',
        what: `a tip that is none: ${what}`,
        fix: [{ kind: 'delete', key }],
      })
  for (const [name, entry] of rows)
    if (!all.has(name))
      findings.add({
        code: 'frontier-row',
        what: `${nameOfTip(check, entry)}, of which nothing is final`,
        fix: [{ kind: 'delete', key: frontierKey(entry) }],
      })
  return { cut: currentOf(all.values()), all }
}

function nameOfTip({ known }: Check, { author, generation }: CutEntry): string {
  return `the tip of ${known.nameOf(author)} in key period ${generation}`
}

/** Of each chain the entry that is further on. */
function laterOf(
  rows: ReadonlyMap<string, CutEntry>,
  moved: ReadonlyMap<string, CutEntry>,
): Map<string, CutEntry> {
  const later = new Map(rows)
  for (const [name, entry] of moved)
    if ((later.get(name)?.sequence ?? -1) <= entry.sequence) later.set(name, entry)
  return later
}

/** Of each author the entry of its latest generation. */
function currentOf(entries: Iterable<CutEntry>): Cut {
  return cutOf([...entries].sort((a, b) => a.generation - b.generation))
}

/** Rows of generations that are closed are read by nobody; they must not lie all the same. */
function checkOldTips(
  { known, findings }: Check,
  { all, cut, closedEnd }: Pick<Head, 'cut' | 'closedEnd'> & { readonly all: ReadonlyMap<string, CutEntry> },
): void {
  for (const entry of all.values()) {
    const current = cut.get(entry.author)
    if (current === undefined || current.generation <= entry.generation) continue
    const end = closedEnd(entry.author, entry.generation)
    if (end === undefined || (end?.id === entry.id && end.sequence === entry.sequence)) continue
    findings.add({
      code: 'frontier-row',
      what: `the last event of ${known.nameOf(entry.author)} in key period ${entry.generation}`,
      author: entry.author,
      generation: entry.generation,
      fix: [
        end === null
          ? { kind: 'delete', key: frontierKey(entry) }
          : { kind: 'put', key: frontierKey(entry), value: encode(cutEntryShape, end) },
      ],
    })
  }
}

/** The rows against the root; if they do not hash to it, whether those of the other place do. */
async function checkState(check: Check, newest: Checkpoint | null) {
  const { store, known, findings } = check
  const noted = await store.get(metaKey('row-space'))
  const decoded = noted === undefined ? undefined : decode(rowSpaceShape, noted, { bytesMax: 16 })
  const index = decoded === undefined ? 0 : decoded.ok ? decoded.value : null
  const genesis = genesisState(known.genesis)
  if (newest === null) {
    if (noted !== undefined)
      findings.add({
        code: 'note-rebuildable',
        what: 'the note row-space',
        fix: [{ kind: 'delete', key: metaKey('row-space') }],
      })
    for (const space of rowSpaces) await checkLeftover(check, space)
    return { state: genesis, isStateSound: true }
  }
  const root = newest.header.core.stateRoot
  const order = index === 1 ? [1, 0] : [0, 1]
  for (const at of order) {
    const state = await stateIn(check, rowSpaces[at] ?? 'stateRow')
    if (state === undefined || toHex(stateRoot(state)) !== root) continue
    if (at !== index)
      findings.add({
        code: 'note-rebuildable',
        what: 'the note row-space names the place where the state is not',
        fix: [put('row-space', encode(rowSpaceShape, at))],
      })
    await checkLeftover(check, rowSpaces[1 - at] ?? 'otherStateRow')
    return { state, isStateSound: true }
  }
  return { state: genesis, isStateSound: false }
}

async function nameState(check: Check, newest: Checkpoint | null): Promise<void> {
  const broken = [...(await brokenRows(check, 'stateRow')), ...(await brokenRows(check, 'otherStateRow'))]
  check.findings.add({
    code: 'state-rows',
    what: `the state at height ${newest?.header.core.height}${broken.length > 0 ? `; of its rows these are none: ${broken.join(', ')}` : ''}`,
  })
}

/**
 * The greatest height that the store says was final, by its note or by a digest that no checkpoint here has. A node that
 * went back behind it would vote once more where it has voted, so a repair never makes it forget one.
 */
async function toldHeight({ store }: Check, { heights }: CheckpointChain): Promise<number> {
  const value = await store.get(metaKey('final-height'))
  const note = value && decode(heightShape, value, { bytesMax: 16 })
  let told = note?.ok ? note.value : 0
  for await (const [key, bytes] of store.range(spaceRange('checkpointDigest'))) {
    const height = decode(heightShape, bytes, { bytesMax: 16 })
    if (height.ok && !heights.has(toHex(key.subarray(1)))) told = Math.max(told, height.value)
  }
  return told
}

/** In memory whole, as in a node that runs. Undefined where the rows make no state at all. */
async function stateIn(check: Check, space: RowSpace): Promise<NetworkState | undefined> {
  const { store, known } = check
  const rows = new Map<string, StateRow>()
  for (const row of rowsOf(genesisState(known.genesis))) rows.set(toHex(row.key), row)
  for await (const page of store.pages(spaceRange(space)))
    for (const [key, value] of page) {
      check.step('state rows')
      if (key.length === 33) rows.set(toHex(key.subarray(1)), { key: key.slice(1), value })
    }
  try {
    return restoreState({ genesis: known.genesis, rows: rows.values() })
  } catch {
    // Whatever it trips over, these are not rows of a state, and that is what is asked.
    return undefined
  }
}

async function brokenRows({ store }: Check, space: RowSpace): Promise<string[]> {
  const broken: string[] = []
  for await (const [key, value] of store.range(spaceRange(space))) {
    if (key.length === 33 && rowKindOf(value) !== undefined) continue
    broken.push(`${toHex(key.subarray(1, 9))}…`)
    if (broken.length === 5) break
  }
  return broken
}

async function checkLeftover(check: Check, space: RowSpace): Promise<void> {
  const { store, findings } = check
  const fix: StoreOp[] = []
  let count = 0
  for await (const page of store.pages(spaceRange(space)))
    for (const [key] of page) {
      count++
      if (fix.length < leftoversPerRepair) fix.push({ kind: 'delete', key })
    }
  if (count === 0) return
  findings.surplus += count
  findings.add({ code: 'leftover-rows', what: `${count} rows of the place that is not read`, fix })
}

/** The rest is found again. */
const leftoversPerRepair = 65_536

async function checkHeadNotes({ store, findings }: Check, newest: Checkpoint | null): Promise<void> {
  const [heightBytes, treeBytes] = await store.getMany(['final-height', 'log-tree'].map(metaKey))
  const rebuild = (what: string, fix: StoreOp[]) => findings.add({ code: 'note-rebuildable', what, fix })
  if (newest === null) {
    if (heightBytes !== undefined && treeBytes !== undefined)
      findings.add({
        code: 'newest-checkpoint',
        what: 'no checkpoint is here, and the notes say that there was one',
      })
    else {
      if (heightBytes) rebuild('the note final-height', [{ kind: 'delete', key: metaKey('final-height') }])
      if (treeBytes) rebuild('the note log-tree', [{ kind: 'delete', key: metaKey('log-tree') }])
    }
    return
  }
  const { core, rest } = newest.header
  const height = heightBytes && decode(heightShape, heightBytes, { bytesMax: 16 })
  if (!height?.ok || height.value !== core.height)
    rebuild(`the note final-height, which should say ${core.height}`, [
      put('final-height', encode(heightShape, core.height)),
    ])
  const tree = treeBytes && decode(logTreeShape, treeBytes, { bytesMax: 4_096 })
  const isTree = tree?.ok && tree.value.size === rest.logSize && toHex(rootOf(tree.value)) === rest.logRoot
  if (!isTree) findings.add({ code: 'log-tree', what: `the tree at height ${core.height}` })
}

function rootOf(tree: Parameters<typeof treeRoot>[0]): Uint8Array {
  try {
    return treeRoot(tree)
  } catch {
    // A number of peaks that no tree of this size has.
    return new Uint8Array()
  }
}
