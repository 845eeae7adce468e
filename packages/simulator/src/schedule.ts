/** The virtual clock: what is to happen, in the order of its time; what is due at one time, in order of scheduling. */
export interface Schedule {
  /** Virtual milliseconds since the simulation began. */
  nowMs(): number
  after(delayMs: number, run: () => void): void
  /** Runs the next thing due. False when nothing is left, or when it is due after `endMs`. */
  runNext(endMs: number): boolean
}

interface Due {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/** A binary heap by time, then by order. */
export function createSchedule(): Schedule {
  const heap: Due[] = []
  let nowMs = 0
  let order = 0

  function after(delayMs: number, run: () => void): void {
    const due = { atMs: nowMs + delayMs, order: order++, run }
    let index = heap.push(due) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent] as Due // a parent's index is inside the heap
      if (!isBefore(due, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = due
  }

  function takeFirst(): Due | undefined {
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      if (left >= heap.length) break
      const right = left + 1
      const child = right < heap.length && isBefore(heap[right] as Due, heap[left] as Due) ? right : left // both inside
      const below = heap[child] as Due // child < heap.length
      if (!isBefore(below, last)) break
      heap[index] = below
      index = child
    }
    heap[index] = last
    return first
  }

  return {
    nowMs: () => nowMs,
    after,
    runNext(endMs) {
      const next = heap[0]
      if (next === undefined || next.atMs > endMs) return false
      takeFirst()
      nowMs = next.atMs
      next.run()
      return true
    },
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
