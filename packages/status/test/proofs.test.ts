import { checkMapProof, contentId, type EventId, utf8 } from '@chirograph/codec'
import type { EventBody } from '@chirograph/event'
import {
  batchRowKey,
  checkRowProof,
  credentialRowKey,
  decodeStatusProof,
  encodeStatusProof,
  orgRowKey,
  proveStatus,
  restrictedPositions,
  rowKindOf,
  rowsOf,
  type StatusProof,
  stateRoot,
} from '@chirograph/status'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { chainOf, dayMs, fold, handle, headerTimeMs, issue, makeNetwork } from './network.ts'

const network = makeNetwork()
const [issuer, other] = network.members
const next = chainOf(network, issuer)
const batch = next(issue())
const restricting = (number: number, position: number): EventBody => ({
  kind: 'status.revoke',
  entries: [{ handle: handle(number), position }],
  reason: 'withdrawn',
})
const suspension: EventBody = {
  kind: 'status.suspend',
  entries: [{ handle: handle(3), position: 30 }],
  reason: 'under-review',
  untilMs: headerTimeMs + dayMs,
}
const { state } = fold(network.state, [
  batch,
  next({ kind: 'status.lease', count: 1024 }),
  next(restricting(1, 12)),
  next(restricting(2, 7)),
  next(suspension),
  next(restricting(4, 7)),
])
const root = stateRoot(state)

suite('row proofs', (it) => {
  it('prove the rows of issuer, batch and credential under the root', () => {
    const rows = proveStatus(state, { org: issuer.id, batch: batch.id, handle: handle(1) })
    ok(checkRowProof({ root, key: orgRowKey(issuer.id), row: rows.org }))
    ok(checkRowProof({ root, key: batchRowKey(batch.id), row: rows.batch }))
    ok(
      checkRowProof({
        root,
        key: credentialRowKey({ org: issuer.id, handle: handle(1) }),
        row: rows.credential,
      }),
    )
    ok(rows.credential.value !== null)
  })

  it('prove that a credential was never restricted, and no other handle than the one asked for', () => {
    const rows = proveStatus(state, { org: issuer.id, batch: batch.id, handle: handle(99) })
    is(rows.credential.value, null)
    const key = credentialRowKey({ org: issuer.id, handle: handle(99) })
    ok(checkRowProof({ root, key, row: rows.credential }))
    const restricted = credentialRowKey({ org: issuer.id, handle: handle(1) })
    is(checkRowProof({ root, key: restricted, row: rows.credential }), false)
    is(checkMapProof({ root, key: restricted, proof: rows.credential.proof }).kind === 'absent', false)
  })

  it('do not hold with another row, without the row, or under another root', () => {
    const { org, credential } = proveStatus(state, { org: issuer.id, batch: batch.id, handle: handle(1) })
    const key = orgRowKey(issuer.id)
    is(checkRowProof({ root, key, row: { ...org, value: null } }), false)
    is(checkRowProof({ root, key, row: { ...org, value: credential.value } }), false)
    is(checkRowProof({ root, key: orgRowKey(other.id), row: org }), false)
    is(checkRowProof({ root: stateRoot(network.state), key, row: org }), false)
  })
})

suite('status proof bytes', (it) => {
  const rows = proveStatus(state, { org: issuer.id, batch: batch.id, handle: handle(1) })
  const proof: StatusProof = {
    version: 1,
    headerCore: utf8('a header core'),
    certificate: utf8('a certificate'),
    org: present(rows.org),
    batch: present(rows.batch),
    credential: rows.credential,
    leaf: { batch: batch.id, index: 3, path: [new Uint8Array(32)] },
    handovers: [],
  }

  it('read back as they were written', () => {
    const decoded = decodeStatusProof(encodeStatusProof(proof))
    ok(decoded.ok)
    equal(decoded.value, proof)
  })

  it('are refused when truncated, extended or oversized', () => {
    const encoded = encodeStatusProof(proof)
    is(decodeStatusProof(encoded.subarray(0, -1)).ok, false)
    is(decodeStatusProof(Uint8Array.from([...encoded, 0])).ok, false)
    is(decodeStatusProof(new Uint8Array(0)).ok, false)
    const oversize = decodeStatusProof(new Uint8Array(65_537))
    ok(!oversize.ok)
    is(oversize.code, 'OVERSIZE')
  })

  function present({ value, proof: path }: (typeof rows)['org']) {
    ok(value !== null)
    return { value, proof: path }
  }
})

suite('rows', (it) => {
  it('tell their kind by their first bytes', () => {
    const kinds = [...rowsOf(state)].map(({ value }) => rowKindOf(value)).sort()
    equal(kinds, [
      'batch',
      ...Array(4).fill('credential'),
      'lease',
      'network',
      ...Array(4).fill('organisation'),
    ])
    is(rowKindOf(new Uint8Array(0)), undefined)
    is(rowKindOf(Uint8Array.of(0xa0, 0x00)), undefined)
  })

  it('tell a lease row of any length from the others', () => {
    const author = chainOf(network, other)
    let grown = network.state
    const lease = (): EventBody => ({ kind: 'status.lease', count: 1024 })
    for (let leases = 1; leases <= 300; leases++) {
      grown = fold(grown, [author(lease())]).state
      if (![1, 3, 9, 12, 23, 24, 255, 256, 300].includes(leases)) continue
      const kinds = [...rowsOf(grown)].map(({ value }) => rowKindOf(value))
      is(kinds.filter((kind) => kind === 'lease').length, 1, `${leases} leases`)
      is(kinds.filter((kind) => kind === 'organisation').length, 4)
    }
  })

  it('set status list bits once for a position claimed twice, and drop a lapsed suspension', () => {
    equal(restrictedPositions(state, { atMs: headerTimeMs }), { revocation: [7, 12], suspension: [30] })
    equal(restrictedPositions(state, { atMs: headerTimeMs + dayMs }), { revocation: [7, 12], suspension: [] })
  })

  it('have different keys for an organisation, its leases, a batch and a credential', () => {
    const id: EventId = contentId(utf8('x'))
    const keys = [
      orgRowKey(issuer.id),
      batchRowKey(id),
      credentialRowKey({ org: issuer.id, handle: handle(0) }),
    ]
    is(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size, 3)
  })
})
