/** A member that speaks libp2p without this package's manners: for frames, streams and floods that the package never sends. */
import type { Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Libp2pNode } from '../src/libp2p-node.js'
import { createLibp2pNode } from '../src/libp2p-node.js'
import { privateKeyOfSeed } from '../src/peer-id.js'
import type { Station } from './members.ts'
import { addressOf, seedOf } from './members.ts'

/** Runs the body beside a raw member that is connected to the station. */
export async function withRawMember(
  { member, station }: { member: number; station: Station },
  body: (raw: Libp2pNode) => Promise<void>,
): Promise<void> {
  const raw = await createLibp2pNode({
    privateKey: privateKeyOfSeed(seedOf(member)),
    listen: [],
    gate: {},
    gossip: { allowPublishToZeroTopicPeers: true, globalSignaturePolicy: 'StrictNoSign' },
    dialTimeoutMs: 5_000,
  })
  await raw.start()
  try {
    await raw.dial(multiaddr(addressOf(station)))
    await body(raw)
  } finally {
    await raw.stop()
  }
}

export function openStream(raw: Libp2pNode, station: Station, protocol: string): Promise<Stream> {
  return raw.dialProtocol(multiaddr(addressOf(station)), protocol)
}

/** The first bytes of a frame: its length. */
export function lengthPrefix(length: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, length)
  return bytes
}
