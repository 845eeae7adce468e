/**
 * The document that a network begins with: its institutions, their keys and recognitions, and its parameters.
 * Its hash is the network id, so whoever holds the id holds the first state. Format: SPEC.md, "Genesis".
 */
import { canonicalizeJson, parseJson, toHex, utf8 } from '@chirograph/codec'
import { createValidatorSet, type ValidatorSet } from '@chirograph/consensus'
import {
  BLS_SIGNATURE_BYTES,
  type Bls,
  hashDomain,
  publicKeyOfBlsMultikey,
  publicKeyOfDidKey,
  publicKeyOfMultikey,
} from '@chirograph/crypto'
import { type RecordClass, recordClasses } from '@chirograph/event'
import { cutBytesMin } from '@chirograph/log'
import {
  complaintAboutConsensusKey,
  complaintAboutOrganisation,
  complaintAboutOrganisations,
} from './genesis-rules.js'
import {
  decodeJson,
  type JsonDecoder,
  jsonChecked,
  jsonHex,
  jsonHex32,
  jsonList,
  jsonNullable,
  jsonObject,
  jsonOneOf,
  jsonText,
  jsonUint,
} from './json-decode.js'
import {
  assertionKeysMax,
  cutBytesMax,
  didLengthMax,
  didsMax,
  genesisBytesMax,
  intervalMsMax,
  nameLengthMax,
  organisationsMax,
  peerIdLengthMax,
  recognitionsMax,
  timeMsMax,
  urlLengthMax,
} from './limits.js'
import { type OrganisationType, organisationTypes } from './organisation-type.js'

/** A dated permission to issue some classes of records. Times are Unix milliseconds; `untilMs` null has no end. */
export interface GenesisRecognition {
  readonly recordClasses: readonly RecordClass[]
  readonly fromMs: number
  readonly untilMs: number | null
}

/** An institution as the genesis names it. Keys are multikeys (`z6Mk…`, of BLS `z3tE…`), the rest is lowercase hex. */
export interface GenesisOrganisation {
  readonly id: string
  readonly name: string
  readonly type: OrganisationType
  /** Signs the organisation's events, generation 0. */
  readonly logKey: string
  /** SHA-256 of the public key that may sign the first rotation. */
  readonly nextKeyHash: string
  /** Sign credentials; never the log key. */
  readonly assertionKeys: readonly string[]
  readonly dids: readonly string[]
  readonly peerId: string
  /** Signs votes; null for an organisation that does not vote. */
  readonly consensusKey: string | null
  /** Proves that the organisation holds the secret of its BLS consensus key; beside such a key, and only there. */
  readonly possession?: string
  readonly recognitions: readonly GenesisRecognition[]
}

export interface GenesisParameters {
  readonly viewTimeoutMs: number
  readonly heartbeatMs: number
  readonly cutBytesMax: number
  readonly clockBoundMs: number
}

/** The genesis document as JSON spells it. Only `parseGenesis` makes one from outside data. */
export interface Genesis {
  readonly version: 1
  readonly name: string
  readonly purpose: 'demo' | 'production'
  readonly timeMs: number
  readonly statusListBase: string
  /** Certificates are sums of BLS signatures; without it they are lists of ed25519 signatures. */
  readonly certificates?: 'bls12-381'
  readonly organisations: readonly GenesisOrganisation[]
  readonly parameters: GenesisParameters
}

export type ParsedGenesis =
  | { readonly kind: 'genesis'; readonly genesis: Genesis }
  | { readonly kind: 'invalid'; readonly path: string; readonly detail: string }

/**
 * Reads a genesis from its JSON text or its parsed value, and checks every rule of it (SPEC G1 to G12). `bls` checks
 * proofs of possession, one for each validator of a BLS network: noble unless a faster one is given.
 */
export function parseGenesis(document: unknown, { bls }: { readonly bls?: Bls } = {}): ParsedGenesis {
  const parsed =
    typeof document === 'string'
      ? parseJson(document, { bytesMax: genesisBytesMax })
      : { ok: true as const, value: document }
  if (!parsed.ok) return { kind: 'invalid', path: '', detail: parsed.detail }
  const decoded = decodeJson(genesisDecoder, parsed.value)
  if (!decoded.ok) return { kind: 'invalid', path: decoded.path, detail: decoded.detail }
  const genesis = decoded.value
  for (const [index, organisation] of genesis.organisations.entries()) {
    const complaint = complaintAboutConsensusKey(organisation, { certificates: genesis.certificates, bls })
    if (complaint !== undefined)
      return { kind: 'invalid', path: `organisations[${index}].${complaint.field}`, detail: complaint.detail }
  }
  return { kind: 'genesis', genesis }
}

/** The network's id, 32 bytes: hashDomain('genesis', JCS of the document). */
export function networkIdOf(genesis: Genesis): Uint8Array {
  return hashDomain('genesis', utf8(canonicalizeJson(genesis)))
}

/** The voting organisations of the network's first epoch. */
export function validatorSetOf(genesis: Genesis): ValidatorSet {
  const validators = genesis.organisations.flatMap(({ id, consensusKey }) =>
    consensusKey === null ? [] : [{ org: id, key: toHex(keyOfConsensusMultikey(consensusKey)) }],
  )
  return createValidatorSet({ networkId: toHex(networkIdOf(genesis)), epoch: 0, validators })
}

/** The 32 bytes of ed25519 or the 48 of BLS of a multikey that a decoder has checked. */
export function keyOfConsensusMultikey(multikey: string): Uint8Array {
  return publicKeyOfBlsMultikey(multikey) ?? keyOfMultikey(multikey)
}

/** The 32 bytes of a multikey that the genesis decoder has checked. */
export function keyOfMultikey(multikey: string): Uint8Array {
  const key = publicKeyOfMultikey(multikey)
  if (key === undefined) throw new Error(`not a multikey: ${multikey}`)
  return key
}

/** Names are shown to people, so they hold no control characters and nothing that turns the writing direction. */
export const jsonName: JsonDecoder<string> = jsonText({
  max: nameLengthMax,
  pattern: /^[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\ufeff\p{Cs}]+$/u,
  hint: 'must be one line of plain text',
})

export const jsonMultikey: JsonDecoder<string> = jsonChecked(jsonText({ max: 64 }), (text) =>
  publicKeyOfMultikey(text) === undefined ? 'must be an ed25519 multikey (z6Mk…)' : undefined,
)

export const jsonConsensusMultikey: JsonDecoder<string> = jsonChecked(jsonText({ max: 128 }), (text) =>
  publicKeyOfMultikey(text) === undefined && publicKeyOfBlsMultikey(text) === undefined
    ? 'must be an ed25519 multikey (z6Mk…) or a BLS12-381 multikey (z3tE…)'
    : undefined,
)

const didPattern =
  /^did:(key:z6Mk[1-9A-HJ-NP-Za-km-z]+|web:[A-Za-z0-9.-]+(%3A[0-9]{1,5})?(:[A-Za-z0-9._-]+)*)$/

const didDecoder = jsonChecked(
  jsonText({ max: didLengthMax, pattern: didPattern, hint: 'must be a did:web or an ed25519 did:key' }),
  (did) =>
    did.startsWith('did:key:') && publicKeyOfDidKey(did) === undefined
      ? 'must be a valid did:key'
      : undefined,
)

const recordClassNames = Object.keys(recordClasses) as RecordClass[] // the keys of the table are the names

const recognitionDecoder = jsonChecked(
  jsonObject<GenesisRecognition>({
    recordClasses: jsonChecked(
      jsonList(jsonOneOf(recordClassNames), { min: 1, max: recordClassNames.length }),
      (names) => (new Set(names).size === names.length ? undefined : 'names a class twice'),
    ),
    fromMs: jsonUint({ max: timeMsMax }),
    untilMs: jsonNullable(jsonUint({ max: timeMsMax })),
  }),
  ({ fromMs, untilMs }) => (untilMs !== null && untilMs <= fromMs ? 'ends before it begins' : undefined),
)

const organisationDecoder = jsonChecked(
  jsonObject<GenesisOrganisation>(
    {
      id: jsonHex32,
      name: jsonName,
      type: jsonOneOf(organisationTypes),
      logKey: jsonMultikey,
      nextKeyHash: jsonHex32,
      assertionKeys: jsonList(jsonMultikey, { max: assertionKeysMax }),
      dids: jsonList(didDecoder, { max: didsMax }),
      peerId: jsonText({ max: peerIdLengthMax, pattern: /^[0-9A-Za-z]+$/, hint: 'must be a peer id' }),
      consensusKey: jsonNullable(jsonConsensusMultikey),
      recognitions: jsonList(recognitionDecoder, { max: recognitionsMax }),
    },
    { possession: jsonHex(BLS_SIGNATURE_BYTES) },
  ),
  complaintAboutOrganisation,
)

// A demonstration may serve its lists from the machine it runs on; anything else needs a web address that is public.
const statusListBaseDecoder = jsonText({
  max: urlLengthMax,
  pattern: /^https?:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?(\/[A-Za-z0-9._~-]+)+$/,
  hint: 'must be a web address with a path and without a slash at its end',
})

const genesisDecoder: JsonDecoder<Genesis> = jsonChecked(
  jsonObject<Genesis>(
    {
      version: jsonOneOf([1]),
      name: jsonName,
      purpose: jsonOneOf(['demo', 'production']),
      timeMs: jsonUint({ max: timeMsMax }),
      statusListBase: statusListBaseDecoder,
      organisations: jsonChecked(
        jsonList(organisationDecoder, { min: 1, max: organisationsMax }),
        complaintAboutOrganisations,
      ),
      parameters: jsonObject<GenesisParameters>({
        viewTimeoutMs: jsonUint({ min: 1, max: intervalMsMax }),
        heartbeatMs: jsonUint({ min: 1, max: intervalMsMax }),
        cutBytesMax: jsonUint({ min: cutBytesMin, max: cutBytesMax }),
        clockBoundMs: jsonUint({ min: 1, max: intervalMsMax }),
      }),
    },
    { certificates: jsonOneOf(['bls12-381']) },
  ),
  ({ purpose, statusListBase }) =>
    purpose === 'production' && !statusListBase.startsWith('https:')
      ? 'a production network serves its status lists by https'
      : undefined,
)
