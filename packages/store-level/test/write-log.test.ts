/** Damage in LevelDB's log, which LevelDB would drop without a word, and crashes, which leave none. */
import { cp, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { arrivalKey, type Store, spaceRange } from '@chirograph/interface'
import { failsWith, is, match, ok, type Seeded, seeded, suite, tempDir } from '../../workspace/kit.ts'
import { openLevelStore } from '../src/index.js'

/** Of a few bytes to several blocks, so that writes lie in one record and in many. */
const sizes = [1, 300, 5_000, 40_000, 100_000, 20, 7, 33_000, 250, 2_000]

suite('a log of LevelDB', (it) => {
  it('in which any bit before the last write was flipped is refused, and left as it is', async () => {
    const { home, directory, log, ends } = await written()
    const random = seeded(17)
    const beforeLast = ends.at(-2) ?? 0
    for (let run = 0; run < 120; run++) {
      const at = run < 40 ? run : random.int(beforeLast)
      const damaged = Uint8Array.from(log)
      damaged[at] = (damaged[at] ?? 0) ^ (1 << random.int(8))
      const file = await logFileOf(directory)
      await writeFile(file, damaged)
      const error = await failsWith('STORE_CORRUPT', openLevelStore(directory, { createIfMissing: false }))
      match(error.message, /\.log, which holds its latest writes, does not hold at byte \d+/)
      ok(Buffer.from(await readFile(file)).equals(damaged), 'LevelDB has not begun a new one')
    }
    await home.dispose()
  })

  it('that ends anywhere, as after a crash, is read up to its last whole write', async () => {
    const { home, directory, log, ends } = await written()
    const random = seeded(18)
    const lengths = [0, 3, 6, 7, ...ends, ...Array.from({ length: 30 }, () => random.int(log.length))]
    for (const [run, length] of lengths.entries()) {
      const copy = join(home.path, `cut-${run}`)
      await cp(directory, copy, { recursive: true })
      await truncate(await logFileOf(copy), length)
      const store = await openLevelStore(copy, { createIfMissing: false })
      is(await countOf(store), ends.filter((end) => end <= length).length, `${length} bytes of ${log.length}`)
      await store.close()
    }
    await home.dispose()
  })

  it('of which a power cut left the last write as zeros or half is read up to the one before', async () => {
    const { home, directory, log, ends } = await written()
    for (const [run, from] of [ends.at(-2) ?? 0, (ends.at(-2) ?? 0) + 500].entries()) {
      const copy = join(home.path, `zeros-${run}`)
      await cp(directory, copy, { recursive: true })
      await writeFile(await logFileOf(copy), Uint8Array.from(log).fill(0, from))
      const store = await openLevelStore(copy, { createIfMissing: false })
      is(await countOf(store), ends.length - 1)
      await store.close()
    }
    await home.dispose()
  })
})

/** A database whose log holds a write for each of `sizes`; `ends` says where each of them ends. */
async function written() {
  const home = await tempDir()
  const directory = join(home.path, 'store')
  const random: Seeded = seeded(16)
  const store = await openLevelStore(directory, { createIfMissing: true })
  const ends: number[] = []
  for (const [index, size] of sizes.entries()) {
    await store.batch([{ kind: 'put', key: arrivalKey(index), value: random.bytes(size) }], { sync: true })
    ends.push((await stat(await logFileOf(directory))).size)
  }
  const file = await logFileOf(directory)
  const log = await readFile(file)
  await store.close()
  await writeFile(file, log)
  return { home, directory, log, ends }
}

async function logFileOf(directory: string): Promise<string> {
  const name = (await readdir(directory)).find((file) => file.endsWith('.log'))
  ok(name)
  return join(directory, name)
}

async function countOf(store: Store): Promise<number> {
  let count = 0
  for await (const _ of store.range(spaceRange('arrival'))) count++
  return count
}
