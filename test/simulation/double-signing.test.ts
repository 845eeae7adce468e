/** A node never signs two events at one place: across restarts, restored backups, and beside a copy of itself. */
import type { EventBody } from '@chirograph/event'
import { createSimulation } from '@chirograph/simulator'
import { readOrg } from '@chirograph/status'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'

const links = { latencyMs: [5, 20], loss: 0, duplication: 0 } as const
const lease = (count: number): EventBody => ({ kind: 'status.lease', count: 1_024 * count })

function cluster(seed: number) {
  const simulation = createSimulation({ seed, size: 4, links, syncMs: [0, 5] })
  const settle = () =>
    ok(
      simulation.runUntil(() => simulation.isSettled(), { limitMs: 120_000 }),
      'not settled',
    )
  const publish = (node: number, count: number) => {
    const expected = simulation.publishedCount() + 1
    simulation.publish(node, lease(count))
    ok(
      simulation.runUntil(() => simulation.publishedCount() >= expected, { limitMs: 30_000 }),
      'not published',
    )
  }
  const signing = (node: number) => {
    const { replica } = simulation.nodes[node] ?? {}
    return replica && { stopped: replica.stopped, sequence: replica.lastSigned?.sequence ?? null }
  }
  return { simulation, settle, publish, signing }
}

suite('signing', (it) => {
  it('goes on after a restart at the next place, and not before what others know was heard', () => {
    const { simulation, settle, publish, signing } = cluster(1)
    for (const count of [1, 2]) publish(0, count)
    settle()
    simulation.crash(0)
    simulation.start(0)
    is(simulation.nodes[0]?.replica?.isOwnChainCertain, false)
    publish(0, 3)
    settle()
    equal(signing(0), { stopped: null, sequence: 2 })
    simulation.oracles.auditHistory()
  })

  it('goes on alone after a restart, when nobody can be heard', () => {
    const { simulation, settle, publish, signing } = cluster(2)
    publish(0, 1)
    settle()
    simulation.partition([[0], [1, 2, 3]])
    simulation.crash(0)
    simulation.start(0)
    publish(0, 2)
    equal(signing(0), { stopped: null, sequence: 1 })
    simulation.heal()
    settle()
  })

  for (const shows of [true, false]) {
    it(`stops for good on an old backup ${shows ? 'that is known for one' : 'that nobody noticed'}, once the network tells of later events`, () => {
      let doubting = 0
      for (let seed = 10; seed < 20; seed++) {
        const { simulation, settle, publish, signing } = cluster(seed)
        publish(0, 1)
        settle()
        const putBack = simulation.backup(0)
        for (const count of [2, 3]) publish(0, count)
        settle()
        putBack({ shows })
        const before = simulation.publishedCount()
        simulation.publish(0, lease(9))
        simulation.runFor(30_000)
        is(simulation.publishedCount(), before, `seed ${seed}`)
        equal(signing(0)?.stopped, { reason: 'own-key-elsewhere', generation: 0 })
        equal([...simulation.forksFound], [])
        // Not even after another restart: the note is still below what the log holds.
        simulation.crash(0)
        simulation.start(0)
        simulation.publish(0, lease(9))
        simulation.runFor(30_000)
        is(simulation.publishedCount(), before)
        equal([...simulation.forksFound], [])
        for (const node of [1, 2, 3]) {
          const state = simulation.nodes[node]?.replica?.final.state
          is(state && readOrg(state, simulation.members[0]?.org ?? ('' as never))?.frozen, null)
        }
        if (simulation.nodes[0]?.replica?.consensus.votesFrom !== 0) doubting++
      }
      // H16: nobody noticed, but certificates name it as a signer of what it does not remember; not each does.
      ok(doubting >= (shows ? 10 : 5), `its votes were doubted in ${doubting} of 10 runs`)
    })
  }

  it('is possible again in a new generation, which needs nobody’s approval where nothing forked', () => {
    const { simulation, settle, publish, signing } = cluster(30)
    publish(0, 1)
    settle()
    const putBack = simulation.backup(0)
    publish(0, 2)
    settle()
    putBack({ shows: false })
    simulation.runFor(10_000)
    ok(signing(0)?.stopped)
    const before = simulation.publishedCount()
    simulation.rotate(0)
    ok(
      simulation.runUntil(() => simulation.publishedCount() > before, { limitMs: 30_000 }),
      'not rotated',
    )
    publish(0, 3)
    settle()
    const entry = simulation.nodes[1]?.replica?.final.cut.get(simulation.members[0]?.org ?? ('' as never))
    equal([entry?.generation, entry?.sequence], [1, 1])
    equal([...simulation.forksFound], [])
    simulation.oracles.auditHistory()
  })

  it('of a backup that is as new as what the network knows goes on, once that was heard', () => {
    const { simulation, settle, publish, signing } = cluster(31)
    publish(0, 1)
    settle()
    simulation.backup(0)({ shows: true })
    publish(0, 2)
    equal(signing(0), { stopped: null, sequence: 1 })
    ok(
      simulation.runUntil(() => simulation.nodes.every(({ replica }) => replica?.log.pending.count === 0), {
        limitMs: 120_000,
      }),
    )
    equal([...simulation.forksFound], [])
  })

  it('stops when somebody else signs behind the last own event, before any fork', () => {
    const { simulation, settle, publish, signing } = cluster(32)
    publish(0, 1)
    settle()
    simulation.forge({ author: 0, to: [1], bodies: [lease(2)], isEachSigned: true })
    ok(simulation.runUntil(() => signing(0)?.stopped != null, { limitMs: 20_000 }))
    equal(signing(0)?.stopped, { reason: 'own-key-elsewhere', generation: 0 })
  })
})
