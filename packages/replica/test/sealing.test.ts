/** Letting go of the state in memory: everything is as it was, and nothing goes on holding it. */
import {
  emptyMap,
  encode,
  type MapSource,
  mapEntries,
  mapPages,
  mapRoot,
  mapSet,
  sha256,
  toHex,
  uint,
  utf8,
} from '@chirograph/codec'
import type { Replica } from '@chirograph/replica'
import { networkRowKey, readOrg, stateOfMap, stateRoot } from '@chirograph/status'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { createFour, genesis, lease, memberAt, take } from './member.ts'

interface Counting extends MapSource {
  reads: number
}

/** The replica's final state with rows that make it some pages deep, and those pages. */
function fill(replica: Replica): Counting {
  let { map } = replica.final.state
  for (let index = 0; index < 500; index++) map = mapSet(map, sha256(utf8(`row ${index}`)), utf8(`${index}`))
  mapRoot(map)
  replica.final = { ...replica.final, state: stateOfMap({ genesis, map }) }
  replica.chain.set(replica.final.header.digest, replica.final)
  const nameOf = ({ depth, prefix, version }: Parameters<MapSource['page']>[0]) =>
    `${depth}/${toHex(prefix)}/${version}`
  const { height: version } = replica.final.header.core
  const pages = new Map(
    Array.from(mapPages({ before: emptyMap, after: map, version }), (page) => [nameOf(page), page.bytes]),
  )
  return {
    reads: 0,
    page(place) {
      this.reads++
      return pages.get(nameOf(place))
    },
    damaged: (what) => new Error(what),
  }
}

/** A header over another that changed one row, as execution leaves it. */
function executeOn(replica: Replica, parent: string, nextPosition: number): string {
  const below = replica.chain.get(parent)
  ok(below)
  const value = encode(uint(), nextPosition)
  const map = mapSet(below.state.map, networkRowKey(), value)
  mapRoot(map)
  const digest = toHex(sha256(utf8(`over ${parent}`)))
  const { core, rest } = below.header
  const header = {
    ...below.header,
    digest,
    core: { ...core, height: core.height + 1 },
    rest: { ...rest, parent },
  }
  replica.chain.set(digest, { ...below, header, state: stateOfMap({ genesis, map }) })
  return digest
}

function network(): Replica {
  const four = createFour()
  four.input(0, { kind: 'publish', request: 1, body: lease })
  const [replica] = four.replicas
  ok(replica && replica.final.header.core.height > 0)
  return replica
}

suite('a replica that lets go of its state', (it) => {
  it('has the same state, and reads of it what is asked for', () => {
    const replica = network()
    const source = fill(replica)
    const { state } = replica.final
    equal(take(replica, { kind: 'seal', source }), [])
    is(source.reads, 1, 'the root')
    equal(stateRoot(replica.final.state), stateRoot(state))
    const { org } = memberAt(1)
    equal(readOrg(replica.final.state, org), readOrg(state, org))
    ok(source.reads > 0 && source.reads < 5, `${source.reads} pages`)
    equal([...mapEntries(replica.final.state.map)], [...mapEntries(state.map)])
    is(replica.chain.get(replica.final.header.digest), replica.final)
  })

  it('puts headers that are not final over it, or they would go on holding what was let go', () => {
    const replica = network()
    const source = fill(replica)
    const child = executeOn(replica, replica.final.header.digest, 2_048)
    const grandchild = executeOn(replica, child, 4_096)
    const before = [child, grandchild].map((digest) => replica.chain.get(digest)?.state)
    take(replica, { kind: 'seal', source })
    for (const [index, digest] of [child, grandchild].entries()) {
      const [was, now] = [before[index], replica.chain.get(digest)?.state]
      ok(was && now && was !== now)
      equal(stateRoot(now), stateRoot(was))
      const { reads } = source
      equal([...mapEntries(now.map)], [...mapEntries(was.map)])
      ok(source.reads > reads + 16, 'it is read, not held')
    }
  })

  it('does so with a header that was executed anew after what stands on it', () => {
    const replica = network()
    const source = fill(replica)
    const child = executeOn(replica, replica.final.header.digest, 2_048)
    const grandchild = executeOn(replica, child, 4_096)
    const executed = replica.chain.get(child)
    ok(executed)
    replica.chain.delete(child)
    replica.chain.set(child, executed)
    take(replica, { kind: 'seal', source })
    const sealed = replica.chain.get(grandchild)?.state
    ok(sealed)
    const { reads } = source
    is([...mapEntries(sealed.map)].length, [...mapEntries(executed.state.map)].length)
    ok(source.reads > reads + 16, 'it is read, not held')
  })
})
