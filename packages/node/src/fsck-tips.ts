/** The final tip of each author, against what the checkpoints add up to and the root that the newest one names. */
import { decode, encode, equalBytes, toHex } from '@chirograph/codec'
import { frontierKey, spaceRange } from '@chirograph/interface'
import { type Cut, type CutEntry, cutEntryShape, cutOf, cutRoot } from '@chirograph/log'
import type { Check } from './fsck.js'
import type { CheckpointChain } from './fsck-checkpoints.js'
import type { Head } from './fsck-head.js'
import { isKeyWhole } from './fsck-notes.js'

/** What the tips are once they are put right: those that make the cut, and all by author and generation. */
export async function checkFrontier(
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
export function checkOldTips(
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
