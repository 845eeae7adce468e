import { decodeMessage } from '@chirograph/consensus'
import { createRandom, createSimulation, createWorkload, type SimulationOptions } from '@chirograph/simulator'
import { equal, is, not, ok, suite } from '../../packages/workspace/kit.ts'

const links = { latencyMs: [5, 20], loss: 0, duplication: 0 } as const

function cluster(options: Omit<SimulationOptions, 'links' | 'syncMs'>) {
  const simulation = createSimulation({ ...options, links, syncMs: [0, 5] })
  const workload = createWorkload(createRandom(options.seed, 9))
  const publish = (node: number) => {
    const count = simulation.publishedCount() + 1
    simulation.publish(node, workload.next(node))
    // An event is acknowledged once it is synced.
    ok(simulation.runUntil(() => simulation.publishedCount() >= count, { limitMs: 1_000 }))
  }
  const heights = () => simulation.nodes.map(({ replica }) => replica?.final.header.core.height)
  const finalSequences = (node: number) =>
    [...(simulation.nodes[node]?.replica?.final.cut.values() ?? [])].map(({ sequence }) => sequence)
  return { simulation, publish, heights, finalSequences }
}

suite('recovery', (it) => {
  it('a node whose vote record is lost follows, finds out where it may vote, and votes from there on, after a restart too', () => {
    const kinds = new Map<number, Set<string>>()
    const { simulation, publish } = cluster({
      seed: 1,
      size: 4,
      withoutVoteRecord: [2],
      onSend({ from, bytes }) {
        const decoded = decodeMessage(bytes)
        ok(decoded.ok)
        kinds.set(from, (kinds.get(from) ?? new Set()).add(decoded.value.kind))
      },
    })
    // Enough decisions for every node to have been the leader.
    for (let event = 0; event < 10; event++) {
      publish(event % 4)
      ok(simulation.runUntil(() => simulation.isSettled(), { limitMs: 120_000 }))
    }
    for (const voter of [0, 1, 2, 3])
      for (const kind of ['vote', 'proposal'] as const) ok(kinds.get(voter)?.has(kind), `${voter}: ${kind}`)
    const gate = simulation.nodes[2]?.replica?.consensus.votesFrom
    is(gate, 3, 'all were in view 1, where it may have voted, and in view 2')
    kinds.clear()
    simulation.crash(2)
    simulation.start(2)
    is(simulation.nodes[2]?.replica?.consensus.votesFrom, gate)
    publish(0)
    ok(simulation.runUntil(() => simulation.isSettled(), { limitMs: 120_000 }))
    ok(kinds.get(2)?.has('vote'))
    not(kinds.get(2)?.has('ask-view'), 'it is on its disk')
    simulation.oracles.auditHistory()
  })

  it('of four, one that forgot its votes waits for all others to tell their view, and asks no more once they have', () => {
    const asked: number[] = []
    let votes = 0
    const { simulation } = cluster({
      seed: 12,
      size: 4,
      withoutVoteRecord: [2],
      absent: [3],
      onSend({ from, bytes, atMs }) {
        const decoded = decodeMessage(bytes)
        if (decoded.ok && decoded.value.kind === 'ask-view') asked.push(atMs)
        if (decoded.ok && decoded.value.kind === 'vote' && from === 2) votes++
      },
    })
    simulation.publish(0, { kind: 'status.lease', count: 1_024 })
    simulation.runFor(60_000)
    is(simulation.nodes[2]?.replica?.consensus.votesFrom, null)
    is(votes, 0, 'it may have voted differently')
    simulation.start(3)
    ok(
      simulation.runUntil(() => simulation.nodes[2]?.replica?.consensus.votesFrom !== null, {
        limitMs: 60_000,
      }),
    )
    const atMs = simulation.nowMs()
    simulation.runFor(60_000)
    ok(asked.length > 4)
    ok(asked.every((ms) => ms <= atMs))
  })

  it('a node that joins late takes the history by checkpoints and then votes', () => {
    const votes = new Map<number, number>()
    const { simulation, publish, heights } = cluster({
      seed: 2,
      size: 4,
      absent: [3],
      onSend({ from, bytes }) {
        const decoded = decodeMessage(bytes)
        if (decoded.ok && decoded.value.kind === 'vote') votes.set(from, (votes.get(from) ?? 0) + 1)
      },
    })
    for (let event = 0; event < 8; event++) {
      publish(event % 3)
      ok(simulation.runUntil(() => simulation.isSettled([0, 1, 2]), { limitMs: 120_000 }))
    }
    is(votes.get(3), undefined)
    simulation.start(3)
    ok(
      simulation.runUntil(() => simulation.isSettled(), { limitMs: 5_000 }),
      'it did not catch up',
    )
    is(heights()[3], heights()[0])
    publish(3)
    ok(simulation.runUntil(() => simulation.isSettled(), { limitMs: 60_000 }))
    ok((votes.get(3) ?? 0) > 0)
    simulation.oracles.auditHistory()
  })

  it('a minority side keeps accepting events, makes nothing final, and both sides agree after healing', () => {
    const { simulation, publish, heights, finalSequences } = cluster({ seed: 3, size: 7 })
    publish(0)
    ok(simulation.runUntil(() => simulation.isSettled(), { limitMs: 60_000 }))
    const before = heights()[0]
    simulation.partition([
      [0, 1],
      [2, 3, 4, 5, 6],
    ])
    for (const node of [0, 1, 2, 3]) publish(node)
    is(simulation.publishedCount(), 5)
    simulation.runFor(20_000)
    equal(heights().slice(0, 2), [before, before])
    ok(
      heights()
        .slice(2)
        .every((height) => (height ?? 0) > (before ?? 0)),
      'the majority did not go on',
    )
    not(simulation.isSettled([0]))
    simulation.heal()
    ok(simulation.runUntil(() => simulation.isSettled(), { limitMs: 60_000 }))
    equal(finalSequences(0).sort(), [0, 0, 0, 1])
    simulation.oracles.auditHistory()
  })

  it('a split without a majority finalises nothing, and everything after healing', () => {
    const { simulation, publish, heights } = cluster({ seed: 4, size: 6 })
    const halves = [
      [0, 1, 2],
      [3, 4, 5],
    ]
    simulation.partition(halves)
    for (const node of [0, 1, 2, 3, 4, 5]) publish(node)
    simulation.runFor(60_000)
    equal(heights(), [0, 0, 0, 0, 0, 0])
    simulation.heal()
    ok(simulation.runUntil(() => simulation.isSettled(), { limitMs: 60_000 }))
    simulation.oracles.auditHistory()
  })

  it('restarts from disk keep every acknowledged event, though a crash takes what was not synced', () => {
    const { simulation, publish } = cluster({ seed: 5, size: 4 })
    for (let round = 0; round < 6; round++) {
      const node = round % 4
      publish(node)
      simulation.runFor(10)
      simulation.crash(node)
      simulation.runFor(500)
      simulation.start(node)
    }
    ok(simulation.publishedCount() > 0)
    ok(simulation.runUntil(() => simulation.isSettled(), { limitMs: 120_000 }))
    equal(simulation.refused, [])
    simulation.oracles.auditHistory()
  })
})
