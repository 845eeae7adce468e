/** What people do twice by mistake: it is refused and told, and done where they mean it. */
import type { ChirographNode } from '@chirograph/node'
import { equal, failsWith, is, match, ok, suite } from '../../packages/workspace/kit.ts'
import { startCluster } from './cluster.ts'
import { handleOf, nodeAt, rowsOf } from './scene.ts'

async function ownEvents(node: ChirographNode): Promise<string[]> {
  const kinds: string[] = []
  for await (const { kind } of node.events({ issuer: node.org, live: false })) kinds.push(kind)
  return kinds
}

async function issued(count: number) {
  const cluster = await startCluster(4)
  const college = nodeAt(cluster, 0)
  const [batch] = await college.issueCohort(rowsOf(count))
  ok(batch)
  await college.finality(batch.event)
  const targets = batch.entries.map((entry) => ({ handle: handleOf(entry), position: entry.position }))
  return { college, batch, targets, stop: cluster.stop }
}

suite('issuing a cohort twice', (it) => {
  it('is refused and names the batch, before anything is signed', async () => {
    const { college, batch, stop } = await issued(3)
    const before = await ownEvents(college)
    const error = await failsWith('NODE_ALREADY_ISSUED', college.issueCohort(rowsOf(3)))
    match(error.message, `all 3 rows were issued already, in batch ${batch.event} of `)
    await failsWith('NODE_ALREADY_ISSUED', college.checkCohort(rowsOf(3)))
    equal(await ownEvents(college), before)
    is((await college.findCredentials('L-0')).length, 1)
    await stop()
  })

  it('is refused for the rows alone that were issued, which are named, in whatever file they come', async () => {
    const { college, stop } = await issued(3)
    const rows = rowsOf(6)
      .reverse()
      .map((row, index) => ({ ...row, row: index + 2 }))
    const error = await failsWith('NODE_ALREADY_ISSUED', college.issueCohort(rows))
    match(error.message, '3 of the 6 rows were issued already (rows 5 to 7)')
    const [batch] = await college.issueCohort(rows.slice(0, 3))
    is(batch?.entries.length, 3)
    await stop()
  })

  it('is done where it is meant, or where a row says anything else', async () => {
    const { college, batch, stop } = await issued(2)
    const [again] = await college.issueCohort(rowsOf(2), { again: true })
    ok(again && again.event !== batch.event)
    await college.issueCohort(rowsOf(2).map((row) => ({ ...row, expiresOn: '2039-01-01' })))
    is((await college.findCredentials('L-0')).length, 3)
    await stop()
  })

  it('is refused after a restart, and while two issue at the same time', async () => {
    const cluster = await startCluster(4)
    const college = nodeAt(cluster, 0)
    const both = await Promise.allSettled([college.issueCohort(rowsOf(2)), college.issueCohort(rowsOf(2))])
    equal(
      both.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    )
    await college.stop()
    const back = await cluster.start(0)
    await failsWith('NODE_ALREADY_ISSUED', back.issueCohort(rowsOf(2)))
    await cluster.stop()
  })
})

suite('changing a status twice', (it) => {
  it('is refused where nothing would change, says since when, and makes no event', async () => {
    const { college, targets, stop } = await issued(2)
    const [first] = targets
    ok(first)
    const change = (kind: 'revoke' | 'suspend' | 'reinstate') =>
      college.change(
        kind === 'reinstate'
          ? { kind, credentials: [first] }
          : { kind, credentials: [first], reason: 'withdrawn' },
      )
    await failsWith('NODE_NOTHING_TO_CHANGE', change('reinstate'))
    await college.finality((await change('suspend')).id)
    await college.finality((await change('suspend')).id)
    await college.finality((await change('reinstate')).id)
    const lifted = await failsWith('NODE_NOTHING_TO_CHANGE', change('reinstate'))
    match(lifted.message, 'already reinstated on ')
    const { timeMs } = await college.finality((await change('revoke')).id)
    const before = await ownEvents(college)
    for (const kind of ['revoke', 'suspend', 'reinstate'] as const) {
      const error = await failsWith('NODE_NOTHING_TO_CHANGE', change(kind))
      match(error.message, `already revoked on ${new Date(timeMs).toISOString()} (withdrawn)`)
    }
    equal(await ownEvents(college), before)
    await stop()
  })

  it('names those alone on the log that it changes', async () => {
    const { college, targets, stop } = await issued(2)
    const [first, second] = targets
    ok(first && second)
    const revoke = (credentials: typeof targets) =>
      college.change({ kind: 'revoke', credentials, reason: 'withdrawn' })
    await college.finality((await revoke([first])).id)
    const { id, unchanged } = await revoke([first, second])
    equal(
      unchanged.map(({ handle, why }) => [handle, why]),
      [[Buffer.from(first.handle).toString('hex'), 'already-revoked']],
    )
    const body = (await college.event(id))?.body
    ok(body?.kind === 'status.revoke')
    equal(
      body.entries.map(({ handle }) => handle),
      [second.handle],
    )
    await stop()
  })

  it('ends a suspension that waits to be final', async () => {
    const { college, targets, stop } = await issued(1)
    const suspended = await college.change({ kind: 'suspend', credentials: targets, reason: 'withdrawn' })
    const reinstated = await college.change({ kind: 'reinstate', credentials: targets })
    await college.finality(suspended.id)
    const { outcome } = await college.finality(reinstated.id)
    is(outcome.outcome, 'applied')
    await stop()
  })
})
