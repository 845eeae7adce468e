/** A binary heap: the smallest of many, again and again, as orders and fair plans need it. */

export interface Heap<T> {
  push(item: T): void
  /** Removes and returns the smallest; undefined when empty. */
  pop(): T | undefined
}

/** `isBefore` must be a strict total order for the result to depend on the items alone. */
export function createHeap<T>(isBefore: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = []
  const at = (index: number): T => items[index] as T // every index used here is below the length
  const swap = (a: number, b: number): void => {
    const moved = at(a)
    items[a] = at(b)
    items[b] = moved
  }
  const push = (item: T): void => {
    let index = items.push(item) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(at(index), at(parent))) return
      swap(index, parent)
      index = parent
    }
  }
  const pop = (): T | undefined => {
    if (items.length === 0) return undefined
    swap(0, items.length - 1)
    const smallest = items.pop()
    let index = 0
    for (;;) {
      let least = index
      for (const child of [2 * index + 1, 2 * index + 2])
        if (child < items.length && isBefore(at(child), at(least))) least = child
      if (least === index) return smallest
      swap(index, least)
      index = least
    }
  }
  return { push, pop }
}
