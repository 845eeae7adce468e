import { setTimeout as sleep } from 'node:timers/promises'
import { type EventId, fromHex } from '@chirograph/codec'
import { createEvent, type EventBody, parseOrgId, segmentOf } from '@chirograph/event'
import { memoryDisk, memoryHub, metaKey, type Store } from '@chirograph/interface'
import { peerIdOfSeed } from '@chirograph/network-libp2p'
import { createNode, initialiseStore, type RegistrarEntry } from '@chirograph/node'
import { encodeSegmentFrame } from '@chirograph/replica'
import { networkIdOf } from '@chirograph/status'
import { equal, failsWith, is, match, ok, suite } from '../../packages/workspace/kit.ts'
import { ed25519, genesisOf, memberOf, type Running, startCluster } from './cluster.ts'
import { rowsOf, until } from './scene.ts'

function targetOf(entry: RegistrarEntry | undefined) {
  const handle = entry && fromHex(entry.handle)
  if (!entry || !handle) throw new Error('an issued credential')
  return { handle, position: entry.position }
}

/** Repeats while the node does not know yet which events of its own there are. */
async function untilSigned<T>(publish: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await publish()
    } catch (error) {
      if (attempt > 100 || !(error instanceof Error) || !error.message.startsWith('NODE_SIGNING_REFUSED'))
        throw error
      await sleep(50)
    }
  }
}

suite('nodes together', (it) => {
  it('agree on a revocation, and each of them proves it', async () => {
    const cluster = await startCluster(4)
    const [college, university] = cluster.nodes
    if (!college || !university) throw new Error('four nodes')
    const [batch] = await college.issueCohort(rowsOf(3))
    const [first, second] = batch?.entries ?? []
    const revoked = await college.change({
      kind: 'revoke',
      credentials: [targetOf(first)],
      reason: 'issued-in-error',
    })
    const finals = await Promise.all(cluster.nodes.map((node) => node.finality(revoked.id)))
    is(new Set(finals.map(({ height }) => height)).size, 1)
    is((await college.verify(first?.credential)).checks.status.code, 'revoked')
    is((await college.verify(second?.credential)).verdict, 'pass')
    if (!second?.batch) throw new Error('a published batch')
    const target = {
      org: college.org,
      handle: targetOf(second).handle,
      batch: second.batch,
      index: second.index,
    }
    const path = second.path.map((sibling) => fromHex(sibling) ?? new Uint8Array())
    const proof = university.proveStatus({ ...target, path })
    is((await university.verify(second.credential, { proof })).verdict, 'pass')
    await cluster.stop()
  })

  it('let a stopped member catch up on what became final without it', async () => {
    const cluster = await startCluster(4)
    const [college] = cluster.nodes
    if (!college) throw new Error('four nodes')
    const [batch] = await college.issueCohort(rowsOf(2))
    if (!batch) throw new Error('a batch')
    await Promise.all(cluster.nodes.map((node) => node.finality(batch.event)))
    await cluster.nodes[3]?.stop()
    const revoked = await college.change({
      kind: 'revoke',
      credentials: [targetOf(batch.entries[0])],
      reason: 'withdrawn',
    })
    await college.finality(revoked.id)
    const back = await cluster.start(3)
    is(await back.event(revoked.id), undefined)
    await until(
      'the restarted member has the revocation final',
      async () => (await back.eventState(revoked.id)).state === 'final',
    )
    equal((await back.event(revoked.id))?.body, (await college.event(revoked.id))?.body)
    is((await back.event(revoked.id))?.body.kind, 'status.revoke')
    ok(back.status().isVoting)
    const again = await college.change({
      kind: 'revoke',
      credentials: [targetOf(batch.entries[1])],
      reason: 'withdrawn',
    })
    await Promise.all(cluster.nodes.map((node) => node.finality(again.id)))
    await cluster.stop()
  })

  it('freeze an author whose fork is seen, at the same place everywhere', async () => {
    const cluster = await startCluster(4)
    const [college, university] = cluster.nodes
    const [member] = cluster.members
    if (!college || !university || !member) throw new Error('four nodes')
    const first = await college.publish({ kind: 'status.lease', count: 1024 })
    await university.finality(first.id)
    const twin = createEvent(
      {
        networkId: networkIdOf(cluster.genesis),
        author: college.org,
        generation: 0,
        sequence: 0,
        prev: null,
        references: [],
        timeMs: 5,
        body: { kind: 'status.lease', count: 2048 },
      },
      (message) => ed25519.sign({ seed: member.seeds.log, message }),
    )
    await cluster.inject('events', encodeSegmentFrame([segmentOf(twin)]))
    const org = parseOrgId(college.org)
    await until('every member holds the author frozen', () =>
      cluster.nodes.every((node) => org !== undefined && node.organisation(org)?.frozen !== null),
    )
    const frozen = cluster.nodes.map((node) => node.organisation(college.org)?.frozen)
    equal(new Set(frozen.map((at) => JSON.stringify(at))).size, 1)
    is(frozen[0]?.sequence, 0)
    const refused = await failsWith(
      'NODE_SIGNING_REFUSED',
      college.publish({ kind: 'status.lease', count: 1024 }),
    )
    is(refused.message.includes('two different events'), true)
    await cluster.stop()
  })

  it('follow when the vote record is gone until it is known where they may vote, and do not sign over lost events', async () => {
    const cluster = await startCluster(4)
    const [college] = cluster.nodes
    if (!college) throw new Error('four nodes')
    const lease = await college.publish({ kind: 'status.lease', count: 1024 })
    await Promise.all(cluster.nodes.map((node) => node.finality(lease.id)))
    await college.stop()
    cluster.wipe(0)
    const wiped = await cluster.start(0)
    is(wiped.status().isVoting, false)
    is(wiped.status().whyNotVoting, 'vote-record-lost')
    await until(
      'the wiped member has its own event again',
      async () => (await wiped.eventState(lease.id)).state === 'final',
    )
    const next = await untilSigned(() => wiped.publish({ kind: 'status.lease', count: 1024 }))
    const [here] = await Promise.all(cluster.nodes.map((node) => node.finality(next.id)))
    is(here?.outcome.outcome, 'applied')
    is(wiped.organisation(wiped.org)?.frozen, null)
    await until('the others told their views', () => wiped.status().votesFrom !== null)
    for (let view = 0; view < 3; view++)
      await wiped.finality((await wiped.publish({ kind: 'status.lease', count: 1024 })).id)
    ok(wiped.status().isVoting)
    for (const node of cluster.nodes) is(node.status().counters.equivocations, 0)
    await cluster.stop()
  })

  it('never sign a place twice after a lost store and a restart', async () => {
    const cluster = await startCluster(4)
    const [college] = cluster.nodes
    if (!college) throw new Error('four nodes')
    const lease = await college.publish({ kind: 'status.lease', count: 1024 })
    await Promise.all(cluster.nodes.map((node) => node.finality(lease.id)))
    await college.stop()
    cluster.wipe(0)
    const wiped = await cluster.start(0)
    await until(
      'the wiped member has its own event again',
      async () => (await wiped.eventState(lease.id)).state === 'final',
    )
    await wiped.stop()
    const again = await cluster.start(0)
    await until('members were heard', () => again.status().sync.state === 'current')
    const next = await untilSigned(() => again.publish({ kind: 'status.lease', count: 1024 }))
    await Promise.all(cluster.nodes.map((node) => node.finality(next.id)))
    for (const node of cluster.nodes) is(node.organisation(again.org)?.frozen, null)
    await cluster.stop()
  })

  it('publish a batch that a fork held up when a rotation ended that, and tell whoever issued it', async () => {
    const cluster = await startCluster(4)
    const [college, ...others] = cluster.nodes
    if (!college) throw new Error('four nodes')
    await college.finality((await college.publish({ kind: 'status.lease', count: 1024 })).id)
    await forkFirst(cluster)
    await until('it knows of its fork', () => college.status().signing === 'own-fork')
    const refusal = await failsWith('NODE_SIGNING_REFUSED', college.issueCohort(rowsOf(2)))
    match(refusal.message, '2 credentials are signed and kept')
    match(refusal.message, 'do not issue the same rows again')
    const told = () => cluster.notices[0]?.filter(({ what }) => what === 'a batch waits to be published')
    is(told()?.length, 1)
    await failsWith('NODE_ALREADY_ISSUED', college.issueCohort(rowsOf(2)))
    await until('it is frozen', () => others.every((node) => node.organisation(college.org)?.frozen != null))
    const rotation = await college.rotateKey()
    await until('the others hold the rotation', async () =>
      (await Promise.all(others.map((node) => node.event(rotation.id)))).every(
        (event) => event !== undefined,
      ),
    )
    for (const node of others) await node.approveRecovery(college.org)
    const batchOf = async () => (await college.findCredentials('L-0'))[0]?.batch
    await until('the batch is published', async () => (await batchOf()) != null)
    const batch = await batchOf()
    ok(batch)
    await Promise.all(cluster.nodes.map((node) => node.finality(batch)))
    is(told()?.length, 1)
    await cluster.stop()
  })

  it('know after a restart that their own chain forked, and stay silent', async () => {
    const cluster = await startCluster(4)
    const [college] = cluster.nodes
    if (!college) throw new Error('four nodes')
    await cluster.nodes[1]?.finality((await college.publish({ kind: 'status.lease', count: 1024 })).id)
    await forkFirst(cluster)
    await until('it knows of its fork', () => college.status().signing === 'own-fork')
    await college.stop()
    const again = await cluster.start(0)
    is(again.status().signing, 'own-fork')
    await failsWith('NODE_SIGNING_REFUSED', again.publish({ kind: 'status.lease', count: 1024 }))
    await cluster.stop()
  })

  it('publish a batch after a crash between signing and publishing, once', async () => {
    const cluster = await startCluster(4)
    const [college] = cluster.nodes
    if (!college) throw new Error('four nodes')
    const lease = await college.publish({ kind: 'status.lease', count: 1024 })
    await college.finality(lease.id)
    cluster.failNextWrite(0)
    await failsWith('NODE_STOPPED', college.issueCohort(rowsOf(2)))
    await college.stop()
    const back = await cluster.start(0)
    const entries: RegistrarEntry[] = []
    for await (const entry of back.credentials()) entries.push(entry)
    is(entries.length, 2)
    const batch = entries[0]?.batch
    if (!batch) throw new Error('the batch was not published after the restart')
    await Promise.all(cluster.nodes.map((node) => node.finality(batch)))
    is((await back.verify(entries[0]?.credential)).verdict, 'pass')
    await cluster.stop()
  })
})

suite('a node tells its events', (it) => {
  it('as they come, to a subscriber that goes on where it was after a restart', async () => {
    const cluster = await startCluster(4)
    const [college, other] = cluster.nodes
    if (!college || !other) throw new Error('four nodes')
    const told: EventId[] = []
    let cursor: string | undefined
    const readUpTo = async (node: typeof other, count: number) => {
      for await (const event of node.events({ from: cursor })) {
        told.push(event.id)
        cursor = event.cursor
        if (told.length === count) break
      }
    }
    const ids: EventId[] = []
    const publish = async () =>
      void ids.push((await college.publish({ kind: 'status.lease', count: 1024 })).id)
    const reading = readUpTo(other, 2)
    for (let count = 0; count < 3; count++) await publish()
    await reading
    await other.stop()
    for (let count = 0; count < 3; count++) await publish()
    const again = await cluster.start(1)
    await readUpTo(again, 6)
    equal(told, ids)
    const last = ids.at(-1)
    if (!last) throw new Error('six events')
    const isFinal: boolean[] = []
    await until('everything is final there', async () => (await again.eventState(last)).state === 'final')
    for await (const event of again.events({ issuer: college.org, live: false })) isFinal.push(event.isFinal)
    equal(
      isFinal,
      ids.map(() => true),
    )
    const ended = again.events({ from: cursor })[Symbol.asyncIterator]().next()
    await again.stop()
    equal(await ended, { done: true, value: undefined })
    await cluster.stop()
  })
})

suite('a node that has stopped', (it) => {
  it('lets nobody wait for what it will never know', async () => {
    const cluster = await startCluster(4)
    await Promise.all(cluster.nodes.slice(1).map((node) => node.stop()))
    const [college] = cluster.nodes
    if (!college) throw new Error('four nodes')
    const { id } = await college.publish({ kind: 'status.lease', count: 1024 })
    const before = college.finality(id)
    const refused = failsWith('NODE_STOPPED', before)
    await college.stop()
    await refused
    await failsWith('NODE_STOPPED', college.finality(id))
    await cluster.stop()
  })
})

suite('a node whose disk is slow', (it) => {
  it('tells nobody of an event that is not on disk, whoever asks', async () => {
    const held = createGate()
    const cluster = await startCluster(2, {
      absent: [1],
      storeOf: (store, index) => (index === 0 ? slowed(store, held) : store),
    })
    const [college] = cluster.nodes
    if (!college) throw new Error('one node')
    const before = await college.publish({ kind: 'status.lease', count: 1_024 })
    held.close()
    const handle = new Uint8Array(32).fill(0xc5)
    const publishing = college.publish({
      kind: 'status.revoke',
      entries: [{ handle, position: null }],
      reason: 'withdrawn',
    })
    const other = await cluster.start(1)
    const isKnown = async (id: EventId) => (await other.eventState(id)).state !== 'unknown'
    const isTold = () => cluster.wire().includes(Buffer.from(handle).toString('latin1'))
    // Longer than the newcomer takes to ask, and to be told of everything that may be told.
    await sleep(500)
    is(isTold(), false)
    held.open()
    const { id } = await publishing
    await until('both events are here', async () => (await isKnown(before.id)) && (await isKnown(id)))
    is(isTold(), true)
    await cluster.stop()
  })

  it('says of nothing that it is final before the vote for it is on disk', async () => {
    const held = createGate()
    const cluster = await startCluster(1, { storeOf: (store) => slowed(store, held) })
    const [college] = cluster.nodes
    if (!college) throw new Error('one node')
    const [batch] = await college.issueCohort(rowsOf(1))
    const target = targetOf(batch?.entries[0])
    if (!batch) throw new Error('one batch')
    const { height } = await college.finality(batch.event)
    const { final } = college.status().events
    const statusOf = () => college.credentialStatus({ org: college.org, handle: target.handle })
    held.close()
    // It agrees with itself, so in memory this is final at once.
    const revoking = college.change({ kind: 'revoke', credentials: [target], reason: 'withdrawn' })
    equal([college.status().height, college.status().events.final], [height, final])
    equal(statusOf(), { status: { state: 'active', ended: null }, finality: 'pending', height })
    held.open()
    is((await college.finality((await revoking).id)).height, height + 1)
    const { status, ...rest } = statusOf()
    is(status.state, 'revoked')
    equal(rest, { finality: 'final', height: height + 1 })
    await cluster.stop()
  })
})

suite('a node refuses', (it) => {
  it('to publish what no event may say, and goes on; what it was given may change afterwards', async () => {
    const cluster = await startCluster(4)
    const [college] = cluster.nodes
    if (!college) throw new Error('four nodes')
    const handle = new Uint8Array(32)
    const bad: unknown[] = [
      { kind: 'status.lease', count: 1 },
      { kind: 'status.revoke', entries: [], reason: 'withdrawn' },
      {
        kind: 'status.revoke',
        entries: [{ handle: handle.subarray(1), position: null }],
        reason: 'withdrawn',
      },
      { kind: 'status.revoke', entries: [{ handle, position: null }], reason: 'because' },
      { kind: 'nothing' },
      {},
    ]
    for (const body of bad) await failsWith('NODE_INVALID_EVENT', college.publish(body as EventBody))
    const given = {
      kind: 'status.revoke',
      entries: [{ handle, position: null }],
      reason: 'withdrawn',
    } as const
    const published = college.publish(given)
    handle.fill(9)
    const { id } = await published
    const event = await college.event(id)
    equal(event?.body, { ...given, entries: [{ handle: new Uint8Array(32), position: null }] })
    await Promise.all(cluster.nodes.map((node) => node.finality(id)))
    await cluster.stop()
  })

  const members = [memberOf(0), memberOf(1), memberOf(2), memberOf(3)]
  const genesis = genesisOf(members)
  const optionsOf = (store: Store, registrar: Store, index = 0) => {
    const seeds = memberOf(index).seeds
    return {
      genesis,
      seeds,
      store,
      registrar,
      network: memoryHub().network(peerIdOfSeed(seeds.transport)),
      ed25519,
    }
  }

  it('a store of another network', async () => {
    const disk = memoryDisk()
    const first = await createNode(optionsOf(await disk.open(), await memoryDisk().open()))
    await first.stop()
    const other = genesisOf(members.slice(0, 3))
    const options = { ...optionsOf(await disk.open(), await memoryDisk().open()), genesis: other }
    await failsWith('NODE_OTHER_NETWORK', createNode(options))
  })

  it('a store of another organisation', async () => {
    const disk = memoryDisk()
    await initialiseStore(await disk.open(), {
      org: memberOf(1).org as Parameters<typeof initialiseStore>[1]['org'],
    })
    await failsWith('NODE_OTHER_ORG', createNode(optionsOf(await disk.open(), await memoryDisk().open())))
  })

  it('a store whose note of the final height is gone: it would vote again on what was decided', async () => {
    const cluster = await startCluster(4)
    const [college] = cluster.nodes
    if (!college) throw new Error('four nodes')
    const published = await college.publish({ kind: 'status.lease', count: 1024 })
    await college.finality(published.id)
    await college.stop()
    const store = await cluster.open(0)
    await store.batch([{ kind: 'delete', key: metaKey('final-height') }], { sync: true })
    const refused = await failsWith('NODE_STORE_DAMAGED', cluster.start(0))
    ok(refused.message.includes('checkpoints are here'))
    await cluster.stop()
  })

  it('keys that are no member', async () => {
    const options = optionsOf(await memoryDisk().open(), await memoryDisk().open(), 9)
    await failsWith('NODE_NOT_A_MEMBER', createNode(options))
  })

  it('to mark a store as new twice', async () => {
    const store = await memoryDisk().open()
    const org = memberOf(0).org as Parameters<typeof initialiseStore>[1]['org']
    await initialiseStore(store, { org })
    await failsWith('NODE_STORE_NOT_EMPTY', initialiseStore(store, { org }))
  })
})

/** Gossips a second event at the first place of the first member's chain. */
async function forkFirst(cluster: Running): Promise<void> {
  const [member] = cluster.members
  const [college] = cluster.nodes
  if (!member || !college) throw new Error('one node')
  const place = { author: college.org, generation: 0, sequence: 0, prev: null, references: [], timeMs: 5 }
  const body = { kind: 'status.lease', count: 2048 } as const
  const twin = createEvent({ networkId: networkIdOf(cluster.genesis), ...place, body }, (message) =>
    ed25519.sign({ seed: member.seeds.log, message }),
  )
  await cluster.inject('events', encodeSegmentFrame([segmentOf(twin)]))
}

/** Lets pass, or holds up. */
function createGate() {
  let opened: Promise<void> = Promise.resolve()
  let open = () => {}
  return {
    close() {
      opened = new Promise((resolve) => {
        open = resolve
      })
    },
    open: () => open(),
    passed: () => opened,
  }
}

function slowed(store: Store, gate: ReturnType<typeof createGate>): Store {
  return {
    ...store,
    async batch(ops, options) {
      await gate.passed()
      return store.batch(ops, options)
    },
  }
}
