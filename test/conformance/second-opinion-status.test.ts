/** Genesis, state and a whole status proof against the second implementation. */
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { bytesOf, decodeNotation, encodeNotation, hexOf, linkBytes, type Notation } from './notation.ts'
import { readVectors } from './read-vectors.ts'
import {
  base58,
  canonicalJson,
  domain,
  followProof,
  hashDomain,
  isSigned,
  mapRoot,
  multikey,
  publicKeyOf,
  rootOfPath,
  sha256,
  signatureOf,
} from './second-implementation.ts'

suite('second opinion: genesis and state', (it) => {
  it('names the network by its canonical genesis, and its validators by their hash', () => {
    for (const { input, output } of readVectors('genesis').cases) {
      is(output.canonical, canonicalJson(input.document))
      is(output.networkId, hexOf(hashDomain('genesis', Buffer.from(output.canonical))))
      const voters = input.document.organisations.flatMap(({ id, consensusKey }) =>
        consensusKey === null ? [] : [[id, keyOf(consensusKey)] as const],
      )
      const fields: Notation = [
        { bytes: output.networkId },
        0,
        voters.map(([id, key]) => [{ bytes: id }, { bytes: key }]),
      ]
      is(output.setHash, hexOf(hashDomain('validator-set', encodeNotation(fields))))
      equal(
        output.anchor.validators.members.map(({ org, key }) => [org, keyOf(key)]),
        voters,
      )
      is(output.anchor.networkId, output.networkId)
    }
  })

  it('writes the organisations’ first rows from the document alone', () => {
    const { keys, vocabularies } = { ...readVectors('state'), ...readVectors('event-bodies') }
    for (const { input, output } of readVectors('genesis').cases) {
      for (const org of input.document.organisations) {
        const always: Notation = [0, null]
        const row: Notation = [
          org.name,
          typeNumbers[org.type] ?? 0,
          [[0, { bytes: keyOf(org.logKey) }, 0, null]],
          { bytes: org.nextKeyHash },
          org.assertionKeys.map((key) => [{ bytes: keyOf(key) }, ...always]),
          [...org.dids],
          org.recognitions.map(({ recordClasses, fromMs, untilMs }) => {
            const numbers = recordClasses
              .map((name) => vocabularies.recordClasses[name])
              .sort((a, b) => a - b)
            return [numbers, fromMs, untilMs, 0]
          }),
          null,
          1,
          null,
          0,
          0,
        ]
        const key = hexOf(hashDomain('state-org', bytesOf(org.id)))
        ok(keys.some((one) => one.key === key))
        is(output.rows.find((one) => one.key === key)?.value, hexOf(encodeNotation(row)))
      }
      const network = output.rows.find(({ kind }) => kind === 'network')
      equal(network?.fields, [0])
      is(output.rows.length, input.document.organisations.length + 1)
      is(output.stateRoot, hexOf(mapRoot(entriesOf(output.rows))))
      const { core, rest, coreBytes, restBytes, digest } = output.header
      is(coreBytes, hexOf(encodeNotation(core)))
      is(restBytes, hexOf(encodeNotation(rest)))
      equal(core[7], { bytes: output.stateRoot })
      equal(core[9], { bytes: hexOf(sha256(bytesOf(restBytes))) })
      equal(rest, [{ bytes: '00'.repeat(32) }, { bytes: hexOf(sha256()) }, { bytes: hexOf(sha256()) }, 0])
      is(digest, hexOf(hashDomain('header', bytesOf(coreBytes))))
    }
  })

  it('derives row keys, and the root of all rows at every height', () => {
    const { keys, headers } = readVectors('state')
    for (const { kind, input, key } of keys) is(key, hexOf(rowKey(kind, input)))
    for (const { output } of headers) {
      is(output.stateRoot, hexOf(mapRoot(entriesOf(output.rows))))
      for (const row of output.rows) ok(keys.some(({ kind, key }) => kind === row.kind && key === row.key))
    }
  })
})

suite('second opinion: a credential and its status proof', (it) => {
  it('signs the credential', () => {
    for (const { input, output } of readVectors('data-integrity').cases) {
      const hash = Uint8Array.from([...hashOfJson(output.proofOptions), ...hashOfJson(input.credential)])
      is(output.hash, hexOf(hash))
      is(output.hash, output.proofOptionsHash + output.documentHash)
      const signature = signatureOf(bytesOf(input.seed), hash)
      is(output.signature, hexOf(signature))
      is(output.proofValue, `z${base58(signature)}`)
      const key = multikey(publicKeyOf(bytesOf(input.seed)))
      is(input.verificationMethod, `did:key:${key}#${key}`)
    }
  })

  it('places status entries', () => {
    for (const { input, output } of readVectors('credential-status').cases) {
      const list = Math.floor(input.position / 131_072)
      const index = String(input.position % 131_072)
      const nonce = Buffer.from(input.nonce, 'hex').toString('base64url')
      const entries = ['revocation', 'suspension'].map((purpose) => {
        const url = `${input.statusListBase}/${purpose}/${list}`
        return {
          id: `${url}#${index}`,
          type: 'BitstringStatusListEntry',
          statusPurpose: purpose,
          statusListIndex: index,
          statusListCredential: url,
        }
      })
      const network = {
        type: 'ChirographStatusEntry',
        network: input.networkId,
        issuer: input.issuerOrg,
        nonce,
      }
      equal(output.credentialStatus, [...entries, network])
    }
  })

  it('follows every status proof from the credential to a quorum of the anchor’s validators', () => {
    const { anchor, credential, cases } = readVectors('status-proofs')
    const entry = credential.credentialStatus[2]
    const handle = hashDomain(
      'handle',
      bytesOf(textOf(entry?.issuer)),
      Buffer.from(textOf(entry?.nonce), 'base64url'),
    )
    const { proof: _proof, ...unsigned } = credential
    const digest = hashDomain('credential', Buffer.from(canonicalJson(unsigned)))
    const ownLeaf = sha256(Uint8Array.of(0), handle, digest)
    for (const { input } of cases) {
      const [, core, certificate, org, batch, row, leaf] = input.fields as ProofFields
      const header = decodeNotation(bytesOf(core.bytes)) as Notation[] // a core is an array
      const headerDigest = hexOf(hashDomain('header', bytesOf(core.bytes)))
      checkCertificate(decodeNotation(bytesOf(certificate.bytes)) as CertificateFields, {
        headerDigest,
        header,
        anchor,
      })
      const [batchId, index, path] = leaf
      const rows = [
        [rowKey('organisation', { org: textOf(entry?.issuer) }), org],
        [rowKey('batch', { event: batchId.link }), batch],
        [rowKey('credential', { org: textOf(entry?.issuer), handle: hexOf(handle) }), row],
      ] as const
      for (const [key, [value, proof]] of rows) {
        const valueHash = value && hexOf(sha256(bytesOf(value.bytes)))
        equal(followProof(key, proof), { root: (header[7] as { bytes: string }).bytes, valueHash }) // a state root
      }
      const [, root] = decodeNotation(bytesOf(batch[0]?.bytes ?? '')) as Notation[] // a batch row is an array
      equal(root, {
        bytes: hexOf(
          rootOfPath(
            ownLeaf,
            index,
            path.map(({ bytes }) => bytesOf(bytes)),
          ),
        ),
      })
    }
  })
})

type Bytes = { readonly bytes: string }
type RowFields = readonly [value: Bytes | null, proof: Notation]
type ProofFields = readonly [
  1,
  Bytes,
  Bytes,
  RowFields,
  RowFields,
  RowFields,
  readonly [{ readonly link: string }, number, readonly Bytes[]],
]
type CertificateFields = readonly [
  Notation,
  Notation,
  Notation,
  Notation,
  Notation,
  Notation,
  Bytes,
  readonly Bytes[],
]

function checkCertificate(
  [scheme, type, epoch, view, height, digest, bitmap, signatures]: CertificateFields,
  {
    headerDigest,
    header,
    anchor,
  }: {
    headerDigest: string
    header: Notation[]
    anchor: { validators: { members: readonly { key: string }[] } }
  },
): void {
  equal([scheme, type, epoch, view, height], [1, 3, 0, header[3], header[4]])
  equal(digest, { bytes: headerDigest })
  const vote = encodeNotation([type, epoch, header[6] ?? null, view, digest])
  const { members } = anchor.validators
  const bits = bytesOf(bitmap.bytes)
  const signers = members.filter((_, i) => ((bits[i >> 3] ?? 0) >> (i & 7)) & 1)
  is(signers.length, 3)
  signers.forEach(({ key }, at) => {
    const message = Uint8Array.from([...domain('vote'), ...vote])
    ok(isSigned(bytesOf(keyOf(key)), message, bytesOf(signatures[at]?.bytes ?? '')))
  })
}

function rowKey(
  kind: string,
  input: { readonly org?: string; readonly handle?: string; readonly event?: string },
): Uint8Array {
  const org = bytesOf(input.org ?? '')
  if (kind === 'organisation') return hashDomain('state-org', org)
  if (kind === 'lease') return hashDomain('state-lease', org)
  if (kind === 'credential') return hashDomain('state-credential', org, bytesOf(input.handle ?? ''))
  if (kind === 'batch') return hashDomain('state-batch', linkBytes(input.event ?? ''))
  return hashDomain('state-network', Buffer.from('positions'))
}

function entriesOf(
  rows: readonly { readonly key: string; readonly value: string }[],
): [Uint8Array, Uint8Array][] {
  return rows.map(({ key, value }) => [bytesOf(key), bytesOf(value)])
}

function hashOfJson(value: unknown): Uint8Array {
  return sha256(Buffer.from(canonicalJson(value)))
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error('not text')
  return value
}

/** The key in a multikey, in hex: found by its digits, not by trying. */
function keyOf(text: string): string {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
  const number = [...text.slice(1)].reduce((sum, digit) => sum * 58n + BigInt(alphabet.indexOf(digit)), 0n)
  const hex = number.toString(16)
  is(hex.slice(0, 4), 'ed01')
  return hex.slice(4)
}

/** `status` numbers the types of organisations in this order. */
const typeNumbers: Readonly<Record<string, number>> = Object.fromEntries(
  [
    'community-college',
    'four-year',
    'secondary-school',
    'training-provider-forprofit',
    'training-provider-nonprofit',
    'certification-body',
    'industry-association',
    'business',
    'union',
    'government',
    'military',
    'accreditor',
    'community-organisation',
    'tribal',
    'individual',
  ].map((name, index) => [name, index + 1]),
)
