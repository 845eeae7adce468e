/** Links between all nodes: latency, loss, duplication, reordering (each message draws its own latency), partitions. */
import type { Random } from './random.js'
import type { Schedule } from './schedule.js'

export interface LinkFaults {
  readonly latencyMs: readonly [from: number, to: number]
  /** Probability that a message is lost. */
  readonly loss: number
  /** Probability that it comes twice. */
  readonly duplication: number
}

export interface NetworkCounts {
  delivered: number
  lost: number
  duplicated: number
  partitioned: number
}

export interface VirtualNetwork {
  readonly counts: NetworkCounts
  /** Carries `deliver` from one node to another, or does not. */
  send(from: number, to: number, deliver: () => void): void
  /** A round trip that either works or not, as over a stream. */
  isReachable(from: number, to: number): boolean
  setFaults(faults: LinkFaults): void
  /** Cuts the directed links for which this holds. */
  partition(isCut: (from: number, to: number) => boolean): void
  heal(): void
}

export function createVirtualNetwork({
  schedule,
  random,
  faults,
}: {
  readonly schedule: Schedule
  readonly random: Random
  readonly faults: LinkFaults
}): VirtualNetwork {
  const counts: NetworkCounts = { delivered: 0, lost: 0, duplicated: 0, partitioned: 0 }
  let current = faults
  let isCut: (from: number, to: number) => boolean = () => false

  function carry(from: number, to: number, deliver: () => void): void {
    const [least, most] = current.latencyMs
    schedule.after(random.between(least, most), () => {
      // A cut that begins while the message travels swallows it too.
      if (isCut(from, to)) {
        counts.partitioned++
        return
      }
      counts.delivered++
      deliver()
    })
  }

  return {
    counts,
    send(from, to, deliver) {
      if (isCut(from, to)) {
        counts.partitioned++
        return
      }
      if (random.chance(current.loss)) {
        counts.lost++
        return
      }
      carry(from, to, deliver)
      if (random.chance(current.duplication)) {
        counts.duplicated++
        carry(from, to, deliver)
      }
    },
    isReachable: (from, to) => !isCut(from, to) && !isCut(to, from),
    setFaults(next) {
      current = next
    },
    partition(next) {
      isCut = next
    },
    heal() {
      isCut = () => false
    },
  }
}
