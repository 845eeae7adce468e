/** One life of a node in memory: on disks that may fail it, on a wire that can be cut, and on a clock of turns. */
import { toHex } from '@chirograph/codec'
import { fastestEd25519 } from '@chirograph/crypto-native'
import { isChirographError, type MemoryHub, type Network, type Store } from '@chirograph/interface'
import { type ChirographNode, createNode, initialiseStore } from '@chirograph/node'
import type { Random } from '@chirograph/simulator'
import type { Genesis } from '@chirograph/status'
import type { Hearing } from './hearing.js'
import { readHeld } from './held.js'
import type { ChaosMember } from './members.js'
import type { Phase, Work } from './protocol.js'
import type { TurnClock } from './turn-clock.js'
import { watchedNetwork } from './watched-network.js'
import { heightsOf, issueSome, publishBurst, snapshotNotice, waitingBatchNotice } from './work.js'

const ed25519 = fastestEd25519()

/** Members that are there answer within a few turns. */
const hearMembersMs = 50

/** So low that whoever was away for a while takes a snapshot, and fills in the history behind it. */
const joinLimits = { eventsMin: 40, heightsMin: 12 }

/** Turns between two pieces of work for each member that there is, at most: several decisions. */
const pauseTurnsMax = 60

export interface LifeOptions {
  readonly member: ChaosMember
  readonly members: readonly ChaosMember[]
  readonly genesis: Genesis
  readonly hub: MemoryHub
  readonly clock: TurnClock
  readonly random: Random
  readonly hearing: Hearing
  readonly openLog: () => Promise<Store>
  readonly openRegistrar: () => Promise<Store>
  readonly isNew: boolean
  /** Where the subscriber stands that is told of this member's events. */
  readonly cursor: () => string | undefined
  readonly work: Work
  /** Why a node ended by itself: whether this life's disk had given it a reason. */
  readonly isExcused: () => boolean
  /** It was so far behind that it took a snapshot. */
  readonly onSnapshot?: () => void
}

export interface MemoryLife {
  readonly phase: Phase
  work: Work
  /** The node, once it runs. */
  readonly node: ChirographNode | undefined
  /** What it holds, entered into its ledger; resolves when it runs and works. Rejects when it ended before. */
  readonly started: Promise<void>
  /** Looks again at what it holds. */
  look(): Promise<void>
  /** Nothing of it reaches anyone any more, and nobody reaches it. */
  sever(): void
  /** Resolves when nothing of it moves. */
  end(): Promise<void>
}

export function beginLife(options: LifeOptions): MemoryLife {
  const { member, members, genesis, hub, clock, hearing, isExcused } = options
  const wire = severable(hub.network(member.peerId))
  let phase: Phase = 'starting'
  let node: ChirographNode | undefined
  let store: Store | undefined
  let isOver = false

  async function start(): Promise<void> {
    store = await options.openLog()
    const registrar = await options.openRegistrar()
    if (options.isNew) await initialiseOnce(store, member.org)
    node = await createNode({
      genesis,
      seeds: member.seeds,
      store,
      registrar,
      network: watched(wire.network),
      ed25519,
      clock,
      randomBytes: options.random.bytes,
      hearMembersMs,
      joinLimits,
      stateMemory: { wholeRowsMax: 0, heldPagesMax: 4 },
      addresses: members.filter((other) => other !== member).map(({ peerId }) => `memory:${peerId}`),
      onNotice({ level, what, facts }) {
        if (what === snapshotNotice) {
          hearing.report({ kind: 'snapshot' })
          options.onSnapshot?.()
        }
        if ((level !== 'warn' && level !== 'error') || what === waitingBatchNotice || isExcused()) return
        hearing.report({ kind: 'complaint', text: `${what} ${JSON.stringify(facts)}` })
      },
    })
    hearing.report({ kind: 'started', held: await readHeld({ node, store, cursor: options.cursor() }) })
  }

  function watched(network: Network): Network {
    // A severed wire carries nothing on, so what is told here was seen by somebody.
    return wire.guarded(
      watchedNetwork(network, {
        org: member.org,
        onShown: (event) => hearing.report({ kind: 'shown', ...event }),
        onSaid: (bytes) => hearing.report({ kind: 'said', hex: toHex(bytes) }),
      }),
    )
  }

  async function workOn(running: ChirographNode): Promise<void> {
    while (!isOver) {
      await workOnce(running, life.work).catch((error: unknown) => {
        // The registrar's disk fails an issue and nothing else; the log's ends the node.
        if (!isOver && !isExcused()) hearing.report({ kind: 'complaint', text: String(error) })
      })
      await clock.sleep(options.random.between(1, members.length * pauseTurnsMax))
    }
  }

  async function workOnce(running: ChirographNode, work: Work): Promise<void> {
    const { random } = options
    const burst = (size: number) => {
      phase = 'publishing'
      const onAcknowledged = ({ id }: { id: Parameters<ChirographNode['finality']>[0] }) =>
        hearing.report({ kind: 'acknowledged', id })
      return publishBurst(running, { size, random, onAcknowledged })
    }
    switch (work) {
      case 'rest':
        phase = 'resting'
        return
      case 'publish':
        await burst(random.between(1, 5))
        return
      case 'issue':
        phase = 'issuing'
        for (const { event, entries } of await issueSome(running, random))
          hearing.report({
            kind: 'issued',
            event,
            credentials: entries.map(({ credentialId }) => credentialId),
          })
        return
      case 'finalise': {
        const published = await burst(random.between(1, 3))
        phase = 'finalising'
        for (const one of await heightsOf(running, published)) hearing.report({ kind: 'final', ...one })
        return
      }
      case 'mix':
        return workOnce(
          running,
          random.pick(['publish', 'publish', 'finalise', 'finalise', 'issue'] as const),
        )
    }
  }

  let working: Promise<void> = Promise.resolve()
  const life: MemoryLife = {
    work: options.work,
    get phase() {
      return phase
    },
    get node() {
      return node
    },
    started: start().then(() => {
      if (node) working = workOn(node)
    }),
    async look() {
      if (node && store)
        hearing.report({ kind: 'started', held: await readHeld({ node, store, cursor: options.cursor() }) })
    },
    sever: wire.sever,
    async end() {
      isOver = true
      await life.started.catch(() => {})
      await node?.stop()
      await wire.network.stop()
      await working
    },
  }
  // Whoever began it looks at it in their own time.
  life.started.catch(() => {})
  return life
}

/** A life may have ended after it and before anybody heard of it. */
async function initialiseOnce(store: Store, org: ChirographNode['org']): Promise<void> {
  try {
    await initialiseStore(store, { org })
  } catch (error) {
    if (!isChirographError(error, 'NODE_STORE_NOT_EMPTY')) throw error
  }
}

/** A wire that can be cut in the middle of whatever its node does: the node goes on talking, and nobody hears it. */
function severable(network: Network): {
  readonly network: Network
  /** Cuts off what is handed to this network too. */
  guarded(network: Network): Network
  sever(): void
} {
  let isSevered = false
  return {
    network,
    guarded: (inner) => ({
      ...inner,
      publish: (topic, bytes) => (isSevered ? Promise.resolve() : inner.publish(topic, bytes)),
      send(peerId, bytes) {
        if (!isSevered) inner.send(peerId, bytes)
      },
      start: (handlers) =>
        inner.start({
          gossip: async (...message) => (isSevered ? 'ignore' : handlers.gossip(...message)),
          message(...message) {
            if (!isSevered) handlers.message(...message)
          },
          async *request(...request) {
            for await (const frame of handlers.request(...request)) {
              if (isSevered) throw new Error('the wire is cut')
              yield frame
            }
          },
          peer(...change) {
            if (!isSevered) handlers.peer(...change)
          },
        }),
    }),
    sever() {
      isSevered = true
      // The others see the connection end at once, as they do when a machine's kernel or its last router says so.
      void network.stop()
    },
  }
}
