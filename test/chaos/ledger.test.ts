/** The crash tests are only as good as their ledger: each thing that must not happen is entered, and found. */
import { contentIdOfDigest, type EventId } from '@chirograph/codec'
import { equal, match, suite } from '../../packages/workspace/kit.ts'
import type { Held } from './src/held.js'
import { createLedger, type Ledger } from './src/ledger.js'
import { memberOf } from './src/members.js'
import { createTally, describeTally } from './src/tally.js'

const { org } = memberOf(0)
const id = (name: number): EventId => contentIdOfDigest(new Uint8Array(32).fill(name))
const [a, b, c, x] = [id(1), id(2), id(3), id(9)]

/** What a ledger was told of before: a subscriber hears the rest. */
function held(own: readonly EventId[], others: Partial<Held> = {}, known: readonly EventId[] = [a, b]): Held {
  const told = { ids: own.filter((one) => !known.includes(one)), cursor: undefined }
  return {
    chains: { [org]: own },
    open: [],
    bare: [],
    checkpoints: ['one', 'two'],
    credentials: [],
    told,
    faults: [],
    ...others,
  }
}

/** A ledger after one life that acknowledged and showed two events, and held them when it began again. */
function afterOneLife(): { ledger: Ledger; tally: ReturnType<typeof createTally> } {
  const tally = createTally()
  const ledger = createLedger(org)
  for (const [sequence, one] of [a, b].entries()) {
    ledger.shown({ sequence, id: one })
    ledger.acknowledged(one)
  }
  ledger.finalised({ id: a, height: 2 })
  ledger.ended(tally.killed('a node', 'publishing', { isInWrite: false }))
  ledger.restarted(held([a, b], {}, []))
  return { ledger, tally }
}

suite('the table of a campaign', (it) => {
  it('leaves out what tested nothing, and calls nothing kept where nothing was acknowledged', () => {
    const { tally } = afterOneLife()
    tally.row('a node', 'nothing more was killed')
    tally.killed('a node', 'starting', { isInWrite: false })
    const [, ...rows] = describeTally(tally).split('\n')
    equal(
      rows.map((row) => row.trim().split(/ {2,}/)),
      [
        ['a node', 'publishing', '1', '0', '2', '2', '0'],
        ['a node', 'starting', '1', '0', '0', 'not tested', 'not tested'],
        ['all', '2', '0', '2', '2', '0'],
      ],
    )
  })
})

suite('the ledger of a member', (it) => {
  it('finds nothing wrong with a chain that holds all and grows', () => {
    const { ledger, tally } = afterOneLife()
    ledger.acknowledged(c)
    ledger.ended(tally.killed('a node', 'publishing', { isInWrite: false }))
    ledger.restarted(held([a, b, c, x], { checkpoints: ['one', 'two', 'three'] }))
    equal(ledger.breaches, [])
    equal(tally.sum(), { kills: 2, inWrite: 0, acknowledged: 3, recovered: 3, lost: 0 })
  })

  it('owes a subscriber no event of which a snapshot brought the header alone, until the rest of it is here', () => {
    const { ledger } = afterOneLife()
    for (let look = 0; look < 3; look++) ledger.restarted(held([a, b, c], { bare: [c] }, [a, b, c]))
    equal(ledger.breaches, [])
    for (let look = 0; look < 2; look++) ledger.restarted(held([a, b, c], {}, [a, b, c]))
    match(ledger.breaches.join('; '), /a subscriber was not told/)
  })

  const breaches: readonly (readonly [string, RegExp, (ledger: Ledger) => void])[] = [
    ['an event of an earlier life that is gone', /chain of .* fell/, (ledger) => ledger.restarted(held([a]))],
    ['another event at a place', /another entry at 1/, (ledger) => ledger.restarted(held([a, x]))],
    [
      'a shown event that is not there',
      /was shown at sequence 1/,
      (ledger) => ledger.restarted(held([a, x])),
    ],
    ['a place that is signed twice', /signed twice/, (ledger) => ledger.shown({ sequence: 1, id: x })],
    [
      'a checkpoint that changed',
      /list of checkpoints has another entry/,
      (ledger) => ledger.restarted(held([a, b], { checkpoints: ['one', 'other'] })),
    ],
    [
      'a final height that is gone',
      /final at height 2, which is lost/,
      (ledger) => ledger.restarted(held([a, b], { checkpoints: ['one'] })),
    ],
    [
      'what a living node acknowledged and does not hold',
      /acknowledged, and is not there/,
      (ledger) => {
        ledger.acknowledged(x)
        ledger.restarted(held([a, b]))
      },
    ],
    [
      'events that were acknowledged in another order',
      /behind a later one/,
      (ledger) => {
        for (const one of [x, c]) ledger.acknowledged(one)
        ledger.ended(createTally().killed('a node', 'publishing', { isInWrite: false }))
        ledger.restarted(held([a, b, c, x]))
      },
    ],
    [
      'a credential that was issued and is gone',
      /was issued by .* and is lost/,
      (ledger) => {
        ledger.issued({ event: a, credentials: ['urn:c'] })
        ledger.restarted(held([a, b]))
      },
    ],
    [
      'a credential whose batch was never published',
      /never published/,
      (ledger) => {
        const credentials = [{ id: 'urn:c', position: 0, batch: null }]
        for (let look = 0; look < 2; look++) ledger.restarted(held([a, b], { credentials }))
      },
    ],
    [
      'two credentials at one position',
      /one position/,
      (ledger) => {
        const credentials = ['urn:c', 'urn:d'].map((name) => ({ id: name, position: 4, batch: a }))
        ledger.restarted(held([a, b], { credentials }))
      },
    ],
    [
      'an event that a subscriber is told of twice',
      /told twice/,
      (ledger) => ledger.restarted(held([a, b], {}, [])),
    ],
    [
      'an event that no subscriber was told of',
      /a subscriber was not told/,
      (ledger) => {
        for (let look = 0; look < 2; look++) ledger.restarted(held([a, b, c], {}, [a, b, c]))
      },
    ],
    [
      'what the reading itself found',
      /a gap below/,
      (ledger) => ledger.restarted(held([a, b], { faults: ['a gap below 7'] })),
    ],
  ]
  for (const [what, words, happen] of breaches) {
    it(`finds ${what}`, () => {
      const { ledger } = afterOneLife()
      equal(ledger.breaches, [])
      happen(ledger)
      match(ledger.breaches.join('; '), words)
    })
  }

  it('counts what was acknowledged before a kill and is gone after it as lost', () => {
    const { ledger, tally } = afterOneLife()
    for (const one of [c, x]) ledger.acknowledged(one)
    ledger.ended(tally.killed('a node', 'starting', { isInWrite: false }))
    ledger.restarted(held([a, b, c]))
    equal(tally.row('a node', 'starting').lost, 1)
    match(ledger.breaches.join('; '), /acknowledged and is lost/)
  })
})
