/** `N`: bytes a second on one libp2p stream between two processes. Run as a process of its own, this is the far end. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { NetworkHandlers } from '@chirograph/interface'
import { createLibp2pNetwork, peerIdOfSeed } from '@chirograph/network-libp2p'

const frameBytes = 262_144
const frames = 400
const networkId = '00'.repeat(32)
const seeds = [1, 2].map((fill) => new Uint8Array(32).fill(fill)) as [Uint8Array, Uint8Array]
const allowedPeers = new Set(seeds.map(peerIdOfSeed))

const idle: NetworkHandlers = { gossip: async () => 'ignore', message() {}, peer() {}, async *request() {} }

export async function measureStream(): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), ['--far-end'])
  const [address] = await once(child, 'message')
  const network = createLibp2pNetwork({ seed: seeds[0], networkId, allowedPeers, listen: [] })
  await network.start(idle)
  await network.connect(address)
  let bytes = 0
  let begin = 0
  for await (const frame of network.request({
    peerId: peerIdOfSeed(seeds[1]),
    protocol: 'sync',
    bytes: new Uint8Array(),
  })) {
    // From the first frame on: opening a stream is another limit.
    if (begin === 0) begin = performance.now()
    else bytes += frame.length
  }
  const seconds = (performance.now() - begin) / 1000
  await network.stop()
  child.kill()
  return bytes / seconds
}

if (process.argv[2] === '--far-end') {
  const network = createLibp2pNetwork({
    seed: seeds[1],
    networkId,
    allowedPeers,
    listen: ['/ip4/127.0.0.1/tcp/0'],
  })
  await network.start({
    ...idle,
    async *request() {
      const frame = new Uint8Array(frameBytes)
      for (let sent = 0; sent < frames; sent++) yield frame
    },
  })
  process.send?.(network.addresses()[0])
  process.on('disconnect', () => process.exit(0))
}
