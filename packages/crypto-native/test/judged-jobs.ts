/** Jobs made of the published ed25519 vectors, with the verdict of the pinned rule on each. */
import type { JudgedJob } from '@chirograph/interface'
import { rfc8032Vectors, speccheckCases } from '../../crypto/test/ed25519-vectors.ts'
import { seeded } from '../../workspace/kit.ts'

export const published: readonly JudgedJob[] = [
  ...rfc8032Vectors.map(({ publicKey, message, signature }) => ({
    publicKey,
    message,
    signature,
    accepted: true,
  })),
  ...speccheckCases,
]

/** So many of them, in an order that is always the same and no list's. */
export function jobs(count: number): JudgedJob[] {
  const random = seeded(41)
  return Array.from({ length: count }, () => random.pick(published))
}

export function verdictsOf(asked: readonly JudgedJob[]): boolean[] {
  return asked.map(({ accepted }) => accepted)
}
