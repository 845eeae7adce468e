/** Stores that tell whether one of them is being written, so that it is known what a crash came into. */
import type { Store } from '@chirograph/interface'

/** `onChange` is told when a write begins where none was under way, and when the last one has ended. */
export function watchWrites(onChange: (isWriting: boolean) => void): (store: Store) => Store {
  let underWay = 0
  return (store) => ({
    ...store,
    async batch(ops, options) {
      if (underWay++ === 0) onChange(true)
      try {
        await store.batch(ops, options)
      } finally {
        if (--underWay === 0) onChange(false)
      }
    },
  })
}
