/** Lets other work run while a long piece is done in small ones. */

/** What one piece of work may take before others get their turn: a few of them stay below 20 ms together. */
const sliceMs = 6

/** A function to be awaited between small pieces of work; it yields to the event loop once a slice of time is used up. */
export function createBreather(): () => Promise<void> {
  let begunMs = performance.now()
  return async () => {
    if (performance.now() - begunMs < sliceMs) return
    await new Promise<void>((resolve) => setImmediate(resolve))
    begunMs = performance.now()
  }
}
