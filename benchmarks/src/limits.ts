/** What this machine can do at best, measured in the same run: the other side of every ratio. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { fastestEd25519 } from '@chirograph/crypto-native'
import { type Report, ratePerSecond } from './measure.js'

export interface Limits {
  /** ed25519 verifications a second on one core, by the fastest library at hand. */
  readonly v1: number
  /** LevelDB puts a second, 300-byte values in batches of 1,000. */
  readonly w: number
  /** Synced LevelDB writes a second, one at a time. */
  readonly f: number
}

export async function measureLimits(): Promise<Limits> {
  const ed25519 = fastestEd25519()
  const seed = new Uint8Array(32).fill(1)
  const publicKey = ed25519.publicKey(seed)
  const message = new Uint8Array(300).fill(7)
  const signature = ed25519.sign({ seed, message })
  const v1 = await ratePerSecond(() => {
    for (let i = 0; i < 200; i++)
      if (!ed25519.verify({ publicKey, message, signature })) throw new Error('must verify')
    return 200
  })
  const directory = await mkdtemp(join(tmpdir(), 'chirograph-bench-'))
  const db = new Level<Uint8Array, Uint8Array>(directory, { keyEncoding: 'view', valueEncoding: 'view' })
  await db.open()
  let counter = 0
  const put = () => ({ type: 'put' as const, key: keyOf(counter++), value: randomBytes(300) })
  const w = await ratePerSecond(async () => {
    await db.batch(Array.from({ length: 1000 }, put))
    return 1000
  })
  const f = await ratePerSecond(async () => {
    await db.batch([put()], { sync: true })
    return 1
  })
  await db.close()
  await rm(directory, { recursive: true })
  return { v1, w, f }
}

export function limitsReport({ v1, w, f }: Limits): Report {
  return {
    name: 'limits of this machine',
    workload: '300-byte messages and values; LevelDB on this machine’s temporary directory',
    rows: [
      { what: 'V1: ed25519 verifications, one core', value: v1, unit: '/s' },
      { what: 'W: LevelDB puts in batches of 1,000', value: w, unit: '/s' },
      { what: 'F: LevelDB synced writes, one by one', value: f, unit: '/s' },
    ],
  }
}

function keyOf(counter: number): Uint8Array {
  const key = new Uint8Array(9)
  new DataView(key.buffer).setUint32(5, counter)
  return key
}
