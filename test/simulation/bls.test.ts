/** Clusters whose certificates are sums of BLS signatures, under the same faults and oracles as all others. */
import '../native.ts'
import { encodeMessage, type Message } from '@chirograph/consensus'
import { blsSecretKeyOf, nobleBls } from '@chirograph/crypto'
import { fastestBls } from '@chirograph/crypto-native'
import { step } from '@chirograph/replica'
import { createSimulation, drawCertificates, runSeed } from '@chirograph/simulator'
import { infinityG2, refusedSignatures } from '../../packages/crypto/test/bls-vectors.ts'
import { rememberingBls } from '../../packages/simulator/src/remembering-bls.ts'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'

suite('simulation with BLS certificates', (it) => {
  it(
    'seeds 50000 to 50011 agree, stay within H0 to H5, and finalise everything, whoever is Byzantine',
    () => {
      const sum = {
        crashes: 0,
        partitions: 0,
        lost: 0,
        checkpoints: 0,
        actors: 0,
        framesRefused: 0,
        withBls: 0,
      }
      for (let seed = 50_000; seed < 50_012; seed++) {
        const { counts } = runSeed({ seed, certificates: 'bls12-381' })
        for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += counts[key] // the keys written above
      }
      is(sum.withBls, 12)
      for (const [fault, count] of Object.entries(sum)) ok(count > 5, `too few of ${fault}: ${count}`)
    },
    { timeoutMs: 150_000 },
  )

  it(
    'a framer alters sums of others, and each is refused',
    () => {
      const actors = [{ name: 'framer', node: 1 }] as const
      const { counts } = runSeed({ seed: 3, size: 4, actors, certificates: 'bls12-381' })
      ok(counts.framesRefused > 0)
      is(counts.equivocationsProven, 0)
    },
    { timeoutMs: 60_000 },
  )

  it(
    'a double voter is named by two votes that only its own key can have signed',
    () => {
      const actors = [{ name: 'double-voter', node: 2 }] as const
      const { counts } = runSeed({ seed: 4, size: 4, actors, certificates: 'bls12-381' })
      ok(counts.equivocationsProven > 0)
    },
    { timeoutMs: 60_000 },
  )

  it('a replica refuses votes and certificates of hostile points for what they are, and goes on', () => {
    const simulation = createSimulation({ seed: 2, size: 4, certificates: 'bls12-381' })
    const replica = simulation.nodes[0]?.replica
    ok(replica)
    const { set, consensus } = replica
    const { epoch, setHash } = set
    const vote = { type: 'final', epoch, setHash, view: consensus.view, digest: 'ab'.repeat(32) } as const
    const points = [infinityG2, ...Object.values(refusedSignatures).filter((one) => one.length === 96)]
    const saidTo = (message: Message) =>
      step(replica, { kind: 'message', bytes: encodeMessage(message), from: 'somebody', nowMs: 0 }).flatMap(
        (effect) => (effect.kind === 'rejected' ? [effect.reason] : []),
      )
    for (const signature of points) {
      equal(saidTo({ kind: 'vote', vote: { ...vote, signer: 1, signature } }), ['bad-vote'])
      const certificate = {
        ...vote,
        scheme: 2,
        height: 0,
        signers: Uint8Array.of(7),
        signatures: [signature],
      }
      equal(saidTo({ kind: 'certificate', certificate }), ['bad-certificate'])
    }
    const list = { ...vote, scheme: 1, height: 0, signers: Uint8Array.of(7) }
    const signatures = [1, 2, 3].map(() => new Uint8Array(64))
    equal(saidTo({ kind: 'certificate', certificate: { ...list, signatures } }), ['bad-certificate'])
    equal(saidTo({ kind: 'vote', vote: { ...vote, signer: 1, signature: new Uint8Array(64) } }), ['bad-vote'])
    is(replica.consensus.view, consensus.view)
  })

  it('takes the same course twice, and with either back end', () => {
    const run = {
      seed: 21,
      size: 4,
      events: 2,
      faultsMs: 1_000,
      actors: [],
      certificates: 'bls12-381',
    } as const
    is(runSeed(run).digest, runSeed(run).digest)
    const digests = [fastestBls(), nobleBls].map((bls) => {
      const simulation = createSimulation({ seed: 8, size: 4, certificates: 'bls12-381', bls })
      simulation.publish(0, {
        kind: 'credential.issueBatch',
        root: new Uint8Array(32),
        paddedSize: 16,
        recordClass: 'certificate-noncredit',
        credentialType: 'open-badge-3',
        schemaDigest: new Uint8Array(32),
      })
      simulation.runUntil(() => simulation.isSettled(), { limitMs: 20_000 })
      ok(simulation.oracles.counts.certificates > 0)
      return simulation.trace.digest()
    })
    is(digests[0], digests[1])
  })

  it('is what about one seed of eight has', () => {
    const drawn = Array.from({ length: 4_000 }, (_, seed) => drawCertificates(seed))
    const withBls = drawn.filter((one) => one === 'bls12-381').length
    ok(withBls > 400 && withBls < 600, `${withBls} of 4,000`)
  })
})

suite('remembered BLS answers', (it) => {
  it('are those of the back end, asked once for each question', () => {
    const asked: string[] = []
    const native = fastestBls()
    const bls = rememberingBls({
      ...native,
      verify(args) {
        asked.push('verify')
        return native.verify(args)
      },
    })
    const secretKeys = [1, 2].map((fill) => blsSecretKeyOf(new Uint8Array(32).fill(fill)))
    const publicKeys = secretKeys.map((secretKey) => bls.publicKey(secretKey))
    const message = new Uint8Array(40).fill(7)
    const signatures = secretKeys.map((secretKey) => bls.sign({ secretKey, message }))
    const signature = bls.aggregate(signatures)
    ok(signature)
    equal(signature, native.aggregate(signatures))
    for (let times = 0; times < 2; times++) {
      is(bls.verify({ publicKeys, message, signature }), true)
      is(bls.verify({ publicKeys: publicKeys.slice(1), message, signature }), false)
      is(bls.verify({ publicKeys, message: message.subarray(1), signature }), false)
    }
    is(asked.length, 3)
    is(bls.checkedCount(), 3)
    // What one node does with its copy is not seen by the others.
    bls.sign({ secretKey: secretKeys[0] as Uint8Array, message }).fill(0)
    equal(bls.sign({ secretKey: secretKeys[0] as Uint8Array, message }), signatures[0])
  })
})
