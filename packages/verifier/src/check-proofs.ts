/** Is the credential signed, unchanged, by the key that its proof names? SPEC V6. */
import type { Ed25519 } from '@chirograph/crypto'
import { type Check, cannotTell, fail, pass, type Warning } from './check.js'
import { proofsOf } from './credential.js'
import { type CheckedProof, type ProofFault, verifyJcsProof } from './data-integrity.js'
import type { JsonObject } from './json-value.js'

export interface ProofsChecked {
  readonly check: Check
  /** Every proof whose signature holds, in their order. Anybody can add a proof of their own to a set. */
  readonly verified: readonly CheckedProof[]
  readonly warnings: readonly Warning[]
}

/** One proof that verifies is enough; others that do not are reported. */
export function checkProofs(
  document: JsonObject,
  { atMs, ed25519 }: { atMs: number; ed25519: Ed25519 },
): ProofsChecked {
  const proofs = proofsOf(document)
  if (proofs === undefined)
    return none(cannotTell('too-many-proofs', 'The credential has too many signatures.'))
  if (proofs.length === 0) return none(fail('no-signature', 'The credential is not signed.'))
  const verdicts = proofs.map((proof) => verifyJcsProof({ document, proof, atMs, ed25519 }))
  const verified = verdicts.filter((verdict) => verdict.kind === 'verified')
  const faulty = verdicts.filter((verdict) => verdict.kind === 'invalid')
  if (verified.length > 0) {
    const warnings = new Set<Warning>(
      faulty.map(({ fault }) => (isUnsupported(fault) ? 'other-proof-not-checked' : 'other-proof-invalid')),
    )
    const check = pass('signature-valid', 'The signature is valid and nothing was changed since.')
    return { check, verified, warnings: [...warnings] }
  }
  const wrong = faulty.find(({ fault }) => !isUnsupported(fault))
  if (wrong !== undefined) return none(fail(wrong.fault, sentence(wrong.detail)))
  const unsupported = faulty[0]
  if (unsupported === undefined) throw new Error('every proof is verified or faulty')
  return none(cannotTell(unsupported.fault, `No signature can be checked here: ${unsupported.detail}.`))
}

/** Faults that say nothing against the credential, only that this verifier cannot check the proof. */
function isUnsupported(fault: ProofFault): boolean {
  return (
    fault === 'unsupported-cryptosuite' ||
    fault === 'unsupported-proof-chain' ||
    fault === 'unsupported-verification-method'
  )
}

function sentence(detail: string): string {
  return `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`
}

function none(check: Check): ProofsChecked {
  return { check, verified: [], warnings: [] }
}
