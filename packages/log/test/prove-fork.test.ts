/** From two events at one place to the proof: rules L8 and L29, in both forms. */
import * as fc from 'fast-check'
import { nobleEd25519 } from '@chirograph/crypto'
import {
  type AuthenticEvent,
  decodeRun,
  type ForkEvidence,
  runsOfEvidence,
  type VerifiedEvent,
} from '@chirograph/event'
import { equal, is, ok, seeded, suite } from '../../workspace/kit.ts'
import {
  admitSegment,
  apply,
  checkForkEvidence,
  createLog,
  decodeForkEvidence,
  encodeForkEvidence,
  type LogIndex,
  markFinal,
  placeOfForkEvidence,
  proveFork,
  restoreEntry,
  type Slot,
  trimFinal,
} from '../src/index.ts'
import { networkId, type SigningAuthor, signingAuthor } from './world.ts'

const college = signingAuthor(1)

/** Events of one branch, each after the one before, of which only the last carries a signature, as in a segment. */
function branch(
  author: SigningAuthor,
  length: number,
  from: { readonly prev: VerifiedEvent | null; readonly timeMs: number },
): { readonly signed: VerifiedEvent[]; readonly segment: AuthenticEvent[] } {
  const signed: VerifiedEvent[] = []
  for (let prev = from.prev; signed.length < length; prev = signed.at(-1) ?? null) {
    const sequence = (prev?.header.sequence ?? -1) + 1
    signed.push(author.make({ sequence, prev: prev?.id ?? null, timeMs: from.timeMs }))
  }
  const segment = signed.map((event, index): AuthenticEvent => {
    return index === length - 1 ? event : ({ ...event, signature: null } as AuthenticEvent)
  })
  return { signed, segment }
}

function take(log: LogIndex, segment: readonly AuthenticEvent[]): void {
  const verdict = admitSegment(log, segment)
  ok(verdict.kind === 'accept', verdict.kind)
  for (const event of verdict.fresh) apply(log, event)
}

function provenAt(log: LogIndex, slot: Slot): ForkEvidence {
  const proof = proveFork(log, slot)
  ok(proof.kind === 'proven', proof.kind)
  return proof.evidence
}

const context = { logKey: college.logKey, networkId, ed25519: nobleEd25519 }
const first = college.make()
const place = { author: college.org, generation: 0, sequence: 1 }

suite('proveFork', (it) => {
  it('L8: two signed headers are the proof, in whatever order they came', () => {
    const [a, b] = [1, 2].map((timeMs) => branch(college, 1, { prev: first, timeMs }).signed)
    ok(a && b)
    const proofs = [
      [a, b],
      [b, a],
    ].map((order) => {
      const log = createLog()
      take(log, [first])
      for (const events of order) take(log, events)
      return provenAt(log, place)
    })
    is(proofs[0]?.kind, 'evidence.fork')
    equal(proofs[1], proofs[0])
  })

  it('L8: a header without a checked signature is proven by the nearest signed one above it', () => {
    const [a, b] = [
      branch(college, 4, { prev: first, timeMs: 1 }).segment,
      branch(college, 2, { prev: first, timeMs: 2 }).segment,
    ]
    const log = createLog()
    for (const segment of [[first], a, b]) take(log, segment)
    const evidence = provenAt(log, place)
    is(evidence.kind, 'evidence.branches')
    equal(checkForkEvidence({ evidence, ...context }), { kind: 'valid', ...place })
    equal(decodeForkEvidence(encodeForkEvidence(evidence)), evidence)
    const lengths = runsOfEvidence(evidence).map(({ steps }) => steps.length)
    equal(lengths.sort(), [1, 3])
    equal(placeOfForkEvidence(evidence), place)
  })

  it('L8: says that there is none where one branch stands', () => {
    const log = createLog()
    take(log, [first])
    is(proveFork(log, { ...place, sequence: 0 }).kind, 'none')
    is(proveFork(log, place).kind, 'none')
    is(proveFork(createLog(), place).kind, 'none')
  })

  it('L8: asks for final headers that left memory, first at the place and then above it', () => {
    const { segment } = branch(college, 6, { prev: first, timeMs: 1 })
    const other = branch(college, 3, { prev: first, timeMs: 2 }).segment
    const log = createLog()
    for (const events of [[first], segment]) take(log, events)
    markFinal(log, [first, ...segment])
    trimFinal(log, { keep: 0 })
    const load = (slots: readonly Slot[]) => {
      const wanted = new Set(slots.map(({ sequence }) => sequence))
      for (const event of [first, ...segment]) {
        if (!wanted.has(event.header.sequence)) continue
        restoreEntry(log, { ...event, branch: 0, isVerified: event.signature !== null, stored: event })
      }
    }
    load([0, 1, 2, 3].map((sequence) => ({ ...place, sequence })))
    take(log, other)
    trimFinal(log, { keep: 0 })
    let asked = 0
    let proof = proveFork(log, place)
    for (; proof.kind === 'load'; proof = proveFork(log, place)) {
      load(proof.slots)
      asked++
    }
    ok(proof.kind === 'proven' && asked > 0 && asked <= 3, `asked ${asked} times`)
    is(checkForkEvidence({ evidence: proof.evidence, ...context }).kind, 'valid')
  })

  it('L8: asks no further when what it asked for was not there', () => {
    const log = createLog()
    const { segment } = branch(college, 2, { prev: first, timeMs: 1 })
    for (const events of [[first], segment]) take(log, events)
    markFinal(log, [first, ...segment])
    take(log, branch(college, 1, { prev: first, timeMs: 2 }).segment)
    is(proveFork(log, place).kind, 'load')
    is(proveFork(log, place, { isLoaded: true }).kind, 'none')
  })

  it('L10: proves every fork of an author that signs here and there, and nothing else', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const random = seeded(seed)
        const log = createLog()
        const known: VerifiedEvent[] = [first]
        take(log, [first])
        for (let count = 2 + random.int(4); count > 0; count--) {
          const prev = random.pick(known)
          const { signed, segment } = branch(college, 1 + random.int(5), { prev, timeMs: known.length })
          take(log, segment)
          known.push(...signed)
        }
        for (const event of known) {
          const at = known.filter(({ header }) => header.sequence === event.header.sequence)
          const proof = proveFork(log, event.header)
          is(proof.kind, at.length > 1 ? 'proven' : 'none')
          if (proof.kind !== 'proven') continue
          is(checkForkEvidence({ evidence: proof.evidence, ...context }).kind, 'valid')
          // Of the two smallest headers there, so the same wherever the same events are held.
          const headers = at.map(({ headerBytes }) => headerBytes).sort(Buffer.compare)
          equal([proof.evidence.first.headerBytes, proof.evidence.second.headerBytes], headers.slice(0, 2))
          for (const run of runsOfEvidence(proof.evidence)) is(decodeRun(run).kind, 'decoded')
        }
      }),
      { numRuns: 60 },
    )
  })
})
