/** The pages of the state, against the root that the newest checkpoint names. */
import { setImmediate } from 'node:timers/promises'
import { fromHex, type MapSource, type MerkleMap, mapEntries, openMap, toHex } from '@chirograph/codec'
import { type StoreOp, spaceRange, statePageKey } from '@chirograph/interface'
import type { Checkpoint } from '@chirograph/replica'
import { genesisState, type NetworkState, stateOfMap } from '@chirograph/status'
import type { Check } from './fsck.js'
import { checkPastPages } from './fsck-past-pages.js'

/**
 * Reads every page from the root down; what no page leads to is left over. Where what was final last is lost, the state
 * is of something else, and nothing is told of it.
 */
export async function checkState(
  check: Check,
  { newest, isHeadLost }: { readonly newest: Checkpoint | null; readonly isHeadLost: boolean },
): Promise<{ readonly state: NetworkState; readonly isStateSound: boolean }> {
  const { genesis } = check.known
  if (newest === null) {
    if (!isHeadLost) await checkLeftover(check, { height: 0, seen: new Set() })
    return { state: genesisState(genesis), isStateSound: true }
  }
  if (isHeadLost) return { state: genesisState(genesis), isStateSound: false }
  const { height, stateRoot } = newest.header.core
  const seen = new Set<string>()
  try {
    const map = await readMap(check, { root: fromHex(stateRoot) ?? new Uint8Array(), version: height, seen })
    await checkLeftover(check, { height, seen })
    return { state: stateOfMap({ genesis, map }), isStateSound: true }
  } catch (error) {
    if (!(error instanceof PageDamage)) throw error
    check.findings.add({ code: 'state-rows', what: `the state at height ${height}: ${error.message}` })
    return { state: genesisState(genesis), isStateSound: false }
  }
}

class PageDamage extends Error {}

/** Looks at all of it once, and keeps none: it is read again where it is asked for. */
async function readMap(
  { store, step }: Check,
  {
    root,
    version,
    seen,
  }: { readonly root: Uint8Array; readonly version: number; readonly seen: Set<string> },
): Promise<MerkleMap> {
  const source: MapSource = {
    page(place) {
      const key = statePageKey(place)
      seen.add(toHex(key))
      step('pages of the state')
      return store.getSync(key)
    },
    damaged: (what) => new PageDamage(what),
  }
  const map = openMap({ root, version, source })
  if (map === undefined) throw new PageDamage('the page at the root is missing, or not of this height')
  let rows = 0
  // A person who waits may want to stop it.
  for (const _ of mapEntries(map)) if (++rows % rowsPerTurn === 0) await setImmediate()
  return map
}

async function checkLeftover(
  check: Check,
  { height, seen }: { readonly height: number; readonly seen: ReadonlySet<string> },
): Promise<void> {
  const { store, findings } = check
  const named = await checkPastPages(check, { height, inUse: seen })
  const fix: StoreOp[] = []
  let count = 0
  for await (const page of store.pages(spaceRange('statePage')))
    for (const [key] of page) {
      const name = toHex(key)
      if (seen.has(name) || named.has(name)) continue
      count++
      if (fix.length < leftoversPerRepair) fix.push({ kind: 'delete', key })
    }
  if (count === 0) return
  findings.surplus += count
  findings.add({ code: 'leftover-rows', what: `${count} pages of a state that is not read`, fix })
}

/** Some milliseconds. */
const rowsPerTurn = 1_024

/** The rest is found again. */
const leftoversPerRepair = 65_536
