/** Whole nodes on a network whose certificates are sums of BLS signatures. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fromHex } from '@chirograph/codec'
import { type Certificate, decodeCertificate } from '@chirograph/consensus'
import { cohortTemplate, parseCohort } from '@chirograph/credential'
import type { Bls } from '@chirograph/crypto'
import { fastestBls } from '@chirograph/crypto-native'
import { checkStore } from '@chirograph/node'
import { anchorOf, decodeStatusProof } from '@chirograph/status'
import { verify } from '@chirograph/verifier'
import { is, ok, suite } from '../../packages/workspace/kit.ts'
import { ed25519, type Running, startCluster } from './cluster.ts'

/** The native back end, and how often it was asked for what. */
function counted(): { readonly bls: Bls; readonly calls: Record<'sign' | 'verify' | 'aggregate', number> } {
  const native = fastestBls()
  const calls = { sign: 0, verify: 0, aggregate: 0 }
  const bls: Bls = {
    ...native,
    sign(args) {
      calls.sign++
      return native.sign(args)
    },
    verify(args) {
      calls.verify++
      return native.verify(args)
    },
    aggregate(signatures) {
      calls.aggregate++
      return native.aggregate(signatures)
    },
  }
  return { bls, calls }
}

async function issueOne({ nodes }: Running) {
  const [college] = nodes
  const cohort = parseCohort(cohortTemplate())
  if (!college || cohort.kind !== 'rows') throw new Error('a college and a cohort')
  const [batch] = await college.issueCohort(cohort.rows.slice(0, 1))
  const [entry] = batch?.entries ?? []
  const handle = entry && fromHex(entry.handle)
  if (!batch || !entry || !handle) throw new Error('an issued credential')
  const path = entry.path.map((sibling) => fromHex(sibling) ?? new Uint8Array())
  const place = { org: college.org, handle, batch: batch.event, index: entry.index, path }
  return { college, batch, credential: entry.credential, place, target: { handle, position: entry.position } }
}

function certificateOf(proof: Uint8Array): Certificate {
  const decoded = decodeStatusProof(proof)
  const certificate = decoded.ok ? decodeCertificate(decoded.value.certificate) : decoded
  if (!certificate.ok) throw new Error(certificate.detail)
  return certificate.value
}

suite('a network with BLS certificates', (it) => {
  it('makes a revocation final, proves it to whoever has the anchor, and keeps a store without fault', async () => {
    const { bls, calls } = counted()
    const cluster = await startCluster(4, { certificates: 'bls12-381', bls })
    const { college, batch, credential, place, target } = await issueOne(cluster)
    await Promise.all(cluster.nodes.map((node) => node.finality(batch.event)))
    const [, university] = cluster.nodes
    ok(university)
    const good = university.proveStatus(place)
    is((await university.verify(credential, { proof: good })).verdict, 'pass')
    const revoked = await college.change({
      kind: 'revoke',
      credentials: [target],
      reason: 'issued-in-error',
    })
    await Promise.all(cluster.nodes.map((node) => node.finality(revoked.id)))
    const proof = university.proveStatus(place)
    is(certificateOf(proof).scheme, 2)
    is(certificateOf(proof).signatures.length, 1)
    ok(calls.sign > 5 && calls.verify > 5 && calls.aggregate > 0, JSON.stringify(calls))
    await cluster.stop()

    // With the anchor and the portable back end, as in a browser.
    const anchor = anchorOf(cluster.genesis)
    const judged = { anchor, atMs: Date.now(), ed25519 }
    is(verify(credential, { ...judged, proof: good }).checks.status.code, 'never-restricted')
    is(verify(credential, { ...judged, proof }).checks.status.code, 'revoked')
    for (const [index, { org }] of cluster.members.entries()) {
      const store = await cluster.open(index)
      is((await checkStore(store, { genesis: cluster.genesis, org, ed25519, bls })).total, 0)
      await store.close()
    }
  })

  it('goes on with one member down, which catches up later', async () => {
    const cluster = await startCluster(4, { certificates: 'bls12-381', absent: [3] })
    const { batch } = await issueOne(cluster)
    await Promise.all(cluster.nodes.slice(0, 3).map((node) => node.finality(batch.event)))
    const wanted = cluster.nodes[0]?.status().height ?? 0
    ok(wanted > 0)
    const late = await cluster.start(3)
    for (let waitedMs = 0; late.status().height < wanted && waitedMs < 15_000; waitedMs += 20) await sleep(20)
    ok(late.status().height >= wanted)
    is((await late.eventState(batch.event)).state, 'final')
    await cluster.stop()
  })
})
