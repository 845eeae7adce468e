/** Reading a trust anchor: the one file that an offline verifier must get from somebody it trusts. SPEC V7. */
import { parseJson } from '@chirograph/codec'
import { publicKeyOfBlsMultikey } from '@chirograph/crypto'
import {
  type Anchor,
  type AnchorMember,
  decodeJson,
  type JsonDecoder,
  jsonChecked,
  jsonConsensusMultikey,
  jsonHex32,
  jsonList,
  jsonName,
  jsonObject,
  jsonOneOf,
  jsonUint,
  validatorsMax,
} from '@chirograph/status'
import { anchorBytesMax } from './limits.js'

export type { Anchor, AnchorMember } from '@chirograph/status'

export type ParsedAnchor =
  | { readonly kind: 'anchor'; readonly anchor: Anchor }
  | { readonly kind: 'invalid'; readonly path: string; readonly detail: string }

/** Reads an anchor from its JSON text or its parsed value. Closed and bounded; never throws. */
export function parseAnchor(document: unknown): ParsedAnchor {
  let value = document
  if (typeof document === 'string') {
    const parsed = parseJson(document, { bytesMax: anchorBytesMax })
    if (!parsed.ok) return { kind: 'invalid', path: '', detail: parsed.detail }
    value = parsed.value
  }
  const decoded = decodeJson(anchorDecoder, value)
  if (!decoded.ok) return { kind: 'invalid', path: decoded.path, detail: decoded.detail }
  return { kind: 'anchor', anchor: decoded.value }
}

const membersDecoder = jsonChecked(
  jsonList(jsonObject<AnchorMember>({ org: jsonHex32, name: jsonName, key: jsonConsensusMultikey }), {
    min: 1,
    max: validatorsMax,
  }),
  (members) => {
    if (new Set(members.map(({ org }) => org)).size !== members.length) return 'name an organisation twice'
    if (new Set(members.map(({ key }) => key)).size !== members.length) return 'use a key twice'
    const blsKeys = members.filter(({ key }) => publicKeyOfBlsMultikey(key) !== undefined).length
    return blsKeys === 0 || blsKeys === members.length ? undefined : 'mix ed25519 and BLS keys'
  },
)

const anchorDecoder: JsonDecoder<Anchor> = jsonObject<Anchor>({
  version: jsonOneOf([1]),
  type: jsonOneOf(['chirograph-anchor']),
  networkId: jsonHex32,
  name: jsonName,
  purpose: jsonOneOf(['demo', 'production']),
  validators: jsonObject<Anchor['validators']>({
    epoch: jsonUint({ max: Number.MAX_SAFE_INTEGER }),
    members: membersDecoder,
  }),
  height: jsonUint({ max: Number.MAX_SAFE_INTEGER }),
})
