/** The rows of the state, against the root that the newest checkpoint names. */
import { decode, emptyMap, encode, equalBytes, mapPages, toHex } from '@chirograph/codec'
import {
  metaKey,
  pageSpaceOf,
  type RowSpace,
  rowSpaces,
  type StoreOp,
  spaceRange,
  statePageKey,
} from '@chirograph/interface'
import type { Checkpoint } from '@chirograph/replica'
import {
  genesisState,
  type NetworkState,
  restoreState,
  rowKindOf,
  rowsOf,
  type StateRow,
  stateRoot,
} from '@chirograph/status'
import { rowSpaceShape } from './facts.js'
import type { Check } from './fsck.js'
import { pagesBehindName, put } from './meta.js'

/** The rows against the root; if they do not hash to it, whether those of the other place do. */
export async function checkState(check: Check, newest: Checkpoint | null) {
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
    await checkPages(check, rowSpaces[at] ?? 'stateRow', state)
    return { state, isStateSound: true }
  }
  return { state: genesis, isStateSound: false }
}

export async function nameState(check: Check, newest: Checkpoint | null): Promise<void> {
  const broken = [...(await brokenRows(check, 'stateRow')), ...(await brokenRows(check, 'otherStateRow'))]
  check.findings.add({
    code: 'state-rows',
    what: `the state at height ${newest?.header.core.height}${broken.length > 0 ? `; of its rows these are none: ${broken.join(', ')}` : ''}`,
  })
}

/** In memory whole. Undefined where the rows make no state at all. */
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
  for (const one of [space, pageSpaceOf[space]])
    for await (const page of store.pages(spaceRange(one)))
      for (const [key] of page) {
        count++
        if (fix.length < leftoversPerRepair) fix.push({ kind: 'delete', key })
      }
  if (count === 0) return
  findings.surplus += count
  findings.add({ code: 'leftover-rows', what: `${count} rows of the place that is not read`, fix })
}

/** The pages against those that the rows call for, unless they are to be written anew anyway. */
async function checkPages(check: Check, space: RowSpace, state: NetworkState): Promise<void> {
  const { store, findings } = check
  if ((await store.get(metaKey(pagesBehindName))) !== undefined) return
  const expected = new Map<string, StoreOp & { kind: 'put' }>()
  for (const page of mapPages({ before: emptyMap, after: state.map })) {
    const key = statePageKey(page, space)
    expected.set(toHex(key), { kind: 'put', key, value: page.bytes })
  }
  const { size } = expected
  const fix: StoreOp[] = []
  let count = 0
  for await (const page of store.pages(spaceRange(pageSpaceOf[space])))
    for (const [key, value] of page) {
      check.step('pages of the state')
      count++
      const name = toHex(key)
      const right = expected.get(name)
      expected.delete(name)
      if (right === undefined) fix.push({ kind: 'delete', key })
      else if (!equalBytes(right.value, value)) fix.push(right)
    }
  // Written by a version that had none: the next start writes them.
  if (count === 0) return
  fix.push(...expected.values())
  if (fix.length === 0) return
  findings.surplus += fix.length
  const what = `${fix.length} of ${size} pages of the state at this root`
  findings.add({ code: 'state-pages', what, fix: fix.slice(0, leftoversPerRepair) })
}

/** The rest is found again. */
const leftoversPerRepair = 65_536
