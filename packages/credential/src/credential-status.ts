/**
 * The three status entries of a credential: two for verifiers that fetch Bitstring Status Lists (W3C, v1.0), and
 * the network's own, which carries the nonce that the handle is made from. Common verifiers read the first entry
 * and stop at a type they do not know, so the network's comes last. SPEC.md, "Status entries".
 */
import { fromBase64url, toBase64url } from '@chirograph/codec'
import { handleOf, type OrgId, parseOrgId, positionMax } from '@chirograph/event'
import { assert } from './assert.js'
import { isObject, type JsonObject } from './json.js'
import { statusListEntries } from './limits.js'

/** Where a credential's status is kept: its slot in the pooled lists, and its name on the network. */
export interface StatusSlot {
  /** `https://…/status-lists`, from the network's genesis, without a slash at its end. */
  readonly statusListBase: string
  /** The slot in the pooled status lists, from the issuer's lease. */
  readonly position: number
  /** 64 lowercase hex characters. */
  readonly networkId: string
  readonly issuerOrg: OrgId
  /** 32 random bytes, never used before and never published. */
  readonly nonce: Uint8Array
}

/** What it takes to revoke or look up a credential, read out of the credential itself. */
export interface CredentialReference {
  /** The credential's own id. */
  readonly id: string
  readonly networkId: string
  readonly issuerOrg: OrgId
  /** 32 bytes. */
  readonly nonce: Uint8Array
  /** 32 bytes: what a status event names. */
  readonly handle: Uint8Array
  readonly position: number
}

export type CredentialReferenceReading =
  | { readonly kind: 'found'; readonly reference: CredentialReference }
  | {
      readonly kind: 'reject'
      /** `no-network-entry`: not issued on a Chirograph network. `status-entries`: not the triple of SPEC.md. */
      readonly reason: 'not-a-credential' | 'no-network-entry' | 'status-entries'
      readonly detail: string
    }

/** The `credentialStatus` of a credential. Throws when the slot is no slot: the caller made it, not an outsider. */
export function statusEntries(slot: StatusSlot): readonly [JsonObject, JsonObject, JsonObject] {
  const { statusListBase, position, networkId, issuerOrg, nonce } = slot
  assert(Number.isInteger(position) && position >= 0 && position <= positionMax, `no position: ${position}`)
  assert(nonce.length === 32, `a nonce has 32 bytes, not ${nonce.length}`)
  assert(isBase(statusListBase), `no base of status lists: ${statusListBase}`)
  assert(parseOrgId(networkId) !== undefined, `no network id: ${networkId}`)
  return [
    listEntry({ statusListBase, purpose: 'revocation', position }),
    listEntry({ statusListBase, purpose: 'suspension', position }),
    { type: networkEntryType, network: networkId, issuer: issuerOrg, nonce: toBase64url(nonce) },
  ]
}

/**
 * Reads what a status event needs out of a credential (parsed JSON), signed or not. Structure only: whether the
 * credential is genuine is the verifier's question.
 */
export function credentialReference(credential: unknown): CredentialReferenceReading {
  if (!isObject(credential) || typeof credential.id !== 'string') {
    return { kind: 'reject', reason: 'not-a-credential', detail: 'not a JSON object with an id' }
  }
  const entries = Array.isArray(credential.credentialStatus) ? credential.credentialStatus : []
  const network: unknown = entries.find((entry) => isObject(entry) && entry.type === networkEntryType)
  if (!isObject(network)) {
    return {
      kind: 'reject',
      reason: 'no-network-entry',
      detail: `no status entry of type ${networkEntryType}`,
    }
  }
  const slot = slotOf(entries, network)
  if (typeof slot === 'string') return { kind: 'reject', reason: 'status-entries', detail: slot }
  const { position, networkId, issuerOrg, nonce } = slot
  const handle = handleOf({ issuer: issuerOrg, nonce })
  return { kind: 'found', reference: { id: credential.id, networkId, issuerOrg, nonce, handle, position } }
}

const networkEntryType = 'ChirographStatusEntry'

type Purpose = 'revocation' | 'suspension'

function listEntry(args: {
  readonly statusListBase: string
  readonly purpose: Purpose
  readonly position: number
}): JsonObject {
  const { statusListBase, purpose, position } = args
  const list = `${statusListBase}/${purpose}/${Math.floor(position / statusListEntries)}`
  const index = String(position % statusListEntries)
  return {
    id: `${list}#${index}`,
    type: 'BitstringStatusListEntry',
    statusPurpose: purpose,
    statusListIndex: index,
    statusListCredential: list,
  }
}

/** The slot that exactly these entries stand for, or what is wrong with them. */
function slotOf(
  entries: readonly unknown[],
  network: { readonly [name: string]: unknown },
): StatusSlot | string {
  const { network: networkId, issuer, nonce: nonceText } = network
  // A network id has the same form as an organisation's: 64 lowercase hex characters.
  if (typeof networkId !== 'string' || parseOrgId(networkId) === undefined)
    return 'network is not 32 bytes in hex'
  const issuerOrg = typeof issuer === 'string' ? parseOrgId(issuer) : undefined
  if (issuerOrg === undefined) return 'issuer is not 32 bytes in hex'
  const nonce = typeof nonceText === 'string' ? fromBase64url(nonceText) : undefined
  if (nonce?.length !== 32) return 'nonce is not 32 bytes in base64url'

  const list = isObject(entries[0]) ? entries[0].statusListCredential : undefined
  const index = isObject(entries[0]) ? entries[0].statusListIndex : undefined
  const match = typeof list === 'string' ? /^(.{1,2048})\/revocation\/(\d{1,8})$/.exec(list) : null
  if (match === null || typeof index !== 'string' || !/^\d{1,6}$/.test(index)) {
    return 'the first entry is not of a revocation list'
  }
  const [statusListBase, listNumber] = match.slice(1) as [string, string] // two groups matched
  const position = Number(listNumber) * statusListEntries + Number(index)
  if (Number(index) >= statusListEntries || position > positionMax || !isBase(statusListBase)) {
    return 'the first entry is beyond its list'
  }
  const slot = { statusListBase, position, networkId, issuerOrg, nonce }
  return sameEntries(entries, statusEntries(slot))
    ? slot
    : 'not the three entries of one position, in their order'
}

function sameEntries(entries: readonly unknown[], expected: readonly JsonObject[]): boolean {
  return entries.length === expected.length && expected.every((entry, i) => isSameFlat(entries[i], entry))
}

/** Entries hold text only, so they are the same when they have the same members. */
function isSameFlat(value: unknown, expected: JsonObject): boolean {
  if (!isObject(value)) return false
  const names = Object.keys(expected)
  return Object.keys(value).length === names.length && names.every((name) => value[name] === expected[name])
}

function isBase(text: string): boolean {
  return /^https?:\/\/[^\s/?#]+(?:\/[^\s/?#]+)*$/.test(text)
}
