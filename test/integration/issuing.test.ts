/** What a node does for others while it issues a large cohort. */
import type { IssuePhase } from '@chirograph/node'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { startCluster } from './cluster.ts'
import { nodeAt, rowsOf } from './scene.ts'

const people = 2_000

suite('a node that issues a large cohort', (it) => {
  it('lets others have their turn while it signs, and says how far it is', async () => {
    const cluster = await startCluster(1)
    const college = nodeAt(cluster, 0)
    const told: [IssuePhase, number][] = []
    let turns = 0
    let counting: NodeJS.Immediate | undefined
    const count = () => {
      turns++
      counting = setImmediate(count)
    }
    const [batch] = await college.issueCohort(rowsOf(people), {
      onProgress({ phase, done }) {
        if (phase === 'signing') counting ??= setImmediate(count)
        else clearImmediate(counting)
        told.push([phase, done])
      },
    })
    is(batch?.entries.length, people)
    ok(turns > 3, `${turns} turns of the loop while ${people} credentials were signed`)
    equal(
      told.filter(([phase]) => phase === 'signing').map(([, done]) => done),
      [0, 500, 1_000, 1_500, 2_000],
    )
    equal(
      told.filter(([phase]) => phase !== 'signing'),
      [
        ['leasing positions', 0],
        ['storing', people],
        ['publishing', people],
        ['publishing', people],
      ],
    )
    await cluster.stop()
  })

  it('issues nothing when it is stopped while it signs, and the same rows may be issued then', async () => {
    const cluster = await startCluster(1)
    const college = nodeAt(cluster, 0)
    const rows = rowsOf(people)
    const stop = new AbortController()
    const issuing = college.issueCohort(rows, {
      signal: stop.signal,
      onProgress: ({ done }) => done === 1_000 && stop.abort(),
    })
    is(await issuing.catch(({ name }) => name), 'AbortError')
    is(college.status().events.known, 1, 'the lease alone')
    is((await college.issueCohort(rows.slice(0, 3)))[0]?.entries.length, 3)
    await cluster.stop()
  })
})
