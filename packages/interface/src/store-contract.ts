/**
 * The Store port as executable claims. An adapter is proven in one line:
 * `storeContract('my store', makeSubject, kit)`.
 */

import type { ContractKit } from './contract-kit.js'
import { batchOpsMax, getManyKeysMax, momentEntriesMax } from './limits.js'
import type { RangeBounds, Store, StoreEntry, StoreOp } from './store.js'

/** One database, not opened yet. */
export interface StoreSubject {
  /** Opens it; called again after `close`, it finds what was written before. */
  open(): Promise<Store>
  /** Removes it from the disk. The store is closed by then. */
  dispose(): Promise<void>
}

export function storeContract(name: string, make: () => Promise<StoreSubject>, kit: ContractKit): void {
  kit.suite(`${name} keeps the Store contract`, (it) => {
    const claim: StoreClaim = (title, body) => it(title, () => withSubject(make, body))
    claimValues(claim, kit)
    claimBatches(claim, kit)
    claimRanges(claim, kit)
    claimPages(claim, kit)
    claimReadsWithoutWaiting(claim, kit)
    claimLifecycle(claim, kit)
  })
}

type StoreClaim = (title: string, body: (store: Store, subject: StoreSubject) => Promise<void>) => void

function claimValues(claim: StoreClaim, { equal }: ContractKit): void {
  claim('returns undefined for a key that was never written', async (store) => {
    equal(await store.get(bytes(1)), undefined)
  })

  claim('returns plain byte arrays, an empty one included', async (store) => {
    await store.batch([put(bytes(1), bytes()), put(bytes(2), bytes(0, 255))], { sync: false })
    equal(await store.get(bytes(1)), bytes())
    equal(await store.get(bytes(2)), bytes(0, 255))
  })

  claim('returns many values in the order asked, with gaps and repeats', async (store) => {
    await store.batch([put(bytes(1), bytes(10)), put(bytes(3), bytes(30))], { sync: false })
    equal(await store.getMany([bytes(3), bytes(2), bytes(1), bytes(3)]), [
      bytes(30),
      undefined,
      bytes(10),
      bytes(30),
    ])
    equal(await store.getMany([]), [])
  })

  claim('gives values that the caller may change without changing the store', async (store) => {
    await store.batch([put(bytes(1), bytes(7))], { sync: false })
    ;(await store.get(bytes(1)))?.fill(9)
    for await (const [key, value] of store.range(everything)) {
      key.fill(9)
      value.fill(9)
    }
    equal(await collect(store, everything), [[bytes(1), bytes(7)]])
  })
}

function claimBatches(claim: StoreClaim, { equal, failsWith }: ContractKit): void {
  claim('applies a batch in order, so that the last operation on a key wins', async (store) => {
    const ops: StoreOp[] = [
      put(bytes(1), bytes(1)),
      remove(bytes(1)),
      put(bytes(2), bytes(1)),
      put(bytes(2), bytes(2)),
    ]
    await store.batch(ops, { sync: false })
    equal(await collect(store, everything), [[bytes(2), bytes(2)]])
  })

  claim('reads the bytes of a batch before the call returns', async (store) => {
    const key = bytes(1)
    const value = bytes(5)
    const written = store.batch([put(key, value)], { sync: true })
    key.fill(9)
    value.fill(9)
    await written
    equal(await collect(store, everything), [[bytes(1), bytes(5)]])
  })

  claim('lets nobody see half of a batch', async (store) => {
    const ops: StoreOp[] = []
    for (let index = 0; index < 500; index++) ops.push(put(bytes(1, index >> 8, index & 255), bytes(1)))
    const written = store.batch(ops, { sync: false })
    const seen = (await collect(store, everything)).length
    equal([0, 500].includes(seen), true, `${seen} of 500 entries were visible`)
    await written
    equal((await collect(store, everything)).length, 500)
  })

  claim('refuses a batch and a read above their limits, writing nothing', async (store) => {
    const op = put(bytes(1), bytes(1))
    const ops = new Array<StoreOp>(batchOpsMax + 1).fill(op)
    await failsWith('STORE_BATCH_TOO_LARGE', () => store.batch(ops, { sync: false }))
    const keys = new Array<Uint8Array>(getManyKeysMax + 1).fill(op.key)
    await failsWith('STORE_READ_TOO_LARGE', () => store.getMany(keys))
    equal(await store.get(bytes(1)), undefined)
  })

  claim('accepts an empty batch', async (store) => {
    await store.batch([], { sync: true })
    equal(await collect(store, everything), [])
  })
}

function claimRanges(claim: StoreClaim, { equal }: ContractKit): void {
  const five = [1, 2, 3, 4, 5].map((n) => put(bytes(n), bytes(n * 10)))
  const firsts = async (store: Store, bounds: RangeBounds) =>
    (await collect(store, bounds)).map(([key]) => key[0])

  claim('orders keys as unsigned bytes, a prefix before what it starts', async (store) => {
    const keys = [
      bytes(0),
      bytes(0, 0),
      bytes(1),
      bytes(1, 255),
      bytes(2),
      bytes(127),
      bytes(128),
      bytes(254, 255),
    ]
    await store.batch(
      [...keys].reverse().map((key) => put(key, bytes())),
      { sync: false },
    )
    equal(
      (await collect(store, everything)).map(([key]) => key),
      keys,
    )
  })

  claim('includes the start of a range and excludes its end, in both directions', async (store) => {
    await store.batch(five, { sync: false })
    equal(await firsts(store, { from: bytes(2), to: bytes(4) }), [2, 3])
    equal(await firsts(store, { from: bytes(2), to: bytes(4), reverse: true }), [3, 2])
  })

  claim('ends a range at its limit, counted from the side it starts on', async (store) => {
    await store.batch(five, { sync: false })
    equal(await firsts(store, { ...everything, limit: 2 }), [1, 2])
    equal(await firsts(store, { ...everything, limit: 2, reverse: true }), [5, 4])
    equal(await firsts(store, { ...everything, limit: 0 }), [])
    equal(await firsts(store, { ...everything, limit: 99 }), [1, 2, 3, 4, 5])
  })

  claim('yields nothing for a range whose end is not behind its start', async (store) => {
    await store.batch(five, { sync: false })
    equal(await firsts(store, { from: bytes(3), to: bytes(3) }), [])
    equal(await firsts(store, { from: bytes(4), to: bytes(2) }), [])
    equal(await firsts(store, { from: bytes(4), to: bytes(2), reverse: true }), [])
  })

  claim('yields every entry of a range longer than its read-ahead', async (store) => {
    const ops: StoreOp[] = []
    for (let index = 0; index < 5000; index++)
      ops.push(put(bytes(1, index >> 8, index & 255), new Uint8Array(40)))
    await store.batch(ops, { sync: false })
    const entries = await collect(store, everything)
    equal(
      entries.map(([key]) => key),
      ops.map((op) => op.key),
    )
  })

  claim('can be left early, often, and closed afterwards', async (store) => {
    await store.batch(five, { sync: false })
    for (let round = 0; round < 200; round++) {
      for await (const [key] of store.range(everything)) {
        equal(key, bytes(1))
        break
      }
    }
    await store.close()
  })
}

function claimPages(claim: StoreClaim, { equal, ok }: ContractKit): void {
  const five = [1, 2, 3, 4, 5].map((n) => put(bytes(n), bytes(n * 10)))

  claim('turns in pages the entries of the same range, in the same order', async (store) => {
    await store.batch(five, { sync: false })
    const bounds: RangeBounds[] = [
      everything,
      { ...everything, reverse: true },
      { from: bytes(2), to: bytes(4) },
      { from: bytes(2), to: bytes(4), reverse: true },
      { ...everything, limit: 2 },
      { ...everything, limit: 2, reverse: true },
      { ...everything, limit: 0 },
      { from: bytes(4), to: bytes(2) },
    ]
    for (const one of bounds) equal((await collectPages(store, one)).flat(), await collect(store, one))
  })

  claim('has no empty page, and no page for an empty range', async (store) => {
    equal(await collectPages(store, everything), [])
    await store.batch(five, { sync: false })
    for (const page of await collectPages(store, everything)) ok(page.length > 0)
    equal(await collectPages(store, { from: bytes(6), to: bytes(9) }), [])
  })

  claim('turns every page of a range longer than one, which it never holds at once', async (store) => {
    const ops: StoreOp[] = []
    for (let index = 0; index < 5000; index++)
      ops.push(put(bytes(1, index >> 8, index & 255), new Uint8Array(40)))
    await store.batch(ops, { sync: false })
    for (const reverse of [false, true]) {
      const pages = await collectPages(store, { ...everything, reverse })
      ok(pages.length > 1, 'five thousand entries were one page')
      const keys = pages.flat().map(([key]) => key)
      equal(
        reverse ? keys.reverse() : keys,
        ops.map((op) => op.key),
      )
    }
  })

  claim(
    'holds no view of the past: what is written where a range was not read yet is seen there',
    async (store) => {
      const ops: StoreOp[] = []
      for (let index = 0; index < 5000; index++) ops.push(put(bytes(1, index >> 8, index & 255), bytes(1)))
      for (const reverse of [false, true]) {
        await store.batch(ops, { sync: false })
        const far = reverse ? ops.slice(0, 1000) : ops.slice(-1000)
        const seen = new Map<string, number | undefined>()
        for await (const page of store.pages({ ...everything, reverse })) {
          if (seen.size === 0)
            await store.batch(
              far.map(({ key }, index) => (index % 2 === 0 ? remove(key) : put(key, bytes(2)))),
              { sync: false },
            )
          for (const [key, [value]] of page) {
            ok(!seen.has(key.join()), 'nothing is turned twice')
            seen.set(key.join(), value)
          }
        }
        equal(seen.size, ops.length - far.length / 2)
        for (const [index, { key }] of far.entries())
          equal(seen.get(key.join()), index % 2 === 0 ? undefined : 2)
      }
    },
  )

  claim('reads at one moment what is limited to few entries, however long they are', async (store) => {
    const ops: StoreOp[] = []
    for (let index = 0; index < 400; index++)
      ops.push(put(bytes(index >> 8, index & 255), new Uint8Array(4096)))
    await store.batch(ops, { sync: false })
    const pages = await collectPages(store, { ...everything, limit: momentEntriesMax })
    equal([pages.length, pages.flat().length], [1, momentEntriesMax])
  })

  claim(
    'reads few entries at the moment at which they are asked for, and nothing that comes then',
    async (store) => {
      for (const reverse of [false, true]) {
        await store.batch(five, { sync: false })
        const pages = store.pages({ ...everything, reverse, limit: 10 })[Symbol.asyncIterator]()
        const asked = pages.next()
        await store.batch([put(bytes(0), bytes(1)), put(bytes(9), bytes(1))], { sync: false })
        const { value } = await asked
        await store.batch([put(bytes(0, 1), bytes(1)), put(bytes(9, 1), bytes(1))], { sync: false })
        equal([value?.length, (await pages.next()).done], [5, true])
        await store.batch(
          [[0], [9], [0, 1], [9, 1]].map((key) => ({ kind: 'delete', key: bytes(...key) })),
          { sync: false },
        )
      }
    },
  )

  claim('gives pages that the caller may change without changing the store', async (store) => {
    await store.batch([put(bytes(1), bytes(7))], { sync: false })
    for await (const page of store.pages(everything)) for (const part of page.flat()) part.fill(9)
    equal(await collect(store, everything), [[bytes(1), bytes(7)]])
  })

  claim('can be left between two pages, often, and closed afterwards', async (store) => {
    await store.batch(five, { sync: false })
    for (let round = 0; round < 200; round++) {
      for await (const page of store.pages(everything)) {
        equal(page[0], [bytes(1), bytes(10)])
        break
      }
    }
    await store.close()
  })
}

function claimReadsWithoutWaiting(claim: StoreClaim, { equal, failsWith }: ContractKit): void {
  claim('gives at once what was written last', async (store) => {
    await store.batch([put(bytes(1), bytes(1)), put(bytes(2), bytes())], { sync: false })
    const values = () => [1, 2, 3].map((key) => store.getSync(bytes(key)))
    equal(values(), [bytes(1), bytes(), undefined])
    await store.batch([put(bytes(1), bytes(9)), remove(bytes(2)), put(bytes(3), bytes(3))], { sync: true })
    equal(values(), [bytes(9), undefined, bytes(3)])
  })

  claim('gives at once a value that the caller may change', async (store) => {
    await store.batch([put(bytes(1), bytes(7))], { sync: false })
    store.getSync(bytes(1))?.fill(9)
    equal([store.getSync(bytes(1)), await store.get(bytes(1))], [bytes(7), bytes(7)])
  })

  claim('gives nothing at once after it was closed', async (store) => {
    await store.close()
    failsWith('STORE_CLOSED', () => store.getSync(bytes(1)))
  })
}

function claimLifecycle(claim: StoreClaim, { equal, ok, failsWith }: ContractKit): void {
  claim('finds after opening again what was written before closing', async (store, subject) => {
    await store.batch([put(bytes(1), bytes(1)), put(bytes(2), bytes(2))], { sync: false })
    await store.batch([remove(bytes(1))], { sync: true })
    await store.close()
    const again = await subject.open()
    try {
      equal(await collect(again, everything), [[bytes(2), bytes(2)]])
    } finally {
      await again.close()
    }
  })

  claim('fails with STORE_CLOSED after closing, and closes twice', async (store) => {
    await store.close()
    await store.close()
    await failsWith('STORE_CLOSED', () => store.get(bytes(1)))
    await failsWith('STORE_CLOSED', () => store.getMany([bytes(1)]))
    await failsWith('STORE_CLOSED', () => store.batch([put(bytes(1), bytes(1))], { sync: true }))
    await failsWith('STORE_CLOSED', () => collect(store, everything))
    await failsWith('STORE_CLOSED', () => collectPages(store, everything))
  })

  claim('ends a running range with STORE_CLOSED when it is closed', async (store) => {
    const ops: StoreOp[] = []
    for (let index = 0; index < 5000; index++)
      ops.push(put(bytes(1, index >> 8, index & 255), new Uint8Array(100)))
    await store.batch(ops, { sync: false })
    let count = 0
    await failsWith('STORE_CLOSED', async () => {
      for await (const _entry of store.range(everything)) {
        if (count++ === 0) await store.close()
      }
    })
    ok(count < ops.length, 'the range went on to its end')
  })

  claim('ends running pages with STORE_CLOSED when it is closed', async (store) => {
    const ops: StoreOp[] = []
    for (let index = 0; index < 5000; index++)
      ops.push(put(bytes(1, index >> 8, index & 255), new Uint8Array(100)))
    await store.batch(ops, { sync: false })
    let count = 0
    await failsWith('STORE_CLOSED', async () => {
      for await (const page of store.pages(everything)) {
        if (count === 0) await store.close()
        count += page.length
      }
    })
    ok(count < ops.length, 'the pages went on to the end of the range')
  })
}

async function withSubject(
  make: () => Promise<StoreSubject>,
  body: (store: Store, subject: StoreSubject) => Promise<void>,
): Promise<void> {
  const subject = await make()
  try {
    const store = await subject.open()
    try {
      await body(store, subject)
    } finally {
      await store.close()
    }
  } finally {
    await subject.dispose()
  }
}

const everything = { from: bytes(0), to: bytes(255) }

async function collect(store: Store, bounds: RangeBounds): Promise<[Uint8Array, Uint8Array][]> {
  const entries: [Uint8Array, Uint8Array][] = []
  for await (const entry of store.range(bounds)) entries.push(entry)
  return entries
}

async function collectPages(store: Store, bounds: RangeBounds): Promise<StoreEntry[][]> {
  const pages: StoreEntry[][] = []
  for await (const page of store.pages(bounds)) pages.push([...page])
  return pages
}

function put(key: Uint8Array, value: Uint8Array): StoreOp {
  return { kind: 'put', key, value }
}

function remove(key: Uint8Array): StoreOp {
  return { kind: 'delete', key }
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values)
}
