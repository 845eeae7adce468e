/** Every choice of a simulation comes from its seed, through this one source. */
export interface Random {
  /** A whole number from 0 to n − 1. */
  int(n: number): number
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  shuffle<T>(list: readonly T[]): T[]
  bytes(length: number): Uint8Array
}

/** sfc32 (Chris Doty-Humphrey, PractRand). `stream` sets apart what must not disturb each other's choices. */
export function createRandom(seed: number, stream: number): Random {
  const next = sfc32(seed, stream)
  const unit = () => next() / 2 ** 32
  const int = (n: number) => Math.floor(unit() * n)
  return {
    int,
    between: (from, to) => from + int(to - from + 1),
    chance: (probability) => unit() < probability,
    pick: <T>(list: readonly T[]): T => {
      if (list.length === 0) throw new Error('pick from an empty list')
      return list[int(list.length)] as T // the index is below the length
    },
    shuffle: <T>(list: readonly T[]): T[] => {
      const keyed = list.map((item) => ({ item, key: next() }))
      return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
    },
    bytes: (length) => Uint8Array.from({ length }, () => int(256)),
  }
}

function sfc32(seed: number, stream: number): () => number {
  let a = seed | 0
  let b = Math.floor(seed / 2 ** 32) | 0
  let c = (0x9e3779b9 ^ stream) | 0
  let counter = 1
  const next = (): number => {
    const out = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + out
    return out >>> 0
  }
  for (let i = 0; i < 12; i++) next() // lets a small seed reach every bit
  return next
}
