/** What the storyteller can ask of an institution's process: the embedding program's own few commands. */
import type { EventId } from '@chirograph/codec'
import type { CohortRow } from '@chirograph/credential'
import type { EventBody } from '@chirograph/event'
import type {
  Finality,
  InstitutionSeeds,
  IssuedBatch,
  NodeStatus,
  ProofTarget,
  PublishedEvent,
  StatusChange,
} from '@chirograph/node'
import type { Genesis } from '@chirograph/status'

export interface StartOptions {
  readonly directory: string
  readonly genesis: Genesis
  readonly seeds: InstitutionSeeds
  readonly listen: string
  readonly allowedPeers: readonly string[]
  readonly addresses: readonly string[]
  /** True on the very first start, when keys and store are made together. */
  readonly isNew: boolean
}

export interface Calls {
  start(options: StartOptions): Promise<void>
  status(): Promise<NodeStatus>
  issue(rows: readonly CohortRow[]): Promise<IssuedBatch[]>
  change(change: StatusChange): Promise<PublishedEvent>
  publish(body: EventBody): Promise<PublishedEvent>
  finality(id: EventId): Promise<Finality>
  isFinal(id: EventId): Promise<boolean>
  proof(target: ProofTarget): Promise<Uint8Array>
  stop(): Promise<void>
}

export interface Request {
  readonly id: number
  readonly call: keyof Calls
  readonly argument: unknown
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } }
