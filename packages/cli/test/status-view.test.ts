import type { NodeAnswer } from '@chirograph/api/client'
import { match, not, ok, suite } from '../../workspace/kit.ts'
import { renderStatus } from '../src/status-view.ts'
import { createTerminal } from '../src/terminal.ts'

const nowMs = 1_750_000_000_000
const { colours } = createTerminal({ color: false })

suite('the status on a terminal', (it) => {
  it('says nothing of peers that behave', () => {
    const text = view([peer({ name: 'North College' })])
    not(/kept away|asked last|score/.test(text))
    match(text, /North College +lan +2.0 s ago/)
  })

  it('says who is kept away, how much longer, and why', () => {
    const why = 'it sent an event with a signature that does not hold'
    const text = view([
      peer({
        name: 'North College',
        connected: false,
        path: null,
        bannedUntilMs: nowMs + 95_000,
        conduct: { score: 0, state: 'dropped', why },
      }),
    ])
    match(text, `trouble  North College is kept away for another 95 s: ${why}`)
    match(text, /North College +kept away/)
  })

  it('says who is throttled, what that means, and why', () => {
    const conduct = {
      score: 40,
      state: 'throttled',
      why: 'it was silent or very slow in its answers',
    } as const
    const text = view([peer({ conduct })])
    match(text, `12D3KooWpeer is asked last and read slowly: ${conduct.why} (score 40 of 100)`)
    ok(text.includes(' lan '), 'it is still connected')
  })

  it('says how far a snapshot is, and what is still to come behind it', () => {
    const sync = { state: 'behind', behindBy: 0, lastHeardMs: nowMs } as const
    const snapshot = { height: 812, chunkCount: 12, missingCount: 3 }
    const joining = view([peer({})], { sync, snapshot })
    match(joining, 'far behind, taking what is true at height 812 from the members: 9 of 12 pieces')
    const history = { isWhole: false, missing: 400, brought: 100 }
    match(view([peer({})], { history }), /history +400 older events are still to come, 100 came/)
    not(/history/.test(view([peer({})])))
  })

  it('does not say that a node leads which does not vote', () => {
    const leader = { org: 'x', name: 'South College', isSelf: true }
    match(view([], { leader }), /leading +this node, view 7/)
    const silent = view([], { leader, whyNotVoting: 'vote-record-lost', recall: null })
    match(silent, /leading +nobody: it is the turn of this node, which does not vote/)
  })

  it('counts one thing as one', () => {
    match(view([], { events: { known: 1, final: 1, pending: 0 } }), '1 event final')
    match(view([], { sync: { state: 'behind', behindBy: 1, lastHeardMs: nowMs } }), 'behind by 1 event,')
  })
})

function view(peers: NodeAnswer['peers'], given: Partial<NodeAnswer> = {}): string {
  // Only what the view looks at.
  const status = {
    name: 'South College',
    networkName: 'Test',
    purpose: 'production',
    pid: 1,
    startedAtMs: nowMs,
    height: 3,
    finalAgeMs: 1_000,
    events: { known: 5, final: 4, pending: 1 },
    snapshot: null,
    history: { isWhole: true, missing: 0, brought: 0 },
    view: 7,
    leader: { org: 'x', name: 'East College', isSelf: false },
    sync: { state: 'current', behindBy: 0, lastHeardMs: nowMs },
    isVoting: true,
    whyNotVoting: null,
    recall: null,
    votesFrom: 0,
    signing: 'ok',
    counters: { rejected: {}, equivocations: 0, conflicts: 0 },
    peers,
    ...given,
  } as unknown as NodeAnswer
  return renderStatus({ status, url: 'http://127.0.0.1:1', nowMs, colours })
}

function peer(given: Partial<NodeAnswer['peers'][number]>): NodeAnswer['peers'][number] {
  return {
    peerId: '12D3KooWpeer',
    org: null,
    name: null,
    connected: true,
    address: '/ip4/10.0.0.1/tcp/4000',
    path: 'lan',
    sinceMs: nowMs - 10_000,
    lastHeardMs: nowMs - 2_000,
    topics: [],
    queuedCount: 0,
    queuedBytes: 0,
    droppedCount: 0,
    refusedCount: 0,
    bannedUntilMs: null,
    conduct: { score: 100, state: 'ok', why: null },
    ...given,
  }
}
