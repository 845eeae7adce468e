/** Each Byzantine member by itself: that it does what it is for, and what honest nodes do about it. */
import '../native.ts'
import { leaderOf } from '@chirograph/consensus'
import type { OrgId } from '@chirograph/event'
import type { RejectReason } from '@chirograph/replica'
import {
  type ActorName,
  createRandom,
  createSimulation,
  createWorkload,
  genesisTimeMs,
  type Simulation,
} from '@chirograph/simulator'
import { readOrg, stateRoot, validatorSetOf } from '@chirograph/status'
import { equal, is, match, ok, suite } from '../../packages/workspace/kit.ts'

const byzantine = 3
const honest = [0, 1, 2]

interface Scene {
  readonly simulation: Simulation
  /** Views of the final headers, in order of height. */
  readonly finalViews: readonly number[]
  /** Each honest member publishes one event after the other; true when all of them are final everywhere. */
  readonly play: (rounds: number) => boolean
  readonly did: (what: string) => number
  readonly orgOf: (member: number) => OrgId
}

function scene(name: ActorName, { seed = 1, viewTimeoutMs = 1_000 } = {}): Scene {
  const finalViews: number[] = []
  const simulation = createSimulation({
    seed,
    size: 4,
    actors: [{ name, node: byzantine }],
    links: { latencyMs: [5, 20], loss: 0, duplication: 0 },
    syncMs: [0, 5],
    parameters: { viewTimeoutMs },
    onFinal({ node, checkpoint }) {
      if (node === 0) finalViews.push(checkpoint.header.core.view)
    },
  })
  const workload = createWorkload(createRandom(seed, 9))
  return {
    simulation,
    finalViews,
    play(rounds) {
      for (let round = 0; round < rounds; round++) {
        for (const member of honest) simulation.publish(member, workload.next(member))
        simulation.runFor(1_000)
      }
      return simulation.runUntil(() => simulation.isSettled(), { limitMs: 120_000 })
    },
    did: (what) => simulation.misdeeds()[name]?.[what] ?? 0,
    orgOf(member) {
      const { org } = simulation.members[member] ?? {}
      ok(org)
      return org
    },
  }
}

/** The honest members agree, and find nothing against each other. */
function judge({ simulation }: Scene): void {
  simulation.runFor(1_000)
  const roots = honest.map((node) => {
    const { replica } = simulation.nodes[node] ?? {}
    ok(replica)
    return `${replica.final.header.core.height} ${stateRoot(replica.final.state)}`
  })
  for (const root of roots) is(root, roots[0])
  for (const culprit of simulation.named.keys()) is(culprit, byzantine)
  simulation.oracles.auditHistory()
}

const ledBy = ({ simulation }: Scene, views: readonly number[]) => {
  const set = validatorSetOf(simulation.genesis)
  return views.map((view) => leaderOf(set, view))
}

suite('a Byzantine member', (it) => {
  it('that makes two proposals of a view is named by who was shown both, and everything becomes final', () => {
    const one = scene('equivocating-leader')
    ok(one.play(8))
    ok(one.did('second proposals') > 0)
    ok(one.did('votes for the second proposal') > 0)
    ok((one.simulation.named.get(byzantine)?.size ?? 0) > 0)
    judge(one)
  })

  it('that never proposes costs its views, and no more', () => {
    const one = scene('silent-leader')
    ok(one.play(8))
    ok(one.did('proposals kept back') > 0)
    ok(!ledBy(one, one.finalViews).includes(byzantine))
    judge(one)
  })

  it('that proposes late loses views to a timeout, and what it proposed harms nobody', () => {
    const one = scene('slow-leader')
    ok(one.play(12))
    ok(one.did('proposals delayed') > 0)
    ok((one.finalViews.at(-1) ?? 0) > one.finalViews.length, 'no view was skipped')
    judge(one)
  })

  it('that leaves an author out of its cuts delays it until the next leader', () => {
    const one = scene('censoring-leader')
    ok(one.play(10))
    ok(one.did('events left out') > 0)
    for (const member of honest)
      is(one.simulation.nodes[0]?.replica?.final.cut.get(one.orgOf(member))?.sequence, 9)
    judge(one)
  })

  it('that votes for everything is named by every honest node', () => {
    const one = scene('double-voter')
    ok(one.play(4))
    ok(one.did('contradictory votes') > 0)
    ok(one.did('votes at first sight') > 0)
    equal([...(one.simulation.named.get(byzantine) ?? [])].sort(), honest)
    judge(one)
  })

  it('that talks to some members only cannot keep the others behind', () => {
    const one = scene('selective-delivery')
    ok(one.play(8))
    ok(one.did('messages kept from some') > 0)
    judge(one)
  })

  it('that proposes events which it gives to nobody gets none of them into a final cut', () => {
    const one = scene('withholder', { seed: 4 })
    ok(one.play(10))
    ok(one.did('proposals over what it keeps back') > 0)
    ok(one.did('events given to nobody') > 0)
    for (const node of honest) {
      const { replica } = one.simulation.nodes[node] ?? {}
      ok(replica)
      is(replica.final.cut.get(one.orgOf(byzantine)), undefined)
    }
    judge(one)
  })

  it('that gives its events late has them final then, and nobody waited', () => {
    const one = scene('withholder', { seed: 2 })
    ok(one.play(10))
    ok(one.did('events given late') > 0)
    const isFinal = () => one.simulation.nodes[0]?.replica?.final.cut.get(one.orgOf(byzantine)) !== undefined
    ok(one.simulation.runUntil(isFinal, { limitMs: 60_000 }))
    judge(one)
  })

  it('that signs two events at a place is proven to by every honest node, and frozen', () => {
    const one = scene('forked-issuer')
    ok(one.play(8))
    ok(one.did('second events at a place') > 0)
    for (const node of honest) {
      ok(one.simulation.forksFound.has(`${node} ${one.orgOf(byzantine)}`))
      const state = one.simulation.nodes[node]?.replica?.final.state
      ok(state && readOrg(state, one.orgOf(byzantine))?.frozen)
    }
    judge(one)
  })

  it('that tells of long ago is answered, believed by nobody, and holds up nothing', () => {
    const one = scene('stale-tips')
    ok(one.play(6))
    ok(one.did('old standings') > 0)
    one.simulation.crash(0)
    one.simulation.start(0)
    ok(one.play(2))
    ok(one.did('old answers') > 0)
    judge(one)
  })

  it('that presents what others signed in another light gets nobody accused, and costs no view', () => {
    const one = scene('framer', { seed: 4 })
    ok(one.play(40))
    for (const trick of [
      'messages replayed',
      'votes altered',
      'proposals altered',
      'certificates altered',
      'false evidence',
      'events altered',
      'checkpoints altered',
    ])
      ok(one.did(trick) > 0, `no ${trick}`)
    for (const reason of ['bad-vote', 'bad-certificate', 'bad-evidence', 'bad-signature'] as const)
      ok((one.simulation.refusals.get(reason) ?? 0) > 0, `nothing was refused for ${reason}`)
    is(one.simulation.named.size, 0)
    equal([...one.simulation.forksFound], [])
    // What it alters comes first everywhere, and costs no view.
    is(one.finalViews.at(-1), one.finalViews.length)
    judge(one)
  })

  it('that sends garbage of every kind is refused, and fills no memory', () => {
    const one = scene('garbage-flood')
    ok(one.play(20))
    for (const kind of ['message', 'checkpoint', 'evidence', 'segment']) ok(one.did(`${kind} frames`) > 50)
    ok(one.did('sync requests') > 0)
    ok(one.did('answers spoilt') > 0)
    for (const reason of ['bad-message', 'malformed-checkpoint', 'bad-evidence', 'malformed'] as const)
      ok((one.simulation.refusals.get(reason) ?? 0) > 0, `nothing was refused for ${reason}`)
    judge(one)
  })

  it('that lies in its headers gets none of them notarized, and is named where it floods a view', () => {
    const one = scene('lying-leader', { seed: 2 })
    ok(one.play(30))
    for (const lie of ['false state roots', 'false log roots', 'false heights', 'times of the parent'])
      ok(one.did(lie) > 0, lie)
    ok(one.did('times to come') > 0)
    ok(one.did('floods of proposals') > 0)
    ok((one.simulation.named.get(byzantine)?.size ?? 0) > 0)
    const final = one.simulation.nodes[0]?.replica?.final.header.core.timeMs ?? 0
    ok(final < genesisTimeMs + one.simulation.nowMs() + 60_000, 'a header of a time to come is final')
    judge(one)
  })

  it('that makes up what only others could sign is refused, and gets nobody accused', () => {
    const one = scene('forger')
    ok(one.play(20))
    for (const forgery of [
      'certificates of one',
      'votes of another set',
      'false evidence',
      'votes far ahead',
    ])
      ok(one.did(forgery) > 0, forgery)
    ok(one.did('proposals in views of others') > 0)
    ok(one.did('checkpoints that are notarized only') > 0)
    ok(one.did('false evidence on the log') > 0)
    const reasons: readonly RejectReason[] = [
      'bad-certificate',
      'bad-proposal',
      'bad-evidence',
      'uncertified-checkpoint',
    ]
    for (const reason of reasons) ok((one.simulation.refusals.get(reason) ?? 0) > 0, reason)
    is(one.simulation.named.size, 0)
    for (const member of honest) {
      const state = one.simulation.nodes[0]?.replica?.final.state
      is(state && readOrg(state, one.orgOf(member))?.frozen, null)
    }
    judge(one)
  })

  it('that runs twice with the same keys is named by who talks to both copies', () => {
    const one = scene('twins')
    is(one.did('copies'), 1)
    ok(one.play(10))
    equal([...one.simulation.named.keys()], [byzantine])
    // Before either copy hears of the other's.
    for (let count = 1; count <= 6; count++)
      one.simulation.publish(byzantine, { kind: 'status.lease', count: 1_024 * count })
    ok(one.play(4))
    ok(one.simulation.forksFound.size > 0, 'nobody saw the two chains')
    judge(one)
  })

  it('has a member of its own', () => {
    const actors = (['framer', 'twins'] as const).map((name) => ({ name, node: 1 }))
    let thrown: unknown
    try {
      createSimulation({ seed: 1, size: 7, actors })
    } catch (error) {
      thrown = error
    }
    match(String(thrown), 'no member 1 to be twins')
  })
})
