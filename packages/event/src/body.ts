/**
 * What events say. Bodies are closed: integers, fixed-length bytes, enumerations. There is no free text and no
 * open field, so nothing personal can be put on the log by accident.
 */
import {
  bytes,
  bytesUpTo,
  compareBytes,
  type Decoded,
  decode,
  encode,
  enterArray,
  equalBytes,
  field,
  type Infer,
  link,
  oneOf,
  readingOf,
  type Shape,
  sha256,
  struct,
  uint,
} from '@chirograph/codec'
import {
  type Application,
  applicationShape,
  type ConsensusKey,
  consensusKeyShape,
  faultOfConsensusKey,
  faultOfProfile,
} from './application.js'
import { takeHeader } from './first-header.js'
import {
  faultOfGovernance,
  type GovernanceBody,
  governanceShapes,
  isGovernanceKind,
} from './governance-body.js'
import type { EventHeader, SignedHeader } from './header.js'
import {
  bodyBytesMax,
  headerBytesMax,
  leaseCountMax,
  leaseUnit,
  paddedSizeMax,
  paddedSizeMin,
  probationMsMax,
  signatureBytes,
} from './limits.js'
import { nextKeyHashOf, type OrgId, orgId } from './organisation.js'
import { decodeRun, type SignedRun, signedRun } from './signed-run.js'
import { statusEntriesUpTo } from './status-entry.js'
import { credentialTypes, type EventKind, recordClasses, statusReasons } from './vocabulary.js'

const statusEntries = statusEntriesUpTo()

const issueBatch = struct('credential.issueBatch', [
  field('root', bytes(32)),
  field('paddedSize', uint({ max: paddedSizeMax })),
  field('recordClass', oneOf(recordClasses)),
  field('credentialType', oneOf(credentialTypes)),
  field('schemaDigest', bytes(32)),
])
const lease = struct('status.lease', [field('count', uint({ max: leaseCountMax }))])
const revoke = struct('status.revoke', [
  field('entries', statusEntries),
  field('reason', oneOf(statusReasons)),
])
const suspend = struct('status.suspend', [
  field('entries', statusEntries),
  field('reason', oneOf(statusReasons)),
  field('untilMs', uint()),
])
const reinstate = struct('status.reinstate', [field('entries', statusEntries)])
const signedHeader = struct('signedHeader', [
  field('headerBytes', bytesUpTo(headerBytesMax)),
  field('signature', bytes(signatureBytes)),
])
const forkEvidence = struct('evidence.fork', [field('first', signedHeader), field('second', signedHeader)])
const rotate = struct('key.rotate', [field('logKey', bytes(32)), field('nextKeyHash', bytes(32))])
const approve = struct('recovery.approve', [field('author', orgId()), field('rotation', link())])
const salvage = struct('fork.salvage', [field('run', signedRun), field('bodyBytes', bytesUpTo(bodyBytesMax))])
const branches = struct('evidence.branches', [field('first', signedRun), field('second', signedRun)])

const apply = struct('member.apply', [
  field('application', applicationShape),
  field('probationMs', uint({ max: probationMsMax })),
])
const approveMember = struct('member.approve', [field('application', link())])
const evict = struct('member.evict', [field('org', orgId())])
const join = struct('validator.join', [])
const leave = struct('validator.leave', [])
const commitKey = struct('validator.commit', [field('nextKeyHash', bytes(32))])

/**
 * That an author told two stories: two headers at one (author, generation, sequence), the first smaller by header
 * bytes. Each is signed itself, or (`evidence.branches`) begins a run that ends in a signed one.
 */
export type ForkEvidence =
  | { readonly kind: 'evidence.fork'; readonly first: SignedHeader; readonly second: SignedHeader }
  | { readonly kind: 'evidence.branches'; readonly first: SignedRun; readonly second: SignedRun }

/** What an event says; `kind` tells which. SPEC.md, "Bodies". */
export type EventBody =
  | ({ readonly kind: 'credential.issueBatch' } & Readonly<Infer<typeof issueBatch>>)
  | ({ readonly kind: 'status.lease' } & Readonly<Infer<typeof lease>>)
  | ({ readonly kind: 'status.revoke' } & Readonly<Infer<typeof revoke>>)
  | ({ readonly kind: 'status.suspend' } & Readonly<Infer<typeof suspend>>)
  | ({ readonly kind: 'status.reinstate' } & Readonly<Infer<typeof reinstate>>)
  | ForkEvidence
  | ({ readonly kind: 'key.rotate' } & Readonly<Infer<typeof rotate>>)
  | ({ readonly kind: 'recovery.approve' } & Readonly<Infer<typeof approve>>)
  | ({ readonly kind: 'fork.salvage' } & Readonly<Infer<typeof salvage>>)
  | MembershipBody
  | GovernanceBody

/** What members say of who takes part, and who votes. */
export type MembershipBody =
  | { readonly kind: 'member.apply'; readonly application: Application; readonly probationMs: number }
  | ({ readonly kind: 'member.approve' } & Readonly<Infer<typeof approveMember>>)
  | { readonly kind: 'member.evict'; readonly org: OrgId }
  | { readonly kind: 'validator.join' }
  | { readonly kind: 'validator.leave' }
  | ({ readonly kind: 'validator.commit' } & Readonly<Infer<typeof commitKey>>)
  | ({ readonly kind: 'validator.rotate' } & ConsensusKey)

/** The canonical bytes of a body. Throws when the body breaks a rule of its kind: that is a bug of the caller. */
export function encodeBody(body: EventBody): Uint8Array {
  const fault = faultOf(body)
  if (fault !== undefined) throw new Error(`${body.kind}: ${fault}`)
  switch (body.kind) {
    case 'credential.issueBatch':
      return encode(issueBatch, body)
    case 'status.lease':
      return encode(lease, body)
    case 'status.revoke':
      return encode(revoke, body)
    case 'status.suspend':
      return encode(suspend, body)
    case 'status.reinstate':
      return encode(reinstate, body)
    case 'evidence.fork':
      return encode(forkEvidence, body)
    case 'key.rotate':
      return encode(rotate, body)
    case 'recovery.approve':
      return encode(approve, body)
    case 'fork.salvage':
      return encode(salvage, body)
    case 'evidence.branches':
      return encode(branches, body)
    case 'member.apply':
      return encode(apply, body)
    case 'member.approve':
      return encode(approveMember, body)
    case 'member.evict':
      return encode(evict, body)
    case 'validator.join':
      return encode(join, {})
    case 'validator.leave':
      return encode(leave, {})
    case 'validator.commit':
      return encode(commitKey, body)
    case 'validator.rotate':
      return encode(consensusKeyShape, body)
    default:
      if (isGovernance(body)) return encode(governanceShapeOf(body.kind), body)
      throw new Error(`no kind of event: ${String((body as { kind?: unknown }).kind)}`)
  }
}

function isGovernance(body: EventBody): body is GovernanceBody {
  return isGovernanceKind(body.kind)
}

/** The table says which shape is whose; that the two go together is lost where a kind is not known beforehand. */
function governanceShapeOf(kind: GovernanceBody['kind']): Shape<GovernanceBody> {
  return governanceShapes[kind] as unknown as Shape<GovernanceBody>
}

export type DecodedBody =
  | { readonly kind: 'decoded'; readonly body: EventBody }
  | {
      readonly kind: 'reject'
      readonly reason: 'oversize' | 'malformed-body' | 'non-canonical'
      readonly detail: string
    }

/** Reads untrusted body bytes (at most 64 KiB) of a known kind. Never throws. */
export function decodeBody(kind: EventKind, bodyBytes: Uint8Array): DecodedBody {
  const decoded = decodeShape(kind, bodyBytes)
  if (!decoded.ok) {
    if (decoded.code === 'OVERSIZE') return { kind: 'reject', reason: 'oversize', detail: decoded.detail }
    const reason = decoded.code === 'NON_CANONICAL' ? 'non-canonical' : 'malformed-body'
    return { kind: 'reject', reason, detail: `${kind}: ${decoded.detail}` }
  }
  const fault = faultOf(decoded.value)
  if (fault !== undefined) return { kind: 'reject', reason: 'malformed-body', detail: `${kind}: ${fault}` }
  return { kind: 'decoded', body: decoded.value }
}

function decodeShape(kind: EventKind, bodyBytes: Uint8Array): Decoded<EventBody> {
  const options = { bytesMax: bodyBytesMax }
  switch (kind) {
    case 'credential.issueBatch':
      return named(kind, decode(issueBatch, bodyBytes, options))
    case 'status.lease':
      return named(kind, decode(lease, bodyBytes, options))
    case 'status.revoke':
      return named(kind, decode(revoke, bodyBytes, options))
    case 'status.suspend':
      return named(kind, decode(suspend, bodyBytes, options))
    case 'status.reinstate':
      return named(kind, decode(reinstate, bodyBytes, options))
    case 'evidence.fork':
      return named(kind, decode(forkEvidence, bodyBytes, options))
    case 'key.rotate':
      return named(kind, decode(rotate, bodyBytes, options))
    case 'recovery.approve':
      return named(kind, decode(approve, bodyBytes, options))
    case 'fork.salvage':
      return named(kind, decode(salvage, bodyBytes, options))
    case 'evidence.branches':
      return named(kind, decode(branches, bodyBytes, options))
    case 'member.apply':
      return named(kind, decode(apply, bodyBytes, options))
    case 'member.approve':
      return named(kind, decode(approveMember, bodyBytes, options))
    case 'member.evict':
      return named(kind, decode(evict, bodyBytes, options))
    case 'validator.join':
      return named(kind, decode(join, bodyBytes, options))
    case 'validator.leave':
      return named(kind, decode(leave, bodyBytes, options))
    case 'validator.commit':
      return named(kind, decode(commitKey, bodyBytes, options))
    case 'validator.rotate':
      return named(kind, decode(consensusKeyShape, bodyBytes, options))
    default: {
      const decoded = decode(governanceShapeOf(kind), bodyBytes, options)
      return decoded.ok ? { ok: true, value: { ...decoded.value, kind } as GovernanceBody } : decoded // as above
    }
  }
}

function named<K extends EventKind, T>(kind: K, decoded: Decoded<T>): Decoded<{ readonly kind: K } & T> {
  return decoded.ok ? { ok: true, value: { kind, ...decoded.value } } : decoded
}

/** The rules a shape cannot express: what is wrong with the body, or undefined. SPEC.md, "Bodies". */
function faultOf(body: EventBody): string | undefined {
  switch (body.kind) {
    case 'credential.issueBatch':
      return isPaddedSize(body.paddedSize)
        ? undefined
        : `paddedSize ${body.paddedSize} is no power of two from 16 to 2^24`
    case 'status.lease':
      return body.count >= leaseUnit && body.count <= leaseCountMax && body.count % leaseUnit === 0
        ? undefined
        : `count ${body.count} is no multiple of 1,024 from 1,024 to 131,072`
    case 'evidence.fork':
    case 'evidence.branches':
      return faultOfEvidence(body)
    case 'key.rotate':
      return equalBytes(nextKeyHashOf(body.logKey), body.nextKeyHash)
        ? 'the next key is the one taken into use'
        : undefined
    case 'fork.salvage':
      return faultOfSalvage(body)
    case 'member.apply':
      return faultOfProfile(body.application.profile)
    case 'validator.rotate':
      return faultOfConsensusKey(body)
    default:
      return isGovernance(body) ? faultOfGovernance(body) : undefined
  }
}

/** A batch is padded to a power of two from 16 to 2²⁴. */
export function isPaddedSize(size: number): boolean {
  return Number.isInteger(size) && size >= paddedSizeMin && size <= paddedSizeMax && (size & (size - 1)) === 0
}

/** The runs of evidence: a header that is signed itself is a run of one. */
export function runsOfEvidence({ kind, first, second }: ForkEvidence): readonly [SignedRun, SignedRun] {
  if (kind === 'evidence.branches') return [first, second]
  return [
    { ...first, steps: [] },
    { ...second, steps: [] },
  ]
}

/**
 * Whom untrusted bytes of evidence accuse, and in which form: read from the first header alone, so that it costs little
 * to find that nobody needs the rest. Undefined where the whole would be refused for its beginning.
 */
export function evidenceHeadOf(
  bodyBytes: Uint8Array,
): { readonly kind: ForkEvidence['kind']; readonly header: EventHeader } | undefined {
  const reading = readingOf(bodyBytes)
  // An array of two, of which the first is a signed header, an array of two, or a run, of three; both begin with a header.
  const parts = enterArray(reading) === 2 ? enterArray(reading) : 0
  const header = parts === 2 || parts === 3 ? takeHeader(reading) : undefined
  return header && { kind: parts === 2 ? 'evidence.fork' : 'evidence.branches', header }
}

/**
 * The headers of evidence must be headers, not any two kilobytes: an open field here would be a place for free
 * text. Their signatures are checked by those who know the author's key.
 */
function faultOfEvidence(evidence: ForkEvidence): string | undefined {
  const [first, second] = runsOfEvidence(evidence)
  const a = decodeRun(first)
  if (a.kind === 'reject') return `first header: ${a.detail}`
  const b = decodeRun(second)
  if (b.kind === 'reject') return `second header: ${b.detail}`
  const [one, other] = [a.first.header, b.first.header]
  if (compareBytes(one.networkId, other.networkId) !== 0) return 'headers of two networks'
  if (one.author !== other.author) return 'headers of two authors'
  if (one.generation !== other.generation || one.sequence !== other.sequence) return 'headers at two places'
  if (compareBytes(first.headerBytes, second.headerBytes) >= 0) return 'first header is not the smaller'
  // One form for one proof: two signed headers are `evidence.fork`.
  const isSigned = first.steps.length + second.steps.length === 0
  return isSigned && evidence.kind === 'evidence.branches' ? 'both headers are signed' : undefined
}

/** Only what restricts is salvaged, and its body is the one that its header names. */
function faultOfSalvage({ run, bodyBytes }: Infer<typeof salvage>): string | undefined {
  const decoded = decodeRun(run)
  if (decoded.kind === 'reject') return `header: ${decoded.detail}`
  const { kind, bodyLength, bodyHash } = decoded.first.header
  if (kind !== 'status.revoke' && kind !== 'status.suspend') return `${kind} restricts nothing`
  if (bodyBytes.length !== bodyLength || !equalBytes(sha256(bodyBytes), bodyHash))
    return 'the body is not the one that the header names'
  const body = decodeBody(kind, bodyBytes)
  return body.kind === 'reject' ? body.detail : undefined
}
