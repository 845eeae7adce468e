/**
 * A process that runs one node on LevelDB until it is killed. It is started ahead of time, with everything imported, so
 * that a restart costs no more than the node's own start. What it says is written before it goes on, so that a kill
 * takes nothing back.
 */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { toHex, useSha256 } from '@chirograph/codec'
import { fastestEd25519, fastestSha256 } from '@chirograph/crypto-native'
import { isChirographError, memoryHub, type Network, type Store, systemClock } from '@chirograph/interface'
import { type ChirographNode, createNode, initialiseStore, type Notice, orgIdOfSeeds } from '@chirograph/node'
import { createRandom, type Random } from '@chirograph/simulator'
import { networkIdOf } from '@chirograph/status'
import { openLevelStore } from '@chirograph/store-level'
import { readHeld } from './held.js'
import type { Order, Phase, Report, StartOrder, Work } from './protocol.js'
import { watchedNetwork } from './watched-network.js'
import { watchWrites } from './watched-store.js'
import { heightsOf, issueSome, publishBurst, snapshotNotice, waitingBatchNotice } from './work.js'

useSha256(fastestSha256())
const ed25519 = fastestEd25519()
/** Only processes that exchange with others pay for the import. */
const libp2p = process.argv.includes('--wire') ? await import('@chirograph/network-libp2p') : undefined

interface Running {
  readonly node: ChirographNode
  readonly stores: readonly Store[]
  readonly store: Store
}

let running: Running | undefined
let work: Work = 'rest'
let isStopping = false

/** A pipe takes what fits; the rest waits until the campaign has read. */
function report(line: Report): void {
  let rest = Buffer.from(`${JSON.stringify(line)}\n`)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
      Atomics.wait(pause, 0, 0, 1)
    }
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))

function phase(now: Phase): void {
  report({ kind: 'phase', phase: now })
}

async function start({
  directory,
  isNew,
  genesis,
  seeds,
  wire,
  snapshotFrom,
  storePlace,
  clockShiftMs = 0,
  cursor,
  seed,
}: StartOrder): Promise<void> {
  phase('starting')
  const org = orgIdOfSeeds(seeds, ed25519)
  const watched = watchWrites((isWriting) => report({ kind: 'writing', isWriting }))
  const open = async (name: string) =>
    watched(await openLevelStore(join(directory, name), { createIfMissing: true }))
  const [store, registrar] = [await open('log'), await open('registrar')]
  if (isNew) await initialiseOnce(store, org)
  const network = watchedNetwork(networkOf(seeds.transport, toHex(networkIdOf(genesis)), wire), {
    org,
    onShown: (event) => report({ kind: 'shown', ...event }),
    onSaid: (bytes) => report({ kind: 'said', hex: toHex(bytes) }),
  })
  const addresses = wire?.addresses ?? []
  const node = await createNode({
    genesis,
    seeds,
    store,
    registrar,
    network,
    ed25519,
    addresses,
    // Where nobody is, nobody is waited for.
    ...(wire ? {} : { hearMembersMs: 10 }),
    ...(snapshotFrom === undefined ? {} : { joinLimits: { eventsMin: snapshotFrom } }),
    ...(storePlace === undefined ? {} : { storePlace }),
    clock: { ...systemClock, nowMs: () => systemClock.nowMs() + clockShiftMs },
    onNotice,
  })
  running = { node, store, stores: [store, registrar] }
  // It receives what it lacks while it is being looked at.
  if (wire && !isNew) phase('syncing')
  report({ kind: 'started', held: await readHeld({ node, store, cursor }) })
  if (wire) await untilInSync(node)
  await workOn(node, createRandom(seed, 0))
}

/** A kill may have come after it and before anybody heard of it. */
async function initialiseOnce(store: Store, org: ChirographNode['org']): Promise<void> {
  try {
    await initialiseStore(store, { org })
  } catch (error) {
    if (!isChirographError(error, 'NODE_STORE_NOT_EMPTY')) throw error
  }
}

function networkOf(seed: Uint8Array, networkId: string, wire: StartOrder['wire']): Network {
  if (!wire) return memoryHub().network('alone')
  if (!libp2p) throw new Error('this process was started without --wire')
  const { listen, allowedPeers } = wire
  return libp2p.createLibp2pNetwork({
    seed,
    networkId,
    allowedPeers: new Set(allowedPeers),
    listen: [listen],
  })
}

async function untilInSync(node: ChirographNode): Promise<void> {
  phase('syncing')
  const deadlineMs = performance.now() + syncPatienceMs
  while (!isStopping && node.status().sync.state !== 'current' && performance.now() < deadlineMs)
    await sleep(10)
}

/** A node whose peers are all away goes on alone after this long. */
const syncPatienceMs = 20_000

async function workOn(node: ChirographNode, random: Random): Promise<void> {
  const burst = (size: number) => {
    phase('publishing')
    return publishBurst(node, {
      size,
      random,
      onAcknowledged: ({ id }) => report({ kind: 'acknowledged', id }),
    })
  }
  const finalise = async (size: number) => {
    const published = await burst(size)
    phase('finalising')
    for (const one of await heightsOf(node, published)) report({ kind: 'final', ...one })
  }
  const issue = async () => {
    phase('issuing')
    for (const { event, entries } of await issueSome(node, random))
      report({ kind: 'issued', event, credentials: entries.map(({ credentialId }) => credentialId) })
  }
  const works: Record<Work, () => Promise<unknown>> = {
    publish: () => burst(random.between(1, 48)),
    finalise: () => finalise(random.between(1, 24)),
    issue,
    async mix() {
      if (random.chance(0.1)) await issue()
      else if (random.chance(0.5)) await finalise(random.between(1, 8))
      else await burst(random.between(1, 8))
      await sleep(random.between(20, 150))
    },
    async rest() {
      phase('resting')
      while (work === 'rest' && !isStopping) await sleep(5)
    },
  }
  while (!isStopping)
    await works[work]().catch((error: unknown) => {
      if (!isChirographError(error, 'NODE_SIGNING_REFUSED')) throw error
      report({ kind: 'complaint', text: error.what })
      work = 'rest'
    })
}

/** In a network of honest members there is nothing to warn of, whoever is killed. */
function onNotice({ level, what, facts }: Notice): void {
  if (what === snapshotNotice) report({ kind: 'snapshot' })
  if ((level !== 'warn' && level !== 'error') || what === waitingBatchNotice) return
  report({ kind: 'complaint', text: `${what} ${JSON.stringify(facts)}` })
}

async function obey(order: Order): Promise<void> {
  if (order.kind === 'start') {
    work = order.start.work
    await start(order.start)
    return
  }
  if (order.kind === 'work') {
    work = order.work
    return
  }
  if (!running) throw new Error(`told to ${order.kind} before the start was over`)
  const { node, store, stores } = running
  switch (order.kind) {
    case 'tell':
      report({
        kind: 'told',
        held: await readHeld({ node, store, cursor: order.cursor }),
        status: node.status(),
      })
      break
    case 'stop':
      isStopping = true
      await node.stop()
      for (const one of stores) await one.close()
      report({ kind: 'stopped' })
      process.exit(0)
      break
  }
}

function fail(error: unknown): void {
  // Who waits when a node is told to stop is told that it has stopped.
  if (isStopping && isChirographError(error, 'NODE_STOPPED')) return
  report({ kind: 'complaint', text: error instanceof Error ? String(error.stack) : String(error) })
  process.exit(1)
}

process.on('unhandledRejection', fail)
process.on('message', (order: Order) => void obey(order).catch(fail))
// Without its campaign a node has no reason to go on.
process.on('disconnect', () => process.exit(0))
