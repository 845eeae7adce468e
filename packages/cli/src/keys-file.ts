/** The secret keys of an institution in their file: made once, readable by its owner; a rotation replaces the log keys. */
import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { z } from 'zod'
import { fromHex, toHex } from '@chirograph/codec'
import { ED25519_SEED_BYTES } from '@chirograph/crypto'
import { type OrgId, parseOrgId } from '@chirograph/event'
import type { InstitutionSeeds, KeptSeeds } from '@chirograph/node'
import { jsonText, readShaped, writeWhole } from './files.js'

export function newSeeds(): InstitutionSeeds {
  const seed = (): Uint8Array => new Uint8Array(randomBytes(ED25519_SEED_BYTES))
  return { log: seed(), nextLog: seed(), consensus: seed(), assertion: seed(), transport: seed() }
}

/** The file of a new institution. */
export async function writeSeeds(path: string, seeds: KeptSeeds): Promise<void> {
  await writeWhole(path, textOf(seeds), { mode: 0o600, isNew: true })
}

/** In the place of the former ones, on disk when this resolves: a rotation commits to what it holds. */
export async function replaceSeeds(path: string, seeds: KeptSeeds): Promise<void> {
  await writeWhole(path, textOf(seeds), { mode: 0o600, isSynced: true })
}

function textOf(kept: KeptSeeds): string {
  const { org, log, nextLog, laterLog, consensus, nextConsensus, laterConsensus, assertion, transport } = kept
  return jsonText({
    version: 1,
    type: 'chirograph-keys',
    warning: 'Secret. Keep a copy offline. Never use the same keys on two machines at once.',
    ...(org !== undefined && { org }),
    seeds: {
      log: toHex(log),
      nextLog: toHex(nextLog),
      ...(laterLog !== undefined && { laterLog: toHex(laterLog) }),
      consensus: toHex(consensus),
      ...(nextConsensus !== undefined && { nextConsensus: toHex(nextConsensus) }),
      ...(laterConsensus !== undefined && { laterConsensus: toHex(laterConsensus) }),
      assertion: toHex(assertion),
      transport: toHex(transport),
    },
  })
}

const seed = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected 32 bytes in hex')
  .transform((hex) => fromHex(hex) ?? new Uint8Array())

const keysShape = z.strictObject({
  version: z.literal(1),
  type: z.literal('chirograph-keys'),
  warning: z.string().optional(),
  /** Once a rotation was prepared: the id does not follow from the current keys any more. */
  org: z
    .string()
    .transform((text, context): OrgId => {
      const org = parseOrgId(text)
      if (org !== undefined) return org
      context.addIssue('expected the id of an organisation, 64 hex characters')
      return z.NEVER
    })
    .optional(),
  seeds: z.strictObject({
    log: seed,
    nextLog: seed,
    laterLog: seed.optional(),
    consensus: seed,
    nextConsensus: seed.optional(),
    laterConsensus: seed.optional(),
    assertion: seed,
    transport: seed,
  }),
})

export async function readSeeds(path: string): Promise<KeptSeeds> {
  const hint = 'restore it from your copy; new keys would be another institution'
  const { org, seeds } = await readShaped(path, keysShape, hint)
  return org === undefined ? seeds : { ...seeds, org }
}

/** Whether others on this machine can read the keys; not asked on Windows, where modes say nothing. */
export async function isExposed(path: string): Promise<boolean> {
  if (process.platform === 'win32') return false
  return ((await stat(path)).mode & 0o077) !== 0
}
