import { is, suite } from '../../workspace/kit.ts'
import { tokenBucket } from '../src/token-bucket.js'

suite('a token bucket', (it) => {
  function bucketAt(start: number) {
    const clock = { ms: start }
    return { clock, bucket: tokenBucket({ perSecond: 10, burst: 5, nowMs: () => clock.ms }) }
  }

  it('gives a burst at once and then its rate', () => {
    const { clock, bucket } = bucketAt(0)
    for (let taken = 0; taken < 5; taken++) is(bucket.tryTake(1), true)
    is(bucket.tryTake(1), false)
    clock.ms = 99
    is(bucket.tryTake(1), false)
    clock.ms = 100
    is(bucket.tryTake(1), true)
    is(bucket.tryTake(1), false)
  })

  it('saves up no more than a burst', () => {
    const { clock, bucket } = bucketAt(0)
    clock.ms = 60_000
    is(bucket.tryTake(6), false)
    is(bucket.tryTake(5), true)
  })

  it('says how long a debt takes to pay off', () => {
    const { clock, bucket } = bucketAt(0)
    bucket.take(5)
    is(bucket.debtMs(), 0)
    bucket.take(2)
    is(bucket.debtMs(), 200)
    clock.ms = 150
    is(bucket.debtMs(), 50)
    clock.ms = 200
    is(bucket.debtMs(), 0)
  })

  it('takes nothing away when the clock is set back', () => {
    const { clock, bucket } = bucketAt(10_000)
    bucket.take(5)
    clock.ms = 0
    is(bucket.debtMs(), 0)
    clock.ms = 100
    is(bucket.tryTake(1), true)
  })
})
