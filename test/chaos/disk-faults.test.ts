/** Disks that fail while they have power: in memory in every way, and a real one whose files may not grow. */
import '../native.ts'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { equal, match, ok, suite, tempDir } from '../../packages/workspace/kit.ts'
import { replayCommand } from './src/campaigns.js'
import { diskFaults, runDiskFaults } from './src/disk-faults.js'
import { createHearing } from './src/hearing.js'
import { createLedger } from './src/ledger.js'
import { genesisOf, memberOf, membersOf, validatorOf } from './src/members.js'
import { createProcesses } from './src/processes.js'
import type { Report, StartOrder } from './src/protocol.js'
import { createTally, describeTally } from './src/tally.js'

const faults = 200
/** About 130 kB, or twice that where a block has 1,024 bytes: a few hundred events. */
const fileBlocksMax = 256

suite('a node whose disk fails', (it) => {
  it(
    `${faults} times stops with words that say why, and has everything it acknowledged when it starts again`,
    async () => {
      const tally = createTally()
      for (let seed = 3_000; tally.sum().kills < faults; seed++) {
        const { breaches } = await runDiskFaults({ seed, tally })
        equal(breaches, [], `${breaches.join('\n')}\nseen again with: ${replayCommand('disk', seed)}`)
      }
      console.log(`\n${describeTally(tally)}`)
      const { acknowledged, recovered, lost } = tally.sum()
      equal({ recovered, lost }, { recovered: acknowledged, lost: 0 })
      ok(acknowledged > faults)
      for (const fault of diskFaults)
        ok(
          tally.rows.some(({ what, kills }) => what === fault && kills > 5),
          fault,
        )
    },
    { timeoutMs: 150_000 },
  )

  const title = 'really, because its files may not grow, stops, says why, and loses nothing'
  const body = async () => {
    const home = await tempDir()
    const member = memberOf(0)
    const genesis = genesisOf(membersOf(4), { timeMs: Date.now() - 1000, viewTimeoutMs: 200 })
    const ledger = createLedger(member.org)
    const hearing = createHearing(ledger, validatorOf(genesis, member))
    const start: StartOrder = {
      directory: join(home.path, 'node'),
      isNew: true,
      cursor: undefined,
      genesis,
      seeds: member.seeds,
      wire: null,
      work: 'publish',
      seed: 1,
    }
    await mkdir(start.directory)
    const full = await createProcesses({ ahead: 0, isWired: false, fileBlocksMax })
    const complaints: string[] = []
    await new Promise<void>((resolve) => {
      const hear = (report: Report) => {
        if (report.kind === 'complaint') complaints.push(report.text)
        else hearing.report(report)
      }
      full.begin(start, hear).ended.then(() => resolve())
    })
    await full.dispose()
    match(
      complaints[0] ?? '',
      /the disk refused a write: this node stops .*STORE_IO_FAILED.*check free space/,
    )
    match(complaints[1] ?? '', /NODE_STOPPED/)
    const tally = createTally()
    ledger.ended(tally.killed('a node', 'publishing', { isInWrite: false }))
    const roomy = await createProcesses({ ahead: 0, isWired: false })
    const again = roomy.begin({ ...start, isNew: false, cursor: ledger.cursor, work: 'rest' }, hearing.report)
    await again.report('phase', ({ phase }) => phase === 'resting')
    await again.stop()
    await roomy.dispose()
    equal(hearing.breaches(), [])
    const { acknowledged, recovered } = tally.sum()
    ok(acknowledged > 50, `only ${acknowledged} events fitted`)
    equal(recovered, acknowledged)
    await home.dispose()
  }
  if (process.platform === 'win32') it.skip(title, 'needs ulimit', body)
  else it(title, body, { timeoutMs: 60_000 })
})
