/** A node with everything it needs, opened in order and closed in the opposite one. */
import type { Logger } from 'pino'
import { type RunningApi, startApi } from '@chirograph/api'
import { toHex } from '@chirograph/codec'
import { createVerifyPool, fastestBls, fastestEd25519, type ThreadLoss } from '@chirograph/crypto-native'
import { isChirographError, type Store } from '@chirograph/interface'
import { createLibp2pNetwork } from '@chirograph/network-libp2p'
import { type ChirographNode, createNode } from '@chirograph/node'
import { networkIdOf } from '@chirograph/status'
import { openLevelStore, placeOfStore } from '@chirograph/store-level'
import { type DataDir, readConfig } from './data-dir.js'
import { failure } from './failure.js'
import { readSeeds, replaceSeeds } from './keys-file.js'
import { logNotice } from './log.js'
import { addressesOfOthers, type NetworkFile } from './network-file.js'

export interface RunningNode {
  readonly node: ChirographNode
  readonly api: RunningApi
  stop(): Promise<void>
}

/** Whatever fails, what was opened before it is closed again. */
export async function runNode({
  dataDir,
  network,
  apiPort,
  mayJoin,
  isRegistrarNew,
  wasMoved,
  log,
  onStop,
}: {
  readonly dataDir: DataDir
  readonly network: NetworkFile
  readonly apiPort: number | undefined
  /** The institution may be none of the network's yet. */
  readonly mayJoin: boolean
  /** Whether to go on with an empty registrar where there is none. */
  readonly isRegistrarNew: boolean
  /** Nothing has run on another copy of the data directory. */
  readonly wasMoved: boolean
  readonly log: Logger
  /** Somebody asked by the API, or the node cannot go on. */
  readonly onStop: (why: 'asked' | 'failed') => void
}): Promise<RunningNode> {
  const closers: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (let next = closers.pop(); next; next = closers.pop()) await next()
  }
  const opened = async (path: string, { createIfMissing }: { createIfMissing: boolean }): Promise<Store> => {
    const store = await openLevelStore(path, { createIfMissing })
    closers.push(() => store.close())
    return store
  }
  try {
    const config = await readConfig(dataDir)
    const seeds = await readSeeds(dataDir.keys)
    // The others bring a log back; of a registrar nobody else has anything, so one that is gone is not passed over.
    const registrar = await opened(dataDir.registrar, { createIfMissing: isRegistrarNew }).catch(
      registrarLost,
    )
    const store = await opened(dataDir.log, { createIfMissing: true })
    const storePlace = await placeOfStore(dataDir.log)
    const { genesis } = network
    const first = new Set(genesis.organisations.map(({ peerId }) => peerId))
    let joined: ChirographNode | undefined
    const wire = createLibp2pNetwork({
      seed: seeds.transport,
      networkId: toHex(networkIdOf(genesis)),
      // Those of the genesis from the start; whoever joined, once this node knows of it.
      allowedPeers: (peerId) => first.has(peerId) || joined?.isMemberPeer(peerId) === true,
      listen: config.listen,
    })
    // A node that fails half way has started the network by then.
    closers.push(() => wire.stop())
    const signatures = createVerifyPool({ onThreadLost: toldOnce(log) })
    closers.push(() => signatures.stop())
    const own = genesis.organisations.find(({ peerId }) => peerId === wire.peerId)
    const node = await createNode({
      genesis,
      mayJoin,
      seeds,
      saveSeeds: (changed) => replaceSeeds(dataDir.keys, changed),
      store,
      storePlace,
      wasMoved,
      registrar,
      network: wire,
      ed25519: fastestEd25519(),
      bls: fastestBls({
        onRefused: ({ name, reason }) => log.warn({ name, reason }, 'votes are checked more slowly'),
      }),
      signatures,
      addresses: addressesOfOthers(network, own?.id ?? ''),
      onNotice: (notice) => logNotice(log, notice),
    })
    joined = node
    closers.push(() => node.stop())
    node.stopped.then(() => onStop('failed'))
    const api = await startApi({
      node,
      dataDir: dataDir.path,
      port: apiPort ?? config.apiPort,
      onStop: () => onStop('asked'),
      onFault: (error) => log.error({ error: String(error) }, 'the API failed to answer'),
    })
    closers.push(() => api.close())
    return { node, api, stop: close }
  } catch (error) {
    await close()
    throw error
  }
}

/** What names the learners and opens their credentials' commitments is here alone. */
function registrarLost(error: unknown): never {
  if (!isChirographError(error, 'STORE_MISSING')) throw error
  throw failure(
    'CLI_REGISTRAR_MISSING',
    `the registrar, which alone knows what was issued to whom, is missing: ${error.what}`,
    'bring the folder named registrar back from a backup; or, if it is lost for good, go on with an empty one: chirograph start --new-registrar',
    error,
  )
}

/** The node goes on without the thread, so one line is enough, however often it happens. */
function toldOnce(log: Logger): (loss: ThreadLoss) => void {
  let wasTold = false
  return ({ cause }) => {
    if (!wasTold)
      log.warn({ error: String(cause) }, 'a thread that checks signatures ended; the node goes on without it')
    wasTold = true
  }
}
