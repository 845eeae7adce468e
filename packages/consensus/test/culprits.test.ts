import { culpritsOf, faultsOf, quorumOf } from '@chirograph/consensus'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { contradictions, digest, harmless, other, type Said } from './pairs.ts'
import { certificate, createFollower, effectsOf, setOf } from './seat.ts'

suite('a conflict', (it) => {
  for (const size of [4, 5, 6, 7, 8, 9, 10]) {
    it(`H18: among ${size} names everyone in the coalition that split them, more than f, and nobody else`, () => {
      const set = setOf(size)
      const quorum = quorumOf(set)
      // The fewest that can do it, and as many as leave an honest member on each side.
      for (const colluding of new Set([2 * quorum - size, size - 2])) {
        const coalition = Array.from({ length: colluding }, (_, index) => index)
        const honest = Array.from({ length: size - colluding }, (_, index) => colluding + index)
        const needed = Math.max(1, quorum - colluding)
        const sides = [honest.slice(0, needed), honest.slice(-needed)] as const
        const certified = (said: Said, side: readonly number[]) =>
          certificate(set, { ...said, view: 3, signers: [...coalition, ...side] })
        const [first, second] = [
          certified({ type: 'final', digest }, sides[0]),
          certified({ type: 'final', digest: other }, sides[1]),
        ]
        equal(culpritsOf(first, second), coalition)
        ok(culpritsOf(first, second).length > faultsOf(set))
      }
    })
  }

  for (const [first, second] of contradictions) {
    const same = first.digest === second.digest || second.digest === null ? '' : ' of another header'
    it(`H18: is a ${first.type} certificate beside a ${second.type} certificate${same}, whichever comes first`, () => {
      for (const order of [
        [first, second],
        [second, first],
      ]) {
        const seat = createFollower()
        const signers = [
          [0, 1, 2],
          [1, 2, 3],
        ]
        const reported = order.map((said, index) => {
          const made = seat.certificate({ ...said, view: 3, signers: signers[index] ?? [] })
          return effectsOf(seat.take({ kind: 'certificate', certificate: made }), 'conflict')
        })
        equal(
          reported.map((conflicts) => conflicts.map(({ culprits }) => culprits)),
          [[], [[1, 2]]],
        )
        is(seat.state.finalized.height, 0)
      }
    })
  }

  for (const [first, second] of harmless) {
    it(`H18: is not a ${first.type} certificate beside a ${second.type} certificate: who signed both is accused of nothing`, () => {
      const set = setOf(4)
      const made = [first, second].map((said) => certificate(set, { ...said, view: 3 })) as [
        ReturnType<typeof certificate>,
        ReturnType<typeof certificate>,
      ] // as long as what it was made of
      equal(culpritsOf(...made), [])
      const seat = createFollower()
      for (const one of made)
        equal(effectsOf(seat.take({ kind: 'certificate', certificate: one }), 'conflict'), [])
    })
  }

  it('H18: is none between views or epochs, where everybody signs anew', () => {
    const set = setOf(4)
    const first = certificate(set, { type: 'final', view: 3, digest })
    equal(culpritsOf(first, certificate(set, { type: 'skip', view: 4, digest: null })), [])
    equal(culpritsOf(first, { ...certificate(set, { type: 'skip', view: 3, digest: null }), epoch: 1 }), [])
  })
})
