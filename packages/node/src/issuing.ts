/** Issuing a cohort: positions first, then credentials signed and kept, then the one event that puts them on the log. */
import { type EventId, toHex } from '@chirograph/codec'
import {
  type CohortRow,
  cohortRowsMax,
  prepareBatchInSteps,
  splitByRecordClass,
} from '@chirograph/credential'
import { didKeyOf, didKeyVerificationMethod, type Ed25519 } from '@chirograph/crypto'
import { type EventBody, leaseCountMax, leaseUnit, type OrgId, type RecordClass } from '@chirograph/event'
import { ChirographError, type Clock, isChirographError } from '@chirograph/interface'
import { type Genesis, type NetworkState, readLeases, readOrg } from '@chirograph/status'
import type { Finality } from './finality-tracker.js'
import { assertNotIssued } from './issued-rows.js'
import type { PublishedEvent } from './node.js'
import type { BatchEntry, Registrar, RegistrarEntry } from './registrar.js'

export type IssuePhase = 'leasing positions' | 'signing' | 'storing' | 'publishing'

export interface IssueOptions {
  /** Issue rows too that were issued before as they stand; else they are refused. */
  readonly again?: boolean
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: { done: number; total: number; phase: IssuePhase }) => void
}

export interface IssuedBatch {
  readonly event: EventId
  readonly publishedAtMs: number
  readonly recordClass: RecordClass
  readonly paddedSize: number
  readonly entries: readonly RegistrarEntry[]
}

export interface IssuingContext {
  readonly genesis: Genesis
  readonly org: OrgId
  readonly networkId: string
  readonly assertionSeed: Uint8Array
  readonly ed25519: Ed25519
  readonly clock: Clock
  readonly registrar: Registrar
  readonly randomBytes: (length: number) => Uint8Array
  /** Awaited between credentials, so that others have their turn while a large cohort is signed. */
  readonly breathe: () => Promise<void>
  readonly state: () => NetworkState
  readonly publish: (body: EventBody) => Promise<PublishedEvent>
  /** Has a batch that is kept published once that may be. */
  readonly publishLater: (refusal: ChirographError) => void
  readonly finality: (id: EventId, options?: { signal?: AbortSignal }) => Promise<Finality>
}

/** Credentials between two words of progress. */
const toldEvery = 500

/** One batch event for each record class among the rows; resolves when all are stored and on their way. `NODE_ALREADY_ISSUED`. */
export async function issueCohort(
  context: IssuingContext,
  rows: readonly CohortRow[],
  { again = false, signal, onProgress = () => {} }: IssueOptions = {},
): Promise<IssuedBatch[]> {
  const total = rows.length
  if (total === 0) throw refused('no-rows', 'there is nobody to issue to')
  const classes = [...splitByRecordClass(rows).values()]
  for (const { length } of classes)
    if (length > cohortRowsMax) throw refused('too-many-rows', `${length} rows; at most ${cohortRowsMax}`)
  if (!again) await assertNotIssued(context.registrar, rows)
  onProgress({ done: 0, total, phase: 'leasing positions' })
  let positions = await freePositions(context, total, signal)
  const issued: IssuedBatch[] = []
  let done = 0
  for (const classRows of classes) {
    const begun = done
    const batch = await issueBatch(context, classRows, {
      positions,
      signal,
      onPhase: (phase, signed) => onProgress({ done: begun + signed, total, phase }),
    })
    const taken = new Set(batch.entries.map((entry) => entry.position))
    positions = positions.filter((position) => !taken.has(position))
    issued.push(batch)
    done += classRows.length
  }
  onProgress({ done: total, total, phase: 'publishing' })
  return issued
}

interface BatchOptions {
  readonly positions: readonly number[]
  readonly signal: AbortSignal | undefined
  /** `signed` credentials of the batch are. */
  readonly onPhase: (phase: IssuePhase, signed: number) => void
}

async function issueBatch(
  context: IssuingContext,
  rows: readonly CohortRow[],
  { positions, signal, onPhase }: BatchOptions,
): Promise<IssuedBatch> {
  const { genesis, org, networkId, ed25519, registrar, assertionSeed: seed, clock } = context
  const publicKey = ed25519.publicKey(seed)
  const name = readOrg(context.state(), org)?.name ?? ''
  const steps = prepareBatchInSteps({
    rows,
    issuer: { did: didKeyOf(publicKey), name },
    issuerOrg: org,
    positions,
    networkId,
    statusListBase: genesis.statusListBase,
    randomBytes: context.randomBytes,
    nowMs: clock.nowMs(),
    seed,
    verificationMethod: didKeyVerificationMethod(publicKey),
    ed25519,
  })
  onPhase('signing', 0)
  let step = steps.next()
  for (; !step.done; step = steps.next()) {
    signal?.throwIfAborted()
    if (step.value % toldEvery === 0) onPhase('signing', step.value)
    await context.breathe()
  }
  const prepared = step.value
  if (prepared.kind === 'reject') throw refused(prepared.reason, prepared.detail)
  const { root, schemaDigest, ...others } = prepared.batch
  const entry: BatchEntry = {
    root: toHex(root),
    body: { ...others, schemaDigest: toHex(schemaDigest) },
    credentialCount: rows.length,
    preparedAtMs: clock.nowMs(),
    event: null,
  }
  onPhase('storing', rows.length)
  await registrar.prepare(
    entry,
    prepared.credentials.map((credential) => ({ ...credential, root: entry.root })),
  )
  onPhase('publishing', rows.length)
  const { id, publishedAtMs } = await context
    .publish({ kind: 'credential.issueBatch', ...prepared.batch })
    .catch((error: unknown) => {
      if (!isChirographError(error, 'NODE_SIGNING_REFUSED')) throw error
      context.publishLater(error)
      throw keptAndRefused(error, rows.length)
    })
  await registrar.markPublished(entry.root, id)
  const entries = prepared.credentials.map((credential): RegistrarEntry => {
    const { index, position, row, path } = credential
    const credentialId = String(credential.credential.id)
    const names = { credentialId, learnerId: row.learnerId, handle: toHex(credential.handle) }
    return {
      credential: credential.credential,
      ...names,
      index,
      position,
      path: path.map(toHex),
      root: entry.root,
      batch: id,
    }
  })
  return {
    event: id,
    publishedAtMs,
    recordClass: prepared.batch.recordClass,
    paddedSize: prepared.batch.paddedSize,
    entries,
  }
}

/** Positions of own final leases that no credential has; a new lease is taken, and waited for, when they run short. */
async function freePositions(
  context: IssuingContext,
  count: number,
  signal?: AbortSignal,
): Promise<number[]> {
  const used = await context.registrar.usedPositions()
  const free = () =>
    readLeases(context.state(), context.org)
      .flatMap(({ start, count: size }) => Array.from({ length: size }, (_, offset) => start + offset))
      .filter((position) => !used.has(position))
  for (let short = count - free().length; short > 0; short = count - free().length) {
    const leased = Math.min(leaseCountMax, Math.ceil(short / leaseUnit) * leaseUnit)
    const { id } = await context.publish({ kind: 'status.lease', count: leased })
    const { outcome } = await context.finality(id, signal ? { signal } : {})
    if (outcome.outcome === 'void')
      throw refused(outcome.reason, 'the network granted no status list positions')
  }
  return free()
}

/** Issued they are not, and yet the same rows must not be issued again. */
function keptAndRefused(refusal: ChirographError, credentialCount: number): ChirographError {
  return new ChirographError({
    code: refusal.code,
    what: `${refusal.what}: ${credentialCount} credentials are signed and kept, and will be published once that has ended`,
    hint: `${refusal.hint}; do not issue the same rows again`,
    facts: { ...refusal.facts, credentialsKept: credentialCount },
    cause: refusal,
  })
}

function refused(reason: string, detail: string): ChirographError {
  return new ChirographError({
    code: 'NODE_ISSUE_REFUSED',
    what: `nothing was issued (${reason}): ${detail}`,
    hint: 'correct the cohort and issue it again',
    facts: { reason },
  })
}
