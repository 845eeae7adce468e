/** One institution's process: a LevelDB directory, a libp2p network, and a node on top. This is all that embedding takes. */
import { join } from 'node:path'
import { toHex, useSha256 } from '@chirograph/codec'
import { fastestBls, fastestEd25519, fastestSha256 } from '@chirograph/crypto-native'
import { isChirographError, type Store } from '@chirograph/interface'
import { createLibp2pNetwork } from '@chirograph/network-libp2p'
import { type ChirographNode, createNode, initialiseStore, orgIdOfSeeds } from '@chirograph/node'
import { networkIdOf } from '@chirograph/status'
import { openLevelStore } from '@chirograph/store-level'
import type { Calls, Reply, Request, StartOptions } from './calls.js'

useSha256(fastestSha256())
const ed25519 = fastestEd25519()
const bls = fastestBls()
let running: { node: ChirographNode; stores: readonly Store[] } | undefined

async function start({ directory, genesis, seeds, isNew, ...wire }: StartOptions): Promise<void> {
  const store = await openLevelStore(join(directory, 'log'), { createIfMissing: isNew })
  const registrar = await openLevelStore(join(directory, 'registrar'), { createIfMissing: isNew })
  if (isNew) await initialiseStore(store, { org: orgIdOfSeeds(seeds, ed25519) })
  const network = createLibp2pNetwork({
    seed: seeds.transport,
    networkId: toHex(networkIdOf(genesis)),
    allowedPeers: new Set(wire.allowedPeers),
    listen: [wire.listen],
  })
  const node = await createNode({
    genesis,
    seeds,
    store,
    registrar,
    network,
    ed25519,
    bls,
    addresses: wire.addresses,
  })
  running = { node, stores: [store, registrar] }
}

function node(): ChirographNode {
  if (!running) throw new Error('this institution has not started')
  return running.node
}

const calls: Calls = {
  start,
  status: async () => node().status(),
  issue: (rows) => node().issueCohort(rows),
  change: (change) => node().change(change),
  publish: (body) => node().publish(body),
  finality: (id) => node().finality(id),
  isFinal: async (id) => (await node().eventState(id)).state === 'final',
  proof: async (target) => node().proveStatus(target),
  async stop() {
    await running?.node.stop()
    for (const store of running?.stores ?? []) await store.close()
  },
}

process.on('message', async ({ id, call, argument }: Request) => {
  const reply = (message: Reply) => process.send?.(message)
  try {
    // Each call takes the one argument that its type says; the parent is typed by the same interface.
    const result = await (calls[call] as (argument: unknown) => Promise<unknown>)(argument)
    reply({ id, result })
    if (call === 'stop') process.disconnect()
  } catch (error) {
    const code = isChirographError(error) ? error.code : 'DEMO_FAILED'
    reply({ id, error: { code, message: error instanceof Error ? error.message : String(error) } })
  }
})
// Without its storyteller an institution has no reason to go on.
process.on('disconnect', () => process.exit(0))
