import { encodeMessage, signVote, type VoteRecord, type VoteType } from '@chirograph/consensus'
import { nobleEd25519 } from '@chirograph/crypto'
import {
  createCertaintyOracle,
  createEpochBook,
  createOracles,
  OracleBreach,
  simulatedGenesis,
} from '@chirograph/simulator'
import { validatorSetOf } from '@chirograph/status'
import { is, ok, suite } from '../../workspace/kit.ts'

const ed25519 = nobleEd25519
const { genesis, members } = simulatedGenesis({ size: 4, seed: 1, ed25519 })
const set = validatorSetOf(genesis)
const book = createEpochBook({ first: set, orgs: members.map(({ org }) => org) })
const [digest, other] = ['ab'.repeat(32), 'cd'.repeat(32)]

const everything = (said: readonly (readonly [VoteType, string | null])[]): VoteRecord => ({
  view: 1,
  notarize: said.findLast(([type]) => type === 'notarize')?.[1] ?? null,
  skip: said.some(([type]) => type === 'skip'),
  final: said.findLast(([type]) => type === 'final')?.[1] ?? null,
})

/** Which rule the oracle names when node 0 says this, one vote after the other. */
function ruleBrokenBy(said: readonly (readonly [VoteType, string | null])[], isDurable = true): string {
  const oracles = createOracles({ genesis, book, ed25519 })
  const seed = members[0]?.voteSeed ?? new Uint8Array(32)
  const sign = (message: Uint8Array) => ed25519.sign({ seed, message })
  try {
    said.forEach(([type, named], index) => {
      const unsigned = { type, epoch: 0, setHash: set.setHash, view: 1, digest: named }
      const vote = signVote(unsigned, { signer: 0, sign })
      const record = everything(said.slice(0, index + 1))
      oracles.sent(0, encodeMessage({ kind: 'vote', vote }), () => (isDurable ? record : undefined))
    })
  } catch (error) {
    ok(error instanceof OracleBreach)
    return error.message.split(':')[0] ?? ''
  }
  return 'none'
}

suite('the oracle on the wire', (it) => {
  const cases: readonly (readonly [string, string, readonly (readonly [VoteType, string | null])[]])[] = [
    [
      'two different NOTARIZE',
      'H1',
      [
        ['notarize', digest],
        ['notarize', other],
      ],
    ],
    [
      'FINAL after SKIP',
      'H2',
      [
        ['notarize', digest],
        ['skip', null],
        ['final', digest],
      ],
    ],
    [
      'SKIP after FINAL',
      'H2',
      [
        ['notarize', digest],
        ['final', digest],
        ['skip', null],
      ],
    ],
    ['FINAL without a NOTARIZE', 'H4', [['final', digest]]],
    [
      'FINAL of another header',
      'H4',
      [
        ['notarize', digest],
        ['final', other],
      ],
    ],
    [
      'NOTARIZE, SKIP',
      'none',
      [
        ['notarize', digest],
        ['skip', null],
      ],
    ],
    [
      'NOTARIZE, FINAL, both again',
      'none',
      [
        ['notarize', digest],
        ['final', digest],
        ['notarize', digest],
        ['final', digest],
      ],
    ],
  ]
  for (const [what, rule, said] of cases) {
    it(`finds ${rule === 'none' ? 'nothing wrong with' : `${rule} broken by`} ${what}`, () => {
      is(ruleBrokenBy(said), rule)
    })
  }

  it('finds H5 broken by a vote that is not durable', () => {
    is(ruleBrokenBy([['notarize', digest]], false), 'H5')
  })
})

suite('the oracle of certainty', (it) => {
  /** Which rule is broken when these members say this, where one more may have said anything. */
  function brokenBy(said: readonly (readonly [signer: number, VoteType, string | null])[]): string {
    const oracle = createCertaintyOracle({ setOf: book.setOf, faulty: () => 1 })
    try {
      for (const [signer, type, named] of said) {
        const seed = members[signer]?.voteSeed ?? new Uint8Array(32)
        const sign = (message: Uint8Array) => ed25519.sign({ seed, message })
        const unsigned = { type, epoch: 0, setHash: set.setHash, view: 1, digest: named }
        oracle.sent(encodeMessage({ kind: 'vote', vote: signVote(unsigned, { signer, sign }) }))
      }
    } catch (error) {
      ok(error instanceof OracleBreach)
      return error.message.split(':')[0] ?? ''
    }
    return 'none'
  }

  it('finds a FINAL for a header that no quorum can have notarized', () => {
    is(
      brokenBy([
        [0, 'notarize', digest],
        [0, 'final', digest],
      ]),
      'certainty',
    )
    is(
      brokenBy([
        [0, 'notarize', digest],
        [1, 'notarize', digest],
        [0, 'final', digest],
      ]),
      'none',
    )
  })

  it('finds a view that can be certified as skipped and as final', () => {
    const notarized = [0, 1].map((signer) => [signer, 'notarize', digest] as const)
    const votes = [...notarized, [0, 'final', digest], [1, 'final', digest], [2, 'skip', null]] as const
    is(brokenBy(votes), 'none')
    is(brokenBy([...votes, [1, 'skip', null]]), 'exclusion')
  })
})
