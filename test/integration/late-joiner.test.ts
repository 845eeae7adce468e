/** A member that comes late, or was away for long: it takes a snapshot, is of use at once, and fetches history after. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { OrgId } from '@chirograph/event'
import { metaKey, type Store } from '@chirograph/interface'
import { type ChirographNode, checkStore } from '@chirograph/node'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { ed25519, startCluster } from './cluster.ts'
import {
  afterwards,
  asking,
  countIn,
  createDoor,
  early,
  heightOf,
  history,
  isFinalAt,
  nodeAt,
  until,
  verdictsOf,
} from './scene.ts'

type Misdeed = (
  answer: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
) => AsyncIterable<Uint8Array>

/** What members do to a snapshot that is asked of them, and whether it shows that it was they. */
const misdeeds: readonly (readonly [what: string, isAccused: boolean, misbehave: Misdeed])[] = [
  ['alter chunks', true, (answer) => changed(answer, (frame) => frame.length > 2_000, 1_500)],
  ['send chunks of another state', true, (answer) => changed(answer, (frame) => frame.length > 2_000, 12)],
  ['keep still', false, (_, signal) => silence(signal)],
  ['break off', false, (answer) => firstOf(answer)],
]

/** The others are never so far behind: what one made for another a second ago is handed out again. */
const lateOnly = (late: number) => (index: number) => (index === late ? early : {})

suite('a member that comes late', (it) => {
  it('proves and verifies before any history was fetched, follows, signs, and has all of it in the end', async () => {
    const door = createDoor()
    const asked: string[] = []
    const cluster = await startCluster(4, {
      absent: [3],
      joinLimits: lateOnly(3),
      networkOf: (network, index) =>
        asking(network, (request, next) => {
          if (index === 3) asked.push(request.protocol)
          return index === 3 && request.protocol === 'history'
            ? afterwards(door.opened, () => next(request))
            : next(request)
        }),
    })
    const { batch, ids } = await history(cluster, { events: 12 })
    const late = await cluster.start(3)
    await until(
      'the late member is where the others are',
      () => heightOf(late) >= heightOf(nodeAt(cluster, 0)),
    )
    ok(
      asked.includes('snapshot') && !asked.includes('checkpoints'),
      'nothing is fetched that a snapshot brings',
    )
    equal(await verdictsOf(cluster, late, batch), ['fail revoked', 'pass never-restricted'])
    equal(await verdictsOf(cluster, late, batch), await verdictsOf(cluster, nodeAt(cluster, 1), batch))
    is(await isFinalAt(late, ids), false, 'its history is not here yet')
    ok(cluster.notices[3]?.some(({ what }) => what === 'took a snapshot'))
    // It takes part: what others publish becomes final here, and what it publishes becomes final there.
    ok(late.status().isVoting)
    const theirs = await nodeAt(cluster, 1).publish({ kind: 'status.lease', count: 1024 })
    is((await late.finality(theirs.id)).outcome.outcome, 'applied')
    const own = await late.publish({ kind: 'status.lease', count: 1024 })
    is((await nodeAt(cluster, 0).finality(own.id)).outcome.outcome, 'applied')
    door.open()
    await until('all history is here', () => isFinalAt(late, ids))
    await until(
      'it is said so',
      () => cluster.notices[3]?.some(({ what }) => what === 'history is complete') ?? false,
    )
    const [first, last] = await Promise.all([cluster.open(0), cluster.open(3)])
    for (const space of ['event', 'body', 'position', 'arrival'] as const)
      is(await countIn(last, space), await countIn(first, space), space)
    is(await countIn(last, 'history'), 0)
    await cluster.stop()
  })

  for (const [what, isAccused, misbehave] of misdeeds)
    it(
      `takes a snapshot from the one member of four that does not ${what}`,
      async () => {
        const bad = new Set<string>()
        let askable: Promise<void> | undefined
        const cluster = await startCluster(5, {
          absent: [4],
          joinLimits: lateOnly(4),
          networkOf: (network, index) =>
            asking(network, (request, next) => {
              if (index !== 4 || request.protocol !== 'snapshot') return next(request)
              // Nobody answers before all could be asked, and the good one last, so that the others are asked too.
              const isAskable = () => network.peers().filter(({ connected }) => connected).length === 4
              askable ??= until('all are connected', isAskable)
              const asked = askable
              return bad.has(request.peerId)
                ? afterwards(asked, () => misbehave(next(request), request.signal))
                : afterwards(
                    asked.then(() => sleep(500)),
                    () => next(request),
                  )
            }),
        })
        const { batch } = await history(cluster, { events: 4, rows: 2_000 })
        for (const { peerId } of cluster.members.slice(0, 3)) bad.add(peerId)
        const late = await cluster.start(4)
        let hasSaidSo = false
        const isThere = () => {
          const { snapshot, sync } = late.status()
          hasSaidSo ||= snapshot !== null && sync.state === 'behind'
          return heightOf(late) >= heightOf(nodeAt(cluster, 0))
        }
        await until('it is where the others are', isThere, 30_000)
        ok(hasSaidSo, 'its status tells how far the snapshot is')
        await until('the snapshot is done', () => late.status().snapshot === null)
        equal(await verdictsOf(cluster, late, batch), ['fail revoked', 'pass never-restricted'])
        const rejected = cluster.notices[4]?.filter(({ facts }) => facts.reason === 'bad-snapshot') ?? []
        ok(
          rejected.every(({ facts }) => bad.has(String(facts.from))),
          'nobody else is accused',
        )
        is(rejected.length > 0, isAccused)
        ok(cluster.notices[4]?.some(({ what }) => what === 'took a snapshot'))
        await cluster.stop()
      },
      { timeoutMs: 60_000 },
    )

  it(
    'is whole before or after every write of taking a snapshot, and goes on from either when it is killed',
    async () => {
      let writesLeft = Number.POSITIVE_INFINITY
      let isJoining = true
      const cluster = await startCluster(4, {
        absent: [3],
        joinLimits: (index) => (index === 3 && isJoining ? early : {}),
        storeOf: (store, index) => (index === 3 ? dying(store, () => writesLeft-- > 0) : store),
      })
      const { batch, ids } = await history(cluster, { events: 4, rows: 5_000 })
      const isThere = async (late: ChirographNode) =>
        heightOf(late) >= heightOf(nodeAt(cluster, 0)) && (await isFinalAt(late, ids))
      /** Whether it came to where the others are, rather than to its end. */
      const live = async () => {
        const late = await cluster.start(3).catch(() => undefined)
        if (late === undefined) return false
        let hasEnded = false
        late.stopped.then(() => {
          hasEnded = true
        })
        await until('it joins or ends', async () => hasEnded || (await isThere(late)), 30_000)
        const isWhole = !hasEnded
        await late.stop()
        return isWhole
      }
      const heightsOnDisk = new Set<boolean>()
      const org = cluster.members[3]?.org as OrgId
      // Each life begins anew and ends one write later than the one before, until one lives to the end.
      for (let writes = 1, isDone = false; !isDone; writes++) {
        ok(writes < 60, 'it comes to an end')
        cluster.wipe(3)
        writesLeft = writes
        isDone = await live()
        writesLeft = Number.POSITIVE_INFINITY
        const killed = await cluster.open(3)
        heightsOnDisk.add((await killed.get(metaKey('final-height'))) !== undefined)
        // What was left of a snapshot must go, whether another one is taken or not.
        isJoining = writes % 2 === 0
        ok(await live(), `it goes on after ${writes} writes`)
        isJoining = true
        const { findings } = await checkStore(killed, { genesis: cluster.genesis, org, ed25519 })
        equal(findings, [], `nothing was left after ${writes} writes`)
      }
      is(heightsOnDisk.size, 2, 'it was killed before and after')
      equal(await verdictsOf(cluster, await cluster.start(3), batch), [
        'fail revoked',
        'pass never-restricted',
      ])
      await cluster.stop()
    },
    { timeoutMs: 120_000 },
  )
})

/** Ends when the asker gives up. */
async function* silence(signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
}

/** One byte of some frames. */
async function* changed(
  answer: AsyncIterable<Uint8Array>,
  isWanted: (frame: Uint8Array) => boolean,
  at: number,
): AsyncIterable<Uint8Array> {
  for await (const frame of answer) yield isWanted(frame) ? frame.with(at, (frame[at] ?? 0) ^ 1) : frame
}

async function* firstOf(answer: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const frame of answer) {
    yield frame
    throw new Error('the stream broke')
  }
}

/** A store whose process is killed at a write: from then on nothing is written. */
function dying(store: Store, mayWrite: () => boolean): Store {
  return {
    ...store,
    async batch(ops, options) {
      if (!mayWrite()) throw new Error('killed')
      return store.batch(ops, options)
    },
  }
}
