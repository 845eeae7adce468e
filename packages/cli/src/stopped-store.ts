/** The log of a node that does not run, open for as long as somebody looks at it or looks after it. */
import type { Store } from '@chirograph/interface'
import type { Context } from './context.js'
import { assertInitialised } from './data-dir.js'

/** `CLI_NOT_INITIALISED`, `STORE_MISSING`, and `STORE_LOCKED` while the node runs. */
export async function withStore<T>({ dataDir }: Context, act: (store: Store) => Promise<T>): Promise<T> {
  await assertInitialised(dataDir)
  // Loaded here, because it takes half a second that no other command should spend.
  const { openLevelStore } = await import('@chirograph/store-level')
  const store = await openLevelStore(dataDir.log, { createIfMissing: false })
  try {
    return await act(store)
  } finally {
    await store.close()
  }
}
