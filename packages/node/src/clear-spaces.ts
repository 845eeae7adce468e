/** Emptying what a crash may leave half written and nothing reads. */
import { type KeySpace, type Store, type StoreOp, spaceRange } from '@chirograph/interface'

/** Keys in one batch: some milliseconds of the event loop. */
const keysPerBatch = 1_024

/** Empties whole spaces, each batch durable. */
export async function clearSpaces(
  store: Store,
  spaces: readonly KeySpace[],
  signal?: AbortSignal,
): Promise<void> {
  for await (const page of pagesOfKeys(store, spaces)) {
    await store.batch(
      page.map((key): StoreOp => ({ kind: 'delete', key })),
      { sync: true },
    )
    signal?.throwIfAborted()
  }
}

async function* pagesOfKeys(store: Store, spaces: readonly KeySpace[]): AsyncIterable<Uint8Array[]> {
  let keys: Uint8Array[] = []
  for (const space of spaces)
    for await (const page of store.pages(spaceRange(space))) {
      for (const [key] of page) keys.push(key)
      if (keys.length < keysPerBatch) continue
      yield keys
      keys = []
    }
  if (keys.length > 0) yield keys
}
