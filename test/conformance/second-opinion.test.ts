/** The vectors against a second implementation, which shares no code with the first. */
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { bytesOf, decodeNotation, encodeNotation, hexOf, linkBytes, type Notation } from './notation.ts'
import { readVectors } from './read-vectors.ts'
import {
  answerOf,
  auditPath,
  canonicalJson,
  claimsOf,
  domain,
  type FrontierFields,
  followProof,
  frontierDigestOf,
  hashDomain,
  isSigned,
  leadersOf,
  linkOf,
  mapRoot,
  multikey,
  nodeOf,
  publicKeyOf,
  rootOfPath,
  segmentOfLeases,
  sha256,
  signatureOf,
  treeHead,
} from './second-implementation.ts'

suite('second opinion: names and signatures', (it) => {
  it('gives every content id the digest and the binary form that its text says', () => {
    for (const { input, output } of readVectors('content-ids').cases) {
      is(output.digest, hexOf(sha256(bytesOf(input.bytes))))
      is(output.binary, `01711220${output.digest}`)
      is(hexOf(linkBytes(output.text)), output.binary)
    }
  })

  it('separates domains and signs as node:crypto does', () => {
    const { cases, publicKey } = readVectors('domains')
    is(cases.length, 15)
    for (const { name, input, output } of cases) {
      const [seed, message, signed] = [input.seed, input.message, output.signingBytes].map(bytesOf) as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ]
      is(output.domain, hexOf(domain(name)))
      is(output.hash, hexOf(hashDomain(name, message)))
      is(output.signingBytes, output.domain + input.message)
      is(output.signature, hexOf(signatureOf(seed, signed)))
      is(publicKey, hexOf(publicKeyOf(seed)))
      ok(isSigned(bytesOf(publicKey), signed, bytesOf(output.signature)))
    }
  })

  it('signs the ed25519 vectors of RFC 8032', () => {
    for (const { input, output } of readVectors('ed25519').signing) {
      is(output.publicKey, hexOf(publicKeyOf(bytesOf(input.seed))))
      is(output.signature, hexOf(signatureOf(bytesOf(input.seed), bytesOf(input.message))))
    }
  })

  it('derives organisations from seeds', () => {
    for (const { input, output } of readVectors('organisations').cases) {
      const logKey = publicKeyOf(bytesOf(input.logSeed))
      is(output.logKey, hexOf(logKey))
      is(output.nextKeyHash, hexOf(sha256(publicKeyOf(bytesOf(input.nextLogSeed)))))
      is(output.id, hexOf(hashDomain('organisation', bytesOf(output.preimage))))
      equal(decodeNotation(bytesOf(output.preimage)), [
        { bytes: output.logKey },
        { bytes: output.nextKeyHash },
      ])
      is(output.multikey, multikey(logKey))
      is(output.didKey, `did:key:${output.multikey}`)
      is(output.verificationMethod, `${output.didKey}#${output.multikey}`)
    }
  })
})

suite('second opinion: trees', (it) => {
  it('computes the RFC 6962 roots and paths', () => {
    const { roots, paths } = readVectors('merkle-trees')
    for (const { input, output } of roots) is(output.root, hexOf(treeHead(input.leaves.map(bytesOf))))
    for (const { input, output } of paths)
      equal(output.path, auditPath(input.index, input.leaves.map(bytesOf)).map(hexOf))
  })

  it('computes the roots of maps, and follows every proof to its root', () => {
    for (const { input, output } of readVectors('merkle-maps').cases) {
      const entries =
        'count' in input.entries
          ? counted(input.entries.count)
          : input.entries.map(([key, value]) => [bytesOf(key), bytesOf(value)] as const)
      is(output.root, hexOf(mapRoot(entries)))
      const values = new Map(entries.map(([key, value]) => [hexOf(key), hexOf(sha256(value))]))
      for (const { key, fields, shows, valueHash } of output.proofs) {
        equal(followProof(bytesOf(key), fields), { root: output.root, valueHash })
        is(valueHash, values.get(key) ?? null)
        is(shows, values.has(key) ? 'present' : 'absent')
      }
    }
  })

  it('builds the trees of batches', () => {
    for (const { input, output } of readVectors('batch-trees').cases) {
      const slots = [...input.leaves, ...input.blinds].map(bytesOf)
      is(slots.length, output.paddedSize)
      is(output.root, hexOf(completeRoot(slots)))
      for (const { index, path } of output.paths) {
        is(hexOf(rootOfPath(bytesOf(input.leaves[index] ?? ''), index, path.map(bytesOf))), output.root)
      }
    }
  })
})

suite('second opinion: events and the log', (it) => {
  it('names events by the hash of their headers', () => {
    const ofHeaders = readVectors('event-headers').cases.map(
      ({ output }) => [output.bytes, output.id] as const,
    )
    const ofEvents = readVectors('events').cases.map(
      ({ input, output }) => [input.headerBytes, output.id] as const,
    )
    for (const [bytes, id] of [...ofHeaders, ...ofEvents])
      is(hexOf(linkBytes(id)), `01711220${hexOf(sha256(bytesOf(bytes)))}`)
  })

  it('signs events, and finds the hash of the body in the header', () => {
    for (const { input, output } of readVectors('events').cases) {
      is(output.signingBytes, hexOf(domain('event')) + input.headerBytes)
      is(output.signature, hexOf(signatureOf(bytesOf(input.seed), bytesOf(output.signingBytes))))
      is(output.logKey, hexOf(publicKeyOf(bytesOf(input.seed))))
      const header = decodeNotation(bytesOf(input.headerBytes)) as Notation[] // a header is an array
      is(header[8], input.bodyBytes.length / 2)
      equal(header[9], { bytes: hexOf(sha256(bytesOf(input.bodyBytes))) })
    }
  })

  it('writes a body of 1,000 entries', () => {
    for (const { input, output } of readVectors('event-bodies').large) {
      const entries = Array.from(
        { length: input.count },
        (_, i): Notation => [{ bytes: i.toString(16).padStart(64, '0') }, null],
      )
      const bytes = encodeNotation([entries])
      is(output.length, bytes.length)
      is(output.sha256, hexOf(sha256(bytes)))
    }
  })

  it('binds credentials by handle, digest and leaf', () => {
    const { handles, digests, leaves } = readVectors('credential-binding')
    for (const { input, output } of handles)
      is(output.handle, hexOf(hashDomain('handle', bytesOf(input.org), bytesOf(input.nonce))))
    for (const { input, output } of digests) {
      const { proof: _proof, ...unsigned } = input.credential
      is(output.canonical, canonicalJson(unsigned))
      is(output.digest, hexOf(hashDomain('credential', Buffer.from(output.canonical))))
    }
    for (const { input, output } of leaves)
      is(output.leaf, hexOf(sha256(bytesOf(`00${input.handle}${input.digest}`))))
  })

  it('computes cut roots and frontier digests', () => {
    for (const { input, output } of readVectors('cuts').roots) {
      is(output.root, hexOf(treeHead(input.entries.map(bytesOf))))
      equal(
        output.leaves,
        input.entries.map((entry) => hexOf(sha256(bytesOf(`00${entry}`)))),
      )
    }
    for (const { input, output } of readVectors('frontiers').cases)
      is(output.digest, hexOf(frontierDigestOf(input.fields as unknown as FrontierFields[]))) // by its positions
  })
})

suite('second opinion: segments and sync', (it) => {
  it('links the events of a segment, and checks the one signature at its end', () => {
    const { cases, networkId, logKey } = readVectors('segments')
    for (const { name, input, output } of cases) {
      const [items, signature] = input.fields as unknown as SegmentFields // by its positions
      equal(
        output.ids,
        items.map(([header]) => linkOf(sha256(bytesOf(header.bytes)))),
      )
      for (const [at, [header, body]] of items.entries()) {
        const fields = decodeNotation(bytesOf(header.bytes)) as Notation[] // a header is an array
        equal(fields[1], { bytes: networkId })
        if (at > 0) equal(fields[5], { link: output.ids[at - 1] })
        if (body === null) continue
        is(fields[8], body.bytes.length / 2)
        equal(fields[9], { bytes: hexOf(sha256(bytesOf(body.bytes))) })
      }
      const last = items.at(-1)?.[0].bytes ?? ''
      const message = bytesOf(hexOf(domain('event')) + last)
      ok(signature === null || isSigned(bytesOf(logKey), message, bytesOf(signature.bytes)), name)
      is(signature === null ? output.ids.at(-1) : null, signature === null ? input.anchor : null)
    }
  })

  it('makes the longest runs by their recipe', () => {
    const { runs, refusedRuns, networkId, author } = readVectors('segments')
    for (const { input, output } of [...runs, ...refusedRuns]) {
      const bytes = segmentOfLeases({ networkId, author, ...input })
      is(output.length, bytes.length)
      is(output.sha256, hexOf(sha256(bytes)))
      is(output.runBytes, input.count * (51 + 41 * input.references))
    }
    ok(runs.every(({ output }) => output.runBytes <= 31_000))
    ok(refusedRuns.every(({ output }) => output.runBytes > 31_000))
  })

  it('states what changed in a request', () => {
    const { requests, members } = readVectors('sync')
    for (const { name, input, output } of requests) {
      const entries = input.frontier as unknown as FrontierFields[] // by its positions
      const stated = input.stated as unknown as FrontierFields[] | null
      const said = new Set(stated?.map((entry) => JSON.stringify(entry)))
      const changed = entries.filter((entry) => !said.has(JSON.stringify(entry)))
      const key = input.key === null ? null : bytesOf(input.key)
      const base = stated && { bytes: hexOf(frontierDigestOf(stated).subarray(0, 8)) }
      const delta = key && [{ bytes: hexOf(key) }, base, claimsOf({ entries: changed, members, key })]
      is(output.digest, hexOf(frontierDigestOf(entries)))
      equal(input.fields, [2, { bytes: output.digest }, delta, input.locators], name)
    }
  })

  it('answers requests with the same ranges', () => {
    const { answers, members } = readVectors('sync')
    for (const { name, input, output } of answers) {
      const entries = input.frontier as unknown as FrontierFields[] // by its positions
      const digest = hexOf(frontierDigestOf(entries))
      const claims = new Map<string, ClaimOfPeer>()
      const own = entries.find(([author]) => author.bytes === input.asker?.bytes)
      const ownTip = own === undefined ? null : [own[1], own[2]]
      let stated: string | undefined
      for (const [at, bytes] of input.requests.entries()) {
        const [, theirs, delta] = decodeNotation(bytesOf(bytes)) as unknown as RequestFields // by its positions
        const isSame = theirs.bytes === digest
        const isBaseUnknown = !isSame && delta?.[1] != null && delta[1].bytes !== stated
        let plan: ReturnType<typeof answerOf> = { ranges: [], probes: [], isBehind: false }
        if (!isSame && delta !== null && !isBaseUnknown) {
          if (delta[1] === null) claims.clear()
          for (const [author, claim] of readClaimFields(delta, members)) claims.set(author, claim)
          stated = theirs.bytes.slice(0, 16)
          plan = answerOf(entries, claims)
        }
        const { ranges, probes, isBehind } = plan
        const spans = ranges as unknown as [Notation, number, number, number][] // as answerOf makes them
        const count = spans.reduce((sum, [, , from, to]) => sum + to - from + 1, 0)
        const probed = probes.map((org): Notation => [{ bytes: org }, 0])
        const fields: Notation = [3, isSame, isBaseUnknown, count, probed, ownTip]
        const answer = { offer: hexOf(encodeNotation(fields)), ranges, isBehind }
        equal(output.answers[at], answer, name)
      }
    }
  })

  it('counts holes in runs', () => {
    for (const { input } of readVectors('sync').historyRequests) {
      const [, , chains] = input.fields as unknown as [
        number,
        boolean,
        [Notation, number, number[], Notation][],
      ]
      for (const [, , runs] of chains) {
        is(runs.length % 2, 0)
        ok(runs.every((run, at) => at % 2 === 0 || run > 0))
        ok(Number.isSafeInteger(runs.reduce((sum, run) => sum + run, 0)))
      }
    }
  })
})

type Hex = { readonly bytes: string }
type SegmentFields = readonly [readonly (readonly [Hex, Hex | null])[], Hex | null]
type DeltaFields = readonly [
  key: Hex,
  base: Hex | null,
  claims: readonly [Hex, readonly number[], Hex, readonly (readonly [number, number])[], readonly Notation[]],
]
type RequestFields = readonly [number, Hex, DeltaFields | null, readonly Notation[]]
type ClaimOfPeer = { readonly sequence: number; readonly tag: string; readonly key: Uint8Array }

/** The claims of members, in generation 0, as the columns say them. */
function readClaimFields([key, , claims]: DeltaFields, members: readonly string[]): [string, ClaimOfPeer][] {
  const [bitmap, sequences, tags] = claims
  const bits = [...bytesOf(bitmap.bytes)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const named = members.filter((_, at) => bits[at] === '1')
  return named.map((org, at) => {
    const tag = tags.bytes.slice(8 * at, 8 * at + 8)
    return [org, { sequence: sequences[at] ?? 0, tag, key: bytesOf(key.bytes) }]
  })
}

suite('second opinion: consensus', (it) => {
  it('hashes validator sets and draws their leaders', () => {
    for (const { input, output } of readVectors('validator-sets').cases) {
      const [, , validators] = input.fields as [Notation, Notation, [{ bytes: string }, { bytes: string }][]] // the positions of a set
      equal(
        validators.map(([, key]) => key.bytes),
        input.seeds.map((seed) => hexOf(publicKeyOf(bytesOf(seed)))),
      )
      is(output.setHash, hexOf(hashDomain('validator-set', bytesOf(output.bytes))))
      equal(output.leaders, leadersOf(bytesOf(output.setHash), validators.length))
      is(output.quorum, Math.floor((2 * validators.length) / 3) + 1)
      is(output.faults, Math.ceil(validators.length / 3) - 1)
    }
  })

  it('signs votes and proposals', () => {
    const votes = readVectors('votes').cases.map((one) => ({ ...one, purpose: 'vote' }))
    const proposals = readVectors('proposals').cases.map((one) => ({ ...one, purpose: 'proposal' }))
    for (const { input, output, purpose } of [...votes, ...proposals]) {
      const message = Uint8Array.from([...domain(purpose), ...bytesOf(output.message)])
      is(output.signature, hexOf(signatureOf(bytesOf(input.seed), message)))
    }
  })

  it('finds a quorum of valid signatures in every certificate', () => {
    const sets = readVectors('validator-sets').cases
    for (const { input, output } of readVectors('certificates').cases) {
      const set = sets.find(({ input: { seeds } }) => seeds.length === input.validators)
      is(set?.output.setHash, input.setHash)
      const [, type, epoch, view, , digest, bitmap, signatures] = input.fields as [
        Notation,
        Notation,
        Notation,
        Notation,
        Notation,
        Notation,
        { bytes: string },
        { bytes: string }[],
      ] // its positions
      const message = Uint8Array.from([
        ...domain('vote'),
        ...encodeNotation([type, epoch, { bytes: input.setHash }, view, digest]),
      ])
      const bits = bytesOf(bitmap.bytes)
      const signers = Array.from({ length: input.validators }, (_, i) => i).filter(
        (i) => ((bits[i >> 3] ?? 0) >> (i & 7)) & 1,
      )
      equal(output.signerIndexes, signers)
      is(signatures.length, signers.length)
      ok(signers.length >= (set?.output.quorum ?? 200))
      signers.forEach((signer, at) => {
        const publicKey = publicKeyOf(bytesOf(set?.input.seeds[signer] ?? ''))
        ok(isSigned(publicKey, message, bytesOf(signatures[at]?.bytes ?? '')))
      })
    }
  })

  it('hashes the rest of a header into its core, and the core into its digest', () => {
    for (const { input, output } of readVectors('checkpoint-headers').cases) {
      equal(input.core[9], { bytes: hexOf(sha256(bytesOf(output.restBytes))) })
      is(output.digest, hexOf(hashDomain('header', bytesOf(output.coreBytes))))
    }
  })
})

function counted(count: number): [Uint8Array, Uint8Array][] {
  return Array.from({ length: count }, (_, i) => {
    const number = bytesOf(i.toString(16).padStart(8, '0'))
    return [sha256(number), number]
  })
}

function completeRoot(slots: readonly Uint8Array[]): Uint8Array {
  const [only, second] = slots
  if (only === undefined) throw new Error('a tree has slots')
  if (second === undefined) return only
  return nodeOf(completeRoot(slots.slice(0, slots.length / 2)), completeRoot(slots.slice(slots.length / 2)))
}
