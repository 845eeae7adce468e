/** Lets other work run while a long piece is done in small ones. */

/** What one piece of work may take before others get their turn: with what it is in the midst of it stays below 20 ms. */
const sliceMs = 6

/**
 * A function to be awaited between small pieces of work; it yields to the event loop once a slice of time is used up.
 * Those who wait at the same time go on one in each turn of the loop: together in one, their slices would add up. Time is
 * that of the node's own clock: under a virtual one a node does the same again, however fast the machine is.
 */
export function createBreather({ nowMs }: { readonly nowMs: () => number }): () => Promise<void> {
  let begunMs = nowMs()
  const waiting: (() => void)[] = []

  function next(): void {
    begunMs = nowMs()
    waiting.shift()?.()
    if (waiting.length > 0) setImmediate(next)
  }

  return async () => {
    // A clock that was set back must not stop the yielding.
    if (Math.abs(nowMs() - begunMs) < sliceMs) return
    await new Promise<void>((resolve) => {
      if (waiting.push(resolve) === 1) setImmediate(next)
    })
  }
}
