import { createEvent, type OrgId, segmentOf } from '@chirograph/event'
import type { GossipVerdict, Topic } from '@chirograph/interface'
import {
  encodeSegmentFrame,
  type RejectReason,
  type ReplicaEffect,
  type SegmentInput,
  segmentInput,
} from '@chirograph/replica'
import { equal, is, ok, seeded, suite } from '../../workspace/kit.ts'
import { authorSegmentsBurst, createAuthorBudget } from '../src/author-budget.js'
import { createGossipJudge, ownWaitingMax } from '../src/gossip-judge.js'
import { createPeerConduct } from '../src/peer-conduct.js'
import type { SegmentIntake } from '../src/segment-intake.js'

type Outcome = GossipVerdict | RejectReason | 'nothing' | 'gap'

suite('a gossiped message', (it) => {
  it('is relayed when all of it was checked and something is new', async () => {
    const { judge, published } = judgeOf(['accept', 'accept'])
    is(await judge('events', frameOf(2), 'a'), 'accept')
    is(await judgeOf(['ignore']).judge('events', frameOf(1), 'a'), 'ignore')
    equal(published, [])
  })

  it('of which a part was known is not relayed, for that copy was not checked; what was new goes on by itself', async () => {
    const { judge, published } = judgeOf(['ignore', 'accept', 'nothing'])
    is(await judge('events', frameOf(3), 'a'), 'ignore')
    equal(published, [['events', encodeSegmentFrame([Uint8Array.of(1)])]])
  })

  it('with a proof of malice is refused, and what comes after the proof is not looked at', async () => {
    const { judge, dispatched, published, conduct } = judgeOf(['accept', 'bad-signature', 'accept'])
    is(await judge('events', frameOf(3), 'a'), 'reject')
    equal([dispatched(), published], [2, []])
    is(conduct.of('a').state, 'throttled')
  })

  it('with what an honest peer may not know better is neither relayed nor held against it', async () => {
    const { judge, published, conduct } = judgeOf(['unknown-author', 'accept'])
    is(await judge('events', frameOf(2), 'a'), 'ignore')
    is(published.length, 1)
    equal(conduct.of('a'), { score: 100, state: 'ok', why: null })
  })

  it('costs no check once its sender is dropped', async () => {
    const { judge, dispatched, conduct } = judgeOf(['accept'])
    conduct.note('a', 'flood')
    is(await judge('events', frameOf(5), 'a'), 'ignore')
    is(dispatched(), 0)
  })

  it('that is no frame is judged whole, and refused', async () => {
    const { judge, dispatched } = judgeOf(['malformed'])
    is(await judge('events', Uint8Array.of(1, 2, 3), 'a'), 'reject')
    is(dispatched(), 1)
  })

  it('on the other topics is one thing, judged alike', async () => {
    const cases: [Topic, Outcome, GossipVerdict][] = [
      ['evidence', 'accept', 'accept'],
      ['evidence', 'bad-evidence', 'reject'],
      ['evidence', 'unknown-author', 'ignore'],
      ['certificates', 'ignore', 'ignore'],
      ['certificates', 'uncertified-checkpoint', 'reject'],
      ['certificates', 'wrong-set', 'ignore'],
      ['certificates', 'bad-checkpoint', 'ignore'],
    ]
    for (const [topic, outcome, verdict] of cases)
      is(await judgeOf([outcome]).judge(topic, Uint8Array.of(1), 'a'), verdict, `${topic} ${outcome}`)
  })
})

suite('the checks that a hostile peer can make a node do', (it) => {
  it('are two before it is dropped, however many bad signatures it sends at once', async () => {
    const { judge, dispatched, conduct } = judgeOf(Array(1_000).fill('bad-signature'))
    const verdicts = Array.from({ length: 500 }, () => judge('events', frameOf(500), 'a'))
    equal(await Promise.all(verdicts), ['reject', 'reject', ...Array(498).fill('ignore')])
    is(dispatched(), 2)
    is(conduct.of('a').state, 'dropped')
  })
})

suite('messages whose signatures are checked elsewhere', (it) => {
  it('are judged in the order in which their peer sent them, whichever check ends first', async () => {
    const { intake, asked } = heldIntake()
    const { judge, inputs } = judgeOf(['accept', 'accept', 'accept'], { intake })
    const verdicts = [judge('events', frameOf(2), 'a'), judge('events', frameOf(1), 'a')]
    is(asked.length, 2, 'the second is looked at before the first was judged')
    asked[1]?.answer()
    await turns()
    equal(inputs, [])
    asked[0]?.answer()
    equal(await Promise.all(verdicts), ['accept', 'accept'])
    equal(inputs, [...(asked[0]?.inputs ?? []), ...(asked[1]?.inputs ?? [])])
  })

  it('of one peer do not wait for those of another', async () => {
    const { intake, asked } = heldIntake()
    const { judge } = judgeOf(['accept'], { intake })
    void judge('events', frameOf(1), 'slow')
    const verdict = judge('events', frameOf(1), 'quick')
    asked[1]?.answer()
    is(await verdict, 'accept')
    asked[0]?.answer()
  })

  it('are looked at ahead no further than two batches of a peer, so that a liar wastes no more', async () => {
    const { intake, asked } = heldIntake()
    const { judge, conduct } = judgeOf(Array(600).fill('bad-signature'), { intake })
    const verdicts = Array.from({ length: 100 }, () => judge('events', frameOf(256), 'a'))
    is(asked.flatMap(({ inputs }) => inputs).length, 512)
    for (const { answer } of asked) answer()
    equal(await Promise.all(verdicts), ['reject', 'reject', ...Array(98).fill('ignore')])
    is(conduct.of('a').state, 'dropped')
    is(asked.length, 2)
  })
})

suite('gossip of an author that has used up its budget', (it) => {
  it('is passed over: not looked at, not relayed, and held against nobody', async () => {
    const { judge, dispatched, published, conduct } = judgeOf(Array(5_000).fill('accept'))
    is(await judge('events', eventsFrame(authorSegmentsBurst), 'a'), 'accept')
    is(await judge('events', eventsFrame(2 * authorSegmentsBurst), 'a'), 'ignore')
    is(dispatched(), authorSegmentsBurst)
    equal(published, [])
    equal(conduct.of('a'), { score: 100, state: 'ok', why: null })
  })

  it('throttles a peer that goes on and on with it, without a point lost', async () => {
    const { judge, conduct } = judgeOf(Array(5_000).fill('accept'))
    for (let message = 0; message < 5; message++) await judge('events', eventsFrame(100), 'a')
    equal([conduct.of('a').score, conduct.of('a').state], [100, 'throttled'])
    equal(conduct.of('b').state, 'ok')
  })

  it('is judged no faster than ten a second once its peer brings too much of it, so that the adapter reads no more', async () => {
    const pauses: number[] = []
    const { judge } = judgeOf(Array(5_000).fill('accept'), { pauses })
    // Its own budget, and what an honest relay may bring beyond it.
    await judge('events', eventsFrame(authorSegmentsBurst + 400), 'a')
    equal(pauses, [])
    await judge('events', eventsFrame(7), 'a')
    equal(pauses, Array(7).fill(100))
    await judge('events', eventsFrame(7), 'b')
    is(pauses.length, 7, 'a peer that brings little does not wait')
  })

  it('is charged for the gaps that it leaves, each of which asks for a sync', async () => {
    const { judge, dispatched } = judgeOf(Array(5_000).fill('gap'))
    await judge('events', eventsFrame(authorSegmentsBurst), 'a')
    is(dispatched(), authorSegmentsBurst / 5)
  })

  it('is not charged with what was known or refused', async () => {
    const { judge, dispatched } = judgeOf(Array(5_000).fill('unknown-author'))
    for (let message = 0; message < 50; message++) await judge('events', eventsFrame(100), 'a')
    is(dispatched(), 5_000)
    const known = judgeOf([...Array(authorSegmentsBurst).fill('accept'), ...Array(1_000).fill('ignore')], {
      isKnown: true,
    })
    for (let message = 0; message < 10; message++) await known.judge('events', eventsFrame(100), 'a')
    is(known.dispatched(), 1_000)
  })
})

suite('an author whose own node brings more than it can publish', (it) => {
  it('is taken from no more, so that a flood is neither relayed nor asked after, and its budget is spent all the same', async () => {
    const { judge, room, dispatched } = judgeOf(Array(5_000).fill('accept'), { peer: 'a' })
    const flood = Array.from({ length: 2 * ownWaitingMax }, () => judge('events', eventsFrame(1), 'a'))
    await turns()
    equal(await Promise.all(flood), Array(2 * ownWaitingMax).fill('ignore'))
    equal([dispatched(), room(author)], [0, 0])
  })

  it('is taken from as far as its budget goes while its node keeps to it, and while it is alone', async () => {
    const paced = judgeOf(Array(5_000).fill('accept'), { peer: 'a' })
    const burst = Array.from({ length: authorSegmentsBurst }, () =>
      paced.judge('events', eventsFrame(1), 'a'),
    )
    equal(await Promise.all(burst), Array(authorSegmentsBurst).fill('accept'))
    const alone = judgeOf(Array(5_000).fill('accept'), { peer: 'a', isAlone: true })
    const flood = Array.from({ length: 300 }, () => alone.judge('events', eventsFrame(1), 'a'))
    equal(await Promise.all(flood), Array(300).fill('accept'))
  })

  it('is taken from when others bring it, whatever a stranger sends in its name', async () => {
    const { judge, room } = judgeOf(Array(5_000).fill('accept'), { peer: 'a' })
    const flood = Array.from({ length: 200 }, () => judge('events', eventsFrame(1), 'b'))
    is(room(author), authorSegmentsBurst)
    equal((await Promise.all(flood)).filter((verdict) => verdict === 'accept').length, authorSegmentsBurst)
  })

  it('is taken from while its node does no more than relay much of others', async () => {
    const { judge } = judgeOf(Array(5_000).fill('accept'), { peer: 'a' })
    const relayed = Array.from({ length: 200 }, () => judge('events', eventsFrame(1, otherEvent), 'a'))
    is(await judge('events', eventsFrame(1), 'b'), 'accept')
    await Promise.all(relayed)
  })

  it('and is held for it, waits behind each of its messages, for as long as more of them come', async () => {
    const pauses: number[] = []
    const { judge, conduct, room, clock } = judgeOf(Array(5_000).fill('accept'), { peer: 'a', pauses })
    const send = (count: number) =>
      Promise.all(Array.from({ length: count }, () => judge('events', eventsFrame(1), 'a')))
    await send(500)
    is(conduct.isHeld('a'), true)
    clock.ms += 29_000
    pauses.length = 0
    await send(2)
    equal([pauses, room(author)], [[100, 100], 0])
    clock.ms += 29_000
    is(conduct.isHeld('a'), true, 'one waited behind the other')
    await send(1)
    clock.ms += 1_001
    equal([conduct.isHeld('a'), room(author)], [false, authorSegmentsBurst])
  })

  it('does not hide a false signature that was found ahead', async () => {
    const refused: Outcome = 'bad-signature'
    const { judge, dispatched } = judgeOf(Array(500).fill(refused), { peer: 'a', isSigned: false })
    await Promise.all(Array.from({ length: 200 }, () => judge('events', eventsFrame(1), 'a')))
    ok(dispatched() > 0 && dispatched() < 10, `${dispatched()} were looked at`)
  })

  it('and signs it falsely is found out once it is held, though nothing was checked ahead', async () => {
    const { judge, conduct } = judgeOf(Array(9_000).fill('bad-signature'), { peer: 'a', isForged: true })
    const flood = Array.from({ length: 500 }, () => judge('events', eventsFrame(1), 'a'))
    equal(new Set(await Promise.all(flood)), new Set(['ignore', 'reject']))
    is(conduct.of('a').state, 'dropped')
  })

  it('brings no relay into trouble, though none of what it relays is taken', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const random = seeded(seed)
      const own = judgeOf(Array(100_000).fill('accept'), { peer: 'a' })
      const { clock, conduct } = own
      const relays = ['p', 'q', 'r'].map((peer) => {
        const budget = createAuthorBudget({ nowMs: () => clock.ms, areOthersWaiting: () => true })
        return { peer, budget }
      })
      for (let step = 0; step < 30; step++) {
        clock.ms += random.int(500)
        const sent: Promise<GossipVerdict>[] = []
        for (let count = random.int(400); count > 0; count--) {
          sent.push(own.judge('events', eventsFrame(1), 'a'))
          for (const { peer, budget } of relays) {
            if (random.chance(0.3) || !budget.hasRoom(author)) continue
            budget.charge(author, random.chance(0.3))
            sent.push(own.judge('events', eventsFrame(1), peer))
          }
        }
        await Promise.all(sent)
        for (const { peer } of relays) equal([seed, conduct.of(peer).state], [seed, 'ok'])
      }
      is(conduct.of('a').state, 'throttled', `seed ${seed}`)
      ok(own.dispatched() < 300, `seed ${seed}: ${own.dispatched()} were taken`)
    }
  })
})

/** A frame of so many well-formed events of one author. */
function eventsFrame(count: number, event = oneEvent): Uint8Array {
  return encodeSegmentFrame(Array.from({ length: count }, () => event))
}

const author = 'aa'.repeat(32) as OrgId

const [oneEvent, otherEvent] = [eventOf(author), eventOf('cc'.repeat(32) as OrgId)]

function eventOf(by: OrgId): Uint8Array {
  const place = { networkId: new Uint8Array(32), author: by, generation: 0, sequence: 0, prev: null }
  const body = { kind: 'status.lease', count: 1_024 } as const
  return segmentOf(createEvent({ ...place, references: [], timeMs: 1, body }, () => new Uint8Array(64)))
}

/** An intake whose answers are given by the test. */
function heldIntake() {
  const asked: { readonly inputs: readonly SegmentInput[]; readonly answer: () => void }[] = []
  const intake: SegmentIntake = (segments, source) => {
    const inputs = segments.map((bytes) => segmentInput({ bytes, ...source }))
    return new Promise((resolve) => void asked.push({ inputs, answer: () => resolve(inputs) }))
  }
  return { intake, asked }
}

function turns(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5))
}

/** A judge over a replica that answers with these outcomes, one after the other. */
function judgeOf(
  outcomes: readonly Outcome[],
  options: {
    readonly intake?: SegmentIntake
    readonly isKnown?: boolean
    readonly pauses?: number[]
    /** The author's own node. */
    readonly peer?: string
    readonly isAlone?: boolean
    /** What a check ahead says of every signature. */
    readonly isSigned?: boolean
    readonly isForged?: boolean
  } = {},
) {
  const clock = { ms: 0 }
  const nowMs = () => clock.ms
  const published: [Topic, Uint8Array][] = []
  const conduct = createPeerConduct({ nowMs, onChange: () => {} })
  const inputs: object[] = []
  let dispatched = 0
  const dispatch = (input: { readonly kind: string; readonly from?: string }): ReplicaEffect[] => {
    inputs.push(input)
    const outcome = outcomes[dispatched++] ?? 'nothing'
    const effects = effectsOf(outcome, input.from ?? '')
    for (const effect of effects) if (effect.kind === 'rejected') conduct.note(effect.from, effect.reason)
    return effects
  }
  const publish = (topic: Topic, bytes: Uint8Array) => void published.push([topic, bytes])
  const intake =
    options.intake ??
    (async (segments, source) =>
      segments.map((bytes) => {
        const input = segmentInput({ bytes, ...source })
        return options.isSigned === undefined ? input : { ...input, isSigned: options.isSigned }
      }))
  const areOthersWaiting = () => options.peer !== undefined && options.isAlone !== true
  const budget = createAuthorBudget({ nowMs, areOthersWaiting })
  // Somebody else publishes, too: otherwise there is nobody to make room for.
  if (options.isAlone !== true) budget.charge('bb'.repeat(32) as OrgId)
  const { judge, room } = createGossipJudge({
    dispatch,
    intake,
    conduct,
    budget,
    peerOf: (one) => (one === author ? options.peer : undefined),
    isKnown: () => options.isKnown ?? false,
    isForged: () => options.isForged ?? false,
    breathe: async () => {},
    pause: async (ms) => void options.pauses?.push(ms),
    publish,
  })
  return { judge, room, published, conduct, clock, dispatched: () => dispatched, inputs }
}

function effectsOf(outcome: Outcome, from: string): ReplicaEffect[] {
  if (outcome === 'nothing') return []
  if (outcome === 'gap')
    return [
      { kind: 'verdict', verdict: 'accept' },
      { kind: 'sync', peer: from, hasGap: true },
    ]
  if (outcome === 'accept' || outcome === 'ignore') return [{ kind: 'verdict', verdict: outcome }]
  if (outcome === 'reject') return [{ kind: 'verdict', verdict: 'reject' }]
  return [
    { kind: 'verdict', verdict: 'reject' },
    { kind: 'rejected', reason: outcome, detail: 'a test', from },
  ]
}

/** A frame of so many segments; what is in them is the replica's business. */
function frameOf(count: number): Uint8Array {
  return encodeSegmentFrame(Array.from({ length: count }, (_, index) => Uint8Array.of(index & 255)))
}
