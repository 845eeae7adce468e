/** How fast a new member takes over a long history from another process, and what it costs this process meanwhile. */
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { toHex } from '@chirograph/codec'
import type { Ed25519 } from '@chirograph/crypto'
import { fastestEd25519 } from '@chirograph/crypto-native'
import { createLibp2pNetwork } from '@chirograph/network-libp2p'
import { networkIdOf } from '@chirograph/status'
import { openBenchNode } from './bench-node.js'
import { startServing } from './child.js'
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
  const delay = monitorEventLoopDelay({ resolution: 2 })
  delay.enable()
  const begin = performance.now()
  const opened = await openBenchNode({
    directory: join(directory, `joiner-${Date.now()}`),
    genesis,
    member: joiner,
    network,
    addresses: [serving.address],
    ed25519,
  })
  const { node } = opened
  let usableMs = 0
  for (;;) {
    const { events: held, history } = node.status()
    if (usableMs === 0 && held.final === events) usableMs = performance.now() - begin
    if (held.final === events && history.isWhole) break
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const seconds = (performance.now() - begin) / 1000
  delay.disable()
  await opened.close()
  await serving.stop()
  const perSecond = events / seconds
  const floor = Math.min(limits.w / 4, limits.n / (rawBytes / events), limits.h)
  return {
    name: 'cold-sync',
    workload: `${events.toLocaleString('en-US')} final events of ${members.length - 2} authors from another process over loopback, headers and bodies, checked and stored`,
    rows: [
      {
        what: 'events checked and stored',
        value: perSecond,
        unit: '/s',
        limit: { name: 'min(W/4, N/bytes, H)', value: floor },
      },
      { what: 'until the state is usable', value: usableMs, unit: 'ms' },
      { what: 'in all', value: seconds, unit: 's' },
      {
        what: 'signatures checked',
        value: checked(),
        unit: '',
        limit: { name: 'events/1,024', value: events / 1_024 },
      },
      { what: 'event-loop delay, p99', value: delay.percentile(99) / 1e6, unit: 'ms' },
      { what: 'event-loop delay, greatest', value: delay.max / 1e6, unit: 'ms' },
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
