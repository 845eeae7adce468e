import { type SignatureJob, type SignatureVerifier, signatureJobsMax } from '@chirograph/interface'
import { equal, is, ok, seeded, suite } from '../../workspace/kit.ts'
import { createSignatureDesk, deskJobsMin } from '../src/signature-desk.js'

suite('the signature desk', (it) => {
  it('makes one batch of what is asked in one turn, and gives each its own answers', async () => {
    const { verifier, batches } = verifierOf((jobs) => jobs.map(isRight))
    const desk = createSignatureDesk(verifier)
    const asked = [jobsOf(true, false), jobsOf(false), jobsOf(), jobsOf(...Array<boolean>(9).fill(true))]
    const answers = await Promise.all(asked.map((jobs) => desk.check(jobs)))
    equal(answers, [[true, false], [false], [], Array(9).fill(true)])
    equal(batches, [12])
  })

  it('leaves a few signatures to the caller, who checks them sooner than a thread is asked', async () => {
    const { verifier, batches } = verifierOf((jobs) => jobs.map(isRight))
    const desk = createSignatureDesk(verifier)
    const few = await desk.check(jobsOf(...Array<boolean>(deskJobsMin - 1).fill(true)))
    equal(few, Array(deskJobsMin - 1).fill(undefined))
    equal(batches, [])
    equal(await desk.check(jobsOf(...Array<boolean>(deskJobsMin).fill(true))), Array(deskJobsMin).fill(true))
  })

  it('leaves everything to the caller when the threads do not answer', async () => {
    const { verifier } = verifierOf(() => {
      throw new Error('stopped')
    })
    const answers = await createSignatureDesk(verifier).check(jobsOf(...Array<boolean>(20).fill(true)))
    equal(answers, Array(20).fill(undefined))
  })

  it('never has more under way than the threads take, and lets whoever is above it wait', async () => {
    const random = seeded(7)
    let underWay = 0
    let most = 0
    const verifier: SignatureVerifier = {
      async verify(jobs) {
        underWay += jobs.length
        most = Math.max(most, underWay)
        await new Promise((resolve) => setTimeout(resolve, 1 + random.int(4)))
        underWay -= jobs.length
        return jobs.map(isRight)
      },
      stop: async () => {},
    }
    const desk = createSignatureDesk(verifier)
    const asked = Array.from({ length: 40 }, () =>
      jobsOf(...Array.from({ length: 1 + random.int(3_000) }, () => random.chance(0.5))),
    )
    const answers = await Promise.all(asked.map((jobs) => desk.check(jobs)))
    equal(
      answers,
      asked.map((jobs) => jobs.map(isRight)),
    )
    ok(most > signatureJobsMax / 2, `${most} at most`)
    ok(most <= signatureJobsMax, `${most} at most`)
    is(underWay, 0)
  })
})

function verifierOf(answer: (jobs: readonly SignatureJob[]) => boolean[]) {
  const batches: number[] = []
  const verifier: SignatureVerifier = {
    async verify(jobs) {
      batches.push(jobs.length)
      return answer(jobs)
    },
    stop: async () => {},
  }
  return { verifier, batches }
}

/** Jobs that say themselves whether they are right. */
function jobsOf(...right: readonly boolean[]): SignatureJob[] {
  const publicKey = new Uint8Array(32)
  return right.map((one) => ({ publicKey, message: Uint8Array.of(one ? 1 : 0), signature: publicKey }))
}

function isRight({ message }: SignatureJob): boolean {
  return message[0] === 1
}
