/** A node on a directory of its own, over whatever network it is given. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ed25519 } from '@chirograph/crypto'
import { fastestEd25519 } from '@chirograph/crypto-native'
import { isChirographError, type Network, type SignatureVerifier } from '@chirograph/interface'
import { type ChirographNode, createNode, initialiseStore } from '@chirograph/node'
import type { Genesis } from '@chirograph/status'
import { openLevelStore } from '@chirograph/store-level'
import type { BenchMember } from './members.js'

export interface BenchNode {
  readonly node: ChirographNode
  readonly peerId: string
  close(): Promise<void>
}

export async function openBenchNode(args: {
  readonly directory: string
  readonly genesis: Genesis
  readonly member: BenchMember
  readonly network: Network
  readonly addresses: readonly string[]
  readonly ed25519?: Ed25519
  readonly signatures?: SignatureVerifier | undefined
}): Promise<BenchNode> {
  const { directory, genesis, member, network, addresses, ed25519 = fastestEd25519(), signatures } = args
  await mkdir(directory, { recursive: true })
  const store = await openLevelStore(join(directory, 'log'), { createIfMissing: true })
  const registrar = await openLevelStore(join(directory, 'registrar'), { createIfMissing: true })
  try {
    await initialiseStore(store, { org: member.org })
  } catch (error) {
    if (!isChirographError(error, 'NODE_STORE_NOT_EMPTY')) throw error
  }
  const node = await createNode({
    genesis,
    seeds: member.seeds,
    store,
    registrar,
    network,
    addresses,
    ed25519,
    ...(signatures && { signatures }),
    onNotice({ level, what, facts }) {
      if (level === 'error') console.error(what, facts)
    },
  })
  return {
    node,
    peerId: network.peerId,
    async close() {
      await node.stop()
      await Promise.all([store.close(), registrar.close()])
    },
  }
}
