/** One question about a credential and its answer, for code (`code`) and for a person (`detail`). */

/** Three values, because "cannot tell" is neither yes nor no. */
export type Tri = 'pass' | 'fail' | 'indeterminate'

export interface Check {
  readonly result: Tri
  readonly code: CheckCode
  /** One sentence in plain words. */
  readonly detail: string
}

/** Every answer that a check can give. SPEC.md says which check gives which, and with what result. */
export type CheckCode =
  // schema
  | 'well-formed'
  | 'not-json'
  | 'too-large'
  | 'not-a-credential'
  | 'context-not-pinned'
  | 'status-context-missing'
  | 'not-examined'
  // proof
  | 'signature-valid'
  | 'no-signature'
  | 'too-many-proofs'
  | 'unsupported-cryptosuite'
  | 'unsupported-proof-chain'
  | 'unsupported-verification-method'
  | 'proof-malformed'
  | 'proof-context-mismatch'
  | 'proof-purpose'
  | 'proof-expired'
  | 'bad-signature'
  // issuerKey
  | 'key-of-issuer'
  | 'signature-not-valid'
  | 'not-the-issuers-key'
  | 'did-not-listed'
  | 'key-not-listed'
  | 'key-not-active'
  // issuanceLogged
  | 'issued-on-log'
  | 'issuance-not-proven'
  | 'batch-of-another-organisation'
  | 'leaf-not-in-batch'
  | 'issuance-contested'
  // recognition
  | 'recognised-at-issue'
  | 'recognition-not-required'
  | 'not-recognised'
  | 'wrong-record-class'
  // validity
  | 'in-force'
  | 'malformed-date'
  | 'not-yet-valid'
  | 'expired'
  // status
  | 'never-restricted'
  | 'reinstated'
  | 'suspension-lapsed'
  | 'revocation-annulled'
  | 'revoked'
  | 'suspended'
  | 'no-status-entry'
  | 'unknown-status-type'
  | 'other-network'
  | 'several-network-entries'
  | 'bad-status-entry'
  | 'proof-too-old'
  | 'proof-from-future'
  // the status proof itself: issuerKey, issuanceLogged, recognition and status all rest on it
  | 'no-status-proof'
  | 'status-proof-malformed'
  | 'wrong-network'
  | 'wrong-validator-set'
  | 'handover-invalid'
  | 'before-anchor'
  | 'certificate-mismatch'
  | 'certificate-below-quorum'
  | 'certificate-invalid'
  | 'organisation-not-proven'
  | 'batch-not-proven'
  | 'credential-row-not-proven'

/** What a person should know although it does not decide the verdict. */
export type Warning =
  | 'demo-network'
  | 'issuer-frozen'
  | 'issuer-closed'
  | 'issuer-key-compromised'
  | 'issuer-not-recognised'
  | 'issuer-not-recognised-now'
  | 'other-proof-not-checked'
  | 'other-proof-invalid'
  | 'other-status-entry-not-checked'
  | 'credential-schema-not-checked'

export function pass(code: CheckCode, detail: string): Check {
  return { result: 'pass', code, detail }
}

export function fail(code: CheckCode, detail: string): Check {
  return { result: 'fail', code, detail }
}

export function cannotTell(code: CheckCode, detail: string): Check {
  return { result: 'indeterminate', code, detail }
}
