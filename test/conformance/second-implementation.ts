/**
 * A second implementation of what the vectors need: Node's crypto, `@ipld/dag-cbor`, and nothing of Chirograph. It
 * follows the descriptions in the vector files, straight and slow, so that a vector never rests on one reading alone.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign as nodeSign,
  verify as nodeVerify,
} from 'node:crypto'
import { encodeNotation, hexOf, linkBytes, type Notation } from './notation.ts'

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return Uint8Array.from(hash.digest())
}

export function domain(name: string): Uint8Array {
  return Buffer.from(`chirograph:1:${name}\0`)
}

export function hashDomain(name: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha256(domain(name), ...parts)
}

/** An RFC 8032 seed or key in the DER wrapping of RFC 8410. */
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex')

export function publicKeyOf(seed: Uint8Array): Uint8Array {
  const der = createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' })
  return Uint8Array.from(der.subarray(publicPrefix.length))
}

export function signatureOf(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return Uint8Array.from(nodeSign(null, message, privateKey(seed)))
}

export function isSigned(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.concat([publicPrefix, publicKey]), format: 'der', type: 'spki' })
  return nodeVerify(null, message, key, signature)
}

function privateKey(seed: Uint8Array) {
  return createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' })
}

/** The digits of base58btc, most significant first. */
export function base58(bytes: Uint8Array): string {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
  let text = ''
  for (let number = BigInt(`0x0${hexOf(bytes)}`); number > 0n; number /= 58n)
    text = alphabet[Number(number % 58n)] + text
  return '1'.repeat(bytes.findIndex((byte) => byte !== 0)) + text
}

export function multikey(publicKey: Uint8Array): string {
  return `z${base58(Uint8Array.of(0xed, 0x01, ...publicKey))}`
}

/** RFC 8785 for what JSON.parse makes. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = new Map(Object.entries(value))
  // sort() without a comparison goes by UTF-16 code units, as section 3.2.3 asks.
  const names = [...members.keys()].sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(members.get(name))}`).join(',')}}`
}

/** RFC 6962 section 2.1, as it is written there. */
export function treeHead(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves
  if (first === undefined) return sha256()
  if (leaves.length === 1) return sha256(Uint8Array.of(0), first)
  const split = splitOf(leaves.length)
  return nodeOf(treeHead(leaves.slice(0, split)), treeHead(leaves.slice(split)))
}

/** RFC 6962 section 2.1.1: PATH(m, D[n]). */
export function auditPath(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return []
  const split = splitOf(leaves.length)
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)]
  return index < split
    ? [...auditPath(index, left), treeHead(right)]
    : [...auditPath(index - split, right), treeHead(left)]
}

export function nodeOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(1), left, right)
}

function splitOf(size: number): number {
  return 2 ** (Math.ceil(Math.log2(size)) - 1)
}

export type Entries = readonly (readonly [key: Uint8Array, value: Uint8Array])[]

/** The root of a sparse Merkle map over entries in any order. */
export function mapRoot(entries: Entries, depth = 0): Uint8Array {
  const [only] = entries
  if (only === undefined) return new Uint8Array(32)
  if (entries.length === 1) return sha256(Uint8Array.of(0), only[0], sha256(only[1]))
  const side = (bit: number) => entries.filter(([key]) => bitOf(key, depth) === bit)
  return nodeOf(mapRoot(side(0), depth + 1), mapRoot(side(1), depth + 1))
}

/** What a proof on the wire shows: the root it leads to, and the hash of the value if the key is there. */
export function followProof(key: Uint8Array, proof: Notation): { root: string; valueHash: string | null } {
  const [depth, bitmap, siblings, terminal] = proof as [
    number,
    { bytes: string },
    { bytes: string }[],
    [{ bytes: string }, { bytes: string }] | null,
  ] // by its positions
  const waiting = siblings.map(({ bytes }) => Buffer.from(bytes, 'hex'))
  const bits = Buffer.from(bitmap.bytes, 'hex')
  const all = Array.from(
    { length: depth },
    (_, i) => (bitOf(bits, i) === 1 ? waiting.shift() : undefined) ?? new Uint8Array(32),
  )
  const [leafKey, valueHash] = terminal ?? []
  let node: Uint8Array = new Uint8Array(32)
  if (leafKey && valueHash)
    node = sha256(Uint8Array.of(0), Buffer.from(leafKey.bytes, 'hex'), Buffer.from(valueHash.bytes, 'hex'))
  for (let i = depth - 1; i >= 0; i--) {
    const sibling = all[i] ?? node
    node = bitOf(key, i) === 0 ? nodeOf(node, sibling) : nodeOf(sibling, node)
  }
  return { root: hexOf(node), valueHash: leafKey?.bytes === hexOf(key) ? (valueHash?.bytes ?? null) : null }
}

function bitOf(key: Uint8Array, index: number): number {
  return ((key[index >> 3] ?? 0) >> (7 - (index & 7))) & 1
}

/** The leaders of a validator set, as validator-sets.json describes them. */
export function leadersOf(setHash: Uint8Array, size: number): number[] {
  const order = Array.from({ length: size }, (_, index) => index)
  let counter = 0
  for (let last = size - 1; last > 0; last--) {
    const bound = last + 1
    let word: number
    do {
      word = Buffer.from(hashDomain('validator-set', setHash, encodeNotation(counter++))).readUInt32BE(0)
    } while (word >= 2 ** 32 - (2 ** 32 % bound))
    const swap = word % bound
    ;[order[last], order[swap]] = [order[swap] ?? 0, order[last] ?? 0]
  }
  return order
}

/** The root that a path, from the leaf up, leads to in a complete tree. */
export function rootOfPath(leaf: Uint8Array, index: number, path: readonly Uint8Array[]): Uint8Array {
  return path.reduce(
    (node, sibling, height) => ((index >> height) & 1 ? nodeOf(sibling, node) : nodeOf(node, sibling)),
    leaf,
  )
}

/** The recipe of segments.json: many leases of one author, each after the other, under the signature of the last. */
export function segmentOfLeases(recipe: {
  readonly networkId: string
  readonly author: string
  readonly seed: string
  readonly count: number
  readonly references: number
  readonly timeMs: number
}): Uint8Array {
  const { networkId, author, count, timeMs } = recipe
  const body = encodeNotation([1_024])
  const references = Array.from({ length: recipe.references }, (_, n): Notation => {
    return { link: linkOf(Buffer.from((n + 1).toString(16).padStart(64, '0'), 'hex')) }
  })
  const headers: Uint8Array[] = []
  for (let prev: Notation = null; headers.length < count; ) {
    const [kind, sequence] = [2, headers.length]
    const [network, org, bodyHash] = [networkId, author, hexOf(sha256(body))].map((hex) => ({ bytes: hex }))
    const header = encodeNotation([
      1,
      network ?? null,
      org ?? null,
      0,
      sequence,
      prev,
      references,
      kind,
      body.length,
      bodyHash ?? null,
      timeMs + sequence,
    ])
    headers.push(header)
    prev = { link: linkOf(sha256(header)) }
  }
  const signed = Buffer.concat([domain('event'), headers.at(-1) ?? new Uint8Array()])
  return encodeNotation([
    headers.map((header): Notation => [{ bytes: hexOf(header) }, { bytes: hexOf(body) }]),
    { bytes: hexOf(signatureOf(Buffer.from(recipe.seed, 'hex'), signed)) },
  ])
}

/** The text of a CIDv1 of dag-cbor and sha2-256: base32 (RFC 4648 section 6), lowercase, `b` in front. */
export function linkOf(digest: Uint8Array): string {
  const bits = [...Uint8Array.of(0x01, 0x71, 0x12, 0x20, ...digest)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
  const fives = bits.padEnd(5 * Math.ceil(bits.length / 5), '0').match(/.{5}/g) ?? []
  return `b${fives.map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five, 2)]).join('')}`
}

/** Where an author stands, as frontiers.json writes an entry: author, generation, sequence, id, branches. */
export type FrontierFields = readonly [
  author: { readonly bytes: string },
  generation: number,
  sequence: number,
  id: { readonly link: string },
  branches: { readonly bytes: string } | null,
]

/** The claims of sync.json about these entries under a key. */
export function claimsOf(args: {
  readonly entries: readonly FrontierFields[]
  readonly members: readonly string[]
  readonly key: Uint8Array
}): Notation {
  const { entries, members, key } = args
  const tagOf = (entry: FrontierFields) => ({ bytes: headTagOf(key, entry) })
  const named = members.flatMap((org) => entries.filter(([author]) => author.bytes === org))
  const bitmap = Buffer.alloc(Math.ceil(members.length / 8))
  members.forEach((org, at) => {
    if (named.some(([author]) => author.bytes === org))
      bitmap[at >> 3] = (bitmap[at >> 3] ?? 0) | (128 >> (at & 7))
  })
  return [
    { bytes: bitmap.toString('hex').replace(/(?:00)+$/, '') },
    named.map(([, , sequence]) => sequence),
    { bytes: named.map((entry) => headTagOf(key, entry)).join('') },
    named.flatMap(([, generation], at): Notation[] => (generation === 0 ? [] : [[at, generation]])),
    entries
      .filter(([author]) => !members.includes(author.bytes))
      .map((entry): Notation => [entry[0], entry[1], entry[2], tagOf(entry)]),
  ]
}

function headTagOf(key: Uint8Array, [, , , { link }, branches]: FrontierFields): string {
  const said = branches === null ? linkBytes(link).subarray(4) : Buffer.from(branches.bytes, 'hex')
  return hexOf(sha256(key, said).subarray(0, 4))
}

/** The digest of a frontier: frontiers.json. */
export function frontierDigestOf(entries: readonly FrontierFields[]): Uint8Array {
  const tags = entries.map(([author, generation, , { link }, branches]): Notation => {
    return [author, generation, branches ?? { bytes: hexOf(linkBytes(link).subarray(4)) }]
  })
  return sha256(encodeNotation(tags))
}

/**
 * What a node with `entries`, all of generation 0, owes an asker who claims these tags: the ranges, the authors to
 * probe, and whether it lacks something itself.
 */
export function answerOf(
  entries: readonly FrontierFields[],
  claims: ReadonlyMap<string, { readonly sequence: number; readonly tag: string; readonly key: Uint8Array }>,
): { ranges: Notation[]; probes: string[]; isBehind: boolean } {
  const ranges: Notation[] = []
  const probes: string[] = []
  const held = new Set(entries.map(([author]) => author.bytes))
  let isBehind = [...claims.keys()].some((author) => !held.has(author))
  for (const entry of entries) {
    const [author, generation, sequence, , branches] = entry
    const claim = claims.get(author.bytes)
    const from = claim === undefined ? 0 : claim.sequence + 1
    if (claim !== undefined && claim.tag === headTagOf(claim.key, entry)) continue
    if (branches !== null || claim?.sequence === sequence) {
      probes.push(author.bytes)
      isBehind ||= claim !== undefined
    } else if (from <= sequence) ranges.push([author, generation, from, sequence])
    else isBehind = true
  }
  return { ranges, probes, isBehind }
}
