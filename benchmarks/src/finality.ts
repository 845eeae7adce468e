/** How long four processes take to agree on a revocation, over loopback TCP, each with a LevelDB directory of its own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { foundInstitutions, genesisOf } from '@chirograph/example-four-institutions/institutions'
import {
  createInstitutionProcess,
  type InstitutionProcess,
} from '@chirograph/example-four-institutions/process'
import { largestBatch } from './chains.js'
import type { Limits } from './limits.js'
import { percentile, type Report, type Row } from './measure.js'

/** Synced writes that lie one after the other on the way: the event, the proposal and its vote, the FINAL vote, the checkpoint. */
const syncedWritesInRow = 4

/** With certificates of each scheme. */
export async function benchFinality(limits: Limits, size = { samples: 100, burst: 400 }): Promise<Report> {
  const rows = [...(await rowsOf(undefined, limits, size)), ...(await rowsOf('bls12-381', limits, size))]
  return {
    name: 'finality',
    workload: `4 processes; ${size.samples} revocations one after the other, then ${size.burst} at once; published → final by the nodes’ clocks`,
    rows,
  }
}

async function rowsOf(
  certificates: 'bls12-381' | undefined,
  limits: Limits,
  { samples, burst }: { readonly samples: number; readonly burst: number },
): Promise<Row[]> {
  const directory = await mkdtemp(join(tmpdir(), 'chirograph-bench-'))
  const institutions = await foundInstitutions()
  const genesis = genesisOf(institutions, certificates)
  const everyone = institutions.map((institution) =>
    createInstitutionProcess(institution, {
      directory: join(directory, institution.key),
      genesis,
      seeds: institution.seeds,
      listen: institution.address,
      allowedPeers: institutions.map(({ peerId }) => peerId),
      addresses: institutions
        .filter((other) => other !== institution)
        .map(({ address, peerId }) => `${address}/p2p/${peerId}`),
    }),
  )
  for (const one of everyone) await one.start()
  await connected(everyone)
  const [issuer] = everyone
  if (!issuer) throw new Error('four institutions')
  const { id } = await issuer.call('publish', largestBatch)
  await Promise.all(everyone.map((one) => one.call('finality', id)))
  for (let warmUp = 0; warmUp < 10; warmUp++) await revoke(issuer, everyone, warmUp)
  const latencies: { atIssuer: number; everywhere: number }[] = []
  for (let sample = 0; sample < samples; sample++)
    latencies.push(await revoke(issuer, everyone, 1000 + sample))

  const begin = performance.now()
  await Promise.all(Array.from({ length: burst }, (_, index) => revoke(issuer, everyone, 10_000 + index)))
  const burstPerSecond = (burst * 1000) / (performance.now() - begin)
  await Promise.all(everyone.map((one) => one.stop()))
  await rm(directory, { recursive: true })

  const floorMs = (syncedWritesInRow * 1000) / limits.f
  const limit = { name: '4/F', value: floorMs }
  const everywhere = latencies.map((latency) => latency.everywhere)
  const atIssuer = latencies.map((latency) => latency.atIssuer)
  const by = `${certificates ?? 'ed25519'}: `
  return [
    { what: `${by}final at the issuer, p50`, value: percentile(atIssuer, 0.5), unit: 'ms', limit },
    { what: `${by}final at the issuer, p99`, value: percentile(atIssuer, 0.99), unit: 'ms', limit },
    { what: `${by}final on all four, p50`, value: percentile(everywhere, 0.5), unit: 'ms', limit },
    { what: `${by}final on all four, p99`, value: percentile(everywhere, 0.99), unit: 'ms', limit },
    {
      what: `${by}revocation events final in the burst`,
      value: burstPerSecond,
      unit: '/s',
      limit: { name: 'F', value: limits.f },
    },
  ]
}

/** Restricts a handle of the issuer's. */
async function revoke(
  issuer: InstitutionProcess,
  everyone: readonly InstitutionProcess[],
  handleNumber: number,
) {
  const handle = new Uint8Array(32)
  new DataView(handle.buffer).setUint32(0, handleNumber)
  const change = { kind: 'revoke', credentials: [{ handle, position: null }], reason: 'withdrawn' } as const
  const published = await issuer.call('change', change)
  const finals = await Promise.all(everyone.map((one) => one.call('finality', published.id)))
  const waits = finals.map(({ finalAtMs }) => finalAtMs - published.publishedAtMs)
  return { atIssuer: waits[0] ?? Number.NaN, everywhere: Math.max(...waits) }
}

async function connected(everyone: readonly InstitutionProcess[]): Promise<void> {
  for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 50) {
    const all = await Promise.all(everyone.map((one) => one.call('status')))
    if (all.every(({ peers }) => peers.filter((peer) => peer.connected).length === everyone.length - 1))
      return
    await sleep(50)
  }
  throw new Error('the four processes did not connect within 30 s')
}
