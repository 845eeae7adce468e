import type { Clock } from '@chirograph/interface'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { createBanList } from '../src/ban-list.js'
import { createInboundBudget } from '../src/budget.js'
import { bansMax, throttleDivisor } from '../src/limits.js'

const rates = { perSecond: 100, burst: 10, bytesPerSecond: 1_000, bytesBurst: 100 }

suite('an inbound budget', (it) => {
  it('is in debt by messages or by bytes, whichever takes longer', () => {
    const { budget } = budgetOf()
    budget.charge({ count: 10, bytes: 100 })
    is(budget.debtMs(), 0)
    budget.charge({ count: 5, bytes: 0 })
    is(budget.debtMs(), 50)
    budget.charge({ count: 0, bytes: 80 })
    is(budget.debtMs(), 80)
  })

  it('sees a flood in a peer that is always held back, within twice the time it allows', () => {
    const { budget, clock, floods } = budgetOf()
    const startMs = clock.nowMs()
    while (floods() === 0) {
      budget.charge({ count: 1, bytes: 0 })
      if (budget.debtMs() > 0) clock.runNext(budget.afterDebt(() => {}))
      ok(clock.nowMs() - startMs <= 10_200, 'no flood was seen')
    }
    ok(clock.nowMs() - startMs >= 9_800, 'a flood was seen too early')
  })

  it('sees none in a peer that sends at half the rate, after any backlog that is read in time', () => {
    const { budget, clock, floods } = budgetOf()
    for (let second = 0; second < 600; second++) {
      // A backlog of four seconds once a minute, as a freeze of the reader makes it.
      const sent = second % 60 === 0 ? 400 : 50
      const endMs = clock.nowMs() + 1_000
      for (let count = 0; count < sent; count++) {
        budget.charge({ count: 1, bytes: 0 })
        if (budget.debtMs() > 0) clock.runNext(budget.afterDebt(() => {}))
      }
      if (clock.nowMs() < endMs) clock.passUntil(endMs)
    }
    is(floods(), 0)
  })

  it('does not blame the peer for a timer that a frozen process was late for', () => {
    const { budget, clock, floods } = budgetOf()
    for (let time = 0; time < 20; time++) {
      budget.charge({ count: 11, bytes: 0 })
      clock.runNext(
        budget.afterDebt(() => {}),
        { lateMs: 8_000 },
      )
    }
    is(floods(), 0)
  })

  it('is a small part for a throttled peer, in whom no flood is seen', () => {
    const { budget, clock, floods } = budgetOf({ isThrottled: true })
    budget.charge({ count: 1, bytes: 0 })
    is(budget.debtMs(), ((throttleDivisor - 10) * 1_000) / 100)
    for (let time = 0; time < 1_000; time++) {
      budget.charge({ count: 1, bytes: 0 })
      if (budget.debtMs() > 0) clock.runNext(budget.afterDebt(() => {}))
    }
    is(floods(), 0)
  })
})

suite('a ban', (it) => {
  it('ends by itself, and a later one moves its end', () => {
    const clock = manualClock()
    const bans = createBanList(clock)
    bans.ban('a', 1_000)
    equal([bans.isBanned('a'), bans.isBanned('b'), bans.isInUse()], [true, false, true])
    is(bans.untilMs('a'), clock.nowMs() + 1_000)
    clock.passUntil(clock.nowMs() + 999)
    is(bans.isBanned('a'), true)
    clock.passUntil(clock.nowMs() + 1)
    equal([bans.isBanned('a'), bans.isInUse()], [false, false])
    bans.ban('a', 1_000)
    bans.ban('a', 0)
    is(bans.isBanned('a'), false)
  })

  it('makes room for another by ending the one that would end first', () => {
    const bans = createBanList(manualClock())
    for (let index = 0; index < bansMax; index++) bans.ban(`peer-${index}`, 10_000 + ((index * 7) % bansMax))
    bans.ban('one-more', 5_000)
    is(bans.isBanned('one-more'), true)
    is(bans.isBanned('peer-0'), false)
    is(bans.isBanned('peer-1'), true)
  })
})

function budgetOf({ isThrottled = false } = {}) {
  const clock = manualClock()
  let floods = 0
  const budget = createInboundBudget({
    rates,
    clock,
    floodHeldMs: 5_000,
    isThrottled: () => isThrottled,
    onFlood: () => void floods++,
  })
  return { budget, clock, floods: () => floods }
}

/** A clock with one timer at a time, which moves when it is told to. */
function manualClock() {
  let nowMs = 1_000_000
  let timer: { readonly atMs: number; readonly fire: () => void } | undefined
  const clock = {
    nowMs: () => nowMs,
    setTimer(afterMs: number, fire: () => void) {
      timer = { atMs: nowMs + afterMs, fire }
      return () => {
        timer = undefined
      }
    },
    passUntil(ms: number) {
      nowMs = ms
    },
    /** Lets the timer that was just set fire. */
    runNext(_cancel: () => void, { lateMs = 0 } = {}) {
      ok(timer)
      const { atMs, fire } = timer
      nowMs = atMs + lateMs
      fire()
    },
  }
  return clock satisfies Clock
}
