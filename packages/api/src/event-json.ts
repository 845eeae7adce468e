/** Events' bodies in JSON: the event vocabulary with bytes in hex. */
import { z } from 'zod'
import { type EventId, fromHex, parseContentId, toHex } from '@chirograph/codec'
import {
  batchesMax,
  bodyBytesMax,
  credentialTypes,
  type EventBody,
  encodeBody,
  entriesMax,
  eventKinds,
  headerBytesMax,
  measureEntriesMax,
  type OrgId,
  organisationTypes,
  parseOrgId,
  probationMsMax,
  recordClasses,
  referencesMax,
  runStepsMax,
  statusReasons,
} from '@chirograph/event'
import { badRequest } from './problem.js'
import { readRequest } from './request.js'

/** Reads an event's body; `API_BAD_REQUEST` says what is wrong with it. */
export function eventBodyOfJson(value: unknown): EventBody {
  const body = readRequest(eventBody, value)
  try {
    encodeBody(body)
  } catch (error) {
    // The only failures here are rules that a field alone does not show, such as a size that is no power of two.
    throw badRequest(
      `this is no event: ${error instanceof Error ? error.message : String(error)}`,
      'see the event package for the rules of its kind',
    )
  }
  return body
}

/** The body as `eventBodyOfJson` reads it. */
export function jsonOfEventBody(body: EventBody): JsonOfBytes<EventBody> {
  return jsonOf(body)
}

/** A value with its bytes in hex. */
export type JsonOfBytes<T> = T extends Uint8Array
  ? string
  : T extends object
    ? { readonly [K in keyof T]: JsonOfBytes<T[K]> }
    : T

export function jsonOf<T>(value: T): JsonOfBytes<T> {
  return hexIn(value) as JsonOfBytes<T> // what `hexIn` does is what the type says
}

function hexIn(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return value.map(hexIn)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, hexIn(member)]))
}

export const hexText = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `expected ${bytes} bytes in lowercase hex`)
    .transform(bytesOf)

export const reasonName = z.enum(namesIn(statusReasons))

const entriesUpTo = (max: number) =>
  z
    .array(z.strictObject({ handle: hexText(32), position: z.number().int().nonnegative().nullable() }))
    .min(1)
    .max(max)
    .transform((list) => [...list].sort((a, b) => Buffer.compare(a.handle, b.handle)))

const entries = entriesUpTo(entriesMax)
const measureEntries = entriesUpTo(measureEntriesMax)
const timeMs = z.number().int().nonnegative()

const bytesText = (bytesMax: number) =>
  z
    .string()
    .regex(/^([0-9a-f]{2})+$/)
    .max(bytesMax * 2)
    .transform(bytesOf)

export const contentIdText = z.string().transform((text, context): EventId => {
  const id = parseContentId(text)
  if (id !== undefined) return id
  context.addIssue('expected the id of an event')
  return z.NEVER
})

export const orgText = z.string().transform((text, context): OrgId => {
  const org = parseOrgId(text)
  if (org !== undefined) return org
  context.addIssue('expected the id of an organisation, 64 hex characters')
  return z.NEVER
})

const signedHeader = z.strictObject({
  headerBytes: bytesText(headerBytesMax),
  signature: hexText(64),
})

const run = z.strictObject({
  ...signedHeader.shape,
  steps: z
    .array(
      z.strictObject({
        references: z.array(contentIdText).max(referencesMax),
        kind: z.enum(namesIn(eventKinds)),
        bodyLength: z.number().int().nonnegative(),
        bodyHash: hexText(32),
        timeMs: z.number().int().nonnegative(),
      }),
    )
    .max(runStepsMax),
})

const consensusKey = z.strictObject({
  key: z.union([hexText(32), hexText(48)]),
  nextKeyHash: hexText(32),
  possession: z.union([hexText(64), hexText(96)]),
})

const profile = z.strictObject({
  name: z.string(),
  type: z.enum(namesIn(organisationTypes)),
  logKey: hexText(32),
  nextKeyHash: hexText(32),
  assertionKeys: z.array(hexText(32)),
  dids: z.array(z.string()),
  peerId: z.string(),
  consensusKey: consensusKey.nullable(),
})

/** What `recognition.grant` and `quorum.recognise` say; classes in any order. */
export const recognitionShape = {
  org: orgText,
  recordClasses: z
    .array(z.enum(namesIn(recordClasses)))
    .min(1)
    .transform((list) => [...new Set(list)].sort((a, b) => recordClasses[a] - recordClasses[b])),
  fromMs: timeMs,
  untilMs: timeMs.nullable(),
}

/** The body of an event that proposes a measure. */
export const measureBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('quorum.revoke'),
    org: orgText,
    entries: measureEntries,
    reason: reasonName,
  }),
  z.strictObject({
    kind: z.literal('quorum.suspend'),
    org: orgText,
    entries: measureEntries,
    reason: reasonName,
    untilMs: timeMs,
  }),
  z.strictObject({
    kind: z.literal('quorum.annul'),
    org: orgText,
    handles: z
      .array(hexText(32))
      .min(1)
      .max(measureEntriesMax)
      .transform((list) => [...list].sort(Buffer.compare)),
  }),
  z.strictObject({ kind: z.literal('quorum.close'), org: orgText, custodian: orgText.nullable() }),
  z.strictObject({ kind: z.literal('quorum.recognise'), ...recognitionShape }),
  z.strictObject({ kind: z.literal('quorum.endRecognition'), org: orgText }),
])

/** The body of an event by a custodian. */
export const custodyBody = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('custody.revoke'), org: orgText, entries, reason: reasonName }),
  z.strictObject({
    kind: z.literal('custody.suspend'),
    org: orgText,
    entries,
    reason: reasonName,
    untilMs: timeMs,
  }),
  z.strictObject({ kind: z.literal('custody.reinstate'), org: orgText, entries }),
])

// A rotation begins a chain of its own, and has an endpoint of its own.
const eventBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('credential.issueBatch'),
    root: hexText(32),
    paddedSize: z.number().int().positive(),
    recordClass: z.enum(namesIn(recordClasses)),
    credentialType: z.enum(namesIn(credentialTypes)),
    schemaDigest: hexText(32),
  }),
  z.strictObject({ kind: z.literal('status.lease'), count: z.number().int().positive() }),
  z.strictObject({ kind: z.literal('status.revoke'), entries, reason: reasonName }),
  z.strictObject({
    kind: z.literal('status.suspend'),
    entries,
    reason: reasonName,
    untilMs: z.number().int().nonnegative(),
  }),
  z.strictObject({ kind: z.literal('status.reinstate'), entries }),
  z.strictObject({ kind: z.literal('evidence.fork'), first: signedHeader, second: signedHeader }),
  z.strictObject({ kind: z.literal('evidence.branches'), first: run, second: run }),
  z.strictObject({ kind: z.literal('recovery.approve'), author: orgText, rotation: contentIdText }),
  z.strictObject({ kind: z.literal('fork.salvage'), run, bodyBytes: bytesText(bodyBytesMax) }),
  z.strictObject({
    kind: z.literal('member.apply'),
    application: z.strictObject({ profile, signature: hexText(64) }),
    probationMs: z.number().int().nonnegative().max(probationMsMax),
  }),
  z.strictObject({ kind: z.literal('member.approve'), application: contentIdText }),
  z.strictObject({ kind: z.literal('member.evict'), org: orgText }),
  z.strictObject({ kind: z.literal('validator.join') }),
  z.strictObject({ kind: z.literal('validator.leave') }),
  z.strictObject({ kind: z.literal('validator.commit'), nextKeyHash: hexText(32) }),
  z.strictObject({ kind: z.literal('validator.rotate'), ...consensusKey.shape }),
  z.strictObject({
    kind: z.literal('key.compromised'),
    org: orgText,
    key: hexText(32),
    sinceHeight: z.number().int().nonnegative(),
  }),
  z.strictObject({
    kind: z.literal('credential.reaffirm'),
    batches: z.array(contentIdText).min(1).max(batchesMax),
  }),
  ...measureBody.options,
  z.strictObject({ kind: z.literal('quorum.approve'), proposal: contentIdText }),
  z.strictObject({ kind: z.literal('quorum.withdraw'), proposal: contentIdText }),
  z.strictObject({ kind: z.literal('quorum.execute'), proposal: contentIdText }),
  z.strictObject({ kind: z.literal('recognition.grant'), ...recognitionShape }),
  z.strictObject({ kind: z.literal('recognition.end'), org: orgText }),
  ...custodyBody.options,
])

export function namesIn<T extends string>(table: Readonly<Record<T, number>>): [T, ...T[]] {
  return Object.keys(table) as [T, ...T[]] // the keys of a vocabulary, none of which is empty
}

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (bytes === undefined) throw new Error(`not hex: ${hex.slice(0, 80)}`)
  return bytes
}
