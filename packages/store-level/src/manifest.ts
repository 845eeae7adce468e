/**
 * Which file LevelDB says holds its latest writes. Its manifest is a log of edits, in the same format as its log of
 * writes; the last edit that names a log counts: what came before that log is in tables. The format of an edit is that
 * of LevelDB's version_edit.cc.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { wholeRecords } from './log-records.js'

/** Undefined where it cannot be told: LevelDB then says itself what it cannot read. 0 where there was no log yet. */
export async function logNumberOf(directory: string): Promise<number | undefined> {
  let manifest: Uint8Array
  try {
    const name = (await readFile(join(directory, 'CURRENT'), 'utf8')).trim()
    if (!/^MANIFEST-\d+$/.test(name)) return undefined
    manifest = await readFile(join(directory, name))
  } catch {
    // As above; and whoever has the database open may have gone on to another manifest.
    return undefined
  }
  let number: number | undefined
  for (const edit of wholeRecords(manifest)) {
    const named = logNumberIn(edit)
    if (named === 'unreadable') return undefined
    number = named ?? number
  }
  return number
}

/** Tags of the fields of an edit. */
const tags = { comparator: 1, log: 2, next: 3, last: 4, compactPointer: 5, deleted: 6, added: 7, previous: 9 }

function logNumberIn(edit: Uint8Array): number | undefined | 'unreadable' {
  let at = 0
  let number: number | undefined
  const varint = (): number => {
    // Numbers of files stay far below 2^53; of the others only the length matters.
    for (let value = 0, factor = 1; at < edit.length; factor *= 128) {
      const byte = edit[at++] ?? 0
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    return Number.NaN
  }
  const pass = (): void => {
    const length = varint()
    at += length
  }
  while (at < edit.length) {
    switch (varint()) {
      case tags.log:
        number = varint()
        break
      case tags.next:
      case tags.last:
      case tags.previous:
        varint()
        break
      case tags.comparator:
        pass()
        break
      case tags.compactPointer:
        varint()
        pass()
        break
      case tags.deleted:
        varint()
        varint()
        break
      case tags.added:
        for (let field = 0; field < 3; field++) varint()
        pass()
        pass()
        break
      default:
        return 'unreadable'
    }
  }
  return at === edit.length ? number : 'unreadable'
}
