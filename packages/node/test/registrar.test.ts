/** What the registrar keeps of a batch that is larger than one write, wherever a stop cuts it short. */
import { toHex } from '@chirograph/codec'
import {
  type CohortRow,
  cohortRowsMax,
  cohortTemplate,
  type IssuedCredential,
  parseCohort,
} from '@chirograph/credential'
import { type MemoryDisk, memoryDisk, memoryStore, type Store, systemClock } from '@chirograph/interface'
import { memberAt, replicaOf } from '../../replica/test/member.ts'
import { equal, failsWith, is, ok, suite } from '../../workspace/kit.ts'
import { loadAuthors } from '../src/author-table.js'
import { createInterruptedBatches } from '../src/interrupted-batches.js'
import { assertNotIssued, rowDigest } from '../src/issued-rows.js'
import { type IssuingContext, issueCohort } from '../src/issuing.js'
import type { Notice } from '../src/notice.js'
import { type BatchEntry, createRegistrar, type RegistrarEntry } from '../src/registrar.js'

/** About three entries. */
const partBytesMax = 2_000
const count = 20

function rowsOf(length: number): CohortRow[] {
  const cohort = parseCohort(cohortTemplate())
  const [row] = cohort.kind === 'rows' ? cohort.rows : []
  ok(row)
  return Array.from({ length }, (_, index) => ({ ...row, learnerId: `L-${index}`, row: index + 2 }))
}

function batchOf(mark: number): BatchEntry {
  const body = {
    paddedSize: 32,
    recordClass: 'learning',
    credentialType: 'open-badge-3',
    schemaDigest: '00'.repeat(32),
  }
  const root = toHex(new Uint8Array(32).fill(mark))
  return { root, body, credentialCount: count, preparedAtMs: mark, event: null }
}

/** As signed for a batch; the registrar does not look into the credentials. */
function credentialsOf({ root, preparedAtMs: mark }: BatchEntry, rows: readonly CohortRow[]) {
  return rows.map((row, index): IssuedCredential & { readonly root: string } => ({
    row,
    credential: { id: `urn:uuid:${mark}-${index}`, says: 'x'.repeat(400) },
    nonce: new Uint8Array(32),
    handle: new Uint8Array(32).fill(mark).with(0, index),
    digest: new Uint8Array(32),
    leaf: new Uint8Array(32),
    position: mark * 1_000 + index,
    index,
    path: [new Uint8Array(32)],
    root,
  }))
}

/** A store whose disk fails the write of this number, which then is there or not, and every later one. */
function failingAt(
  store: Store,
  number: number,
  isThere: boolean,
): Store & { readonly writes: () => number } {
  let writes = 0
  return {
    ...store,
    writes: () => writes,
    async batch(ops, options) {
      const at = writes++
      if (at < number || (at === number && isThere)) await store.batch(ops, options)
      if (at >= number) throw new Error('the disk failed')
    },
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

async function keysIn(disk: MemoryDisk): Promise<string[]> {
  const store = await disk.open()
  const entries = await all(store.range({ from: new Uint8Array(1), to: new Uint8Array([0xff]) }))
  return entries.map(([key]) => toHex(key))
}

const idsOf = (entries: readonly RegistrarEntry[]) => entries.map(({ credentialId }) => credentialId).sort()

/** Issued before, and issued once more in the batch that is cut short. */
async function diskWithEarlier(rows: readonly CohortRow[]): Promise<MemoryDisk> {
  const disk = memoryDisk()
  const earlier = batchOf(1)
  await createRegistrar(await disk.open()).prepare(earlier, credentialsOf(earlier, rows))
  return disk
}

suite('a batch larger than one write of the registrar', (it) => {
  it('is kept whole in several, each within the limit', async () => {
    const store = memoryStore()
    const sizes: number[] = []
    const measured: Store = {
      ...store,
      batch: (ops, options) => {
        ok(options.sync)
        sizes.push(ops.filter(({ key }) => key[0] === 0x63).length) // 'c': credentials by id
        return store.batch(ops, options)
      },
    }
    const registrar = createRegistrar(measured, { partBytesMax })
    const batch = batchOf(2)
    const issued = credentialsOf(batch, rowsOf(count))
    await registrar.prepare(batch, issued)
    ok(sizes.length >= 5 && Math.max(...sizes) <= 3)
    is(
      sizes.reduce((sum, size) => sum + size, 0),
      count,
    )
    is((await all(registrar.entries())).length, count)
    is((await registrar.find('L-7'))[0]?.credentialId, 'urn:uuid:2-7')
    is((await registrar.usedPositions()).size, count)
    await failsWith('NODE_ALREADY_ISSUED', assertNotIssued(registrar, rowsOf(count)))
    is(await registrar.dropUnfinished(), 0)
    is((await all(registrar.entries())).length, count)
  })

  it('is there whole or not at all, whichever write a stop cut short', async () => {
    const rows = rowsOf(count)
    const batch = batchOf(2)
    const issued = credentialsOf(batch, rows)
    const before = await keysIn(await diskWithEarlier(rows))
    const unlimited = failingAt(memoryStore(), Number.POSITIVE_INFINITY, true)
    await createRegistrar(unlimited, { partBytesMax }).prepare(batch, issued)
    const writes = unlimited.writes()
    ok(writes >= 5)
    for (let at = 0; at < writes; at++)
      for (const isThere of [false, true]) {
        const disk = await diskWithEarlier(rows)
        const failing = failingAt(await disk.open(), at, isThere)
        const error = await createRegistrar(failing, { partBytesMax })
          .prepare(batch, issued)
          .catch((thrown: unknown) => thrown)
        ok(error instanceof Error)
        const isWhole = at === writes - 1 && isThere

        const registrar = createRegistrar(await disk.open(), { partBytesMax })
        const seen = idsOf(await all(registrar.entries()))
        is(seen.length, isWhole ? 2 * count : count)
        is((await registrar.find('L-3')).length, isWhole ? 2 : 1)
        const isTouched = at > 0 || isThere
        is((await registrar.dropUnfinished()) > 0, isTouched && !isWhole)
        equal(idsOf(await all(registrar.entries())), seen)
        if (isWhole) continue
        equal(await keysIn(disk), before)
        // The earlier batch is still known to be that of the rows.
        equal(
          await registrar.rootsOfRows(rows.map(rowDigest)),
          rows.map(() => batchOf(1).root),
        )
      }
  })

  it('is dropped at the next start if it was cut short, and that is told', async () => {
    const disk = memoryDisk()
    const batch = batchOf(2)
    const failing = failingAt(await disk.open(), 3, true)
    const kept = createRegistrar(failing, { partBytesMax }).prepare(
      batch,
      credentialsOf(batch, rowsOf(count)),
    )
    await kept.catch(() => {})
    const notices: Notice[] = []
    const store = memoryStore()
    const interrupted = createInterruptedBatches({
      org: memberAt(0).org,
      store,
      shell: { replica: replicaOf(0), authors: await loadAuthors(store), whenHistoryIsWhole: () => {} },
      registrar: createRegistrar(await disk.open()),
      publish: () => Promise.reject(new Error('nothing of it is published')),
      inTurn: (run) => run(),
      clock: systemClock,
      onNotice: (notice) => notices.push(notice),
    })
    await interrupted.finish()
    is(notices.length, 1)
    is(notices[0]?.level, 'warn')
    ok(Number(notices[0]?.facts.credentials) > 0)
    equal(await keysIn(disk), [])
  })
})

suite('a cohort that can never be one batch', (it) => {
  it('is refused before positions are leased or anything is signed', async () => {
    const [row] = rowsOf(1)
    ok(row)
    const rows = new Array<CohortRow>(cohortRowsMax + 1).fill(row)
    const context = {
      registrar: createRegistrar(memoryStore()),
      state: () => {
        throw new Error('positions were asked for')
      },
      publish: () => Promise.reject(new Error('published')),
    } as unknown as IssuingContext // it is asked for nothing else
    const error = await failsWith('NODE_ISSUE_REFUSED', issueCohort(context, rows))
    ok(error.message.includes('too-many-rows'))
  })
})
