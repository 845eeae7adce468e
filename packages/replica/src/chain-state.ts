/** What is true at one header: the cut, the log's tree and the state after executing every header up to it. */
import {
  appendLeaf,
  contentIdBytes,
  type EventId,
  emptyLogTree,
  type LogTree,
  leafHash,
  toHex,
  treeRoot,
} from '@chirograph/codec'
import { type Certificate, createHeader, type Header, type HeaderRest } from '@chirograph/consensus'
import type { Bls, Ed25519 } from '@chirograph/crypto'
import type { AuthenticEvent, ForkEvidence, OrgId } from '@chirograph/event'
import {
  type Cut,
  type CutEntry,
  type CutFault,
  checkForkEvidence,
  cutRoot,
  type ExtendedCut,
  extendCut,
  type LogIndex,
  placeOfForkEvidence,
} from '@chirograph/log'
import {
  applyEvents,
  approvedRotation,
  currentLogKey,
  type EventOutcome,
  type Genesis,
  generationsMax,
  genesisState,
  type NetworkState,
  networkIdOf,
  readOrg,
  stateRoot,
  validatorSetOf,
} from '@chirograph/status'
import { cutEventsMax } from './limits.js'
import { isFinalOrInCut, type References, unknownReferences } from './references.js'

/** An executed header. Immutable; the state and the tree share structure with the parent's. */
export interface ChainState {
  readonly header: Header
  /** The cut's changes as they travel. */
  readonly changes: Uint8Array
  readonly certificate: Certificate | null
  /** The certificate is this tail's, where the header closes an epoch and became final by one. */
  readonly tail: Header | null
  readonly state: NetworkState
  readonly cut: Cut
  readonly logTree: LogTree
  /** What this header makes final, in final order, and what came of each event. */
  readonly events: readonly AuthenticEvent[]
  readonly outcomes: readonly EventOutcome[]
}

/** The part of a chain state that follows from the parent and the changes, before a header is put on it. */
export type Execution = Pick<ChainState, 'state' | 'cut' | 'logTree' | 'events' | 'outcomes'>

export type Executed =
  | { readonly kind: 'executed'; readonly execution: Execution }
  | Extract<ExtendedCut, { kind: 'missing' }>
  /** Whether these are final is on disk only. */
  | { readonly kind: 'unknown-references'; readonly ids: readonly EventId[] }
  | { readonly kind: 'invalid'; readonly reason: CutFault; readonly detail: string }
  /** This author's part of the cut makes it invalid; without it the rest may be built. */
  | {
      readonly kind: 'invalid'
      readonly reason: 'accused-author' | 'void-rotation'
      readonly detail: string
      readonly author: OrgId
    }

/** Height 0: the genesis organisations, no events, and a header that every member computes alike. */
export function genesisChainState(genesis: Genesis): ChainState {
  const { setHash, epoch } = validatorSetOf(genesis)
  const state = genesisState(genesis)
  const cut: Cut = new Map()
  const core = {
    view: 0,
    height: 0,
    timeMs: genesis.timeMs,
    stateRoot: toHex(stateRoot(state)),
    nextSetHash: setHash,
  }
  const rest = restOf({ cut, logTree: emptyLogTree }, toHex(new Uint8Array(32)))
  const header = createHeader({ ...core, networkId: toHex(networkIdOf(genesis)), epoch, setHash }, rest)
  const nothing = { changes: new Uint8Array(), certificate: null, tail: null, events: [], outcomes: [] }
  return { header, state, cut, logTree: emptyLogTree, ...nothing }
}

/** Executes a cut on top of a parent: orders what is new, folds it, appends it to the log's tree. Changes nothing. */
export function execute(args: {
  readonly parent: ChainState
  readonly changes: readonly CutEntry[]
  readonly height: number
  readonly timeMs: number
  readonly log: LogIndex
  readonly lookedUp: References['lookedUp']
  readonly bytesMax: number
  readonly ed25519: Ed25519
  readonly bls?: Bls | undefined
}): Executed {
  const { parent, changes, height, timeMs, log, lookedUp, bytesMax, ed25519, bls } = args
  const extended = extendCut(log, {
    parent: parent.cut,
    changes,
    frozen: (author) => isFrozen(parent.state, author),
    approved: (author) => approvedRotation(parent.state, author),
    bytesMax,
    eventsMax: cutEventsMax,
  })
  if (extended.kind !== 'extended') return extended
  const { cut, events } = extended
  const unknown = unknownReferences({ log, lookedUp }, events)
  if (unknown.length > 0) return { kind: 'unknown-references', ids: unknown }
  const accused = events.flatMap((event) => accusedBy(event, parent.state, ed25519)?.author ?? [])
  const moved = accused.find((org) => cut.get(org)?.id !== parent.cut.get(org)?.id)
  // Evidence freezes its author where the parent had it, so a cut cannot carry the author on and accuse it at once.
  if (moved) {
    const detail = `${moved} forked and moved in one cut`
    return { kind: 'invalid', reason: 'accused-author', detail, author: moved }
  }
  const { state, outcomes } = applyEvents(parent.state, {
    events,
    height,
    timeMs,
    cutEntryOf: (org) => cut.get(org),
    closedAt: (org) => cut.get(org)?.closed ?? null,
    isFinalOrInCut: (id) => isFinalOrInCut({ log, lookedUp }, { cut, id }),
    ed25519,
    bls,
  })
  // A cut that moved to a generation which the state does not know could never be gone on from.
  const failed = events.find(
    ({ body }, index) => body.kind === 'key.rotate' && outcomes[index]?.outcome === 'void',
  )
  if (failed) {
    const { author } = failed.header
    return { kind: 'invalid', reason: 'void-rotation', detail: `of ${author}`, author }
  }
  let { logTree } = parent
  for (const event of events) logTree = appendLeaf(logTree, leafHash(contentIdBytes(event.id)))
  return { kind: 'executed', execution: { state, cut, logTree, events, outcomes } }
}

/**
 * Whom valid evidence in this event accuses; undefined for any other event, for a false accusation, and for one about a
 * generation that is closed or frozen already.
 */
export function accusedBy(
  { body }: AuthenticEvent,
  state: NetworkState,
  ed25519: Ed25519,
): { readonly author: OrgId; readonly evidence: ForkEvidence } | undefined {
  if (body.kind !== 'evidence.fork' && body.kind !== 'evidence.branches') return undefined
  const place = placeOfForkEvidence(body)
  const row = place && readOrg(state, place.author)
  if (!row || row.frozen !== null) return undefined
  const current = currentLogKey(row)
  if (place.generation !== current.generation) return undefined
  const { networkId } = state
  const verdict = checkForkEvidence({ evidence: body, logKey: current.key, networkId, ed25519 })
  return verdict.kind === 'valid' ? { author: place.author, evidence: body } : undefined
}

/** The rest of the header that this execution calls for. */
export function restOf({ cut, logTree }: Pick<ChainState, 'cut' | 'logTree'>, parent: string): HeaderRest {
  return { parent, cutRoot: toHex(cutRoot(cut)), logRoot: toHex(treeRoot(logTree)), logSize: logTree.size }
}

export function isFrozen(state: NetworkState, author: OrgId): boolean {
  return readOrg(state, author)?.frozen != null
}

/** Whether a rotation of this author takes effect, as far as that does not depend on the rotation. */
export function mayRotate(state: NetworkState, author: OrgId): boolean {
  const row = readOrg(state, author)
  return row?.state === 'active' && row.logKeys.length < generationsMax
}
