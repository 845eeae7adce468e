import type { OrgId } from '@chirograph/event'
import { equal, is, ok, type Seeded, seeded, suite } from '../../workspace/kit.ts'
import {
  type AuthorBudget,
  authorSegmentsBurst,
  authorSegmentsPerSecond,
  createAuthorBudget,
} from '../src/author-budget.js'
import { createPeerConduct } from '../src/peer-conduct.js'

const [flooder, honest] = ['aa'.repeat(32), 'bb'.repeat(32)] as [OrgId, OrgId]

suite('the budget of an author', (it) => {
  it('lets a burst of forty pass at once, and then twenty a second', () => {
    const clock = { ms: 0 }
    const budget = budgetOf(() => clock.ms)
    budget.charge(honest)
    is(passed(budget, flooder, 5_000), authorSegmentsBurst)
    clock.ms += 1_500
    budget.charge(honest)
    is(passed(budget, flooder, 5_000), 1.5 * authorSegmentsPerSecond)
    clock.ms += 3_600_000
    budget.charge(honest)
    is(passed(budget, flooder, 5_000), authorSegmentsBurst)
  })

  it('is its own: what one author spends, no other one lacks', () => {
    const budget = budgetOf(() => 0)
    passed(budget, flooder, 100_000)
    is(passed(budget, honest, 40), 40)
  })

  it('binds only while others publish: whoever is alone takes all, and owes nothing when they come', () => {
    const clock = { ms: 0 }
    const budget = budgetOf(() => clock.ms)
    is(passed(budget, flooder, 50_000), 50_000)
    budget.charge(honest)
    is(budget.hasRoom(flooder), false)
    clock.ms += 1_000
    is(passed(budget, flooder, 1_000), authorSegmentsPerSecond)
    clock.ms += 5_000
    is(passed(budget, flooder, 1_000), 1_000)
  })

  it('binds while events of others wait to become final: a flood that brought them to a halt is not alone', () => {
    const clock = { ms: 0 }
    const waiting = new Set<OrgId>([honest])
    const areOthersWaiting = (author: OrgId) => [...waiting].some((other) => other !== author)
    const budget = createAuthorBudget({ nowMs: () => clock.ms, areOthersWaiting })
    budget.charge(honest)
    passed(budget, flooder, 1_000)
    clock.ms += 10_000
    is(passed(budget, flooder, 1_000), authorSegmentsBurst)
    is(budget.waitMs(flooder), 1_000 / authorSegmentsPerSecond)
    waiting.clear()
    is(budget.waitMs(flooder), 0)
    is(passed(budget, flooder, 1_000), 1_000)
  })

  it('is spent five times as fast on segments that do not follow what is here', () => {
    const clock = { ms: 0 }
    const budget = budgetOf(() => clock.ms)
    budget.charge(honest)
    is(passed(budget, flooder, 1_000, true), authorSegmentsBurst / 5)
  })

  it('outlives a clock that is set back', () => {
    const clock = { ms: 1_000_000 }
    const budget = budgetOf(() => clock.ms)
    budget.charge(honest)
    passed(budget, flooder, authorSegmentsBurst)
    clock.ms = 0
    budget.charge(honest)
    is(budget.hasRoom(flooder), false)
    clock.ms = 1_000
    is(passed(budget, flooder, 5_000), authorSegmentsPerSecond)
  })
})

suite('a peer that hands over what is above a budget', (it) => {
  it('is never held while it relays by the same budget, whatever the author does and whoever was away', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = seeded(seed)
      const clock = { ms: 0 }
      const relays = ['p', 'q', 'r'].map((peer) => ({ peer, budget: budgetOf(() => clock.ms) }))
      const own = budgetOf(() => clock.ms)
      for (let step = 0; step < 300; step++) {
        clock.ms += random.int(500)
        for (const { budget } of [...relays, { budget: own }]) if (random.chance(0.7)) budget.charge(honest)
        for (let sent = burstOf(random); sent > 0; sent--) {
          // Relays hear of different parts of a flood, so that their budgets differ from ours as they can.
          const relay = random.pick(relays)
          if (!relay.budget.hasRoom(flooder)) continue
          // Either may lack what lies before it.
          relay.budget.charge(flooder, random.chance(0.3))
          if (own.hasRoom(flooder)) own.charge(flooder, random.chance(0.3))
          else ok(!own.isExcess(flooder, relay.peer), `seed ${seed}: ${relay.peer} was held`)
        }
      }
    }
  })

  it('is held when it floods, and let go when it stops; its score stays, and it is never dropped', () => {
    const clock = { ms: 0 }
    const states: string[] = []
    const onChange = (_: string, { state }: { state: string }) => void states.push(state)
    const conduct = createPeerConduct({ nowMs: () => clock.ms, onChange })
    const budget = budgetOf(() => clock.ms)
    budget.charge(honest)
    for (let second = 0; second < 600; second++) {
      for (let sent = 0; sent < 1_000; sent++) {
        if (budget.hasRoom(flooder)) budget.charge(flooder)
        else if (budget.isExcess(flooder, 'p')) conduct.hold('p')
      }
      clock.ms += 1_000
      budget.charge(honest)
    }
    equal([conduct.of('p').score, conduct.of('p').state], [100, 'throttled'])
    is(conduct.takeTurn('p', 'sync'), true)
    is(conduct.takeTurn('p', 'sync'), false)
    clock.ms += 31_000
    conduct.review()
    equal(states, ['throttled', 'ok'])
    equal(conduct.of('p'), { score: 100, state: 'ok', why: null })
  })

  it('costs bounded memory, however many peers and authors there are', () => {
    const budget = budgetOf(() => 0)
    for (let peer = 0; peer < 10_000; peer++) budget.isExcess(flooder, `peer ${peer}`)
    // The first was forgotten, so it begins anew; the last was not.
    for (let sent = 0; sent < 1_000; sent++) budget.isExcess(flooder, 'peer 9999')
    is(budget.isExcess(flooder, 'peer 9999'), true)
    is(budget.isExcess(flooder, 'peer 0'), false)
  })
})

/** Where nobody waits for anything. */
function budgetOf(nowMs: () => number): AuthorBudget {
  return createAuthorBudget({ nowMs, areOthersWaiting: () => false })
}

function passed(budget: AuthorBudget, author: OrgId, count: number, hasGap = false): number {
  let taken = 0
  for (let sent = 0; sent < count; sent++) {
    if (!budget.hasRoom(author)) continue
    budget.charge(author, hasGap)
    taken++
  }
  return taken
}

function burstOf(random: Seeded): number {
  return random.chance(0.1) ? random.int(500) : random.int(20)
}
