/** The network's own entry in `credentialStatus`: which network, which organisation, and the nonce of the handle. */
import { fromBase64url } from '@chirograph/codec'
import { type OrgId, parseOrgId } from '@chirograph/event'
import { type Check, cannotTell, fail } from './check.js'
import { asList, isObject, type JsonObject } from './json-value.js'
import { statusEntriesMax } from './limits.js'

export const networkEntryType = 'ChirographStatusEntry'

/** The W3C list entry that goes with the network's own: the same bits, built from the same state. */
const listEntryType = 'BitstringStatusListEntry'

export interface NetworkEntry {
  readonly org: OrgId
  /** 32 bytes. */
  readonly nonce: Uint8Array
}

export type EntryReading =
  | { readonly kind: 'entry'; readonly entry: NetworkEntry; readonly hasUnchecked: boolean }
  | { readonly kind: 'none'; readonly check: Check }

/** Finds the one entry of this network (its id in hex). SPEC V18 to V21. */
export function readNetworkEntry(document: JsonObject, networkId: string): EntryReading {
  const entries = asList(document.credentialStatus)
  if (entries.length === 0) {
    return none(cannotTell('no-status-entry', 'The credential does not say where its status can be learned.'))
  }
  if (entries.length > statusEntriesMax || !entries.every(isObject)) {
    return none(fail('bad-status-entry', 'The status entries of the credential are malformed.'))
  }
  const ofNetworks = entries.filter(isNetworkEntry)
  const own = ofNetworks.filter((entry) => entry.network === networkId)
  const [first, second] = own
  if (second !== undefined) {
    return none(
      fail('several-network-entries', 'The credential claims more than one status on this network.'),
    )
  }
  if (first === undefined) {
    return ofNetworks.length > 0
      ? none(
          cannotTell('other-network', 'The credential belongs to another network than the one trusted here.'),
        )
      : none(
          cannotTell('unknown-status-type', 'The credential has no status on a network that is known here.'),
        )
  }
  const entry = parseEntry(first)
  if (entry === undefined) return none(fail('bad-status-entry', 'The network status entry is malformed.'))
  const hasUnchecked = entries.some((other) => other !== first && !asList(other.type).includes(listEntryType))
  return { kind: 'entry', entry, hasUnchecked }
}

function isNetworkEntry(entry: JsonObject): boolean {
  return asList(entry.type).includes(networkEntryType)
}

/** Closed: an entry with a member that is not known may mean something else. */
function parseEntry(entry: JsonObject): NetworkEntry | undefined {
  const { id, type, network: _network, issuer, nonce, ...others } = entry
  if (Object.keys(others).length > 0 || (id !== undefined && typeof id !== 'string')) return undefined
  if (asList(type).length !== 1 || typeof issuer !== 'string' || typeof nonce !== 'string') return undefined
  const org = parseOrgId(issuer)
  const bytes = fromBase64url(nonce)
  return org === undefined || bytes?.length !== 32 ? undefined : { org, nonce: bytes }
}

function none(check: Check): EntryReading {
  return { kind: 'none', check }
}
