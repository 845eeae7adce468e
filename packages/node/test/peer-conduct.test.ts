import { equal, is, ok, seeded, suite } from '../../workspace/kit.ts'
import type { Conduct, PeerConduct } from '../src/peer-conduct.js'
import { createPeerConduct } from '../src/peer-conduct.js'
import type { PeerFault } from '../src/peer-faults.js'
import { createSyncRota } from '../src/sync-rota.js'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

suite("a peer's conduct", (it) => {
  it('is blameless until there is a fault, and after every one that an honest peer may cause', () => {
    const { conduct, changes } = conducts()
    const blameless = { score: 100, state: 'ok', why: null }
    equal(conduct.of('a'), blameless)
    const fair: PeerFault[] = [
      'unknown-author',
      'unknown-kind',
      'unknown-version',
      'missing-body',
      'foreign-prev',
      'gap-sequence',
      'orphan-limit',
      'wrong-set',
      'unexecutable-proposal',
      'bad-checkpoint',
      'refused-answer',
    ]
    for (let time = 0; time < 1_000; time++) for (const fault of fair) conduct.note('a', fault)
    equal(conduct.of('a'), blameless)
    equal(changes, [])
  })

  it('is throttled by one proof and dropped by the second, with the reason in words', () => {
    const { conduct, changes } = conducts()
    conduct.note('a', 'bad-signature')
    const why = 'it sent an event with a signature that does not hold'
    equal(conduct.of('a'), { score: 40, state: 'throttled', why })
    conduct.note('a', 'bad-signature')
    equal(conduct.of('a'), { score: 0, state: 'dropped', why })
    equal(
      changes.map(({ conduct: { state }, forMs }) => [state, forMs]),
      [
        ['throttled', 0],
        ['dropped', minuteMs],
      ],
    )
    equal(conduct.of('b').state, 'ok')
  })

  it('is dropped at once by what takes a thousand messages to prove', () => {
    for (const fault of ['flood', 'stream-storm', 'reconnect-storm'] as const) {
      const { conduct } = conducts()
      conduct.note('a', fault)
      is(conduct.of('a').state, 'dropped', fault)
    }
  })

  it('is dropped for twice as long each time, up to an hour, and forgiven an hour later', () => {
    const { conduct, changes, pass } = conducts()
    for (let time = 0; time < 9; time++) {
      conduct.note('a', 'flood')
      pass(changes.at(-1)?.forMs ?? 0)
      is(conduct.of('a').state, 'throttled', 'it came back')
    }
    const times = () =>
      changes.flatMap(({ conduct: { state }, forMs }) => (state === 'dropped' ? [forMs] : []))
    equal(
      times().map((ms) => ms / minuteMs),
      [1, 2, 4, 8, 16, 32, 60, 60, 60],
    )
    pass(9 * hourMs)
    conduct.note('a', 'flood')
    is(times().at(-1), minuteMs)
  })

  it('comes back from a drop as one that is throttled, whom the next proof drops again', () => {
    const { conduct, pass } = conducts()
    conduct.note('a', 'garbage')
    conduct.note('a', 'garbage')
    pass(minuteMs)
    is(conduct.of('a').state, 'throttled')
    conduct.note('a', 'garbage')
    is(conduct.of('a').state, 'dropped')
  })

  it('is restored by time alone where there was proof', () => {
    const { conduct, changes, pass } = conducts()
    conduct.note('a', 'garbage')
    for (let time = 0; time < 100; time++) conduct.noteAnswer('a')
    is(conduct.of('a').score, 40)
    pass(10 * minuteMs)
    equal([conduct.of('a').score, conduct.of('a').state], [70, 'ok'])
    pass(2 * hourMs)
    equal(conduct.of('a'), { score: 100, state: 'ok', why: null })
    is(changes.at(-1)?.conduct.state, 'ok')
  })

  it('is told of its recovery by a review, without being asked for', () => {
    const { conduct, changes, pass } = conducts()
    conduct.note('a', 'flood')
    pass(minuteMs)
    conduct.review()
    pass(hourMs)
    conduct.review()
    equal(
      changes.map(({ conduct: { state } }) => state),
      ['dropped', 'throttled', 'ok'],
    )
  })

  it('of a peer that always stalls is dropped within five minutes, though it is asked less and less', () => {
    const { conduct, pass } = conducts()
    let passedMs = 0
    for (; conduct.of('a').state !== 'dropped'; passedMs += 40_000) {
      ok(passedMs <= 5 * minuteMs, `not dropped after ${passedMs} ms`)
      if (conduct.takeTurn('a', 'sync')) conduct.note('a', 'stalled-answer')
      pass(40_000)
    }
  })

  it('of a peer that stalls now and then and answers in between stays well', () => {
    const { conduct, pass } = conducts()
    for (let turn = 0; turn < 1_000; turn++) {
      if (turn % 4 === 0) conduct.note('a', 'stalled-answer')
      else conduct.noteAnswer('a')
      is(conduct.of('a').state, 'ok')
      pass(40_000)
    }
  })

  it('of a peer that breaks off every answer is throttled, but never dropped for that', () => {
    const { conduct, pass } = conducts()
    for (let turn = 0; turn < 1_000; turn++) {
      conduct.note('a', 'broken-answer')
      ok(conduct.of('a').state !== 'dropped')
      pass(5_000)
    }
    is(conduct.of('a').state, 'throttled')
  })

  it('lets a throttled peer be asked for each thing once a minute, and a dropped one not at all', () => {
    const { conduct, pass } = conducts()
    conduct.note('a', 'garbage')
    const turns = () => [conduct.takeTurn('a', 'sync'), conduct.takeTurn('a', 'checkpoints')]
    equal(turns(), [true, true])
    equal(turns(), [false, false])
    pass(minuteMs)
    equal(turns(), [true, true])
    conduct.note('a', 'garbage')
    equal(turns(), [false, false])
    equal([conduct.takeTurn('b', 'sync'), conduct.takeTurn('b', 'sync')], [true, true])
  })

  it('does not change when the clock is set back', () => {
    const { conduct, pass } = conducts()
    conduct.note('a', 'garbage')
    pass(-hourMs)
    is(conduct.of('a').score, 40)
    pass(10 * minuteMs)
    is(conduct.of('a').score, 70)
  })

  it('is remembered of a bounded number of peers, those with the worst longest', () => {
    const { conduct } = conducts()
    conduct.note('dropped', 'flood')
    conduct.note('throttled', 'garbage')
    for (let index = 0; index < 5_000; index++) conduct.note(`peer-${index}`, 'broken-answer')
    equal(
      ['dropped', 'throttled', 'peer-0'].map((peer) => conduct.of(peer).state),
      ['dropped', 'throttled', 'ok'],
    )
    const known = Array.from({ length: 5_000 }, (_, index) => conduct.of(`peer-${index}`).score < 100)
    is(known.filter((isKnown) => isKnown).length, 1_022)
  })

  it('follows its rules whatever comes in whatever order', () => {
    const random = seeded(2024)
    const faults: PeerFault[] = ['garbage', 'stalled-answer', 'broken-answer', 'unknown-author', 'flood']
    for (let run = 0; run < 200; run++) {
      const { conduct, changes, pass } = conducts()
      let bannedMs = 0
      for (let step = 0; step < 300; step++) {
        const before = conduct.of('a')
        if (random.chance(0.6)) conduct.note('a', random.pick(faults))
        else if (random.chance(0.5)) conduct.noteAnswer('a')
        else {
          const ms = random.int(20 * minuteMs)
          pass(ms)
          bannedMs = Math.max(0, bannedMs - ms)
        }
        const { score, state } = conduct.of('a')
        ok(score >= 0 && score <= 100)
        is(state === 'dropped', score === 0 && bannedMs >= 0 && state === 'dropped')
        if (before.state !== 'dropped' && state === 'dropped') bannedMs = changes.at(-1)?.forMs ?? 0
        if (bannedMs > 0) is(state, 'dropped', 'a ban ended too early')
        else ok(state !== 'dropped', 'a ban did not end')
        if (state === 'ok') ok(score >= 60)
        if (state === 'throttled') ok(score < 60)
      }
    }
  })
})

suite('the sync rota', (it) => {
  it('asks one after the other, and whoever is new first', () => {
    const { rota } = conducts()
    const peers = ['a', 'b', 'c']
    equal(
      [1, 2, 3, 4].map(() => rota.next(peers)),
      ['a', 'b', 'c', 'a'],
    )
    is(rota.next(['a', 'b', 'c', 'd']), 'd')
    is(rota.next([...peers, 'd']), 'b')
    is(rota.next([]), undefined)
  })

  it('asks a throttled peer once a minute and a dropped one never, while the others keep their turns', () => {
    const { conduct, rota, pass } = conducts()
    conduct.note('b', 'garbage')
    conduct.note('d', 'flood')
    const asked: (string | undefined)[] = []
    for (let turn = 0; turn < 10; turn++) {
      asked.push(rota.next(['a', 'b', 'c', 'd']))
      pass(5_000)
    }
    equal(asked.filter((peer) => peer === 'b').length, 1)
    equal(
      asked.filter((peer) => peer === 'd'),
      [],
    )
    equal(asked.filter((peer) => peer !== 'b').length, 9)
    const counts = ['a', 'c'].map((peer) => asked.filter((one) => one === peer).length)
    ok(Math.abs((counts[0] ?? 0) - (counts[1] ?? 0)) <= 1, `a and c were asked ${counts} times`)
  })

  it('asks nobody when all are dropped', () => {
    const { conduct, rota } = conducts()
    for (const peer of ['a', 'b']) conduct.note(peer, 'flood')
    is(rota.next(['a', 'b']), undefined)
  })
})

function conducts() {
  let nowMs = 1_000_000_000
  const changes: { readonly peer: string; readonly conduct: Conduct; readonly forMs: number }[] = []
  const conduct: PeerConduct = createPeerConduct({
    nowMs: () => nowMs,
    onChange: (peer, now, forMs) => void changes.push({ peer, conduct: now, forMs }),
  })
  return {
    conduct,
    rota: createSyncRota(conduct),
    changes,
    pass(ms: number) {
      nowMs += ms
    },
  }
}
