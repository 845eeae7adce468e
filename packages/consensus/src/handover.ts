/** One epoch handing over to the next: all that somebody who knows the old validators needs to believe in the new ones. */
import { bytesUpTo, type Decoded, decode, encode, field, type Infer, list, struct } from '@chirograph/codec'
import {
  type Certificate,
  type CertificateRejectReason,
  checkCertificate,
  decodeCertificate,
} from './certificate.js'
import { isClosing } from './epoch.js'
import { decodeHeaderCore, type HeaderCore } from './header.js'
import { certificateBytesMax, handoverBytesMax, headerBytesMax, validatorsMax } from './limits.js'
import type { VoteVerifiers } from './scheme.js'
import { createValidatorSet, type ValidatorSet, validatorShape } from './validator-set.js'
import type { Verified } from './vote.js'

const handoverShape = struct('hand-over', [
  field('core', bytesUpTo(headerBytesMax)),
  field('certificate', bytesUpTo(certificateBytesMax)),
  field('validators', list(validatorShape, { min: 1, max: validatorsMax })),
])

/** The core of a header that closes an epoch, or of a tail of it; its FINAL certificate; the next validators. */
export type Handover = Infer<typeof handoverShape>

export function encodeHandover(handover: Handover): Uint8Array {
  return encode(handoverShape, handover)
}

export function decodeHandover(handoverBytes: Uint8Array): Decoded<Handover> {
  return decode(handoverShape, handoverBytes, { bytesMax: handoverBytesMax })
}

export type HandoverRejectReason =
  | 'malformed'
  | 'wrong-set'
  | 'not-closing'
  | 'other-certificate'
  | 'other-validators'
  | CertificateRejectReason

/** H15: who knows the validators of an epoch learns from a quorum of them who those of the next one are. */
export function followHandover(
  { core: coreBytes, certificate: certificateBytes, validators }: Handover,
  { set, ...verifiers }: { readonly set: ValidatorSet } & VoteVerifiers,
):
  | { readonly kind: 'followed'; readonly next: ValidatorSet; readonly core: HeaderCore }
  | { readonly kind: 'invalid'; readonly reason: HandoverRejectReason } {
  const invalid = (reason: HandoverRejectReason) => ({ kind: 'invalid', reason }) as const
  const header = decodeHeaderCore(coreBytes)
  const certificate = decodeCertificate(certificateBytes)
  if (!header.ok || !certificate.ok) return invalid('malformed')
  const { core, digest } = header.value
  if (core.networkId !== set.networkId || core.epoch !== set.epoch || core.setHash !== set.setHash)
    return invalid('wrong-set')
  if (!isClosing(core)) return invalid('not-closing')
  if (!isFinalOf(certificate.value, { core, digest })) return invalid('other-certificate')
  const checked = checkCertificate(certificate.value, { set, ...verifiers })
  if (checked.kind === 'invalid') return invalid(checked.reason)
  const { networkId } = set
  const orgs = new Set(validators.map(({ org }) => org))
  const keys = new Set(validators.map(({ key }) => key))
  const lengths = new Set(validators.map(({ key }) => key.length))
  const isSet = orgs.size === validators.length && keys.size === validators.length && lengths.size === 1
  if (!isSet) return invalid('other-validators')
  const next = createValidatorSet({ networkId, epoch: set.epoch + 1, validators })
  return next.setHash === core.nextSetHash ? { kind: 'followed', next, core } : invalid('other-validators')
}

/** Whether a certificate says FINAL of this very header; whether its signatures hold is not asked. */
export function isFinalOf(
  certificate: Certificate | Verified<Certificate>,
  { core, digest }: { readonly core: HeaderCore; readonly digest: string },
): boolean {
  return (
    certificate.type === 'final' &&
    certificate.digest === digest &&
    certificate.view === core.view &&
    certificate.height === core.height
  )
}
