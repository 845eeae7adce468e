/** Drawing without favour from the caller's randomness. */
import { assert } from './assert.js'

/**
 * `count` different whole numbers below `below`, each choice and order equally likely (Fisher–Yates, stopped after
 * `count` steps). Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2 P.
 */
export function drawDistinct(args: {
  readonly count: number
  readonly below: number
  readonly randomBytes: (length: number) => Uint8Array
}): number[] {
  const { count, below, randomBytes } = args
  assert(count <= below && below <= 2 ** 32, `cannot draw ${count} of ${below}`)
  const draw = uniform(randomBytes)
  const numbers = Array.from({ length: below }, (_, i) => i)
  for (let i = 0; i < count; i++) {
    const j = i + draw(below - i)
    const drawn = numbers[j] as number // i ≤ j < below
    numbers[j] = numbers[i] as number
    numbers[i] = drawn
  }
  return numbers.slice(0, count)
}

/** Whole numbers below n ≤ 2³². What would favour small numbers is thrown away and drawn anew. */
function uniform(randomBytes: (length: number) => Uint8Array): (n: number) => number {
  let chunk: DataView = new DataView(new ArrayBuffer(0))
  let offset = 0
  const word = (): number => {
    if (offset === chunk.byteLength) {
      const bytes = randomBytes(chunkBytes)
      assert(bytes.length === chunkBytes, `randomBytes gave ${bytes.length} bytes instead of ${chunkBytes}`)
      chunk = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      offset = 0
    }
    offset += 4
    return chunk.getUint32(offset - 4)
  }
  return (n) => {
    const fair = 2 ** 32 - (2 ** 32 % n)
    let value = word()
    while (value >= fair) value = word()
    return value % n
  }
}

/** Asked for at once: a call for four bytes costs as much as one for a thousand. */
const chunkBytes = 1_024
