/** What a campaign and its node processes say to each other. Orders go by IPC, reports by lines of JSON on stdout. */
import type { EventId } from '@chirograph/codec'
import type { InstitutionSeeds, NodeStatus } from '@chirograph/node'
import type { Genesis } from '@chirograph/status'
import type { Held } from './held.js'
import type { ShownEvent } from './watched-network.js'

export type Order =
  | { readonly kind: 'start'; readonly start: StartOrder }
  /** Changes what it does once the present piece of work is done. */
  | { readonly kind: 'work'; readonly work: Work }
  /** `cursor` is where the subscriber stands that is told of this member's events. */
  | { readonly kind: 'tell'; readonly cursor: string | undefined }
  | { readonly kind: 'stop' }

export interface StartOrder {
  readonly directory: string
  /** Whether the keys and this directory were made together just now. */
  readonly isNew: boolean
  /** Where the directory lies: one that was copied, or restored, lies elsewhere. */
  readonly storePlace?: string
  /** By how much its clock is wrong. */
  readonly clockShiftMs?: number
  /** Where the subscriber stands that is told of this member's events. */
  readonly cursor: string | undefined
  readonly genesis: Genesis
  readonly seeds: InstitutionSeeds
  /** Without it the node is alone. */
  readonly wire: Wire | null
  /** From how many missing events on it takes a snapshot rather than every event. */
  readonly snapshotFrom?: number
  readonly work: Work
  /** Of the sizes of what it publishes. */
  readonly seed: number
}

export interface Wire {
  readonly listen: string
  readonly allowedPeers: readonly string[]
  readonly addresses: readonly string[]
}

/**
 * What a node does after its start, until it is told or killed: `publish` bursts as fast as they are acknowledged;
 * `finalise` each burst before the next; `issue` cohorts; `mix` all of it with pauses; `rest`.
 */
export type Work = 'publish' | 'finalise' | 'issue' | 'mix' | 'rest'

/** Where a life stands. Of a life that was killed the last one is counted. */
export type Phase = 'starting' | 'syncing' | 'publishing' | 'finalising' | 'issuing' | 'resting'

export type Report =
  | { readonly kind: 'phase'; readonly phase: Phase }
  /** Whether a write to its disk is under way from now on. */
  | { readonly kind: 'writing'; readonly isWriting: boolean }
  /** The node runs; this is what it found. */
  | { readonly kind: 'started'; readonly held: Held }
  /** The answer to `tell`. */
  | { readonly kind: 'told'; readonly held: Held; readonly status: NodeStatus }
  | { readonly kind: 'acknowledged'; readonly id: EventId }
  | ({ readonly kind: 'shown' } & ShownEvent)
  /** A message to validators, in hex. */
  | { readonly kind: 'said'; readonly hex: string }
  | { readonly kind: 'final'; readonly id: EventId; readonly height: number }
  | { readonly kind: 'issued'; readonly event: EventId; readonly credentials: readonly string[] }
  /** It was so far behind that it went on from a snapshot. */
  | { readonly kind: 'snapshot' }
  /** What no honest member should ever have to say of another, or of itself. */
  | { readonly kind: 'complaint'; readonly text: string }
  | { readonly kind: 'stopped' }
