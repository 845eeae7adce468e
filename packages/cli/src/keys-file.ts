/** The secret keys of an institution in their file: made once, readable by its owner, never replaced. */
import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { z } from 'zod'
import { fromHex, toHex } from '@chirograph/codec'
import { ED25519_SEED_BYTES } from '@chirograph/crypto'
import type { InstitutionSeeds } from '@chirograph/node'
import { jsonText, readShaped, writeWhole } from './files.js'

export function newSeeds(): InstitutionSeeds {
  const seed = (): Uint8Array => new Uint8Array(randomBytes(ED25519_SEED_BYTES))
  return { log: seed(), nextLog: seed(), consensus: seed(), assertion: seed(), transport: seed() }
}

export async function writeSeeds(path: string, seeds: InstitutionSeeds): Promise<void> {
  const { log, nextLog, consensus, assertion, transport } = seeds
  const document = {
    version: 1,
    type: 'chirograph-keys',
    warning: 'Secret. Keep a copy offline. Never use the same keys on two machines at once.',
    seeds: {
      log: toHex(log),
      nextLog: toHex(nextLog),
      consensus: toHex(consensus),
      assertion: toHex(assertion),
      transport: toHex(transport),
    },
  }
  await writeWhole(path, jsonText(document), { mode: 0o600, isNew: true })
}

const seed = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected 32 bytes in hex')
  .transform((hex) => fromHex(hex) ?? new Uint8Array())

const keysShape = z.strictObject({
  version: z.literal(1),
  type: z.literal('chirograph-keys'),
  warning: z.string().optional(),
  seeds: z.strictObject({ log: seed, nextLog: seed, consensus: seed, assertion: seed, transport: seed }),
})

export async function readSeeds(path: string): Promise<InstitutionSeeds> {
  return (
    await readShaped(path, keysShape, 'restore it from your copy; new keys would be another institution')
  ).seeds
}

/** Whether others on this machine can read the keys; not asked on Windows, where modes say nothing. */
export async function isExposed(path: string): Promise<boolean> {
  if (process.platform === 'win32') return false
  return ((await stat(path)).mode & 0o077) !== 0
}
