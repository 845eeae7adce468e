/** What this machine can do at best, measured in the same run: the other side of every ratio. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Level } from 'level'
import { fastestEd25519, fastestSha256 } from '@chirograph/crypto-native'
import { type Report, ratePerSecond } from './measure.js'
import { measureStream } from './stream-limit.js'

export interface Limits {
  /** ed25519 verifications a second on one core, by the fastest library at hand. */
  readonly v1: number
  /** The same on all cores, a thread each. */
  readonly vn: number
  /** SHA-256 of a 300-byte header, a second, by the fastest library at hand. */
  readonly h: number
  /** SHA-256 of the 65 bytes of a tree node, a second. */
  readonly h65: number
  /** LevelDB puts a second, 300-byte values in batches of 1,000. */
  readonly w: number
  /** LevelDB look-ups a second, by a thousand. */
  readonly g: number
  /** Synced LevelDB writes a second, one at a time. */
  readonly f: number
  /** Bytes a second on one libp2p stream between two processes over loopback, in frames of 256 KiB. */
  readonly n: number
}

export async function measureLimits(): Promise<Limits> {
  const v1 = await ratePerSecond(verifications)
  const hash = (size: number) => {
    const bytes = new Uint8Array(size).fill(7)
    return ratePerSecond(() => {
      for (let i = 0; i < 2_000; i++) sha256.digest(bytes)
      return 2_000
    }, 300)
  }
  const [h, h65] = [await hash(300), await hash(65)]
  const store = await measureStore()
  return { v1, vn: await measureAllCores(), h, h65, ...store, n: await measureStream() }
}

export function limitsReport({ v1, vn, h, h65, w, g, f, n }: Limits): Report {
  return {
    name: 'limits of this machine',
    workload:
      '300-byte messages and values; LevelDB on this machine’s temporary directory; libp2p over loopback',
    rows: [
      { what: 'V1: ed25519 verifications, one core', value: v1, unit: '/s' },
      { what: 'Vn: the same on all cores', value: vn, unit: '/s' },
      { what: 'H: SHA-256 of 300 bytes', value: h, unit: '/s' },
      { what: 'H65: SHA-256 of 65 bytes', value: h65, unit: '/s' },
      { what: 'W: LevelDB puts in batches of 1,000', value: w, unit: '/s' },
      { what: 'G: LevelDB look-ups by a thousand', value: g, unit: '/s' },
      { what: 'F: LevelDB synced writes, one by one', value: f, unit: '/s' },
      { what: 'N: libp2p stream between two processes', value: n / 1e6, unit: 'MB/s' },
    ],
  }
}

const ed25519 = fastestEd25519()
const sha256 = fastestSha256()
const seed = new Uint8Array(32).fill(1)
const publicKey = ed25519.publicKey(seed)
const message = new Uint8Array(300).fill(7)
const signature = ed25519.sign({ seed, message })

/** Two hundred of them. */
export function verifications(): number {
  for (let i = 0; i < 200; i++)
    if (!ed25519.verify({ publicKey, message, signature })) throw new Error('must verify')
  return 200
}

async function measureAllCores(): Promise<number> {
  const workers = cpus().map(() => new Worker(new URL('./verify-worker.js', import.meta.url)))
  const rates = await Promise.all(
    workers.map(
      (worker) =>
        new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject)),
    ),
  )
  await Promise.all(workers.map((worker) => worker.terminate()))
  return rates.reduce((sum, rate) => sum + rate, 0)
}

async function measureStore(): Promise<Pick<Limits, 'w' | 'g' | 'f'>> {
  const directory = await mkdtemp(join(tmpdir(), 'chirograph-bench-'))
  const db = new Level<Uint8Array, Uint8Array>(directory, { keyEncoding: 'view', valueEncoding: 'view' })
  await db.open()
  // Made beforehand: to make a random value takes as long as to put it.
  const values = Array.from({ length: 4_096 }, () => randomBytes(300))
  const valueAt = (index: number) => values[index % values.length] ?? randomBytes(300)
  let counter = 0
  const w = await ratePerSecond(async () => {
    const batch = db.batch()
    for (let i = 0; i < 1000; i++, counter++) batch.put(keyOf(counter), valueAt(counter))
    await batch.write()
    return 1000
  })
  const written = counter
  const g = await ratePerSecond(async () => {
    await db.getMany(Array.from({ length: 1000 }, () => keyOf(Math.floor(Math.random() * written))))
    return 1000
  })
  const f = await ratePerSecond(async () => {
    await db.batch([{ type: 'put', key: keyOf(counter++), value: valueAt(counter) }], { sync: true })
    return 1
  })
  await db.close()
  await rm(directory, { recursive: true })
  return { w, g, f }
}

function keyOf(counter: number): Uint8Array {
  const key = new Uint8Array(9)
  new DataView(key.buffer).setUint32(5, counter)
  return key
}
