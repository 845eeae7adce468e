/** What a replica holds does not depend on how events came: alone while they were new, or later in long segments. */

import * as fc from 'fast-check'
import { encodeSegment, type OrgId, segmentOf, type VerifiedEvent } from '@chirograph/event'
import { forksOf, frontier, placeOfForkEvidence } from '@chirograph/log'
import { type Replica, type ReplicaEffect, type ReplicaInput, segmentInput } from '@chirograph/replica'
import { stateRoot } from '@chirograph/status'
import { equal, is, ok, type Seeded, seeded, suite } from '../../workspace/kit.ts'
import { eventOf, genesisTimeMs, lease, memberAt, replicaOf, take } from './member.js'

/** An event, and whether its own signature is valid; what it follows it vouches for all the same. */
interface Signed {
  readonly event: VerifiedEvent
  readonly isSigned: boolean
}

/** A branch from where it parts, or from the beginning, to its tip. */
type Branch = readonly Signed[]

const authors = [1, 2, 3]

/** Chains of three members, one of whom may fork, with references across; only the tips are signed for certain. */
function branchesOf(random: Seeded): Branch[] {
  const branches: Signed[][] = authors.map(() => [])
  const made: VerifiedEvent[] = []
  const forker = random.chance(0.6) ? random.pick(authors) : 0
  const extend = (branch: Signed[], author: number, prev: VerifiedEvent | undefined) => {
    const others = made.filter(({ header }) => header.author !== memberAt(author).org)
    const event = eventOf(author, {
      sequence: (prev?.header.sequence ?? -1) + 1,
      prev: prev?.id ?? null,
      body: { ...lease, count: 1_024 * (1 + random.int(8)) } as typeof lease,
      timeMs: genesisTimeMs + made.length,
      references: others.length > 0 && random.chance(0.4) ? [random.pick(others).id] : [],
    })
    branch.push({ event, isSigned: random.chance(0.5) })
    made.push(event)
  }
  for (let count = 10 + random.int(30); count > 0; count--) {
    const author = random.pick(authors)
    const own = branches[author - 1] ?? []
    extend(own, author, own.at(-1)?.event)
  }
  const trunk = branches[forker - 1] ?? []
  if (trunk.length > 0) {
    const fork: Signed[] = []
    const from = random.int(trunk.length)
    for (let length = 1 + random.int(5); length > 0; length--)
      extend(fork, forker, fork.at(-1)?.event ?? trunk[from - 1]?.event)
    if (fork[0]?.event.id !== trunk[from]?.event.id) branches.push(fork)
  }
  return branches
    .filter((branch) => branch.length > 0)
    .map((branch) => branch.map((one, at) => (at === branch.length - 1 ? { ...one, isSigned: true } : one)))
}

/** An event as its author sent it. */
function alone({ event, isSigned }: Signed): Uint8Array {
  return segmentOf(isSigned ? event : { ...event, signature: new Uint8Array(64).fill(7) })
}

/** The branch in stretches that end at a signature. */
function stretches(branch: Branch, random: Seeded): Uint8Array[] {
  const out: Uint8Array[] = []
  let run: VerifiedEvent[] = []
  for (const { event, isSigned } of branch) {
    run.push(event)
    const isLast = event === branch.at(-1)?.event
    if (!isLast && !(isSigned && random.chance(0.4))) continue
    out.push(encodeSegment({ items: run, signature: event.signature }))
    run = []
  }
  return out
}

/** Gives it to a replica, and answers what that asks of its disk, where nothing is that is not in memory. */
function arrive(replica: Replica, bytes: Uint8Array, { isGossip }: { readonly isGossip: boolean }) {
  const inputs: Bare[] = [segmentInput({ bytes, from: `peer ${isGossip}`, isGossip, replica })]
  const effects: ReplicaEffect[] = []
  for (const input of inputs)
    for (const effect of take(replica, input)) {
      effects.push(effect)
      if (effect.kind === 'load') inputs.push({ ...effect, kind: 'loaded', stored: [] })
      if (effect.kind !== 'look-up') continue
      const isHere = (id: VerifiedEvent['id']) => replica.log.entries.has(id)
      const [found, absent] = [effect.ids.filter(isHere), effect.ids.filter((id) => !isHere(id))]
      inputs.push({ kind: 'looked-up', found, absent, jumps: effect.jumps })
    }
  return effects
}

type Bare = ReplicaInput extends infer T ? (T extends unknown ? Omit<T, 'nowMs'> : never) : never

/** What others' events left; its own are accusations, of which each replica makes its own. */
function contentsOf({ log, final }: Replica) {
  const isOther = ({ author }: { readonly author: OrgId }) => author !== memberAt(0).org
  const forkedAt = authors.map((author) => forksOf(log, memberAt(author).org).map(placeOfForkEvidence))
  const ids = [...log.entries.values()].filter(isOther).map(({ id }) => id)
  return { ids: ids.sort(), frontier: frontier(log).filter(isOther), forkedAt, state: stateRoot(final.state) }
}

suite('arrival', (it) => {
  it('as live gossip or late in segments, in any order, leaves the same entries, frontier, forks and state', () => {
    let forks = 0
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const random = seeded(seed)
        const branches = branchesOf(random)
        const [live, late] = [replicaOf(0), replicaOf(0)]
        const segments = () => random.shuffle(branches.flatMap((branch) => stretches(branch, random)))
        for (const one of random.shuffle(branches.flat())) arrive(live, alone(one), { isGossip: true })
        // A sync brings what nobody could check alone.
        for (const bytes of segments()) arrive(live, bytes, { isGossip: false })
        for (const bytes of segments()) arrive(late, bytes, { isGossip: false })
        equal(contentsOf(late), contentsOf(live))
        is(contentsOf(live).ids.length, branches.flat().length)
        forks += branches.length > authors.length ? 1 : 0
      }),
      { numRuns: 60 },
    )
    ok(forks > 10, `${forks} histories with a fork`)
  })
})
