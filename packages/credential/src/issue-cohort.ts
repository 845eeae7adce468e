/**
 * From the rows of a cohort to everything that issuing them takes: signed credentials for the holders, one batch
 * for the log, and the path of each credential in it. Time and randomness come in from outside, so the same input
 * gives the same bytes. SPEC.md, "Batch".
 */
import { type EventId, toBase64url } from '@chirograph/codec'
import type { Ed25519 } from '@chirograph/crypto'
import {
  buildBatch,
  type CredentialType,
  credentialDigest,
  handleOf,
  leafOf,
  type OrgId,
  paddedSizeOf,
  type RecordClass,
} from '@chirograph/event'
import { recordClassesOf } from '@chirograph/verifier'
import { achievementIdOf } from './achievement.js'
import { assert } from './assert.js'
import type { CohortRow } from './cohort-row.js'
import type { JsonObject, Problem } from './json.js'
import { cohortRowsMax } from './limits.js'
import { buildOpenBadge, type Issuer } from './open-badge.js'
import { openBadgeSchemaDigest } from './open-badge-schema.js'
import type { Receipt } from './receipt.js'
import { checkOpenBadge } from './schema.js'
import { drawDistinct } from './shuffle.js'
import { signCredential } from './sign.js'
import { endOfDayMs, instantText, startOfDayMs } from './time.js'
import { randomUuidUrn } from './uuid.js'

export interface BatchInput {
  /** From one to `cohortRowsMax`, all of one record class. */
  readonly rows: readonly CohortRow[]
  readonly issuer: Issuer
  readonly issuerOrg: OrgId
  /** Free positions of the issuer's lease, each once: as many as rows or more. Which row gets which is drawn. */
  readonly positions: readonly number[]
  /** 64 lowercase hex characters. */
  readonly networkId: string
  /** From the network's genesis. */
  readonly statusListBase: string
  /** Cryptographically secure and never repeating; asked for about 100 bytes a credential. */
  readonly randomBytes: (length: number) => Uint8Array
  /** The time of issuing. Credentials are valid from then, or from the day of the award if that comes later. */
  readonly nowMs: number
  /** An assertion key of the issuer: never its log key. */
  readonly seed: Uint8Array
  /** A DID URL: the issuer's DID, `#`, and the key as multikey (`z6Mk…`). */
  readonly verificationMethod: string
  readonly ed25519: Ed25519
  /** E-mail addresses and student ids: salted and hashed (the default), or in clear. */
  readonly identities?: 'hashed' | 'plain'
}

export interface IssuedCredential {
  /** The row it was made from. */
  readonly row: CohortRow
  /** Signed and frozen. */
  readonly credential: JsonObject
  /** 32 bytes, secret between issuer and holder. */
  readonly nonce: Uint8Array
  /** 32 bytes: its name on the log. */
  readonly handle: Uint8Array
  readonly digest: Uint8Array
  readonly leaf: Uint8Array
  /** Its slot in the status lists. */
  readonly position: number
  /** Its leaf's place in the batch. */
  readonly index: number
  /** The siblings from the leaf up. */
  readonly path: readonly Uint8Array[]
}

/** What goes into the body of a `credential.issueBatch` event. */
export interface Batch {
  readonly root: Uint8Array
  readonly paddedSize: number
  readonly recordClass: RecordClass
  readonly credentialType: CredentialType
  readonly schemaDigest: Uint8Array
}

export type PreparedBatch =
  /** Credentials in the order of the rows. */
  | { readonly kind: 'prepared'; readonly credentials: readonly IssuedCredential[]; readonly batch: Batch }
  | {
      readonly kind: 'reject'
      readonly reason:
        | 'no-rows'
        | 'too-many-rows'
        | 'mixed-record-classes'
        | 'wrong-record-class'
        | 'too-few-positions'
        | 'already-expired'
        | 'not-an-open-badge'
      readonly detail: string
    }

/** Builds and signs the credentials of one batch. Nothing is published: the batch becomes an event of the issuer. */
export function prepareBatch(input: BatchInput): PreparedBatch {
  const steps = prepareBatchInSteps(input)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/**
 * The same a credential at a time, for whoever has other work to do meanwhile; each takes about a tenth of a
 * millisecond. Yields how many are signed.
 */
export function* prepareBatchInSteps(input: BatchInput): Generator<number, PreparedBatch, void> {
  const { rows, positions, randomBytes } = input
  const [first] = rows
  if (first === undefined) return reject('no-rows', 'a batch has at least one row')
  const refusal = refusalOf(input, first.recordClass)
  if (refusal !== undefined) return refusal

  const paddedSize = paddedSizeOf(rows.length)
  // Leaves lie anywhere in the padded tree, so an index tells neither the order nor the number of the rows.
  const indexes = drawDistinct({ count: rows.length, below: paddedSize, randomBytes })
  const slots = drawDistinct({ count: rows.length, below: positions.length, randomBytes })
  const leaves = Array.from({ length: paddedSize }, () => randomBytes(32))
  const made: Omit<IssuedCredential, 'path'>[] = []
  for (const [i, row] of rows.entries()) {
    const index = at(indexes, i)
    const credential = makeCredential(input, { row, position: at(positions, at(slots, i)) })
    const checked = checkOpenBadge(credential.credential)
    if (checked.kind === 'invalid') return reject('not-an-open-badge', faultOf(row, checked.problems))
    leaves[index] = credential.leaf
    made.push({ ...credential, row, index })
    yield made.length
  }
  const tree = buildBatch({ leaves, blind: () => randomBytes(32) })
  return {
    kind: 'prepared',
    credentials: made.map((credential) => ({ ...credential, path: tree.pathOf(credential.index) })),
    batch: {
      root: tree.root,
      paddedSize,
      recordClass: first.recordClass,
      credentialType: 'open-badge-3',
      schemaDigest: openBadgeSchemaDigest,
    },
  }
}

/** What the holder keeps beside the credential, once the batch has become the event `batch`. */
export function receiptOf(
  issued: IssuedCredential,
  published: { readonly networkId: string; readonly issuerOrg: OrgId; readonly batch: EventId },
): Receipt {
  const { index, path } = issued
  return { ...published, index, paddedSize: 2 ** path.length, path }
}

/** The rows of each record class, in the order of the file: what recognition is granted for, one batch each. */
export function splitByRecordClass(
  rows: readonly CohortRow[],
): ReadonlyMap<RecordClass, readonly CohortRow[]> {
  const classes = new Map<RecordClass, CohortRow[]>()
  for (const row of rows) {
    const sameClass = classes.get(row.recordClass)
    if (sameClass === undefined) classes.set(row.recordClass, [row])
    else sameClass.push(row)
  }
  return classes
}

type Rejection = Extract<PreparedBatch, { kind: 'reject' }>

function reject(reason: Rejection['reason'], detail: string): Rejection {
  return { kind: 'reject', reason, detail }
}

function refusalOf(input: BatchInput, recordClass: RecordClass): Rejection | undefined {
  const { rows, positions, nowMs } = input
  if (rows.length > cohortRowsMax)
    return reject('too-many-rows', `${rows.length} rows; at most ${cohortRowsMax}`)
  if (positions.length < rows.length) {
    return reject('too-few-positions', `${positions.length} free positions for ${rows.length} rows`)
  }
  for (const row of rows) {
    if (row.recordClass !== recordClass) {
      return reject('mixed-record-classes', `row ${row.row} is of ${row.recordClass}, not ${recordClass}`)
    }
    if (!recordClassesOf(row.achievement.type).includes(recordClass)) {
      return reject(
        'wrong-record-class',
        `row ${row.row}: ${row.achievement.type} is not issued as ${recordClass}`,
      )
    }
    const { validFromMs, validUntilMs } = validityOf(row, nowMs)
    if (validUntilMs !== undefined && validUntilMs <= validFromMs) {
      return reject(
        'already-expired',
        `row ${row.row} expires on ${row.expiresOn}, before it would be issued`,
      )
    }
  }
  return undefined
}

function validityOf(
  row: CohortRow,
  nowMs: number,
): { readonly validFromMs: number; readonly validUntilMs?: number } {
  const validFromMs = Math.max(nowMs, startOfDayMs(row.awardedOn))
  return row.expiresOn === undefined
    ? { validFromMs }
    : { validFromMs, validUntilMs: endOfDayMs(row.expiresOn) }
}

function faultOf(row: CohortRow, problems: readonly Problem[]): string {
  const [first] = problems
  return `row ${row.row}: ${first?.path} should be ${first?.expected}, and is ${first?.got}`
}

type MadeCredential = Omit<IssuedCredential, 'row' | 'index' | 'path'>

function makeCredential(
  input: BatchInput,
  { row, position }: { readonly row: CohortRow; readonly position: number },
): MadeCredential {
  const {
    issuer,
    issuerOrg,
    networkId,
    statusListBase,
    randomBytes,
    nowMs,
    seed,
    ed25519,
    verificationMethod,
  } = input
  const nonce = randomBytes(32)
  const { id: achievementId, ...definition } = row.achievement
  const unsigned = buildOpenBadge({
    id: randomUuidUrn(randomBytes(16)),
    issuer,
    learner: {
      name: row.learnerName,
      studentId: row.learnerId,
      ...(row.learnerEmail !== undefined && { email: row.learnerEmail }),
      ...(row.learnerDid !== undefined && { id: row.learnerDid }),
    },
    achievement: {
      ...definition,
      id: achievementId ?? achievementIdOf({ issuer: issuer.did, ...definition }),
    },
    ...validityOf(row, nowMs),
    awardedOn: row.awardedOn,
    status: { statusListBase, position, networkId, issuerOrg, nonce },
    ...(input.identities !== 'plain' && { identitySalt: toBase64url(randomBytes(16)) }),
  })
  const created = instantText(nowMs)
  const credential = signCredential({
    credential: unsigned,
    seed,
    did: issuer.did,
    verificationMethod,
    created,
    ed25519,
  })
  const handle = handleOf({ issuer: issuerOrg, nonce })
  const digest = credentialDigest(credential)
  return { credential, nonce, handle, digest, leaf: leafOf({ handle, digest }), position }
}

function at(numbers: readonly number[], index: number): number {
  const number = numbers[index]
  assert(number !== undefined, `no number ${index} of ${numbers.length}`)
  return number
}
