/** Which credential a request means: the credential itself, its handle, or a key that the registrar knows. */
import { z } from 'zod'
import { type EventId, toHex } from '@chirograph/codec'
import { type CredentialReference, credentialReference, type JsonObject } from '@chirograph/credential'
import type { ChirographNode, CredentialTarget, RegistrarEntry } from '@chirograph/node'
import { hexText } from './event-json.js'
import { keyCharactersMax } from './limits.js'
import { ApiError } from './problem.js'
import { namesOf } from './wire.js'

/** `{ key }` is a credential id, a handle or a learner id; a plain string means the same. */
export const targetSchema = z.union([
  z.string().min(1).max(keyCharactersMax),
  z.strictObject({ key: z.string().min(1).max(keyCharactersMax) }),
  z.strictObject({ credential: z.record(z.string(), z.unknown()) }),
  z.strictObject({ handle: hexText(32), position: z.number().int().nonnegative().nullable().optional() }),
])

export type Target = z.infer<typeof targetSchema>

/** `API_CREDENTIAL_NOT_FOUND`, `API_AMBIGUOUS`, `API_NOT_OUR_CREDENTIAL` or `API_NOT_A_CREDENTIAL`. */
export async function resolveTarget(node: ChirographNode, target: Target): Promise<CredentialTarget> {
  if (typeof target === 'string') return targetOfEntry(await findOne(node, target))
  if ('key' in target) return targetOfEntry(await findOne(node, target.key))
  if ('credential' in target) return ownReference(node, target.credential)
  if (target.position !== undefined) return { handle: target.handle, position: target.position }
  const [known] = await node.findCredentials(toHex(target.handle))
  return { handle: target.handle, position: known?.position ?? null }
}

/** The one credential with this key. */
export async function findOne(node: ChirographNode, key: string): Promise<RegistrarEntry> {
  const found = await node.findCredentials(key)
  const [entry] = found
  if (entry === undefined) throw notFound(key)
  if (found.length > 1) throw ambiguous(key, found)
  return entry
}

/** What a credential of any issuer of this network says of itself. */
export function referenceOf(node: ChirographNode, credential: unknown): CredentialReference {
  const reading = credentialReference(credential)
  if (reading.kind === 'reject') {
    throw new ApiError({
      code: 'API_NOT_A_CREDENTIAL',
      what: `this is no credential of a Chirograph network (${reading.detail})`,
      hint: 'give the credential as it was issued',
      status: 422,
    })
  }
  const { reference } = reading
  if (reference.networkId === node.networkId) return reference
  throw new ApiError({
    code: 'API_OTHER_NETWORK',
    what: `the credential belongs to network ${reference.networkId.slice(0, 16)}…, this node to ${node.networkId.slice(0, 16)}…`,
    hint: 'ask a member of that network',
    status: 422,
  })
}

export function notFound(key: string): ApiError {
  return new ApiError({
    code: 'API_CREDENTIAL_NOT_FOUND',
    what: `this institution issued nothing with the id, handle or learner id "${key}"`,
    hint: 'list what it issued with: chirograph credential list',
    status: 404,
  })
}

function ownReference(node: ChirographNode, credential: unknown): CredentialTarget {
  const { issuerOrg, handle, position } = referenceOf(node, credential)
  if (issuerOrg === node.org) return { handle, position }
  throw new ApiError({
    code: 'API_NOT_OUR_CREDENTIAL',
    what: 'the credential was issued by another institution',
    hint: 'only its issuer can change its status: ask them',
    status: 403,
  })
}

function targetOfEntry({ handle, position }: RegistrarEntry): CredentialTarget {
  return { handle: Uint8Array.from(Buffer.from(handle, 'hex')), position }
}

function ambiguous(key: string, found: readonly RegistrarEntry[]): ApiError {
  return new ApiError({
    code: 'API_AMBIGUOUS',
    what: `"${key}" stands for ${found.length} credentials`,
    hint: 'name the one you mean by its credential id',
    status: 409,
    errors: found.slice(0, candidatesMax).map(({ credentialId, credential, batch }) => ({
      column: credentialId,
      expected: 'one credential',
      got: describe(credential, batch),
    })),
  })
}

/** One learner may have been given the same achievement twice. */
function describe(credential: JsonObject, batch: EventId | null): string {
  const { achievement, awardedOn } = namesOf(credential)
  const what = achievement ?? String(credential.name ?? 'a credential')
  const awarded = awardedOn === null ? '' : `, awarded on ${awardedOn}`
  return `${what}${awarded}, ${batch === null ? 'not published yet' : `in batch ${batch}`}`
}

const candidatesMax = 20
