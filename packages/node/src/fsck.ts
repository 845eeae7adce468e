/**
 * Looks at everything in the store of a node that does not run, and names what is wrong: each row is held against what
 * it follows from, up to the certificates and signatures behind it. Reads by the page; in memory are the state, what is
 * not final, the digest of each checkpoint, and a few bits for each event.
 */
import { toHex } from '@chirograph/codec'
import type { ValidatorSet } from '@chirograph/consensus'
import type { Bls, Ed25519 } from '@chirograph/crypto'
import type { OrgId } from '@chirograph/event'
import { type EventPlace, metaKey, type Store } from '@chirograph/interface'
import { type Genesis, networkIdOf } from '@chirograph/status'
import { checkChains } from './fsck-chains.js'
import { epochsIn } from './fsck-epochs.js'
import { createFindings, type DamageCode, type Finding, type Findings } from './fsck-findings.js'
import { checkHead } from './fsck-head.js'
import { checkIndexes, type Unindexed } from './fsck-indexes.js'
import { checkAuthors, checkNotes, checkSpaces } from './fsck-notes.js'
import { checkRecords } from './fsck-records.js'
import { areVotesKnown, assertSchema, isSchemaText, readSchema } from './meta.js'

export interface CheckOptions {
  readonly genesis: Genesis
  readonly org: OrgId
  readonly ed25519: Ed25519
  readonly bls?: Bls | undefined
  readonly onProgress?: (progress: CheckProgress) => void
  /** Looked at between rows; the check then ends with its reason. */
  readonly signal?: AbortSignal
  /** Findings that are listed, and so repaired, at a time: 4,096. */
  readonly findingsMax?: number
}

export interface CheckProgress {
  /** What is being looked at. */
  readonly what: string
  /** Rows of it that were. */
  readonly rows: number
}

export interface StoreCheck {
  readonly findings: readonly Finding[]
  /** With those that are too many to list. */
  readonly total: number
  /** All of each kind. */
  readonly counts: Readonly<Partial<Record<DamageCode, number>>>
  /** Whole, of those that are here. */
  readonly events: number
  /** Final events that lack their body because it was pruned. */
  readonly pruned: number
  /** Final events that a start fetches from members: history before a snapshot, and holes. */
  readonly toFetch: number
  readonly height: number
  /** False where votes may have been cast that this store knows nothing of: the node then does not vote. */
  readonly areVotesKnown: boolean
  /** Nobody has used this store. */
  readonly isEmpty: boolean
}

/** What the parts of a check share. */
export interface Check {
  readonly store: Store
  /** Of when the check began, for what is read without waiting. */
  readonly known: {
    readonly genesis: Genesis
    readonly org: OrgId
    readonly networkId: string
    readonly networkIdBytes: Uint8Array
    /** Of the epoch that is open. */
    readonly set: ValidatorSet
    /** By epoch. */
    readonly sets: ReadonlyMap<number, ValidatorSet>
    readonly members: ReadonlySet<OrgId>
    readonly ed25519: Ed25519
    readonly bls: Bls | undefined
    readonly nameOf: (org: OrgId) => string
  }
  readonly findings: Findings
  /** Counts a row, and lets a person and a signal have their turn. */
  readonly step: (what: string) => void
  readonly unindexed: Unindexed[]
  readonly danglingBodies: EventPlace[]
  /** Whether what stood at a place was found damaged. */
  readonly isGone: (place: EventPlace) => boolean
}

/** `NODE_STORE_SCHEMA` unless the store is laid out as this version does it. Changes nothing. */
export async function checkStore(store: Store, options: CheckOptions): Promise<StoreCheck> {
  const { result } = await examine(store, options)
  return result
}

/** With the operations that make rows right which hang on what is removed. */
export async function examine(
  store: Store,
  options: CheckOptions,
): Promise<{
  readonly result: StoreCheck
  readonly followUps: Findings['followUps']
  /** Falls as long as repairs get on. */
  readonly work: number
}> {
  const schema = await readSchema(store)
  // A note that no version wrote is damage, and found with the others.
  if (schema !== undefined && isSchemaText(schema)) await assertSchema(store)
  const { genesis, org, ed25519, bls, signal, onProgress } = options
  const networkIdBytes = networkIdOf(genesis)
  const findings = createFindings({ listed: options.findingsMax })
  let what = ''
  let rows = 0
  let isGone: Check['isGone'] = () => false
  const check: Check = {
    store,
    known: {
      genesis,
      org,
      networkId: toHex(networkIdBytes),
      networkIdBytes,
      ...(await epochsIn(store, { genesis, ed25519, bls })),
      ed25519,
      bls,
      nameOf: (wanted) => genesis.organisations.find(({ id }) => id === wanted)?.name ?? wanted,
    },
    findings,
    step(next) {
      signal?.throwIfAborted()
      rows = what === next ? rows + 1 : 1
      what = next
      if (rows % rowsPerStep === 0) onProgress?.({ what, rows })
    },
    unindexed: [],
    danglingBodies: [],
    isGone: (place) => isGone(place),
  }
  await checkSpaces(check)
  await checkNotes(check)
  const authors = await checkAuthors(check)
  const head = await checkHead(check, authors)
  const walked = await checkChains(check, authors, head)
  isGone = walked.gone.has
  await checkIndexes(check, authors, walked)
  await checkRecords(check, { authors, head, walked })
  const { followUps, list, total } = findings
  // Rows that hang on a finding without one would be a finding that nobody was told of.
  if (total === 0 && followUps.length > 0)
    findings.add({ code: 'unknown-row', what: `${followUps.length} rows that lead nowhere`, fix: followUps })
  const isUsed = schema !== undefined || (await store.get(metaKey('org'))) !== undefined
  const { count: events, pruned, toFetch } = walked.events
  const height = head.newest?.header.core.height ?? 0
  const numbers = { total: findings.total, counts: findings.counts, events, pruned, toFetch, height }
  // What cannot be read is among the findings.
  const areVotes = await areVotesKnown(store).catch(() => false)
  const result = { findings: list, ...numbers, areVotesKnown: areVotes, isEmpty: !isUsed }
  return { result, followUps, work: findings.total + findings.surplus + followUps.length }
}

/** Between two looks at the clock and the signal: a few milliseconds. */
const rowsPerStep = 256
