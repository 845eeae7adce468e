/** Damage in LevelDB's log, which LevelDB would drop without a word, and crashes, which leave none. */
import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { arrivalKey, type Store, spaceRange } from '@chirograph/interface'
import { failsWith, is, match, ok, type Seeded, seeded, suite, tempDir } from '../../workspace/kit.ts'
import { closingNoteFile } from '../src/closing-note.js'
import { compactStore, openLevelStore } from '../src/index.js'

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

  it('that is gone is missed, by a crash or after a stop in order, and never while another process has it', async () => {
    const { home, directory } = await written()
    const refusal = () => failsWith('STORE_CORRUPT', openLevelStore(directory, { createIfMissing: false }))
    for (const isClosed of [false, true]) {
      const file = await logFileOf(directory)
      const log = await readFile(file)
      await rm(file)
      match((await refusal()).message, /\.log, which holds its latest writes, is missing/)
      is((await readdir(directory)).filter((name) => name.endsWith('.log')).length, 0, 'none is begun')
      await writeFile(file, log)
      const store = await openLevelStore(directory, { createIfMissing: false })
      await failsWith('STORE_LOCKED', openLevelStore(directory, { createIfMissing: false }))
      is(await countOf(store), sizes.length)
      if (!isClosed) await store.close()
      else {
        // From a memory table to tables, and on to another log.
        for (let at = 0; at < 6; at++)
          await store.batch([{ kind: 'put', key: arrivalKey(at), value: new Uint8Array(2_000_000) }], {
            sync: false,
          })
        await compactStore(store)
        await store.close()
        await (await openLevelStore(directory, { createIfMissing: false })).close()
      }
    }
    await home.dispose()
  })

  it('that is shorter or other than when its database was closed is refused, to the last byte', async () => {
    const { home, directory, ends } = await written()
    const store = await openLevelStore(directory, { createIfMissing: false })
    await store.batch([{ kind: 'put', key: arrivalKey(77), value: new Uint8Array(100) }], { sync: false })
    await store.close()
    const file = await logFileOf(directory)
    const log = await readFile(file)
    const flipped = Uint8Array.from(log)
    flipped[log.length - 1] = 1
    const refusals = [
      [log.subarray(0, log.length - 1), `has ${log.length - 1} bytes, and had ${log.length} when`],
      [new Uint8Array(), `has 0 bytes, and had ${log.length} when`],
      [flipped, 'has other bytes than when the database was closed'],
    ] as const
    for (const [bytes, told] of refusals) {
      await writeFile(file, bytes)
      const error = await failsWith('STORE_CORRUPT', openLevelStore(directory, { createIfMissing: false }))
      match(error.message, told)
      ok(Buffer.from(await readFile(file)).equals(bytes), 'LevelDB has not begun a new one')
    }
    await writeFile(file, log)
    const again = await openLevelStore(directory, { createIfMissing: false })
    is(await countOf(again), ends.length + 1)
    await again.close()
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
  // As a process that was killed leaves it.
  await rm(join(directory, closingNoteFile))
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
