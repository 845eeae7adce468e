import { createValidatorSet, faultsOf, leaderOf, quorumOf, validatorIndexOf } from '@chirograph/consensus'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { filled } from './cluster.ts'

/** Sets are made of keys that nobody signs with here. */
function setOf(size: number, network = 255) {
  const validators = Array.from({ length: size }, (_, index) => ({
    org: filled(index + 1),
    key: filled(255 - index),
  }))
  return createValidatorSet({ networkId: filled(network), epoch: 0, validators })
}

const sizes = Array.from({ length: 200 }, (_, index) => index + 1)

suite('quorum', (it) => {
  it('overlaps any other in more than f members, and needs none of the faulty ones, for every n from 1 to 200', () => {
    for (const size of sizes) {
      const set = setOf(size)
      const [q, f] = [quorumOf(set), faultsOf(set)]
      ok(2 * q - size > f, `two quorums of ${size} may share only faulty members`)
      ok(q <= size - f, `${size - f} correct members of ${size} make no quorum`)
    }
  })

  it('is 2f + 1 only when n = 3f + 1', () => {
    equal(
      [4, 5, 6, 7, 10].map((size) => [quorumOf(setOf(size)), faultsOf(setOf(size))]),
      [
        [3, 1],
        [4, 1],
        [5, 1],
        [5, 2],
        [7, 3],
      ],
    )
  })
})

suite('leaders', (it) => {
  it('each lead once in every n views, for every n from 1 to 200', () => {
    for (const size of sizes) {
      const set = setOf(size)
      const leaders = sizes.slice(0, size).map((view) => leaderOf(set, view))
      is(new Set(leaders).size, size)
      is(leaderOf(set, 1), leaderOf(set, 1 + size))
    }
  })

  it('follow from the set alone: the same on every node, another order on another network', () => {
    equal(setOf(20).leaders, setOf(20).leaders)
    is.not(setOf(20).leaders.join(), setOf(20, 9).leaders.join())
  })

  it('favour no validator: each of 5 is first in about a fifth of 400 networks', () => {
    const first = new Array(5).fill(0)
    for (let network = 0; network < 400; network++) {
      const networkId = filled(network % 256).slice(0, 62) + (network >> 8).toString(16).padStart(2, '0')
      const { validators } = setOf(5)
      first[leaderOf(createValidatorSet({ networkId, epoch: 0, validators: [...validators] }), 0)]++
    }
    // 80 are expected; five standard deviations are 40.
    for (const count of first) ok(count > 40 && count < 120, String(first))
  })
})

suite('validator sets', (it) => {
  it('do not depend on the order in which members are listed', () => {
    const { networkId, epoch, validators, setHash } = setOf(7)
    const reversed = createValidatorSet({ networkId, epoch, validators: [...validators].reverse() })
    equal(reversed, setOf(7))
    is(reversed.setHash, setHash)
  })

  it('are another set in another epoch', () => {
    const { networkId, validators, setHash } = setOf(7)
    is.not(createValidatorSet({ networkId, epoch: 1, validators: [...validators] }).setHash, setHash)
  })

  it('know their members by organisation', () => {
    is(validatorIndexOf(setOf(4), filled(3)), 2)
    is(validatorIndexOf(setOf(4), filled(9)), undefined)
  })

  for (const [what, twin] of [
    ['organisation', { org: filled(1), key: filled(77) }],
    ['key', { org: filled(77), key: filled(255) }],
  ] as const) {
    it(`refuse the same ${what} twice`, () => {
      const { networkId, epoch, validators } = setOf(3)
      let message = ''
      try {
        createValidatorSet({ networkId, epoch, validators: [...validators, twin] })
      } catch (error) {
        message = String(error)
      }
      ok(message.includes('names an organisation or a key twice'))
    })
  }
})
