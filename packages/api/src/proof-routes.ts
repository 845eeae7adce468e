/** Portable status proofs, and verdicts. */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { fromBase64url, parseJson } from '@chirograph/codec'
import { readReceipt } from '@chirograph/credential'
import { type ChirographNode, pathBytes, type RegistrarEntry } from '@chirograph/node'
import { credentialBytesMax, describeVerdict } from '@chirograph/verifier'
import { keyCharactersMax, proofCharactersMax } from './limits.js'
import { ApiError, badRequest } from './problem.js'
import { readRequest } from './request.js'
import { findOne, referenceOf } from './targets.js'
import type { VerifyAnswer } from './wire.js'

export const statusProofType = 'application/vnd.chirograph.status-proof+cbor'

const document = z.record(z.string(), z.unknown())

const proofRequest = z.union([
  z.strictObject({ key: z.string().min(1).max(keyCharactersMax) }),
  z.strictObject({ credential: document, receipt: document.optional() }),
])

const verifyRequest = z.strictObject({
  /** The credential, or its JSON text: only the text shows a member that is there twice. */
  credential: z.union([document, z.string()]),
  proof: z.string().max(proofCharactersMax).optional(),
  receipt: document.optional(),
  maxAgeSeconds: z.number().int().nonnegative().optional(),
})

export function addProofRoutes(app: FastifyInstance, node: ChirographNode): void {
  app.post('/v1/proofs', async (request, reply) => {
    const asked = readRequest(proofRequest, request.body)
    const bytes =
      'key' in asked
        ? proofOfEntry(node, await findOne(node, asked.key))
        : await proofOfCredential(node, asked.credential, asked.receipt)
    return reply.type(statusProofType).send(Buffer.from(bytes))
  })

  app.post('/v1/verify', async (request): Promise<VerifyAnswer> => {
    const { credential, proof, receipt, maxAgeSeconds } = readRequest(verifyRequest, request.body)
    const proofBytes = proof === undefined ? await freshProof(node, credential, receipt) : bytesOfProof(proof)
    const verdict = await node.verify(credential, {
      ...(proofBytes && { proof: proofBytes }),
      ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
    })
    return { verdict, description: describeVerdict(verdict) }
  })
}

/** A credential of any member: its own receipt leads to its batch; ours are known to the registrar. */
async function proofOfCredential(
  node: ChirographNode,
  credential: unknown,
  receiptDocument: unknown,
): Promise<Uint8Array> {
  const { id, issuerOrg, handle } = referenceOf(node, credential)
  if (receiptDocument === undefined) {
    if (issuerOrg === node.org) return proofOfEntry(node, await findOne(node, id))
    throw new ApiError({
      code: 'API_RECEIPT_NEEDED',
      what: 'the credential was issued by another institution, and its receipt is not given',
      hint: 'give the receipt that came with the credential',
      status: 422,
    })
  }
  const reading = readReceipt(receiptDocument)
  if (reading.kind === 'reject') {
    throw badRequest(
      `the receipt cannot be read (${reading.reason}: ${reading.detail})`,
      'give the receipt that came with the credential',
    )
  }
  const { batch, index, path, networkId, issuerOrg: receiptOrg } = reading.receipt
  if (networkId !== node.networkId || receiptOrg !== issuerOrg) {
    throw badRequest(
      'the receipt belongs to another credential',
      'give the receipt that came with this credential',
    )
  }
  return node.proveStatus({ org: issuerOrg, handle, batch, index, path })
}

function proofOfEntry(node: ChirographNode, entry: RegistrarEntry): Uint8Array {
  if (entry.batch === null) {
    throw new ApiError({
      code: 'PROOF_BATCH_NOT_FINAL',
      what: 'the batch of this credential is not published yet',
      hint: 'wait a moment and ask again',
      status: 409,
    })
  }
  return node.proveStatus({
    org: node.org,
    handle: Uint8Array.from(Buffer.from(entry.handle, 'hex')),
    batch: entry.batch,
    index: entry.index,
    path: pathBytes(entry),
  })
}

/** With a receipt, a proof of now for any member's credential. What it cannot prove, the verdict says. */
async function freshProof(
  node: ChirographNode,
  credential: unknown,
  receipt: unknown,
): Promise<Uint8Array | undefined> {
  if (receipt === undefined) return undefined
  const parsed = parsedCredential(credential)
  if (parsed === undefined) return undefined
  try {
    return await proofOfCredential(node, parsed, receipt)
  } catch (error) {
    if (error instanceof ApiError && error.code === 'API_BAD_REQUEST') throw error
    return undefined
  }
}

function parsedCredential(credential: unknown): unknown {
  if (typeof credential !== 'string') return credential
  const parsed = parseJson(credential, { bytesMax: credentialBytesMax })
  return parsed.ok ? parsed.value : undefined
}

function bytesOfProof(text: string): Uint8Array {
  const bytes = fromBase64url(text)
  if (bytes === undefined) throw badRequest('the proof is not base64url', 'encode its bytes without padding')
  return bytes
}
