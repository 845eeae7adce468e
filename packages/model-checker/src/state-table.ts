/**
 * The global states, three local ones each, in the order in which they were found: first come, first explored. Columns
 * of typed arrays and one open-addressed index keep a state in about 24 bytes, where a Map would need some hundreds.
 */
import { chunkStates } from './limits.js'

export type Triple = readonly [number, number, number]

export interface StateTable {
  readonly size: () => number
  /** Adds a state unless it is known; whether it was new. `parent` is the state that it was found from. */
  add(state: Triple, parent: number): boolean
  stateAt(index: number): Triple
  parentOf(index: number): number
}

/** 21 bits for each local state: the first and half of the second in one word, the rest in the other. */
const bits = 21
const mask = 2 ** bits - 1
const halfBits = 11
const halfMask = 2 ** halfBits - 1
const empty = 0xffff_ffff

interface Chunk {
  readonly low: Uint32Array
  readonly high: Uint32Array
  readonly parent: Uint32Array
}

export function createStateTable(): StateTable {
  const chunks: Chunk[] = []
  let size = 0
  let slots = new Uint32Array(2 ** 16).fill(empty)

  return {
    size: () => size,
    add(state, parent) {
      const [a, b, c] = state
      const low = (a | ((b & halfMask) << bits)) >>> 0
      const high = ((b >>> halfBits) | (c << (bits - halfBits))) >>> 0
      const slot = slotOf(low, high)
      if (slots[slot] !== empty) return false
      const index = size++
      const at = index % chunkStates
      if (at === 0) chunks.push(createChunk())
      const chunk = chunkOf(index)
      chunk.low[at] = low
      chunk.high[at] = high
      chunk.parent[at] = parent
      slots[slot] = index
      if (size * 2 > slots.length) grow()
      return true
    },
    stateAt(index) {
      const { low, high } = chunkOf(index)
      const at = index % chunkStates
      const l = low[at] as number // at is below the chunk's length
      const h = high[at] as number // as above
      return [
        l & mask,
        (l >>> bits) | ((h & (2 ** (bits - halfBits) - 1)) << halfBits),
        h >>> (bits - halfBits),
      ]
    },
    parentOf: (index) => chunkOf(index).parent[index % chunkStates] as number, // as above
  }

  function chunkOf(index: number): Chunk {
    return chunks[Math.floor(index / chunkStates)] as Chunk // indices below size have one
  }

  /** Where this state stands, or would. */
  function slotOf(low: number, high: number): number {
    const last = slots.length - 1 // a power of two, less one
    let slot = hash(low, high) & last
    for (;;) {
      const index = slots[slot] as number // within by the mask
      if (index === empty) return slot
      const { low: lows, high: highs } = chunkOf(index)
      const at = index % chunkStates
      if (lows[at] === low && highs[at] === high) return slot
      slot = (slot + 1) & last
    }
  }

  function grow(): void {
    slots = new Uint32Array(slots.length * 2).fill(empty)
    for (let index = 0; index < size; index++) {
      const { low, high } = chunkOf(index)
      const at = index % chunkStates
      slots[slotOf(low[at] as number, high[at] as number)] = index // below size, so within
    }
  }
}

function createChunk(): Chunk {
  return {
    low: new Uint32Array(chunkStates),
    high: new Uint32Array(chunkStates),
    parent: new Uint32Array(chunkStates),
  }
}

/** The finaliser of MurmurHash3 (A. Appleby) over both words. */
function hash(low: number, high: number): number {
  let h = Math.imul(low, 0xcc9e2d51) ^ Math.imul(high, 0x1b873593)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
