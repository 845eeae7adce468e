/** What is served of a history request, whatever it names. */
import type { OrgId } from '@chirograph/event'
import { restoreEntry } from '@chirograph/log'
import { eventOf, memberAt, replicaOf } from '../../replica/test/member.ts'
import { equal, is, suite } from '../../workspace/kit.ts'
import { historyRangesMax, planHistory, type Wanted } from '../src/history-plan.js'

const author = memberAt(1).org
const stranger = memberAt(2).org

suite('the plan of a history answer', (it) => {
  it('walks nothing where nothing is held: above the tip, and of unknown authors', () => {
    const holes = Array.from({ length: 16_384 }, (_, at) => [2 * at + 11, 2 * at + 11] as const)
    equal(plan([chain(holes), chain([[0, 9]], stranger)]), [])
    equal(plan([chain([[4, Number.MAX_SAFE_INTEGER]])]), [[4, 9]])
  })

  it('walks once what is named many times, from the highest down', () => {
    const twice = [
      chain([
        [0, 2],
        [6, 9],
      ]),
      chain([
        [1, 3],
        [8, 8],
      ]),
    ]
    equal(plan([...twice, ...twice]), [
      [6, 9],
      [0, 3],
    ])
    equal(
      plan([
        chain([
          [0, 2],
          [3, 5],
        ]),
      ]),
      [[0, 5]],
      'ranges that touch are one',
    )
  })

  it('walks so many ranges in one answer, the highest of them', () => {
    const holes = Array.from({ length: 2 * historyRangesMax }, (_, at) => [2 * at, 2 * at] as const)
    const planned = plan([chain(holes)], 10 * historyRangesMax)
    is(planned.length, historyRangesMax)
    equal(planned[0], [4 * historyRangesMax - 2, 4 * historyRangesMax - 2])
  })

  it('leaves out what lies below where this history goes', () => {
    const replica = replicaWithTip(9)
    replica.heldFrom.set(author, { generation: 0, sequence: 5 })
    equal(
      planHistory(replica, [chain([[0, 9]])]).map(({ fromSequence }) => fromSequence),
      [5],
    )
    replica.heldFrom.set(author, { generation: 1, sequence: 0 })
    equal(planHistory(replica, [chain([[0, 9]])]), [])
  })
})

function plan(wanted: readonly Wanted[], tip = 9): number[][] {
  return planHistory(replicaWithTip(tip), wanted).map((range) => [range.fromSequence, range.toSequence])
}

function chain(ranges: Wanted['ranges'], of: OrgId = author): Wanted {
  return { author: of, generation: 0, ranges }
}

function replicaWithTip(sequence: number) {
  const replica = replicaOf(0)
  const { id, header } = eventOf(1)
  restoreEntry(replica.log, { id, header: { ...header, sequence }, branch: 0, isVerified: true })
  return replica
}
