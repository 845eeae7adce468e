/**
 * Asks members until enough of them have said that they have not kept what comes next here. What one of them does not
 * answer is its own fault, and keeps nobody from being asked.
 */

/** Members asked at a time: one that is silent takes ten seconds, and so many of them are no more than one. */
export const askedAtOnceMax = 4

export async function askInRound({
  peers,
  isEnough,
  ask,
  onFailure,
  signal,
}: {
  readonly peers: readonly string[]
  readonly isEnough: () => boolean
  readonly ask: (peer: string, signal: AbortSignal) => Promise<void>
  readonly onFailure: (peer: string, error: unknown) => void
  readonly signal: AbortSignal
}): Promise<void> {
  const ending = new AbortController()
  const end = () => ending.abort()
  signal.addEventListener('abort', end, { once: true })
  const open = [...peers]

  async function askOn(): Promise<void> {
    for (let peer = open.shift(); peer !== undefined; peer = open.shift()) {
      if (ending.signal.aborted || isEnough()) return
      try {
        await ask(peer, ending.signal)
      } catch (error) {
        if (!ending.signal.aborted) onFailure(peer, error)
      }
      // Who is still asked need not answer any more.
      if (isEnough()) end()
    }
  }

  try {
    if (signal.aborted) return
    await Promise.all(Array.from({ length: askedAtOnceMax }, askOn))
  } finally {
    signal.removeEventListener('abort', end)
  }
}
