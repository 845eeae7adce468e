/**
 * Headers up to a signed one: what shows that an event is its author's when no signature of its own was checked. Of
 * those that follow the first only what cannot be derived is written down. Format: SPEC.md, "Run".
 */
import {
  bytes,
  bytesUpTo,
  contentId,
  contentIdBytes,
  type EventId,
  field,
  link,
  list,
  oneOf,
  type Shape,
  struct,
  uint,
} from '@chirograph/codec'
import { decodeHeader, type EventHeader, encodeHeader, type SignedHeader } from './header.js'
import { bodyBytesMax, headerBytesMax, referencesMax, runStepsMax, signatureBytes } from './limits.js'
import { eventKinds } from './vocabulary.js'

/** What of a header cannot be derived from the one before it. */
export type RunStep = Pick<EventHeader, 'references' | 'kind' | 'bodyLength' | 'bodyHash' | 'timeMs'>

/** A first header in full, the headers after it, and the signature of the last; of a signed one alone, no steps. */
export interface SignedRun extends SignedHeader {
  readonly steps: readonly RunStep[]
}

const runStep: Shape<RunStep> = struct('step', [
  field('references', list(link(), { max: referencesMax, sortedUniqueBy: contentIdBytes })),
  field('kind', oneOf(eventKinds)),
  field('bodyLength', uint({ max: bodyBytesMax })),
  field('bodyHash', bytes(32)),
  field('timeMs', uint()),
])

/** The wire form of a run. */
export const signedRun: Shape<SignedRun> = struct('run', [
  field('headerBytes', bytesUpTo(headerBytesMax)),
  field('steps', list(runStep, { max: runStepsMax })),
  field('signature', bytes(signatureBytes)),
])

/** A header that its place in a run gives back whole. */
export interface RunHeader {
  readonly id: EventId
  readonly header: EventHeader
}

export type DecodedRun =
  | {
      readonly kind: 'decoded'
      readonly first: RunHeader
      readonly last: RunHeader
      /** The header that the signature is for. */
      readonly signed: SignedHeader
    }
  | { readonly kind: 'reject'; readonly detail: string }

/** Writes a run of a chain's headers, in their order, under the signature of the last. Not checked here. */
export function runOf(headers: readonly Uint8Array[], signature: Uint8Array): SignedRun {
  const [headerBytes, ...others] = headers
  if (headerBytes === undefined) throw new Error('a run has a first header')
  const steps = others.map((bytes) => {
    const decoded = decodeHeader(bytes)
    if (decoded.kind === 'reject') throw new Error(`a run of what is no header: ${decoded.detail}`)
    const { references, kind, bodyLength, bodyHash, timeMs } = decoded.header
    return { references, kind, bodyLength, bodyHash, timeMs }
  })
  return { headerBytes, steps, signature }
}

/** Derives the headers of an untrusted run. Whether its signature holds is for those to check who know the key. */
export function decodeRun({ headerBytes, steps, signature }: SignedRun): DecodedRun {
  const first = decodeHeader(headerBytes)
  if (first.kind === 'reject') return { kind: 'reject', detail: first.reason }
  if (first.header.sequence + steps.length > Number.MAX_SAFE_INTEGER)
    return { kind: 'reject', detail: 'a run beyond the last sequence' }
  const begin: RunHeader = { id: first.id, header: first.header }
  let last = begin
  let lastBytes = headerBytes
  for (const step of steps) {
    const { header: before, id: prev } = last
    const header: EventHeader = { ...before, ...step, sequence: before.sequence + 1, prev }
    lastBytes = encodeHeader(header)
    last = { id: contentId(lastBytes), header }
  }
  return { kind: 'decoded', first: begin, last, signed: { headerBytes: lastBytes, signature } }
}
