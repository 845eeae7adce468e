/** Members only, in both directions, from the first connection to the last. */
import { isChirographError } from '@chirograph/interface'
import { equal, failsWith, is, suite } from '../../workspace/kit.ts'
import { createLibp2pNetwork, peerIdOfSeed } from '../src/index.js'
import {
  addressOf,
  anyPort,
  join,
  memberIds,
  memberNetwork,
  memberNetworks,
  networkId,
  seedOf,
  until,
  withStations,
} from './members.ts'

suite('membership', (it) => {
  const stranger = (allowed = memberIds(4)) => memberNetwork(9, { allowedPeers: allowed })
  const member = (count = 2) => memberNetwork(0, { allowedPeers: memberIds(count) })

  it('refuses a stranger that dials, who learns why, and tells nobody of a connection', async () => {
    await withStations([member(), stranger()], async (inside, outside) => {
      const named = addressOf(inside)
      for (const address of [named, named.replace(/\/p2p\/.*/, '')]) {
        const error = await failsWith('NETWORK_PEER_NOT_ALLOWED', outside.network.connect(address))
        equal(refusedBy(error), 'them')
      }
      equal([inside.changes, outside.changes], [[], []])
      equal(inside.network.peers(), [])
    })
  })

  it('does not connect to a stranger, whether the address names it or not, and does not keep trying', async () => {
    await withStations([member(), stranger()], async (inside, outside) => {
      const named = addressOf(outside)
      for (const address of [named, named.replace(/\/p2p\/.*/, '')]) {
        const error = await failsWith('NETWORK_PEER_NOT_ALLOWED', inside.network.connect(address))
        equal(refusedBy(error), 'us')
      }
      equal([inside.changes, outside.changes], [[], []])
      equal(inside.network.peers(), [])
    })
  })

  it('connects to a node that admits this one only later', async () => {
    const allowed = new Set<string>()
    await withStations(
      [memberNetwork(0, { allowedPeers: allowed }), memberNetwork(1, {})],
      async (inside, newcomer) => {
        await failsWith('NETWORK_PEER_NOT_ALLOWED', newcomer.network.connect(addressOf(inside)))
        allowed.add(newcomer.network.peerId)
        await until(() => newcomer.changes.length > 0)
        equal(newcomer.changes, ['connected'])
      },
    )
  })

  it('disconnects a peer that is a member no more', async () => {
    const allowed = memberIds(2)
    await withStations(
      [memberNetwork(0, { allowedPeers: allowed }), memberNetwork(1, {})],
      async (inside, evicted) => {
        await join(inside, evicted)
        allowed.delete(evicted.network.peerId)
        await until(() => inside.changes.length === 2 && evicted.changes.length >= 2)
        equal(inside.changes, ['connected', 'disconnected'])
        await failsWith('NETWORK_PEER_NOT_ALLOWED', evicted.network.connect(addressOf(inside)))
        equal(inside.changes, ['connected', 'disconnected'])
      },
    )
  })

  it('fails with NETWORK_DIAL_FAILED when an address leads to itself or to another peer than it names', async () => {
    await withStations(memberNetworks(3), async (a, b, c) => {
      await failsWith('NETWORK_DIAL_FAILED', a.network.connect(addressOf(a)))
      const misleading = addressOf(b).replace(b.network.peerId, c.network.peerId)
      await failsWith('NETWORK_DIAL_FAILED', a.network.connect(misleading))
    })
  })
})

suite('a peer id', (it) => {
  it('is that of its seed, known before the network starts', () => {
    const network = createLibp2pNetwork({
      seed: seedOf(0),
      networkId,
      allowedPeers: new Set(),
      listen: [anyPort],
    })
    // The ed25519 public key of 32 bytes 0x01, as other libp2p implementations write it.
    is(network.peerId, '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5')
    is(peerIdOfSeed(seedOf(0)), network.peerId)
  })
})

function refusedBy(error: Error): unknown {
  return isChirographError(error) && error.facts.refusedBy
}
