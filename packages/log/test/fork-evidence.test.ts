/** The proof of a fork: rules L9, L10 and L29. */
import { nobleEd25519 } from '@chirograph/crypto'
import type { ForkEvidence, VerifiedEvent } from '@chirograph/event'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import {
  checkForkEvidence,
  createLog,
  decodeForkEvidence,
  encodeForkEvidence,
  forkEvidenceOf,
  forksOf,
  placeOfForkEvidence,
  planCut,
  recordFork,
} from '../src/index.ts'
import { after, logOf, make, networkId, nobody, org, signingAuthor, unlimited } from './world.ts'

const college = signingAuthor(1)
const other = signingAuthor(5)
const far = { sequence: 3_000_000_000, prev: college.make().id, timeMs: 1_700_000_000_000 }
const [one, two] = [college.make(far), college.make({ ...far, timeMs: far.timeMs + 1 })]
const evidence = evidenceOf(one, two)
const { kind } = evidence

type SignedFork = Extract<ForkEvidence, { kind: 'evidence.fork' }>

function evidenceOf(a: VerifiedEvent, b: VerifiedEvent): SignedFork {
  const made = forkEvidenceOf(a, b)
  if (made?.kind !== 'evidence.fork') throw new Error('no contradiction of two signed headers')
  return made
}

function reasonOf(change: Partial<Parameters<typeof checkForkEvidence>[0]>): string {
  const args = { evidence, logKey: college.logKey, networkId, ed25519: nobleEd25519 }
  const verdict = checkForkEvidence({ ...args, ...change })
  return verdict.kind === 'invalid' ? verdict.reason : verdict.kind
}

const part = ({ headerBytes, signature }: VerifiedEvent): SignedFork['first'] => ({
  headerBytes,
  signature,
})

suite('fork evidence', (it) => {
  it('L9: is the same whichever header comes first', () => {
    equal(evidenceOf(two, one), evidence)
  })

  it('L9: is not made of one header, two places, two authors or two networks', () => {
    for (const b of [
      one,
      college.make({ ...far, sequence: 7 }),
      college.make({ ...far, generation: 1 }),
      other.make(far),
      college.make({ ...far, networkId: new Uint8Array(32) }),
    ])
      is(forkEvidenceOf(one, b), undefined)
  })

  it('L10: is valid with both signatures of the author, and says the place', () => {
    const place = { author: college.org, generation: 0, sequence: far.sequence }
    const verdict = checkForkEvidence({ evidence, logKey: college.logKey, networkId, ed25519: nobleEd25519 })
    equal(verdict, { kind: 'valid', ...place })
    equal(placeOfForkEvidence(evidence), place)
  })

  it('L10: accuses nobody without both signatures (bad-signature)', () => {
    is(reasonOf({ logKey: other.logKey }), 'bad-signature')
    const forged = { ...evidence.second, signature: evidence.first.signature }
    is(reasonOf({ evidence: { kind, first: evidence.first, second: forged } }), 'bad-signature')
    const unsigned = { ...evidence.first, signature: new Uint8Array(64) }
    is(reasonOf({ evidence: { kind, first: unsigned, second: evidence.second } }), 'bad-signature')
  })

  it('L9: names what is wrong with the headers', () => {
    is(reasonOf({ networkId: new Uint8Array(32) }), 'wrong-network')
    is(reasonOf({ evidence: { kind, first: evidence.second, second: evidence.first } }), 'wrong-order')
    is(reasonOf({ evidence: { kind, first: part(one), second: part(one) } }), 'same-header')
    is(reasonOf({ evidence: { kind, first: part(one), second: part(other.make(far)) } }), 'different-place')
    const garbage = { headerBytes: new Uint8Array(9), signature: one.signature }
    is(reasonOf({ evidence: { kind, first: garbage, second: part(one) } }), 'malformed')
    is(reasonOf({ evidence: { kind, first: part(one), second: garbage } }), 'malformed')
  })

  it('takes less than 600 bytes on the wire', () => {
    ok(encodeForkEvidence(evidence).length < 600)
    equal(decodeForkEvidence(encodeForkEvidence(evidence)), evidence)
    is(decodeForkEvidence(encodeForkEvidence(evidence).subarray(1)), undefined)
  })
})

suite('forks known of an author', (it) => {
  it('L29: keeps the proof at the lowest sequence, then of the smallest headers', () => {
    const first = make({ author: org(1) })
    const low = [1, 2, 3].map((timeMs) => after(first, { timeMs }))
    const [a, b, c] = low.sort((x, y) => Buffer.compare(x.headerBytes, y.headerBytes))
    ok(a && b && c)
    const high = evidenceOf(after(a), after(b))
    const all = [evidenceOf(a, b), evidenceOf(b, c), evidenceOf(a, c), high]
    for (const order of [all, [...all].reverse()]) {
      const log = createLog()
      for (const one of order) recordFork(log, one)
      equal(forksOf(log, org(1)), [evidenceOf(a, b)])
    }
  })

  it('keeps an author of whom only evidence is known out of the next cut', () => {
    const first = make({ author: org(1) })
    const log = logOf(first)
    is(planCut(log, { parent: new Map(), frozen: nobody, ...unlimited }).length, 1)
    recordFork(log, evidenceOf(after(first, { timeMs: 1 }), after(first, { timeMs: 2 })))
    equal(planCut(log, { parent: new Map(), frozen: nobody, ...unlimited }), [])
  })
})
