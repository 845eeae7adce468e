/**
 * Jobs on their way to a thread: one buffer that is handed over whole, because cloning some hundreds of small arrays
 * costs more than it saves. Both ends are this process, so numbers are in the machine's own order.
 *
 *   count, then for each job the lengths of key, message and signature, all 32 bits; then all their bytes
 */
import type { Ed25519 } from '@chirograph/crypto'
import type { SignatureJob } from '@chirograph/interface'

export function packJobs(jobs: readonly SignatureJob[]): ArrayBuffer {
  const head = Uint32Array.BYTES_PER_ELEMENT * (1 + 3 * jobs.length)
  let size = head
  for (const { publicKey, message, signature } of jobs)
    size += publicKey.length + message.length + signature.length
  const bytes = new Uint8Array(size)
  const numbers = new Uint32Array(bytes.buffer, 0, 1 + 3 * jobs.length)
  numbers[0] = jobs.length
  let number = 1
  let end = head
  for (const { publicKey, message, signature } of jobs) {
    for (const part of [publicKey, message, signature]) {
      numbers[number++] = part.length
      bytes.set(part, end)
      end += part.length
    }
  }
  return bytes.buffer
}

/** One byte for each job, 1 where the signature is right and 0 where it is not. */
export function checkPacked(ed25519: Ed25519, packed: ArrayBuffer): Uint8Array {
  const [count = 0] = new Uint32Array(packed, 0, 1)
  const lengths = new Uint32Array(packed, Uint32Array.BYTES_PER_ELEMENT, 3 * count)
  const verdicts = new Uint8Array(count)
  let end = Uint32Array.BYTES_PER_ELEMENT * (1 + 3 * count)
  const take = (part: number): Uint8Array => {
    const start = end
    end += lengths[part] as number // there are three for each job
    return new Uint8Array(packed, start, end - start)
  }
  for (let i = 0; i < count; i++) {
    const job = { publicKey: take(3 * i), message: take(3 * i + 1), signature: take(3 * i + 2) }
    verdicts[i] = ed25519.verify(job) ? 1 : 0
  }
  return verdicts
}
