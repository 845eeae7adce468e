/** Forks under the simulator: found at first contact, frozen at one place, and left behind by a new generation. */
import '../native.ts'
import type { AuthenticEvent, EventBody, EventKind } from '@chirograph/event'
import { forksOf, placeOfForkEvidence } from '@chirograph/log'
import {
  areAllRecovered,
  createRandom,
  createSimulation,
  createWorkload,
  tendForked,
} from '@chirograph/simulator'
import { readClosedGenerations, readOrg, stateRoot, statusOf } from '@chirograph/status'
import { equal, is, not, ok, suite } from '../../packages/workspace/kit.ts'

const links = { latencyMs: [5, 20], loss: 0, duplication: 0 } as const
const lease = (count: number): EventBody => ({ kind: 'status.lease', count: 1_024 * count })
const issue = (fill: number): EventBody => ({
  kind: 'credential.issueBatch',
  root: new Uint8Array(32).fill(fill),
  paddedSize: 16,
  recordClass: 'certificate-noncredit',
  credentialType: 'open-badge-3',
  schemaDigest: new Uint8Array(32),
})

const handle = (fill: number) => new Uint8Array(32).fill(fill)
const revoke = (fill: number): EventBody => ({
  kind: 'status.revoke',
  entries: [{ handle: handle(fill), position: null }],
  reason: 'withdrawn',
})

function cluster(seed: number, size = 4) {
  const finals: AuthenticEvent[] = []
  const onFinal = ({ node, events }: { node: number; events: readonly AuthenticEvent[] }) => {
    if (node === 0) finals.push(...events)
  }
  const simulation = createSimulation({ seed, size, links, syncMs: [0, 5], onFinal })
  const settle = () =>
    ok(
      simulation.runUntil(() => simulation.isSettled(), { limitMs: 120_000 }),
      'not settled',
    )
  const publish = (node: number, body: EventBody) => {
    const count = simulation.publishedCount() + 1
    simulation.publish(node, body)
    ok(
      simulation.runUntil(() => simulation.publishedCount() >= count, { limitMs: 30_000 }),
      'not published',
    )
  }
  const rotate = (node: number) => {
    const count = simulation.publishedCount() + 1
    simulation.rotate(node)
    ok(
      simulation.runUntil(() => simulation.publishedCount() >= count, { limitMs: 30_000 }),
      'not rotated',
    )
  }
  const orgOf = (node: number) => {
    const { org } = simulation.members[node] ?? {}
    ok(org)
    return org
  }
  const rowAt = (node: number, author: number) => {
    const state = simulation.nodes[node]?.replica?.final.state
    return state && readOrg(state, orgOf(author))
  }
  const all = simulation.nodes.map((_, index) => index)
  const finalOf = (kind: EventKind) => finals.filter(({ header }) => header.kind === kind)
  return { simulation, settle, publish, rotate, orgOf, rowAt, finalOf, all }
}

suite('a fork', (it) => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = createRandom(seed, 3)
    const [left, right] = [1 + random.int(5), 1 + random.int(5)]
    const [isLeftSigned, isRightSigned] = [random.chance(0.5), random.chance(0.5)]
    const before = random.int(3)
    const how = [isLeftSigned, isRightSigned].map((one) => (one ? 'signed each' : 'signed at the end'))

    it(`is proven at the first contact of two that hold different branches: seed ${seed}, ${left} events ${how[0]} and ${right} ${how[1]}`, () => {
      const { simulation, settle, publish, orgOf, all } = cluster(seed)
      for (let count = 0; count < before; count++) publish(3, lease(1))
      if (before > 0) settle()
      simulation.partition(all.map((index) => [index]))
      const branch = (length: number, count: number) => Array.from({ length }, () => lease(count))
      simulation.forge({ author: 3, to: [0], bodies: branch(left, 2), isEachSigned: isLeftSigned })
      simulation.forge({ author: 3, to: [1], bodies: branch(right, 3), isEachSigned: isRightSigned })
      simulation.runFor(100)
      equal([...simulation.forksFound], [])
      simulation.partition([[0, 1], [2], [3]])
      // One of the two asks the other once; nothing else brings them together.
      simulation.nodes[0]?.input({ kind: 'connected', peer: simulation.members[1]?.peer ?? '' })
      const knows = (index: number) => simulation.forksFound.has(`${index} ${orgOf(3)}`)
      ok(
        simulation.runUntil(() => knows(0) && knows(1), { limitMs: 1_000 }),
        'not found at once',
      )
      const proofs = [0, 1].map((index) => {
        const log = simulation.nodes[index]?.replica?.log
        const [evidence] = log ? forksOf(log, orgOf(3)) : []
        ok(evidence)
        return placeOfForkEvidence(evidence)
      })
      equal(proofs[0], { author: orgOf(3), generation: 0, sequence: before })
      equal(proofs[1], proofs[0])
    })
  }

  it('freezes its author at the same entry everywhere, whatever each node met first', () => {
    for (let seed = 100; seed < 112; seed++) {
      const { simulation, settle, publish, rowAt, all } = cluster(seed)
      publish(3, lease(1))
      settle()
      const random = createRandom(seed, 4)
      const sides = random.shuffle([0, 1, 2])
      const [one, ...others] = sides as [number, number, number]
      simulation.forge({
        author: 3,
        to: [one],
        bodies: [lease(2), lease(2)],
        isEachSigned: random.chance(0.5),
      })
      simulation.forge({ author: 3, to: others, bodies: [lease(3)], isEachSigned: true })
      const isFrozen = () => all.every((node) => rowAt(node, 3)?.frozen != null)
      ok(simulation.runUntil(isFrozen, { limitMs: 60_000 }), `seed ${seed}: not frozen`)
      const frozen = all.map((node) => rowAt(node, 3)?.frozen)
      for (const row of frozen) equal(row, frozen[0], `seed ${seed}`)
      simulation.oracles.auditHistory()
    }
  })

  it('stops its author for good in that generation, and leaves the others alone', () => {
    const { simulation, settle, publish, rowAt } = cluster(7)
    publish(3, lease(1))
    settle()
    simulation.forge({ author: 3, to: [0], bodies: [lease(2)], isEachSigned: true })
    simulation.forge({ author: 3, to: [1], bodies: [lease(3)], isEachSigned: true })
    ok(simulation.runUntil(() => rowAt(2, 3)?.frozen != null, { limitMs: 60_000 }))
    const count = simulation.publishedCount()
    simulation.publish(3, lease(4))
    simulation.runFor(1_000)
    is(simulation.publishedCount(), count)
    publish(1, issue(1))
    settle()
    simulation.oracles.auditHistory()
  })

  it('can only restrict: revocations of every branch are told again, each once', () => {
    const counts: number[] = []
    for (let seed = 200; seed < 208; seed++) {
      const { simulation, settle, publish, rowAt, orgOf, finalOf, all } = cluster(seed)
      publish(3, issue(1))
      settle()
      const isEachSigned = seed % 2 === 0
      simulation.forge({ author: 3, to: [0], bodies: [lease(2), revoke(1), lease(2)], isEachSigned })
      simulation.forge({ author: 3, to: [1, 2], bodies: [revoke(2), lease(3)], isEachSigned })
      const statusAt = (node: number, fill: number) => {
        const state = simulation.nodes[node]?.replica?.final.state
        return state && statusOf(state, { org: orgOf(3), handle: handle(fill), atMs: 0 }).state
      }
      const isTold = () => all.every((node) => [1, 2].every((fill) => statusAt(node, fill) === 'revoked'))
      ok(simulation.runUntil(isTold, { limitMs: 300_000 }), `seed ${seed}: not told again`)
      ok(rowAt(0, 3)?.frozen != null)
      simulation.runFor(300_000)
      // Whatever of them was final before the freeze needed no telling; one may be told by two at the same time.
      const told = finalOf('fork.salvage')
      ok(told.length >= 1 && told.length <= 3, `seed ${seed}: ${told.length} salvaged`)
      for (const { header } of told) not(header.author === orgOf(3))
      counts.push(told.length)
      simulation.oracles.auditHistory()
    }
    ok(counts.reduce((sum, count) => sum + count, 0) <= 2 * counts.length, 'told more than once as a rule')
  })

  it('is told again by another member when the one whose turn it is is away', () => {
    const { simulation, settle, publish, rowAt, orgOf } = cluster(210, 7)
    publish(3, issue(1))
    settle()
    simulation.crash(6)
    simulation.crash(5)
    simulation.forge({ author: 3, to: [0], bodies: [lease(2), revoke(1)], isEachSigned: true })
    simulation.forge({ author: 3, to: [1, 2], bodies: [lease(3)], isEachSigned: true })
    const isRevoked = () => {
      const state = simulation.nodes[0]?.replica?.final.state
      return state && statusOf(state, { org: orgOf(3), handle: handle(1), atMs: 0 }).state === 'revoked'
    }
    ok(
      simulation.runUntil(() => isRevoked() ?? false, { limitMs: 600_000 }),
      'not told again',
    )
    ok(rowAt(0, 3)?.frozen != null)
  })

  it('is left behind by a rotation that a quorum approves, and the author goes on', () => {
    const { simulation, settle, publish, rowAt, all } = cluster(8)
    publish(3, issue(1))
    settle()
    simulation.forge({ author: 3, to: [0, 1], bodies: [lease(2), lease(2)], isEachSigned: false })
    simulation.forge({ author: 3, to: [2], bodies: [lease(3)], isEachSigned: true })
    ok(simulation.runUntil(() => all.every((node) => rowAt(node, 3)?.frozen != null), { limitMs: 60_000 }))
    tendForked(simulation)
    ok(
      simulation.runUntil(() => areAllRecovered(simulation), { limitMs: 120_000 }),
      'not recovered',
    )
    publish(3, issue(2))
    settle()
    const entry = simulation.nodes[0]?.replica?.final.cut.get(simulation.members[3]?.org ?? ('' as never))
    equal([entry?.generation, entry?.sequence], [1, 1])
    const roots = simulation.nodes.map(({ replica }) => replica && stateRoot(replica.final.state))
    for (const root of roots) equal(root, roots[0])
    simulation.oracles.auditHistory()
  })

  it('does not hold up a rotation in time: who has only the old key is outrun, and freezes nobody', () => {
    const { simulation, settle, publish, rotate, rowAt, all } = cluster(9)
    publish(3, issue(1))
    publish(3, lease(1))
    settle()
    rotate(3)
    settle()
    for (const to of [0, 1])
      simulation.forge({ author: 3, generation: 0, to: [to], bodies: [lease(2 + to)], isEachSigned: true })
    publish(3, lease(5))
    settle()
    simulation.runFor(20_000)
    for (const node of all) is(rowAt(node, 3)?.frozen, null)
    equal([...simulation.forksFound], [])
    for (const { replica } of simulation.nodes) equal(replica?.log.pending, { count: 0, bytes: 0 })
    simulation.oracles.auditHistory()
  })

  it('shortly before a rotation does not stop it: what is not final by then never will be', () => {
    const { simulation, settle, publish, rotate, rowAt, orgOf, all } = cluster(10)
    publish(3, issue(1))
    settle()
    // Whoever has the key goes on behind the owner's last event, at one node that is cut off.
    simulation.partition([[0], [1, 2, 3]])
    simulation.forge({ author: 3, to: [0], bodies: [lease(2), lease(2)], isEachSigned: true })
    rotate(3)
    publish(3, lease(1))
    ok(simulation.runUntil(() => simulation.isSettled([1, 2, 3]), { limitMs: 120_000 }))
    simulation.heal()
    settle()
    for (const node of all) {
      equal([rowAt(node, 3)?.frozen, rowAt(node, 3)?.logKeys.length], [null, 2])
      const state = simulation.nodes[node]?.replica?.final.state
      equal(state && readClosedGenerations(state, orgOf(3)).map(({ last }) => last?.sequence), [0])
    }
    simulation.oracles.auditHistory()
  })
})

suite('a rotation', (it) => {
  it('is followed at once by events of the new generation, through restarts and by who comes late', () => {
    for (let seed = 20; seed < 26; seed++) {
      const { simulation, settle, publish, rotate, all, orgOf } = cluster(seed)
      publish(0, issue(1))
      settle()
      simulation.crash(2)
      for (let generation = 1; generation <= 3; generation++) {
        rotate(0)
        publish(0, lease(generation))
        ok(simulation.runUntil(() => simulation.isSettled([0, 1, 3]), { limitMs: 120_000 }))
      }
      simulation.crash(0)
      simulation.start(0)
      publish(0, lease(9))
      simulation.start(2)
      settle()
      for (const node of all) {
        const entry = simulation.nodes[node]?.replica?.final.cut.get(orgOf(0))
        equal([entry?.generation, entry?.sequence], [3, 2])
      }
      simulation.oracles.auditHistory()
    }
  })

  it('loses nothing that its author had published before', () => {
    const { simulation, settle, publish, rotate, orgOf } = cluster(30)
    const workload = createWorkload(createRandom(30, 9))
    for (let count = 0; count < 5; count++) publish(1, workload.next(1))
    settle()
    rotate(1)
    settle()
    for (const { replica } of simulation.nodes) {
      ok(replica)
      const [closed] = readClosedGenerations(replica.final.state, orgOf(1))
      is(closed?.last?.sequence, 4)
    }
    simulation.oracles.auditHistory()
  })
})
