/**
 * What a holder keeps beside the credential: where it lies in its batch. With the credential, it leads to the Merkle
 * root that the issuer put on the log. It names nobody. SPEC.md, "Receipt".
 */
import { type EventId, fromHex, parseContentId, parseJson, toHex } from '@chirograph/codec'
import { isPaddedSize, type OrgId, paddedSizeMax, parseOrgId } from '@chirograph/event'
import { freeze, isObject, type JsonObject } from './json.js'
import { receiptBytesMax } from './limits.js'

export interface Receipt {
  /** 64 lowercase hex characters. */
  readonly networkId: string
  readonly issuerOrg: OrgId
  /** The `credential.issueBatch` event. */
  readonly batch: EventId
  /** The leaf's place in the batch's tree, from 0. */
  readonly index: number
  /** A power of two from 16 to 2²⁴. */
  readonly paddedSize: number
  /** The siblings from the leaf up, 32 bytes each, log2(paddedSize) of them. */
  readonly path: readonly Uint8Array[]
}

export type ReceiptReading =
  | { readonly kind: 'decoded'; readonly receipt: Receipt }
  | {
      readonly kind: 'reject'
      readonly reason: 'oversize' | 'malformed' | 'not-a-receipt' | 'unknown-version' | 'shape'
      readonly detail: string
    }

/** The receipt as JSON, to be written to a file or stapled to the credential. */
export function receiptJson(receipt: Receipt): JsonObject {
  const { networkId, issuerOrg, batch, index, paddedSize, path } = receipt
  return freeze({
    type: receiptType,
    version: receiptVersion,
    network: networkId,
    issuer: issuerOrg,
    batch,
    index,
    paddedSize,
    path: path.map(toHex),
  })
}

/** Reads a receipt from JSON text or parsed JSON. Closed: exactly the members of `receiptJson`, nothing beside. */
export function readReceipt(source: unknown): ReceiptReading {
  if (typeof source !== 'string') return readParsed(source)
  const parsed = parseJson(source, { bytesMax: receiptBytesMax })
  if (parsed.ok) return readParsed(parsed.value)
  return {
    kind: 'reject',
    reason: parsed.code === 'OVERSIZE' ? 'oversize' : 'malformed',
    detail: parsed.detail,
  }
}

const receiptType = 'ChirographReceipt'
const receiptVersion = 1
const members = ['type', 'version', 'network', 'issuer', 'batch', 'index', 'paddedSize', 'path']

function readParsed(value: unknown): ReceiptReading {
  if (!isObject(value) || value.type !== receiptType) {
    return { kind: 'reject', reason: 'not-a-receipt', detail: `not an object of type ${receiptType}` }
  }
  if (value.version !== receiptVersion) {
    return { kind: 'reject', reason: 'unknown-version', detail: `version ${String(value.version)}` }
  }
  const receipt = receiptOf(value)
  return typeof receipt === 'string'
    ? { kind: 'reject', reason: 'shape', detail: receipt }
    : { kind: 'decoded', receipt }
}

/** The receipt, or what is wrong with it. */
function receiptOf(value: { readonly [name: string]: unknown }): Receipt | string {
  const unknownMember = Object.keys(value).find((name) => !members.includes(name))
  if (unknownMember !== undefined) return `unknown member ${unknownMember}`
  const { network, issuer, batch: batchText, index, paddedSize } = value
  // A network id has the same form as an organisation's: 64 lowercase hex characters.
  if (typeof network !== 'string' || parseOrgId(network) === undefined)
    return 'network is not 32 bytes in hex'
  const issuerOrg = typeof issuer === 'string' ? parseOrgId(issuer) : undefined
  if (issuerOrg === undefined) return 'issuer is not 32 bytes in hex'
  const batch = typeof batchText === 'string' ? parseContentId(batchText) : undefined
  if (batch === undefined) return 'batch is not the id of an event'
  if (typeof paddedSize !== 'number' || !isPaddedSize(paddedSize)) return 'paddedSize is no size of a batch'
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= paddedSize) {
    return 'index lies outside the batch'
  }
  const path = pathOf(value.path)
  if (path?.length !== Math.log2(paddedSize))
    return 'path does not have one digest for each level of the tree'
  return { networkId: network, issuerOrg, batch, index, paddedSize, path }
}

function pathOf(value: unknown): Uint8Array[] | undefined {
  if (!Array.isArray(value) || value.length > Math.log2(paddedSizeMax)) return undefined
  const path: Uint8Array[] = []
  for (const text of value) {
    const digest = typeof text === 'string' ? fromHex(text) : undefined
    if (digest?.length !== 32) return undefined
    path.push(digest)
  }
  return path
}
