/** What answers look like: the types that server and client share. Bytes are lowercase hex, times Unix milliseconds. */
import { type EventId, toHex } from '@chirograph/codec'
import { type JsonObject, receiptJson } from '@chirograph/credential'
import type { EventBody, MeasureBody, OrgId, RecordClass } from '@chirograph/event'
import {
  type ApplicationView,
  type ChirographNode,
  type CredentialStatus,
  type Finality,
  type ForkView,
  type IssuedBatch,
  type IssuePhase,
  type LoggedEvent,
  type MeasureView,
  type MembershipView,
  type NodeStatus,
  pathBytes,
  type RegistrarEntry,
  type StandingView,
  type Unchanged,
} from '@chirograph/node'
import type { Verdict } from '@chirograph/verifier'
import { type JsonOfBytes, jsonOfEventBody } from './event-json.js'

export type NodeAnswer = NodeStatus & { readonly apiVersion: 1; readonly pid: number }

/** A credential of this institution, whole. */
export interface CredentialAnswer {
  readonly credentialId: string
  readonly learnerId: string
  readonly handle: string
  readonly position: number
  readonly batch: EventId | null
  readonly credential: JsonObject
  /** Null while its batch is not published. */
  readonly receipt: JsonObject | null
  readonly status: CredentialStatus
}

/** A line of a list. */
export interface CredentialSummary {
  readonly credentialId: string
  readonly learnerId: string
  readonly learnerName: string | null
  readonly achievement: string | null
  /** The day, YYYY-MM-DD. */
  readonly awardedOn: string | null
  readonly handle: string
  readonly position: number
  readonly batch: EventId | null
  readonly status: CredentialStatus
}

export interface BatchAnswer {
  readonly event: EventId
  readonly publishedAtMs: number
  readonly recordClass: RecordClass
  readonly paddedSize: number
  readonly credentialCount: number
}

/** What a cohort would become; nothing was issued. */
export interface DryRunAnswer {
  readonly dryRun: true
  readonly credentialCount: number
  readonly recordClasses: readonly { readonly recordClass: RecordClass; readonly count: number }[]
}

export interface IssueAnswer {
  readonly batches: readonly BatchAnswer[]
  readonly credentials: readonly CredentialAnswer[]
}

export interface IssueProgress {
  readonly done: number
  readonly total: number
  readonly phase: IssuePhase
}

/** The lines of a streamed issue; the last one is `end` or `problem`. */
export type IssueLine =
  | { readonly progress: IssueProgress }
  | { readonly batch: BatchAnswer }
  | { readonly credential: CredentialAnswer }
  | { readonly end: true }
  | { readonly problem: unknown }

export interface ChangeAnswer {
  readonly event: EventId
  readonly publishedAtMs: number
  /** How many different credentials the event names. */
  readonly credentialCount: number
  /** Those that were asked for and are so already: the event does not name them. */
  readonly unchanged: readonly Unchanged[]
}

export interface PublishAnswer {
  readonly event: EventId
  readonly publishedAtMs: number
}

export interface SalvageAnswer {
  readonly events: readonly PublishAnswer[]
}

/** Who takes part and who votes. */
export type MembershipAnswer = MembershipView

/** How an application stands. */
export type ApplicationAnswer = ApplicationView

/** How a measure stands that was proposed; its body with bytes in hex. */
export interface MeasureAnswer extends Omit<MeasureView, 'measure'> {
  readonly measure: JsonOfBytes<MeasureBody>
}

/** How an institution stands: keys, custodian, recognitions. */
export type StandingAnswer = StandingView

export interface ForksAnswer {
  readonly forks: readonly ForkView[]
}

export type EventAnswer =
  | { readonly event: EventId; readonly state: 'unknown' | 'pending' }
  | {
      readonly event: EventId
      readonly state: 'final'
      /** Null when the event became final before the node was started: when exactly is no longer known. */
      readonly finality: Finality | null
    }

/** An event as a stream tells it. */
export interface LoggedEventAnswer extends Omit<LoggedEvent, 'body' | 'signature'> {
  /** The author's name in the genesis. */
  readonly authorName: string | null
  /** Null while it waits, and where it became final before the node was started. */
  readonly finalAtHeight: number | null
  /** Null where it was pruned. */
  readonly body: JsonOfBytes<EventBody> | null
  readonly signature: string | null
}

export interface VerifyAnswer {
  readonly verdict: Verdict
  /** The verdict in words, one line each. */
  readonly description: string
}

export function batchAnswer({
  event,
  publishedAtMs,
  recordClass,
  paddedSize,
  entries,
}: IssuedBatch): BatchAnswer {
  return { event, publishedAtMs, recordClass, paddedSize, credentialCount: entries.length }
}

export function loggedEventAnswer(
  node: ChirographNode,
  event: LoggedEvent & Pick<LoggedEventAnswer, 'finalAtHeight'>,
): LoggedEventAnswer {
  const { body, signature } = event
  return {
    ...event,
    authorName: node.genesis.organisations.find(({ id }) => id === event.author)?.name ?? null,
    body: body && jsonOfEventBody(body),
    signature: signature && toHex(signature),
  }
}

export function credentialAnswer(node: ChirographNode, entry: RegistrarEntry): CredentialAnswer {
  const { credentialId, learnerId, handle, position, batch, credential } = entry
  return {
    credentialId,
    learnerId,
    handle,
    position,
    batch,
    credential,
    receipt: receiptOfEntry(node, entry),
    status: statusOfEntry(node, handle),
  }
}

export function credentialSummary(node: ChirographNode, entry: RegistrarEntry): CredentialSummary {
  const { credentialId, learnerId, handle, position, batch } = entry
  const names = namesOf(entry.credential)
  return { credentialId, learnerId, ...names, handle, position, batch, status: statusOfEntry(node, handle) }
}

function receiptOfEntry(
  node: { readonly networkId: string; readonly org: OrgId },
  entry: RegistrarEntry,
): JsonObject | null {
  if (entry.batch === null) return null
  const path = pathBytes(entry)
  return receiptJson({
    networkId: node.networkId,
    issuerOrg: node.org,
    batch: entry.batch,
    index: entry.index,
    paddedSize: 2 ** path.length,
    path,
  })
}

function statusOfEntry(node: ChirographNode, handle: string): CredentialStatus {
  return node.credentialStatus({ org: node.org, handle: Uint8Array.from(Buffer.from(handle, 'hex')) })
}

/** What an Open Badge says of its learner and achievement, for people; null where it does not. */
export function namesOf(
  credential: JsonObject,
): Pick<CredentialSummary, 'learnerName' | 'achievement' | 'awardedOn'> {
  const subject = objectOr(credential.credentialSubject)
  const achievement = objectOr(subject.achievement)
  const identifiers = Array.isArray(subject.identifier) ? subject.identifier : []
  const named = identifiers.map(objectOr).find((identifier) => identifier.identityType === 'name')
  const awarded = credential.awardedDate ?? credential.validFrom
  const learnerName = subject.name ?? named?.identityHash
  return {
    learnerName: typeof learnerName === 'string' ? learnerName : null,
    achievement: typeof achievement.name === 'string' ? achievement.name : null,
    awardedOn: typeof awarded === 'string' ? awarded.slice(0, 10) : null,
  }
}

function objectOr(value: unknown): Readonly<Record<string, unknown>> {
  // Any object may be read by name; what is not there is undefined.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
