/** Checking on the main thread: the contract, and that the event loop turns in between. */
import type { Ed25519 } from '@chirograph/crypto'
import { signatureVerifierContract } from '@chirograph/interface'
import * as kit from '../../workspace/kit.ts'
import { equal, failsWith, is, ok, suite } from '../../workspace/kit.ts'
import { createSlicedVerifier, fastestEd25519 } from '../src/index.ts'
import { jobs, published, verdictsOf } from './judged-jobs.ts'

signatureVerifierContract(
  'slices',
  { make: async () => createSlicedVerifier({ ed25519: fastestEd25519() }), cases: published },
  kit,
)

/** A back end that takes a millisecond for each signature. */
function slowEd25519(onVerify: () => void): Ed25519 {
  const fast = fastestEd25519()
  return {
    ...fast,
    verify(asked) {
      onVerify()
      for (const untilMs = performance.now() + 1; performance.now() < untilMs; );
      return fast.verify(asked)
    },
  }
}

/** The most signatures checked between two turns of the event loop. */
async function longestSlice(run: (ed25519: Ed25519) => Promise<void>): Promise<number> {
  let longest = 0
  let current = 0
  let isRunning = true
  const turn = () => {
    current = 0
    if (isRunning) setImmediate(turn)
  }
  setImmediate(turn)
  await run(
    slowEd25519(() => {
      longest = Math.max(longest, ++current)
    }),
  )
  isRunning = false
  return longest
}

suite('slices', (it) => {
  it('let the event loop turn after 5 ms, in one batch', async () => {
    const longest = await longestSlice(async (ed25519) => {
      const verifier = createSlicedVerifier({ ed25519 })
      equal(await verifier.verify(jobs(60)), verdictsOf(jobs(60)))
    })
    ok(longest >= 1 && longest <= 5, `${longest} signatures of 1 ms in a row`)
  })

  it('let it turn as often where many ask for one signature at once', async () => {
    const longest = await longestSlice(async (ed25519) => {
      const verifier = createSlicedVerifier({ ed25519 })
      await Promise.all(jobs(60).map((one) => verifier.verify([one])))
    })
    ok(longest >= 1 && longest <= 5, `${longest} signatures of 1 ms in a row`)
  })

  it('let it turn as often where one asks again and again', async () => {
    const longest = await longestSlice(async (ed25519) => {
      const verifier = createSlicedVerifier({ ed25519 })
      for (const one of jobs(60)) await verifier.verify([one])
    })
    ok(longest >= 1 && longest <= 5, `${longest} signatures of 1 ms in a row`)
  })

  it('last as long as they are told to', async () => {
    const longest = await longestSlice(async (ed25519) => {
      await createSlicedVerifier({ ed25519, sliceMs: 1 }).verify(jobs(20))
    })
    is(longest, 1)
  })

  it('pass on what the back end throws, and go on with the next call', async () => {
    const fault = Object.assign(new Error('a bug'), { code: 'BUG' })
    let isBroken = true
    const ed25519: Ed25519 = {
      ...fastestEd25519(),
      verify() {
        if (isBroken) throw fault
        return true
      },
    }
    const verifier = createSlicedVerifier({ ed25519 })
    is(await failsWith('BUG', verifier.verify(jobs(1))), fault)
    isBroken = false
    equal(await verifier.verify(jobs(1)), [true])
  })
})
