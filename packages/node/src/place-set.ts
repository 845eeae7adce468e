/** A set of places in a store that takes one bit for each: millions fit where their names would not. */
import type { EventPlace } from '@chirograph/interface'

export interface PlaceSet {
  has(place: EventPlace): boolean
  /** False when it was there already. */
  add(place: EventPlace): boolean
  readonly size: number
}

/** Sequences beyond this are kept by name: no chain is so long, and a damaged key must not claim the memory of one. */
const denseMax = 2 ** 28

export function createPlaceSet(): PlaceSet {
  const chains = new Map<string, Uint8Array>()
  const others = new Set<string>()
  let size = 0

  function isDense({ sequence, branch }: EventPlace): boolean {
    return branch === 0 && sequence < denseMax
  }

  const set: PlaceSet = {
    has(place) {
      if (!isDense(place)) return others.has(nameOf(place))
      const byte = chains.get(`${place.author}/${place.generation}`)?.[place.sequence >> 3] ?? 0
      return ((byte >> (place.sequence & 7)) & 1) === 1
    },
    add(place) {
      if (set.has(place)) return false
      size++
      if (isDense(place)) setBit(chains, place)
      else others.add(nameOf(place))
      return true
    },
    get size() {
      return size
    },
  }
  return set
}

function setBit(chains: Map<string, Uint8Array>, { author, generation, sequence }: EventPlace): void {
  const name = `${author}/${generation}`
  let bits = chains.get(name) ?? new Uint8Array(128)
  const at = sequence >> 3
  if (at >= bits.length) {
    const larger = new Uint8Array(Math.max(bits.length * 2, at + 1))
    larger.set(bits)
    bits = larger
  }
  bits[at] = (bits[at] ?? 0) | (1 << (sequence & 7))
  chains.set(name, bits)
}

function nameOf({ author, generation, sequence, branch }: EventPlace): string {
  return `${author}/${generation}/${sequence}/${branch}`
}
