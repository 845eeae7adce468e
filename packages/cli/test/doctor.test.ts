/** What a person is told by `chirograph doctor`. */
import type { NodeAnswer } from '@chirograph/api/client'
import type { KnownFork } from '@chirograph/node'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { checksOfRunning, checksOfStopped, diskCheck } from '../src/doctor-checks.ts'

const fork = {
  org: 'aa'.repeat(32),
  name: 'Sample Institution 2',
  isSelf: false,
  generation: 0,
  sequence: 7,
  frozen: null,
} as unknown as KnownFork // the id is no brand's in a test

const healthy = {
  sync: { state: 'current', behindBy: 0, lastHeardMs: 1 },
  snapshot: null,
  history: { isWhole: true, missing: 0, brought: 0 },
  height: 4,
  finalAgeMs: 2_000,
  events: { known: 9, final: 9, pending: 0 },
  isVoting: true,
  whyNotVoting: null,
  recall: null,
  votesFrom: 0,
  signing: 'ok',
  forks: [],
  peers: [{ connected: true, name: 'Sample Institution 2', peerId: 'p' }],
  counters: { rejected: {}, equivocations: 0, conflicts: 0 },
} as unknown as NodeAnswer // as much of an answer as the checks look at

const sound = {
  kind: 'sound',
  schema: '2',
  areVotesKnown: true,
  height: 1,
  events: { final: 1, pending: 0 },
  isHistoryWhole: true,
  forks: [],
  isLastSignedHere: null,
  batchesLacking: 0,
} as const

const stateOf = (name: string, change: object): string | undefined =>
  checksOfRunning({ ...healthy, ...change }).find((check) => check.name === name)?.state

suite('doctor', (it) => {
  it('finds nothing wrong with a node that is well', () => {
    equal(
      checksOfRunning(healthy).filter(({ state }) => state !== 'ok'),
      [],
    )
  })

  it('says of every trouble how bad it is, and never calls unknown right', () => {
    is(stateOf('sync', { sync: { state: 'unknown', behindBy: null, lastHeardMs: null } }), 'warning')
    is(stateOf('sync', { sync: { state: 'behind', behindBy: 12, lastHeardMs: 1 } }), 'warning')
    is(stateOf('sync', { sync: { state: 'alone', behindBy: null, lastHeardMs: null } }), 'failed')
    is(stateOf('history', { history: { isWhole: false, missing: 3, brought: 0 } }), 'warning')
    is(stateOf('finality', { finalAgeMs: 3_600_000 }), 'warning')
    const lost = { isVoting: false, whyNotVoting: 'vote-record-lost', votesFrom: null } as const
    is(stateOf('voting', { ...lost, recall: { heard: 1, needed: 3 } }), 'warning')
    is(stateOf('voting', { ...lost, recall: 'too-few-validators' }), 'warning')
    is(stateOf('voting', { isVoting: false, whyNotVoting: 'key-missing' }), 'failed')
    is(stateOf('signing', { signing: 'own-fork' }), 'failed')
    is(stateOf('signing', { signing: 'own-events-missing' }), 'warning')
    is(stateOf('members', { peers: [{ connected: false, name: 'Away', peerId: 'q' }] }), 'warning')
    is(stateOf('refused', { counters: { ...healthy.counters, rejected: { 'bad-signature': 2 } } }), 'warning')
    is(stateOf('agreement', { counters: { ...healthy.counters, conflicts: 1 } }), 'failed')
    is(diskCheck(1_000).state, 'warning')
    is(diskCheck(null).state, 'unknown')
  })

  it('says what to do about everything that is not right', () => {
    const ill = { sync: { state: 'alone' }, forks: [fork], signing: 'own-fork', finalAgeMs: 9e9, peers: [] }
    for (const check of checksOfRunning({ ...healthy, ...ill } as unknown as NodeAnswer))
      ok(check.state === 'ok' || check.hint, check.name)
  })

  it('names who forked, at which place, and what became of it', () => {
    const told = (one: KnownFork) =>
      checksOfRunning({ ...healthy, forks: [one] }).find(({ name }) => name === 'forks')?.what ?? ''
    ok(told(fork).includes('Sample Institution 2') && told(fork).includes('place 7'))
    ok(told(fork).includes('not final yet'))
    ok(
      told({ ...fork, frozen: { height: 12, sequence: 6 } }).includes(
        'frozen since height 12 behind place 6',
      ),
    )
    ok(told({ ...fork, isSelf: true }).startsWith('this institution'))
  })

  it('tells the owner of a damaged store what is damaged, and what looks for the rest and repairs it', () => {
    const damaged = { kind: 'damaged', what: 'checkpoint 3', hint: 'chirograph fsck' } as const
    equal(checksOfStopped(damaged), [
      { name: 'log', state: 'failed', what: 'checkpoint 3', hint: 'chirograph fsck' },
    ])
  })

  it('calls a log broken that is empty or lacks what the registrar says was published', () => {
    equal(checksOfStopped({ kind: 'empty' })[0]?.state, 'failed')
    const log = checksOfStopped({ ...sound, batchesLacking: 2 }).find(({ name }) => name === 'log')
    equal([log?.state, log?.what.includes('2 batches that were published')], ['failed', true])
    ok(log?.hint?.includes('fills again from the other members'))
  })

  it('claims of a stopped node’s events only what it has looked at', () => {
    const history = checksOfStopped(sound).find(({ name }) => name === 'history')
    is(history?.what, 'no event is noted as lacking; chirograph fsck looks at each')
  })

  it('calls a store of an older format one to bring up to date, and one of a newer format broken', () => {
    const other = { kind: 'other-format', what: 'format', hint: 'what to do' } as const
    equal(
      [true, false].map((isReadable) => checksOfStopped({ ...other, isReadable })[0]?.state),
      ['warning', 'failed'],
    )
  })
})
