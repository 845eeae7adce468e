/**
 * The state anew from the log, where all of it is here: each checkpoint is executed as it was when it became final, and
 * must come out with the roots that its header names. So nothing is believed of the rows that were damaged.
 */
import { type EventId, emptyMap, encode, mapPages, toHex, treeRoot } from '@chirograph/codec'
import type { AuthenticEvent, OrgId } from '@chirograph/event'
import {
  checkpointRange,
  frontierKey,
  getManyKeysMax,
  positionKey,
  readCheckpointHeightKey,
  readPlace,
  type Store,
  type StoreOp,
  spaceRange,
  statePageKey,
  strayKey,
} from '@chirograph/interface'
import {
  type CutEntry,
  createLog,
  cutEntryShape,
  decodeChanges,
  isAtOrBefore,
  type LogIndex,
  markFinal,
  restorePending,
  trimFinal,
} from '@chirograph/log'
import { type ChainState, decodeCheckpoint, execute, genesisChainState } from '@chirograph/replica'
import { stateRoot } from '@chirograph/status'
import { type AuthorTable, loadAuthors } from './author-table.js'
import { logTreeShape } from './facts.js'
import type { CheckOptions } from './fsck.js'
import { put } from './meta.js'
import { readEvent } from './stored-event.js'
import { walkEvents } from './stored-walk.js'

export type Replay =
  | { readonly kind: 'replayed'; readonly ops: readonly StoreOp[] }
  /** Something of the log is not here, or not in order. */
  | { readonly kind: 'impossible'; readonly why: string }

/** Final events of each chain that stay in memory between two checkpoints: a cut goes on from the last. */
const keptFinal = 1

/** What to write so that state, tips and the log's tree are those of the newest checkpoint. Changes nothing. */
export async function replayStore(store: Store, options: CheckOptions): Promise<Replay> {
  const { genesis, signal, onProgress } = options
  const authors = await loadAuthors(store)
  const log = createLog()
  const tips = new Map<string, CutEntry>()
  let at: ChainState = genesisChainState(genesis)
  let rows = 0
  for await (const [key, value] of store.range(
    checkpointRange({ fromHeight: 1, toHeight: Number.MAX_SAFE_INTEGER }),
  )) {
    signal?.throwIfAborted()
    const height = readCheckpointHeightKey(key)
    const decoded = decodeCheckpoint(value)
    if (!decoded.ok) return impossible(`checkpoint ${height}: ${decoded.detail}`)
    const { header, changes } = decoded.value
    if (height !== at.header.core.height + 1 || changes.length === 0)
      return impossible(`the checkpoints before ${height} are not here`)
    const entries = decodeChanges(changes)
    if (!entries.ok) return impossible(`checkpoint ${height}: ${entries.detail}`)
    for (const entry of entries.value) await enterEvents({ store, authors, log }, at, entry)
    const executed = await executeOn({ store, authors }, { at, log, entries: entries.value, header, options })
    if (executed.kind !== 'executed') return impossible(`checkpoint ${height} cannot be executed`)
    const { execution } = executed
    const isSame =
      toHex(stateRoot(execution.state)) === header.core.stateRoot &&
      toHex(treeRoot(execution.logTree)) === header.rest.logRoot
    if (!isSame) return impossible(`checkpoint ${height} comes out otherwise`)
    markFinal(log, execution.events)
    trimFinal(log, { keep: keptFinal })
    for (const entry of entries.value) tips.set(`${entry.author}/${entry.generation}`, entry)
    at = { ...decoded.value, ...execution, events: [], outcomes: [] }
    rows += execution.events.length
    onProgress?.({ what: 'the log, executed anew', rows })
  }
  return { kind: 'replayed', ops: await opsOf(store, { at, tips }) }
}

function impossible(why: string): Replay {
  return { kind: 'impossible', why }
}

interface Source {
  readonly store: Store
  readonly authors: AuthorTable
}

/** Enters what a cut moves of one chain, from the parent's entry on: the branch that was not passed over. */
async function enterEvents(
  source: Source & { readonly log: LogIndex },
  { cut }: ChainState,
  { author: org, generation, sequence }: CutEntry,
): Promise<void> {
  const base = cut.get(org)
  const author = source.authors.numberOf(org)
  if (author === undefined) return
  const isNew = base === undefined || base.generation < generation
  if (isNew && generation > 0) {
    // A rotation may close over events of the generation before that become final with it.
    const from = base === undefined ? 0 : base.sequence + 1
    await enterRange(source, {
      author,
      generation: generation - 1,
      fromSequence: from,
      toSequence: lastSequence,
    })
  }
  const fromSequence = isNew ? 0 : base.sequence + 1
  await enterRange(source, { author, generation, fromSequence, toSequence: sequence })
}

const lastSequence = Number.MAX_SAFE_INTEGER

async function enterRange(
  { store, log }: Source & { readonly log: LogIndex },
  range: { author: number; generation: number; fromSequence: number; toSequence: number },
): Promise<void> {
  for await (const page of walkEvents(store, range))
    for (const { place } of page) {
      if ((await store.get(strayKey(place))) !== undefined) continue
      const event: AuthenticEvent | undefined = await readEvent(store, place)
      if (event !== undefined) restorePending(log, event, place.branch)
    }
}

/** Executes a cut; what it refers to and the index does not hold is looked up, as often as that is asked for. */
async function executeOn(
  source: Source,
  args: {
    readonly at: ChainState
    readonly log: LogIndex
    readonly entries: readonly CutEntry[]
    readonly header: ChainState['header']
    readonly options: CheckOptions
  },
) {
  const { at, log, entries, header, options } = args
  const { height, timeMs } = header.core
  const bytesMax = options.genesis.parameters.cutBytesMax
  const lookedUp = new Map<EventId, boolean>()
  for (;;) {
    const { ed25519, bls } = options
    const executed = execute({
      parent: at,
      changes: entries,
      height,
      timeMs,
      log,
      lookedUp,
      bytesMax,
      ed25519,
      bls,
    })
    if (executed.kind !== 'unknown-references') return executed
    for (let from = 0; from < executed.ids.length; from += getManyKeysMax) {
      const ids = executed.ids.slice(from, from + getManyKeysMax)
      for (const id of ids) lookedUp.set(id, await isFinalAt(source, at, id))
    }
  }
}

async function isFinalAt({ store, authors }: Source, { cut }: ChainState, id: EventId): Promise<boolean> {
  const value = await store.get(positionKey(id))
  const place = value && readPlace(value)
  const org: OrgId | undefined = place && authors.orgOf(place.author)
  const entry = org && cut.get(org)
  if (place === undefined || entry === undefined || !isAtOrBefore(place, entry)) return false
  return (await store.get(strayKey(place))) === undefined
}

/** What came out, in the place of what is there. */
async function opsOf(
  store: Store,
  { at, tips }: { readonly at: ChainState; readonly tips: ReadonlyMap<string, CutEntry> },
): Promise<StoreOp[]> {
  const ops: StoreOp[] = []
  for (const space of ['statePage', 'pastPages'] as const)
    for await (const page of store.pages(spaceRange(space)))
      for (const [key] of page) ops.push({ kind: 'delete', key })
  // The root last: until then a start finds no state, and believes none of which pages may lack.
  const version = at.header.core.height
  const [root, ...pages] = mapPages({ before: emptyMap, after: at.state.map, version })
  for (const page of root === undefined ? pages : [...pages, root])
    ops.push({ kind: 'put', key: statePageKey(page), value: page.bytes })
  for (const entry of tips.values())
    ops.push({ kind: 'put', key: frontierKey(entry), value: encode(cutEntryShape, entry) })
  const { size, peaks } = at.logTree
  ops.push(put('log-tree', encode(logTreeShape, { size, peaks: [...peaks] })))
  return ops
}
