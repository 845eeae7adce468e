import { segmentOf } from '@chirograph/event'
import type { SignatureJob } from '@chirograph/interface'
import { eventOf, genesisTimeMs, replicaOf } from '../../replica/test/member.ts'
import { equal, suite } from '../../workspace/kit.ts'
import { createSegmentIntake } from '../src/segment-intake.js'

const segments = Array.from({ length: 30 }, (_, index) =>
  segmentOf(eventOf(1, { timeMs: genesisTimeMs + index })),
)

suite('segments that are looked at ahead', (it) => {
  it('have no more signatures of one author’s gossip under check than there is room for it', async () => {
    const { checked, intake, answer } = intakeOf({ room: 10 })
    const gossip = { from: 'a', isGossip: true }
    const first = segments.slice(0, 20).map((segment) => intake([segment], gossip))
    equal(checked(), 10)
    answer()
    const isSigned = (await Promise.all(first)).map(([input]) => input?.isSigned)
    equal(isSigned, [...Array(10).fill(true), ...Array(10).fill(undefined)])
    const next = intake(segments.slice(15), gossip)
    equal(checked(), 20)
    answer()
    await next
  })

  it('are all checked in an answer, and where the author is alone', async () => {
    const answered = intakeOf({ room: 0 })
    void answered.intake(segments, { from: 'a', isGossip: false })
    equal(answered.checked(), 30)
    const alone = intakeOf({ room: Number.POSITIVE_INFINITY })
    void alone.intake(segments, { from: 'a', isGossip: true })
    equal(alone.checked(), 30)
  })
})

/** An intake whose signatures are found right when the test says so. */
function intakeOf({ room }: { readonly room: number }) {
  let checked = 0
  let asked: (() => void)[] = []
  const check = (jobs: readonly SignatureJob[]) => {
    checked += jobs.length
    return new Promise<readonly boolean[]>((resolve) => void asked.push(() => resolve(jobs.map(() => true))))
  }
  return {
    intake: createSegmentIntake(replicaOf(0), { check }, () => room),
    checked: () => checked,
    answer() {
      for (const one of asked) one()
      asked = []
    },
  }
}
