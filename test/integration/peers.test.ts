/** The comparison with other systems: Chirograph's own part in it for real, and what is printed when a peer fails. */

import { nodeFor } from '../../benchmarks/peers/dist/installed.js'
import { type Measured, measure } from '../../benchmarks/peers/dist/measure.js'
import { peers } from '../../benchmarks/peers/dist/peers.js'
import { documentOf, type PeersReport, tableOf } from '../../benchmarks/peers/dist/report.js'
import { equal, is, match, ok, suite, tempDir } from '../../packages/workspace/kit.ts'

const records = 200
/** Five processes start one after the other, each with libp2p. */
const patient = { timeoutMs: 60_000 }

async function measured(name: string, variantIndex: number, execPath: string): Promise<Measured> {
  const peer = peers.find((each) => each.name === name)
  const variant = peer?.variants[variantIndex]
  if (!peer || !variant) throw new Error(`no ${name} of ${variantIndex}`)
  const { path: directory, dispose } = await tempDir()
  const work = { records, limitMs: 10_000, directory, execPath, onPart: () => {} }
  return measure(peer, variant, work).finally(dispose)
}

suite('the comparison with peers', (it) => {
  it(
    'has Chirograph append, reopen, look up and replicate every record, from one writer',
    async () => {
      const { figures, failure } = await measured('chirograph', 1, process.execPath)
      equal(failure, null)
      for (const phase of [figures.append, figures.replicate]) {
        is(phase?.records, records)
        is(phase?.isStopped, false)
      }
      is(figures.read?.records, records - 1) // the first is read while the log is reopened
      // A signed event is smaller than 1 kB on disk, and cannot be smaller than its own hashes and signature.
      for (const bytes of [figures.diskBytes, figures.diskBytesLater])
        ok(bytes && bytes > 200 && bytes < 1_024)
    },
    patient,
  )

  it(
    'has two writers of Chirograph hold all that both appended',
    async () => {
      const { figures, failure } = await measured('chirograph', 2, process.execPath)
      equal(failure, null)
      is(figures.append?.records, records)
      is(figures.settle?.records, records)
      is(figures.replicate?.records, records)
    },
    patient,
  )

  it('says of a peer whose process cannot be started why, and goes on', async () => {
    const { figures, failure } = await measured('hypercore', 0, '/no/such/node')
    equal(figures, {})
    is(failure?.during, 'append')
    match(failure?.why ?? '', 'ENOENT')
  })

  it('says which Node a peer would need where none is new enough', () => {
    const node = nodeFor({ nodeMajorMin: 999 })
    match(String(node), /^it needs Node 999 or newer, this is v\d+/)
    equal(nodeFor({ nodeMajorMin: 20 }), { execPath: process.execPath, version: process.version })
  })
})

suite('the report on peers', (it) => {
  const phase = (records: number, ms: number, isStopped = false) => ({ records, ms, isStopped })
  const report: PeersReport = {
    machine: { platform: 'any-machine', cpu: 'Processor', cores: 2 },
    workload: { records: 10_000, recordBytes: 300 },
    peers: [
      {
        name: 'quick',
        versions: ['quick 1.2.3'],
        node: 'v20.19.0',
        remarks: ['signs each record'],
        rows: [
          {
            variant: 'one by one',
            figures: {
              append: phase(10_000, 2_000),
              diskBytes: 454.4,
              diskBytesLater: 400,
              reopenMs: 12.7,
              read: phase(5_000, 100),
              replicate: phase(10_000, 1_000),
            },
            failure: null,
          },
          {
            variant: 'slowly',
            figures: { append: phase(1_500, 12_000, true) },
            failure: { during: 'reopen', why: 'the disk is full' },
          },
        ],
      },
      {
        name: 'absent',
        versions: ['absent not installed'],
        node: null,
        remarks: [],
        rows: [
          {
            variant: 'one by one',
            figures: {},
            failure: { during: 'start', why: 'it needs Node 99 or newer' },
          },
        ],
      },
    ],
  }

  it('prints a peer that failed beside those that did not, with the reason and what it had reached', () => {
    equal(tableOf(report).split('\n').slice(4), [
      '',
      '                     append/s   replicate/s   disk B   later B   reopen ms   look-up/s',
      'quick, one by one       5,000        10,000      454       400          13      50,000',
      'quick, slowly            *125             –        –         –           –           –',
      'absent, one by one   did not run: it needs Node 99 or newer',
      '',
      '* quick, slowly: appending stopped after 1,500 records in 12.0 s',
      '✗ quick, slowly: failed at "reopen": the disk is full',
      '',
      'quick · quick 1.2.3 · Node v20.19.0',
      '  signs each record',
      '',
      'absent · absent not installed · did not run',
    ])
  })

  it('gives programs the same facts with the rates, and null for a rate that was not measured', () => {
    const [quick, absent] = documentOf(report).peers
    equal(
      quick?.rows.map((row) => row.perSecond),
      [
        { append: 5_000, settle: null, read: 50_000, replicate: 10_000 },
        { append: 125, settle: null, read: null, replicate: null },
      ],
    )
    equal(absent?.rows[0]?.failure, { during: 'start', why: 'it needs Node 99 or newer' })
    equal(JSON.parse(JSON.stringify(documentOf(report))).workload, report.workload)
  })
})
