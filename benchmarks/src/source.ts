/**
 * A node's directory that holds a long final history, for others to read from. One member votes, so that everything is
 * final as fast as one node can make it; the others are authors, and the last has nothing yet.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryHub } from '@chirograph/interface'
import { encodeSegmentFrame } from '@chirograph/replica'
import { type Genesis, networkIdOf } from '@chirograph/status'
import { openBenchNode } from './bench-node.js'
import { segmentsOfChain, signedChain } from './chains.js'
import { type BenchMember, benchGenesis, benchMember } from './members.js'

export interface Source {
  readonly directory: string
  readonly genesis: Genesis
  /** The voting member first, then the authors, then one member that holds nothing. */
  readonly members: readonly BenchMember[]
  readonly events: number
  /** Bytes of headers, signatures and bodies. */
  readonly rawBytes: number
  remove(): Promise<void>
}

export async function makeSource(args: {
  readonly events: number
  readonly authors: number
  readonly onProgress?: (done: number) => void
}): Promise<Source> {
  const { events, authors, onProgress = () => {} } = args
  const members = Array.from({ length: authors + 2 }, (_, index) => benchMember(index))
  const genesis = benchGenesis(members, 1)
  const directory = await mkdtemp(join(tmpdir(), 'chirograph-bench-'))
  const hub = memoryHub()
  const voter = await openBenchNode({
    directory: join(directory, 'source'),
    genesis,
    member: memberAt(members, 0),
    network: hub.network(memberAt(members, 0).peerId),
    addresses: [],
  })
  const feeder = hub.network('feeder')
  // It refuses to answer, which is no fault; an empty answer would be one.
  const request = () => {
    throw new Error('nothing is answered here')
  }
  await feeder.start({ gossip: async () => 'ignore', message() {}, peer() {}, request })
  await feeder.connect(`memory:${voter.peerId}`)
  const networkId = networkIdOf(genesis)
  const chains = members.slice(1, authors + 1).map((author) => signedChain(networkId, author))
  let fed = 0
  let rawBytes = 0
  let hasStopped = false
  void voter.node.stopped.then(() => {
    hasStopped = true
  })
  // Round by round, so that what waits to become final stays far below what a node lets wait.
  while (fed < events) {
    const round = Math.min(roundEvents, events - fed)
    for (const [index, chain] of chains.entries()) {
      const count = Math.floor((round * (index + 1)) / authors) - Math.floor((round * index) / authors)
      for (const segment of segmentsOfChain(chain, count)) {
        rawBytes += segment.length
        await feeder.publish('events', encodeSegmentFrame([segment]))
      }
    }
    fed += round
    while (voter.node.status().events.final < fed) {
      if (hasStopped)
        throw new Error(`the node that makes the history stopped after ${fed} events were given to it`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    onProgress(fed)
  }
  await feeder.stop()
  await voter.close()
  return {
    directory,
    genesis,
    members,
    events: fed,
    rawBytes,
    remove: () => rm(directory, { recursive: true }),
  }
}

const roundEvents = 32_768

export function memberAt(members: readonly BenchMember[], index: number): BenchMember {
  const member = members.at(index)
  if (member === undefined) throw new Error(`no member ${index}`)
  return member
}
