/** Two credentials that ought to fail: one that was signed but never logged, and one in another's name. */
import { randomBytes } from 'node:crypto'
import { toHex } from '@chirograph/codec'
import {
  type Batch,
  type CohortRow,
  type IssuedCredential,
  type JsonObject,
  jcsProof,
  prepareBatch,
} from '@chirograph/credential'
import { didKeyOf, didKeyVerificationMethod } from '@chirograph/crypto'
import { buildBatch, credentialDigest, handleOf, leafOf } from '@chirograph/event'
import { type Genesis, networkIdOf } from '@chirograph/status'
import { ed25519, type Institution } from './institutions.js'

export interface Forgery {
  readonly credential: JsonObject
  readonly handle: Uint8Array
  readonly index: number
  readonly path: readonly Uint8Array[]
  /** What the forger really puts on the log. */
  readonly batch: Batch
}

/** Signs one credential as the institution would, without telling the log. */
export function signWithoutLogging(
  genesis: Genesis,
  { issuer, row, position }: { issuer: Institution; row: CohortRow; position: number },
): IssuedCredential & { readonly batch: Batch } {
  const verificationMethod = didKeyVerificationMethod(ed25519.publicKey(issuer.seeds.assertion))
  const prepared = prepareBatch({
    rows: [row],
    issuer: { did: didOf(issuer), name: issuer.name },
    issuerOrg: issuer.org,
    positions: [position],
    networkId: toHex(networkIdOf(genesis)),
    statusListBase: genesis.statusListBase,
    randomBytes: random,
    nowMs: Date.now(),
    seed: issuer.seeds.assertion,
    verificationMethod,
    ed25519,
  })
  if (prepared.kind === 'reject') throw new Error(`${prepared.reason}: ${prepared.detail}`)
  const [credential] = prepared.credentials
  if (!credential) throw new Error('one credential was asked for')
  return { ...credential, batch: prepared.batch }
}

/**
 * What a member could try: its own credential with the college's name and identifiers written over its own, signed
 * with its own key, in a batch that it really puts on the log.
 */
export function forgeInName(
  genesis: Genesis,
  {
    row,
    position,
    victim,
    forger,
  }: { row: CohortRow; position: number; victim: Institution; forger: Institution },
): Forgery {
  const own = signWithoutLogging(genesis, { issuer: forger, row, position })
  const { proof: _, issuer, credentialStatus, ...claims } = own.credential
  const statuses = Array.isArray(credentialStatus) ? credentialStatus : []
  const document = {
    ...claims,
    issuer: { ...(issuer as JsonObject), id: didOf(victim), name: victim.name }, // prepareBatch makes it an object
    credentialStatus: statuses.map((entry) =>
      entry.type === 'ChirographStatusEntry' ? { ...entry, issuer: victim.org } : entry,
    ),
  }
  const seed = forger.seeds.assertion
  const verificationMethod = didKeyVerificationMethod(ed25519.publicKey(seed))
  const created = new Date().toISOString()
  const proof = jcsProof({ document, verificationMethod, created, seed, ed25519 })
  const handle = handleOf({ issuer: victim.org, nonce: own.nonce })
  const leaf = leafOf({ handle, digest: credentialDigest(document) })
  const tree = buildBatch({ leaves: [leaf], blind: () => random(32) })
  const batch = { ...own.batch, root: tree.root, paddedSize: tree.paddedSize }
  return { credential: { ...document, proof: [proof] }, handle, index: 0, path: tree.pathOf(0), batch }
}

function didOf(institution: Institution): string {
  return didKeyOf(ed25519.publicKey(institution.seeds.assertion))
}

function random(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length))
}
