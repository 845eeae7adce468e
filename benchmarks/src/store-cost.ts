/** What a long history costs at rest: the time to open it, its bytes on disk, and the memory of a node that has it. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { memoryHub } from '@chirograph/interface'
import { compactStore, openLevelStore } from '@chirograph/store-level'
import { openBenchNode } from './bench-node.js'
import { startServing } from './child.js'
import type { Limits } from './limits.js'
import { percentile, type Report } from './measure.js'
import { memberAt, type Source } from './source.js'

const opens = 5

/** The same node at a tenth of the history and at all of it. */
export async function benchReopen(limits: Limits, sources: readonly Source[]): Promise<Report> {
  const rows = []
  for (const { directory, genesis, members, events } of sources) {
    const times: number[] = []
    for (let time = 0; time < opens; time++) {
      const member = memberAt(members, 0)
      const network = memoryHub().network(member.peerId)
      const begin = performance.now()
      const opened = await openBenchNode({
        directory: join(directory, 'source'),
        genesis,
        member,
        network,
        addresses: [],
      })
      times.push(performance.now() - begin)
      await opened.close()
    }
    const goal = 50 + (1_500 * members.length) / limits.g
    rows.push({
      what: `with ${events.toLocaleString('en-US')} events`,
      value: percentile(times, 0.5),
      unit: 'ms',
      limit: { name: '50 ms + 1.5 × authors/G', value: goal },
    })
  }
  return { name: 'reopen', workload: `the median of ${opens} starts of one node, until it serves`, rows }
}

export async function benchDisk({ directory, events, rawBytes }: Source): Promise<Report> {
  const log = join(directory, 'source', 'log')
  const left = await bytesIn(log)
  const store = await openLevelStore(log, { createIfMissing: false })
  await compactStore(store)
  await store.close()
  const compacted = await bytesIn(log)
  const limit = { name: 'raw', value: rawBytes }
  return {
    name: 'disk',
    workload: `${events.toLocaleString('en-US')} events of ${Math.round(rawBytes / events)} bytes (header, body, one signature a segment), with a row of the state for each`,
    rows: [
      { what: 'bytes on disk an event, compacted', value: compacted / events, unit: 'bytes' },
      { what: 'of raw bytes, compacted', value: compacted, unit: 'bytes', limit },
      { what: 'of raw bytes, as LevelDB left them', value: left, unit: 'bytes', limit },
    ],
  }
}

export async function benchMemory(sources: readonly Source[]): Promise<Report> {
  const used: number[] = []
  const rows = []
  for (const { directory, genesis, events } of sources) {
    const serving = await startServing({
      directory: join(directory, 'source'),
      genesis,
      member: 0,
      addresses: [],
    })
    const { memory } = await serving.status()
    await serving.stop()
    used.push(memory.heapUsed + memory.external)
    rows.push({
      what: `heap and buffers with ${events.toLocaleString('en-US')} events`,
      value: (memory.heapUsed + memory.external) / 1e6,
      unit: 'MB',
      limit: { name: 'the smaller history', value: (used[0] ?? 0) / 1e6 },
    })
  }
  return { name: 'memory', workload: 'a process with one node on its store, garbage collected', rows }
}

async function bytesIn(directory: string): Promise<number> {
  const names = await readdir(directory)
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
