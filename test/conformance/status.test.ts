/** The implementation against the vectors of genesis, state, credentials and status proofs. */
import { canonicalizeJson, decode, encode, parseContentId, parseJson, type Shape } from '@chirograph/codec'
import { credentialReference, signCredential, statusEntries } from '@chirograph/credential'
import { nobleEd25519 } from '@chirograph/crypto'
import { decodeEvent, type OrgId, parseOrgId, restoreEvent } from '@chirograph/event'
import { type CutEntry, cutOf } from '@chirograph/log'
import { genesisChainState } from '@chirograph/replica'
import {
  anchorOf,
  applyEvents,
  batchRowKey,
  batchRowShape,
  credentialRowKey,
  credentialRowShape,
  decodeStatusProof,
  encodeStatusProof,
  type Genesis,
  genesisState,
  leaseRowKey,
  type NetworkState,
  networkIdOf,
  networkRowKey,
  orgRowKey,
  orgRowShape,
  parseGenesis,
  readLeases,
  restoreState,
  rowKindOf,
  rowsOf,
  stateRoot,
  validatorSetOf,
} from '@chirograph/status'
import { jcsProofHash, parseAnchor, verify, verifyJcsProof } from '@chirograph/verifier'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { bytesOf, hexOf } from './notation.ts'
import { readVectors } from './read-vectors.ts'
import { summaryOf } from './verdict-summary.ts'

const ed25519 = nobleEd25519

suite('vectors: genesis', (it) => {
  it('reads the document, and derives network, validators, state, first header and anchor', () => {
    for (const { input, output } of readVectors('genesis').cases) {
      const genesis = genesisOf(input.document)
      is(canonicalizeJson(genesis), output.canonical)
      is(hexOf(networkIdOf(genesis)), output.networkId)
      is(validatorSetOf(genesis).setHash, output.setHash)
      equal(
        rowTexts(genesisState(genesis)),
        output.rows.map(({ key, value }) => ({ key, value })),
      )
      is(hexOf(stateRoot(genesisState(genesis))), output.stateRoot)
      const { header } = genesisChainState(genesis)
      is(header.digest, output.header.digest)
      is(hexOf(header.coreBytes), output.header.coreBytes)
      is(hexOf(header.restBytes), output.header.restBytes)
      equal(anchorOf(genesis), output.anchor)
      equal(parseAnchor(JSON.stringify(output.anchor)), { kind: 'anchor', anchor: output.anchor })
    }
  })

  it('refuses documents where they are wrong', () => {
    for (const { name, input, reason } of readVectors('genesis').refused) {
      const parsed = parseGenesis(JSON.stringify(input.document))
      is(parsed.kind === 'invalid' ? parsed.path : 'accepted', reason, name)
    }
  })
})

suite('vectors: state', (it) => {
  const { headers, keys } = readVectors('state')
  const [first] = readVectors('genesis').cases
  ok(first)
  const genesis = genesisOf(first.input.document)

  it('folds the events of every header into the same rows, outcomes and root', () => {
    let state = genesisState(genesis)
    const final = new Set<string>()
    for (const { name, input, output } of headers) {
      const events = input.events.map(eventOf)
      for (const { id } of events) final.add(id)
      const cut = cutOf(input.cut.map(cutEntryOf))
      const { height, timeMs } = input
      const isFinalOrInCut = (id: string) => final.has(id)
      const applied = applyEvents(state, {
        events,
        height,
        timeMs,
        cutEntryOf: (org) => cut.get(org),
        closedAt: () => null,
        isFinalOrInCut,
        ed25519,
      })
      equal(applied.outcomes, output.outcomes, name)
      equal(
        rowTexts(applied.state),
        output.rows.map(({ key, value }) => ({ key, value })),
        name,
      )
      is(hexOf(stateRoot(applied.state)), output.stateRoot, name)
      state = applied.state
    }
  })

  it('reads every row by its kind, and restores the state from rows in any order', () => {
    const again = <T>(shape: Shape<T>, hex: string): string => {
      const decoded = decode(shape, bytesOf(hex), { bytesMax: 32_768 })
      return decoded.ok ? hexOf(encode(shape, decoded.value)) : decoded.code
    }
    for (const { output } of headers) {
      for (const { kind, value } of output.rows) {
        is(rowKindOf(bytesOf(value)), kind)
        if (kind === 'organisation') is(again(orgRowShape, value), value)
        if (kind === 'batch') is(again(batchRowShape, value), value)
        if (kind === 'credential') is(again(credentialRowShape, value), value)
      }
      const rows = output.rows
        .map(({ key, value }) => ({ key: bytesOf(key), value: bytesOf(value) }))
        .reverse()
      is(hexOf(stateRoot(restoreState({ genesis, rows }))), output.stateRoot)
    }
  })

  it('derives the keys of rows', () => {
    equal(
      new Set(keys.map(({ kind }) => kind)),
      new Set(['organisation', 'batch', 'credential', 'lease', 'network']),
    )
    for (const { kind, input, key } of keys) is(hexOf(keyOf(kind, input)), key)
    is(keys.filter(({ kind }) => kind === 'lease').length, 3)
  })

  it('leases consecutive positions in final order', () => {
    const last = headers.at(-1)
    ok(last)
    const rows = last.output.rows.map(({ key, value }) => ({ key: bytesOf(key), value: bytesOf(value) }))
    const state = restoreState({ genesis, rows })
    const leases = genesis.organisations.flatMap(({ id }) => readLeases(state, orgOf(id)))
    const ends = leases.sort((a, b) => a.start - b.start).map(({ start, count }) => start + count)
    equal(
      leases.map(({ start }) => start),
      [0, ...ends.slice(0, -1)],
    )
  })
})

suite('vectors: governance', (it) => {
  it('folds a theft, measures, recognitions and custody into the same rows, outcomes and root', () => {
    const [first] = readVectors('genesis').cases
    ok(first)
    let state = genesisState(genesisOf(first.input.document))
    const final = new Set<string>()
    const kinds = new Set<string | undefined>()
    for (const { name, input, output } of readVectors('governance-state').headers) {
      const events = input.events.map(eventOf)
      for (const { id } of events) final.add(id)
      const { height, timeMs, closed } = input
      const applied = applyEvents(state, {
        events,
        height,
        timeMs,
        cutEntryOf: () => undefined,
        closedAt: (org) => closed.find((one) => one.org === org) ?? null,
        isFinalOrInCut: (id) => final.has(id),
        ed25519,
      })
      equal(applied.outcomes, output.outcomes, name)
      equal(
        rowTexts(applied.state),
        output.rows.map(({ key, value }) => ({ key, value })),
        name,
      )
      is(hexOf(stateRoot(applied.state)), output.stateRoot, name)
      for (const { kind, value } of output.rows) {
        is(rowKindOf(bytesOf(value)), kind)
        kinds.add(kind)
      }
      state = applied.state
    }
    ok(kinds.has('proposal') && kinds.has('validators') && kinds.has('generations'))
  })
})

suite('vectors: credentials', (it) => {
  it('places status entries and reads them back', () => {
    for (const { name, input, output } of readVectors('credential-status').cases) {
      const slot = { ...input, issuerOrg: orgOf(input.issuerOrg), nonce: bytesOf(input.nonce) }
      equal(statusEntries(slot), output.credentialStatus)
      const reading = credentialReference({ id: 'urn:x', credentialStatus: output.credentialStatus })
      ok(reading.kind === 'found', name)
      is(reading.reference.position, input.position)
      equal(reading.reference.nonce, slot.nonce)
    }
  })

  it('refuses other status entries with their reasons', () => {
    for (const { name, input, reason } of readVectors('credential-status').refused) {
      const reading = credentialReference({ id: 'urn:x', credentialStatus: input.credentialStatus })
      is(reading.kind === 'reject' ? reading.reason : 'accepted', reason, name)
    }
  })

  it('signs a credential, and believes the signature', () => {
    for (const { input, output } of readVectors('data-integrity').cases) {
      const { created, verificationMethod, credential } = input
      is(hexOf(jcsProofHash({ document: credential, proofOptions: output.proofOptions })), output.hash)
      const proof = { ...output.proofOptions, proofValue: output.proofValue }
      const seed = bytesOf(input.seed)
      const key = { seed, did: credential.issuer.id, verificationMethod, ed25519 }
      equal(signCredential({ ...key, credential: structuredClone(credential), created }).proof, [proof])
      is(verifyJcsProof({ document: credential, proof, atMs: Date.parse(created), ed25519 }).kind, 'verified')
      const changed = { ...credential, name: 'another name' }
      is(verifyJcsProof({ document: changed, proof, atMs: Date.parse(created), ed25519 }).kind, 'invalid')
    }
  })
})

suite('vectors: status proofs', (it) => {
  const { anchor, credential, cases, refused } = readVectors('status-proofs')
  const parsed = parseAnchor(anchor)
  ok(parsed.kind === 'anchor')
  const context = { anchor: parsed.anchor, ed25519 }

  it('comes to the verdict of every case, and back to its bytes', () => {
    for (const { name, input, output } of cases) {
      const { atMs, policy } = input
      const proof = bytesOf(output.bytes)
      equal(
        JSON.parse(JSON.stringify(summaryOf(verify(credential, { ...context, proof, atMs, policy })))),
        output.verdict,
        name,
      )
      const decoded = decodeStatusProof(proof)
      ok(decoded.ok, name)
      is(hexOf(encodeStatusProof(decoded.value)), output.bytes)
    }
    equal(
      new Set(cases.map(({ output }) => output.verdict.verdict)),
      new Set(['pass', 'fail', 'indeterminate']),
    )
  })

  it('lets no other proof pass, and says why', () => {
    for (const { name, input, reason } of refused) {
      const { verdict, checks } = verify(credential, {
        ...context,
        proof: bytesOf(input.bytes),
        atMs: 1_700_100_000_000,
      })
      is(checks.status.code, reason, name)
      is(verdict, 'fail', name)
    }
  })
})

function genesisOf(document: unknown): Genesis {
  const text = parseJson(JSON.stringify(document), { bytesMax: 1_000_000 })
  const parsed = parseGenesis(text.ok ? text.value : undefined)
  ok(parsed.kind === 'genesis')
  return parsed.genesis
}

function rowTexts(state: NetworkState): { key: string; value: string }[] {
  return Array.from(rowsOf(state), ({ key, value }) => ({ key: hexOf(key), value: hexOf(value) }))
}

function eventOf(hex: string) {
  const decoded = decodeEvent(bytesOf(hex))
  ok(decoded.kind === 'decoded')
  const restored = restoreEvent(decoded.event)
  ok(restored.kind === 'authentic')
  return restored.event
}

function cutEntryOf(entry: { author: string; generation: number; sequence: number; id: string }): CutEntry {
  const id = parseContentId(entry.id)
  ok(id)
  return { ...entry, author: orgOf(entry.author), id }
}

function orgOf(text: string): OrgId {
  const org = parseOrgId(text)
  ok(org)
  return org
}

function keyOf(
  kind: string,
  input: { readonly org?: string; readonly handle?: string; readonly event?: string },
): Uint8Array {
  if (kind === 'network') return networkRowKey()
  if (kind === 'batch') {
    const id = parseContentId(input.event ?? '')
    ok(id)
    return batchRowKey(id)
  }
  const org = orgOf(input.org ?? '')
  if (kind === 'credential') return credentialRowKey({ org, handle: bytesOf(input.handle ?? '') })
  return kind === 'lease' ? leaseRowKey(org) : orgRowKey(org)
}
