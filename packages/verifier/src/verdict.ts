/**
 * The verdict on a credential, offline: yes, no, or cannot tell, with the reason of each. Nothing is assumed: what is
 * missing or unknown is never a pass. Rules V1 to V28 are in SPEC.md.
 */
import type { Bls, Ed25519 } from '@chirograph/crypto'
import type { OrgId, StatusReason } from '@chirograph/event'
import { type Anchor, statusOfRow } from '@chirograph/status'
import { type Check, cannotTell, fail, type Tri, type Warning } from './check.js'
import {
  checkIssuance,
  checkIssuerKey,
  checkRecognition,
  isRecognised,
  proofsOfIssuer,
} from './check-issuer.js'
import { checkProofs, type ProofsChecked } from './check-proofs.js'
import { ageSecondsOf, checkStatus, checkValidity } from './check-standing.js'
import { type Checkpoint, readCheckpoint } from './checkpoint.js'
import { checkSchema, issuerOf, readCredential } from './credential.js'
import type { JsonObject } from './json-value.js'
import { completePolicy, type Policy } from './policy.js'
import { type NetworkEntry, readNetworkEntry } from './status-entry.js'

export interface Checks {
  /** The form of a W3C 2.0 credential, its vocabularies known. */
  readonly schema: Check
  /** Signed and unchanged. */
  readonly proof: Check
  /** By a key that was the issuer's when it issued. */
  readonly issuerKey: Check
  /** On the log, by that issuer. */
  readonly issuanceLogged: Check
  /** The issuer was recognised for this class of records. */
  readonly recognition: Check
  /** Begun and not expired. */
  readonly validity: Check
  /** Neither revoked nor suspended. */
  readonly status: Check
}

export interface Verdict {
  /** Fail if any check fails; else indeterminate if any is; else pass. */
  readonly verdict: Tri
  readonly checks: Checks
  /** The checkpoint that the status proof proves; absent when no proof holds. Age in whole seconds, rounded up. */
  readonly asOf?: { readonly height: number; readonly timeMs: number; readonly ageSeconds: number }
  /** What the network says about the credential; times in Unix milliseconds. */
  readonly status?: {
    readonly state: 'active' | 'suspended' | 'revoked'
    readonly reason?: StatusReason
    readonly sinceMs?: number
    readonly untilMs?: number
    readonly finality: 'final'
  }
  /** Who issued it; present only when the issuer's key is proven. */
  readonly issuer?: {
    readonly org: OrgId
    readonly did: string
    readonly name: string
    readonly state: 'active' | 'closed'
    readonly custodian: OrgId | null
    readonly recognisedAtIssue: boolean
    readonly recognisedNow: boolean
  }
  readonly warnings: readonly Warning[]
}

/** What the verifier has at hand. Nothing is fetched. */
export interface VerifyOptions {
  /** The portable status proof that came with the credential, if any. */
  readonly proof?: Uint8Array | undefined
  readonly anchor: Anchor
  readonly policy?: Policy
  /** The verifier's clock, Unix milliseconds. */
  readonly atMs: number
  readonly ed25519: Ed25519
  /** Checks the certificates of networks that have BLS keys: noble unless a faster one is given. */
  readonly bls?: Bls | undefined
}

/**
 * Judges a credential, given as JSON text or as a parsed value. Hostile credentials and proofs give a verdict and never
 * throw; a clock or policy that is no number does, being a mistake of the caller.
 */
export function verify(credential: unknown, options: VerifyOptions): Verdict {
  if (!Number.isSafeInteger(options.atMs)) throw new Error(`atMs is a whole number, not ${options.atMs}`)
  const policy = completePolicy(options.policy ?? {})
  const reading = readCredential(credential)
  if (reading.kind === 'unreadable') return verdictOf({ checks: unexamined(reading.check), warnings: [] })
  const { document } = reading
  const proofs = checkProofs(document, options)
  const grounds = groundsOf(document, options)
  const rest = { document, grounds, proofs, policy, atMs: options.atMs }
  const checks = checksOf(rest)
  const warnings = [...proofs.warnings, ...warningsOf(rest, options.anchor)]
  if (grounds.kind === 'unproven') return verdictOf({ checks, warnings })
  return verdictOf({ checks, warnings, ...findingsOf(checks, { ...rest, grounds }) })
}

/** What the checks about the network rest on: a proven checkpoint, or the reason why there is none. */
type Grounds =
  | {
      readonly kind: 'proven'
      readonly entry: NetworkEntry
      readonly checkpoint: Checkpoint
      readonly hasUnchecked: boolean
    }
  | { readonly kind: 'unproven'; readonly check: Check }

interface Examination {
  readonly document: JsonObject
  readonly grounds: Grounds
  readonly proofs: ProofsChecked
  readonly policy: Required<Policy>
  readonly atMs: number
}

function groundsOf(document: JsonObject, { proof, anchor, ed25519, bls }: VerifyOptions): Grounds {
  const reading = readNetworkEntry(document, anchor.networkId)
  if (reading.kind === 'none') return { kind: 'unproven', check: reading.check }
  if (proof === undefined) {
    const check = cannotTell(
      'no-status-proof',
      'No status proof was given: ask the holder or a member for one.',
    )
    return { kind: 'unproven', check }
  }
  const { entry, hasUnchecked } = reading
  const checkpoint = readCheckpoint({ proofBytes: proof, entry, anchor, ed25519, bls })
  if (checkpoint.kind === 'refused') return { kind: 'unproven', check: checkpoint.check }
  return { kind: 'proven', entry, checkpoint: checkpoint.checkpoint, hasUnchecked }
}

function checksOf(examination: Examination): Checks {
  const { document, grounds, proofs, policy, atMs } = examination
  const offline = {
    schema: checkSchema(document),
    proof: proofs.check,
    validity: checkValidity(document, atMs),
  }
  const issuerKey = issuerKeyOf(examination)
  if (grounds.kind === 'unproven') {
    const { check } = grounds
    return {
      ...offline,
      issuerKey,
      issuanceLogged: unprovenIssuance(check),
      recognition: check,
      status: check,
    }
  }
  const { entry, checkpoint } = grounds
  return {
    ...offline,
    issuerKey,
    issuanceLogged: checkIssuance(document, { entry, checkpoint }),
    recognition: checkRecognition(document, { checkpoint, policy }),
    status: checkStatus(checkpoint, { atMs, policy }),
  }
}

function issuerKeyOf({ document, grounds, proofs }: Examination): Check {
  if (proofs.verified.length === 0) {
    return cannotTell(
      'signature-not-valid',
      'Without a valid signature there is no signer to compare with the issuer.',
    )
  }
  const own = proofsOfIssuer(proofs.verified, issuerOf(document))
  if (own.length === 0)
    return fail('not-the-issuers-key', 'The credential is signed by somebody else than its issuer.')
  return grounds.kind === 'unproven' ? grounds.check : checkIssuerKey(own, grounds.checkpoint)
}

/** A proof that does not hold is held against the credential; one that is not there leaves the question open. */
function unprovenIssuance(check: Check): Check {
  return check.result === 'fail'
    ? check
    : cannotTell('issuance-not-proven', 'Nothing proves that the issuer put this credential on the log.')
}

function findingsOf(
  checks: Checks,
  {
    document,
    grounds,
    atMs,
    policy,
  }: Examination & { readonly grounds: Extract<Grounds, { kind: 'proven' }> },
): Pick<Verdict, 'asOf' | 'status' | 'issuer'> {
  const { checkpoint, entry } = grounds
  const { height, timeMs, org, batch } = checkpoint
  const asOf = { height, timeMs, ageSeconds: ageSecondsOf(checkpoint, atMs) }
  const { state, ...details } = statusOfRow(checkpoint.credential, {
    atMs,
    compromises: org.compromises,
  })
  const status = {
    state,
    ...('reason' in details ? { reason: details.reason, sinceMs: details.sinceMs } : {}),
    ...('untilMs' in details ? { untilMs: details.untilMs } : {}),
    finality: 'final',
  } as const
  const did = issuerOf(document)
  if (checks.issuerKey.result !== 'pass' || did === undefined) return { asOf, status }
  const issuer = {
    org: entry.org,
    did,
    name: org.name,
    state: org.state,
    custodian: org.custodian,
    recognisedAtIssue: isRecognised(org, { batch, atMs: batch.timeMs, policy }),
    recognisedNow: isRecognised(org, { batch, atMs, policy }),
  }
  return { asOf, status, issuer }
}

/** SPEC V26. */
function warningsOf({ document, grounds, atMs, policy }: Examination, anchor: Anchor): Warning[] {
  const warnings: Warning[] = []
  if (anchor.purpose === 'demo') warnings.push('demo-network')
  if (document.credentialSchema !== undefined) warnings.push('credential-schema-not-checked')
  if (grounds.kind === 'unproven') return warnings
  const { org, batch } = grounds.checkpoint
  if (grounds.hasUnchecked) warnings.push('other-status-entry-not-checked')
  if (org.frozen !== null) warnings.push('issuer-frozen')
  if (org.state === 'closed') warnings.push('issuer-closed')
  if (org.compromises.some((one) => one.org === grounds.entry.org)) warnings.push('issuer-key-compromised')
  if (!isRecognised(org, { batch, atMs: batch.timeMs, policy })) warnings.push('issuer-not-recognised')
  else if (!isRecognised(org, { batch, atMs, policy })) warnings.push('issuer-not-recognised-now')
  return warnings
}

function verdictOf(findings: Omit<Verdict, 'verdict'>): Verdict {
  const results = Object.values(findings.checks).map((check: Check) => check.result)
  const verdict = results.includes('fail')
    ? 'fail'
    : results.includes('indeterminate')
      ? 'indeterminate'
      : 'pass'
  return { verdict, ...findings }
}

function unexamined(schema: Check): Checks {
  const unknown = cannotTell('not-examined', 'Not examined, because this is not a credential.')
  return {
    schema,
    proof: unknown,
    issuerKey: unknown,
    issuanceLogged: unknown,
    recognition: unknown,
    validity: unknown,
    status: unknown,
  }
}
