/**
 * What a node holds, in one entry for each author: what two nodes compare to find out what they lack. The entries
 * depend on the set of events held and on nothing else, so equal digests mean equal logs. Rules L21 and L22.
 */
import {
  bytes,
  compareBytes,
  type Decoded,
  decode,
  digestOfContentId,
  encode,
  field,
  link,
  list,
  nullable,
  sha256,
  struct,
  uint,
} from '@chirograph/codec'
import { generationMax, type OrgId, orgId, orgIdBytes } from '@chirograph/event'
import type { CutEntry } from './cut.js'
import { frontierAuthorsMax, frontierBytesMax } from './limits.js'
import { type Chain, compareIds, finalGenerationOf, type LogEntry, type LogIndex } from './log-index.js'

/** The highest event of an author. */
export interface FrontierEntry extends CutEntry {
  /** Null for one branch; of a forked author a hash (32 bytes) over all its heads. */
  readonly branches: Uint8Array | null
}

const frontierEntryShape = struct('frontierEntry', [
  field('author', orgId()),
  field('generation', uint({ max: generationMax })),
  field('sequence', uint()),
  field('id', link()),
  field('branches', nullable(bytes(32))),
])

/** A frontier on the wire: its entries in byte order of the authors. */
export const frontierShape = list(frontierEntryShape, {
  max: frontierAuthorsMax,
  sortedUniqueBy: (entry) => orgIdBytes(entry.author),
})

// Hashed here and never read, so its length needs no bound from outside.
const tagsShape = list(
  struct('frontierTag', [
    field('author', orgId()),
    field('generation', uint({ max: generationMax })),
    field('tag', bytes(32)),
  ]),
  { max: Number.MAX_SAFE_INTEGER, sortedUniqueBy: (entry) => orgIdBytes(entry.author) },
)

/** The frontier of a log, sorted by author. */
export function frontier(log: LogIndex): FrontierEntry[] {
  const entries: FrontierEntry[] = []
  for (const author of log.chains.keys()) {
    const entry = entryOf(openChainsOf(log, author))
    if (entry !== undefined) entries.push(entry)
  }
  return entries.sort((a, b) => (a.author < b.author ? -1 : 1))
}

/** 32 bytes that two nodes compare first: equal when the sets of events are. */
export function frontierDigest(entries: readonly FrontierEntry[]): Uint8Array {
  const tags = entries.map(({ author, generation, id, branches }) => {
    return { author, generation, tag: branches ?? digestOfContentId(id) }
  })
  return sha256(encode(tagsShape, tags))
}

export function encodeFrontier(entries: readonly FrontierEntry[]): Uint8Array {
  return encode(frontierShape, entries)
}

/** Reads an untrusted frontier. What it says is a claim: it may name events that do not exist. */
export function decodeFrontier(wire: Uint8Array): Decoded<readonly FrontierEntry[]> {
  return decode(frontierShape, wire, { bytesMax: frontierBytesMax })
}

/** L21: the chains in which something may still become final; those before them are closed, and the same everywhere. */
function openChainsOf(log: LogIndex, author: OrgId): Chain[] {
  const current = finalGenerationOf(log, author)
  return [...(log.chains.get(author) ?? [])].flatMap(([generation, chain]) =>
    generation >= current ? [chain] : [],
  )
}

/** L21: the highest head stands for all; L22: a hash over all heads shows whether the others are the same. */
function entryOf(chains: readonly Chain[]): FrontierEntry | undefined {
  const followed = new Set(chains.flatMap(({ slots }) => (slots.get(0) ?? []).map(({ prev }) => prev)))
  const heads = chains.flatMap((chain) => [...chain.heads.values()]).filter(({ id }) => !followed.has(id))
  const [top] = heads.sort(
    (a, b) => b.generation - a.generation || b.sequence - a.sequence || compareIds(a.id, b.id),
  )
  if (top === undefined) return undefined
  const { author, generation, sequence, id } = top
  const branches = chains.some(({ isFull }) => isFull) ? unreconciled : branchesOf(heads)
  return { author, generation, sequence, id, branches }
}

function branchesOf(heads: readonly LogEntry[]): Uint8Array | null {
  if (heads.length === 1) return null
  return sha256(...heads.map((head) => digestOfContentId(head.id)).sort(compareBytes))
}

/** L22: who filled a slot with branches is not reconciled any further; nodes that saw it agree to stop. */
const unreconciled = new Uint8Array(32).fill(0xff)
