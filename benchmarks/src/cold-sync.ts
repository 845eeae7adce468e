/** How fast a new member takes over a long history from another process, and what it costs this process meanwhile. */
import { join } from 'node:path'
import { toHex } from '@chirograph/codec'
import type { Ed25519 } from '@chirograph/crypto'
import { createVerifyPool, fastestEd25519 } from '@chirograph/crypto-native'
import type { SignatureVerifier } from '@chirograph/interface'
import { createLibp2pNetwork } from '@chirograph/network-libp2p'
import { networkIdOf, validatorSetOf } from '@chirograph/status'
import { openBenchNode } from './bench-node.js'
import { startServing } from './child.js'
import { measureDelay, measureHeld, measureIdleDelay } from './idle-delay.js'
import type { Limits } from './limits.js'
import type { Report } from './measure.js'
import { memberAt, type Source } from './source.js'

export async function benchColdSync(limits: Limits, source: Source): Promise<Report> {
  const { directory, genesis, members, events, rawBytes } = source
  const serving = await startServing({
    directory: join(directory, 'source'),
    genesis,
    member: 0,
    addresses: [],
  })
  const joiner = memberAt(members, -1)
  const network = createLibp2pNetwork({
    seed: joiner.seeds.transport,
    networkId: toHex(networkIdOf(genesis)),
    allowedPeers: new Set(genesis.organisations.map(({ peerId }) => peerId)),
    listen: [],
  })
  const { ed25519, checked } = countingEd25519(fastestEd25519())
  const pool = createVerifyPool()
  let checkedByThreads = 0
  const signatures: SignatureVerifier = {
    ...pool,
    verify(jobs) {
      checkedByThreads += jobs.length
      return pool.verify(jobs)
    },
  }
  const idleDelay = await measureIdleDelay()
  const ownDelay = measureDelay()
  const heldFor = measureHeld()
  const cpu = process.cpuUsage()
  const begin = performance.now()
  const opened = await openBenchNode({
    directory: join(directory, `joiner-${Date.now()}`),
    genesis,
    member: joiner,
    network,
    addresses: [serving.address],
    ed25519,
    signatures,
  })
  const { node } = opened
  let usableMs = 0
  for (;;) {
    const { events: counts, history } = node.status()
    if (usableMs === 0 && counts.final === events) usableMs = performance.now() - begin
    if (counts.final === events && history.isWhole) break
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const seconds = (performance.now() - begin) / 1000
  const [own, idle] = [ownDelay(), await idleDelay()]
  const { rss } = process.memoryUsage()
  const held = heldFor()
  const { user, system } = process.cpuUsage(cpu)
  await opened.close()
  await signatures.stop()
  await serving.stop()
  const perSecond = events / seconds
  const voters = validatorSetOf(genesis).validators.length
  const quorum = voters - Math.floor((voters - 1) / 3)
  const floor = Math.min(limits.w / 3, limits.n / (rawBytes / events), limits.h)
  return {
    name: 'cold-sync',
    workload: `${events.toLocaleString('en-US')} final events of ${members.length - 2} authors from another process over loopback, headers and bodies, checked and stored`,
    rows: [
      {
        what: 'events checked and stored',
        value: perSecond,
        unit: '/s',
        limit: { name: 'min(W/3, N/bytes, H)', value: floor },
      },
      { what: 'until the state is usable', value: usableMs, unit: 'ms' },
      { what: 'in all', value: seconds, unit: 's' },
      {
        what: 'signatures checked',
        value: checked() + checkedByThreads,
        unit: '',
        limit: {
          name: 'events/1,024 + authors + quorum',
          value: events / 1_024 + members.length - 2 + quorum,
        },
      },
      {
        what: 'event-loop delay, p99',
        value: own.p99Ms,
        unit: 'ms',
        limit: { name: 'of an idle thread beside it', value: idle.p99Ms },
      },
      {
        what: 'event-loop delay, greatest',
        value: own.maxMs,
        unit: 'ms',
        limit: { name: 'of an idle thread beside it', value: idle.maxMs },
      },
      // A busy machine adds to the delay, and not to this.
      ...(held === undefined
        ? []
        : [
            {
              what: 'event loop held by its own work, p99',
              value: held,
              unit: 'ms',
              limit: { name: 'goal', value: 20 },
            },
          ]),
      { what: 'processor time an event, all threads', value: (user + system) / events, unit: 'µs' },
      { what: 'resident memory at the end', value: rss / 1e6, unit: 'MB' },
    ],
  }
}

/** Counts the signatures that a node checks. */
export function countingEd25519(inner: Ed25519): {
  readonly ed25519: Ed25519
  readonly checked: () => number
} {
  let checked = 0
  const ed25519: Ed25519 = {
    ...inner,
    verify(args) {
      checked++
      return inner.verify(args)
    },
  }
  return { ed25519, checked: () => checked }
}
