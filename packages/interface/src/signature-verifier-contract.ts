/**
 * The SignatureVerifier port as executable claims. This package knows no signatures, so the suite is given jobs with
 * the verdict that the pinned rule has on each: `signatureVerifierContract('my pool', { make, cases }, kit)`.
 */
import type { ContractKit } from './contract-kit.js'
import { signatureJobsMax } from './limits.js'
import type { SignatureJob, SignatureVerifier } from './signature-verifier.js'

/** A job and the verdict of the rule. Cases need one at least that is right, and one that is not. */
export interface JudgedJob extends SignatureJob {
  readonly accepted: boolean
}

export interface SignatureVerifierSubject {
  readonly make: () => Promise<SignatureVerifier>
  readonly cases: readonly JudgedJob[]
}

export function signatureVerifierContract(
  name: string,
  subject: SignatureVerifierSubject,
  kit: ContractKit,
): void {
  kit.suite(`${name} keeps the SignatureVerifier contract`, (it) => {
    const claim: VerifierClaim = (title, body) =>
      it(title, async () => {
        const verifier = await subject.make()
        try {
          await body(verifier)
        } finally {
          await verifier.stop()
        }
      })
    claimVerdicts(claim, subject.cases, kit)
    claimBytes(claim, subject.cases, kit)
    claimBounds(claim, subject.cases, kit)
  })
}

type VerifierClaim = (title: string, body: (verifier: SignatureVerifier) => Promise<void>) => void

function claimVerdicts(claim: VerifierClaim, cases: readonly JudgedJob[], { equal, ok }: ContractKit): void {
  claim('gives every case the verdict of the rule, alone', async (verifier) => {
    ok(cases.some(({ accepted }) => accepted) && cases.some(({ accepted }) => !accepted))
    for (const one of cases) equal(await verifier.verify([one]), [one.accepted])
  })

  claim('gives it the same verdict among hundreds, in the order of the jobs', async (verifier) => {
    const asked = jobsOf(cases, 600)
    equal(await verifier.verify(asked), verdictsOf(asked))
  })

  claim('answers batches of any size at once, each in its own order', async (verifier) => {
    const batches = Array.from({ length: 40 }, (_, i) => jobsOf(cases, (i * i) % 211, i))
    equal(await Promise.all(batches.map((batch) => verifier.verify(batch))), batches.map(verdictsOf))
  })

  claim('answers an empty batch', async (verifier) => equal(await verifier.verify([]), []))
}

function claimBytes(claim: VerifierClaim, cases: readonly JudgedJob[], { equal }: ContractKit): void {
  claim('answers false to bytes of any content and length', async (verifier) => {
    const { publicKey, message, signature } = rightOf(cases)
    const off: SignatureJob[] = [
      { publicKey, message, signature: signature.subarray(1) },
      { publicKey: publicKey.subarray(1), message, signature },
      { publicKey, message, signature: Uint8Array.of(...signature, 0) },
      { publicKey: Uint8Array.of(...publicKey, 0), message, signature },
    ]
    const nonsense = Array.from({ length: 100 }, (_, i) => ({
      publicKey: new Uint8Array(i % 37).fill(i),
      message: new Uint8Array((i * 31) % 3_000),
      signature: new Uint8Array(i).fill(255 - i),
    }))
    const asked = jobsOf(cases, 20)
    equal(await verifier.verify([...off, ...nonsense, ...asked]), [
      ...Array(off.length + nonsense.length).fill(false),
      ...verdictsOf(asked),
    ])
  })

  claim('reads views and shared memory, and leaves them to the caller', async (verifier) => {
    const right = rightOf(cases)
    const forms: ((bytes: Uint8Array) => Uint8Array)[] = [
      (bytes) => bytes.slice(),
      (bytes) => Uint8Array.of(9, 9, 9, ...bytes, 9).subarray(3, 3 + bytes.length),
      (bytes) => {
        const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
        shared.set(bytes)
        return shared
      },
    ]
    const formed = forms.map((form) => ({
      publicKey: form(right.publicKey),
      message: form(right.message),
      signature: form(right.signature),
    }))
    const asked = Array.from({ length: 30 }, (_, i) => formed[i % formed.length] ?? right)
    equal(await verifier.verify(asked), Array(30).fill(true))
    for (const one of formed)
      equal(
        [Array.from(one.message), Array.from(one.signature)],
        [Array.from(right.message), Array.from(right.signature)],
      )
  })
}

function claimBounds(claim: VerifierClaim, cases: readonly JudgedJob[], kit: ContractKit): void {
  const { equal, failsWith } = kit

  claim('refuses more than may wait before it begins, and goes on afterwards', async (verifier) => {
    const right = rightOf(cases)
    const asked = jobsOf(cases, 100)
    const tooMany = verifier.verify(Array(signatureJobsMax + 1).fill(right))
    await failsWith('SIGNATURES_QUEUE_FULL', () => tooMany)
    const first = verifier.verify(asked)
    const oneMore = verifier.verify(Array(signatureJobsMax - asked.length + 1).fill(right))
    await failsWith('SIGNATURES_QUEUE_FULL', () => oneMore)
    equal(await first, verdictsOf(asked))
    equal(await verifier.verify(asked), verdictsOf(asked))
  })

  claim('rejects what waits when it is stopped, and everything after that', async (verifier) => {
    const isStopped = (count: number) => {
      const answer = verifier.verify(jobsOf(cases, count))
      return failsWith('SIGNATURES_STOPPED', () => answer)
    }
    const waiting = [3, 500, 2_000].map(isStopped)
    const stopping = verifier.stop()
    const late = [0, 1, 100].map(isStopped)
    await Promise.all([stopping, ...waiting, ...late])
    equal(await verifier.stop(), undefined)
  })
}

/** So many of the cases, one after another, from one of them on. */
function jobsOf(cases: readonly JudgedJob[], count: number, from = 0): JudgedJob[] {
  // 7 shares no factor with most lengths, so neighbours are not those of the list.
  return Array.from({ length: count }, (_, i) => cases[(from + 7 * i) % cases.length] ?? rightOf(cases))
}

function verdictsOf(asked: readonly JudgedJob[]): boolean[] {
  return asked.map(({ accepted }) => accepted)
}

function rightOf(cases: readonly JudgedJob[]): JudgedJob {
  const right = cases.find(({ accepted, message }) => accepted && message.length > 0)
  if (right === undefined) throw new Error('the cases hold no right signature over some message')
  return right
}
