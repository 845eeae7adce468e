/** A member that speaks libp2p without this package's manners: for frames, streams and floods that the package never sends. */
import type { Connection, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { encodeVarintLength } from '../src/frames.js'
import type { Libp2pNode } from '../src/libp2p-node.js'
import { createLibp2pNode } from '../src/libp2p-node.js'
import { privateKeyOfSeed } from '../src/peer-id.js'
import type { Station } from './members.ts'
import { addressOf, seedOf, until } from './members.ts'

export type RawMember = Libp2pNode
export type RawStream = Stream

/** Not started. It admits everybody and listens nowhere. */
export function createRawMember(seed: Uint8Array): Promise<RawMember> {
  return createLibp2pNode({
    privateKey: privateKeyOfSeed(seed),
    listen: [],
    gate: {},
    gossip: { allowPublishToZeroTopicPeers: true, globalSignaturePolicy: 'StrictNoSign' },
    dialTimeoutMs: 5_000,
  })
}

/** Runs the body beside a raw member that is connected to the station. */
export async function withRawMember(
  { member, station }: { member: number; station: Station },
  body: (raw: RawMember) => Promise<void>,
): Promise<void> {
  const raw = await createRawMember(seedOf(member))
  await raw.start()
  try {
    await dialRaw(raw, addressOf(station))
    // Until the far side knows whom it has let in, libp2p cuts a connection with eleven streams, and nobody is told.
    const isLetIn = () =>
      station.network.peers().some(({ peerId, connected }) => connected && peerId === raw.peerId.toString())
    await until(isLetIn)
    await body(raw)
  } finally {
    await raw.stop()
  }
}

export function dialRaw(raw: RawMember, address: string): Promise<Connection> {
  return raw.dial(multiaddr(address))
}

export function openStream(raw: RawMember, station: Station, protocol: string): Promise<Stream> {
  return openStreamTo(raw, { address: addressOf(station), protocol })
}

export function openStreamTo(
  raw: RawMember,
  { address, protocol }: { readonly address: string; readonly protocol: string },
): Promise<Stream> {
  return raw.dialProtocol(multiaddr(address), protocol)
}

/** Writes for as long as the stream is open, as much as it takes. */
export function keepWriting(
  stream: Stream,
  { burst, everyMs = 1 }: { readonly burst: number; readonly everyMs?: number },
  frameAt: (index: number) => Uint8Array,
): { sent: number; stop(): void } {
  const writing = { sent: 0, stop: () => clearInterval(timer) }
  const timer = setInterval(() => {
    for (let count = 0; count < burst && stream.writeBufferLength < 1_000_000; count++) {
      if (stream.writeStatus !== 'writable') return writing.stop()
      stream.send(frameAt(writing.sent++))
    }
  }, everyMs)
  stream.addEventListener('close', writing.stop)
  return writing
}

/** The first bytes of a frame: its length. */
export function lengthPrefix(length: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, length)
  return bytes
}

export const gossipProtocol = '/meshsub/1.2.0'

/** A message as gossipsub sends it, or almost: `extra` are fields behind those that it sends. */
export function gossipedMessage(
  { topic, data }: { readonly topic: string; readonly data: Uint8Array },
  ...extra: readonly Uint8Array[]
): Uint8Array {
  const fields = [bytesField(2, data), bytesField(4, new TextEncoder().encode(topic)), ...extra]
  return gossipFrame(bytesField(2, concat(fields)))
}

export function gossipFrame(rpc: Uint8Array): Uint8Array {
  return concat([encodeVarintLength(rpc.length), rpc])
}

/** A protobuf field of bytes. */
export function bytesField(number: number, bytes: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(number * 8 + 2), encodeVarintLength(bytes.length), bytes])
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
