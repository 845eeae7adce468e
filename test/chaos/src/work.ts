/** What a node is made to do, and what it says of it: the same in a process of its own and in memory. */
import type { EventId } from '@chirograph/codec'
import { type CohortRow, cohortTemplate, parseCohort } from '@chirograph/credential'
import { type EventBody, entriesMax } from '@chirograph/event'
import { isChirographError } from '@chirograph/interface'
import type { ChirographNode, Finality, IssuedBatch, PublishedEvent } from '@chirograph/node'
import type { Random } from '@chirograph/simulator'

/** What a node tells when it went on from a snapshot. */
export const snapshotNotice = 'goes on from a snapshot'

/** What it tells of a batch that a crash interrupted, while it fills in history: whether it was published shows later. */
export const waitingBatchNotice = 'a batch waits to be published'

/** Signs that many events at once; each is told when its publish resolved. */
export async function publishBurst(
  node: ChirographNode,
  {
    size,
    random,
    onAcknowledged,
  }: {
    readonly size: number
    readonly random: Random
    readonly onAcknowledged: (published: PublishedEvent) => void
  },
): Promise<PublishedEvent[]> {
  const publish = async () => {
    const published = await node.publish(revocationOf(random))
    onAcknowledged(published)
    return published
  }
  return settled(Array.from({ length: size }, publish))
}

/** Waits for the end of all, and fails with the first failure. */
async function settled<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}

/** Restricts handles that were never issued: final like any event, without a credential. Mostly small, sometimes large. */
function revocationOf(random: Random): EventBody {
  const count = random.chance(0.003) ? entriesMax : random.between(1, 8)
  const first = random.int(2 ** 31)
  // Ascending, as the entries of a body must be.
  const handles = Array.from({ length: count }, (_, index) => {
    const handle = new Uint8Array(32)
    new DataView(handle.buffer).setUint32(0, first + index)
    return handle
  })
  return {
    kind: 'status.revoke',
    entries: handles.map((handle) => ({ handle, position: null })),
    reason: 'withdrawn',
  }
}

/** Issues to a few learners, whose names follow from the random source. */
export async function issueSome(node: ChirographNode, random: Random): Promise<IssuedBatch[]> {
  return node.issueCohort(rowsOf(random.between(1, 3), random))
}

function rowsOf(count: number, random: Random): CohortRow[] {
  const cohort = parseCohort(cohortTemplate())
  const [row] = cohort.kind === 'rows' ? cohort.rows : []
  if (!row) throw new Error('the template has a sample row')
  return Array.from({ length: count }, (_, index) => ({
    ...row,
    learnerId: `L-${random.int(2 ** 32)}-${index}`,
    row: index + 2,
  }))
}

/**
 * At which height each became final. A node that went on from a snapshot meanwhile knows that one is final and not since
 * when: nothing is told of that.
 */
export async function heightsOf(
  node: ChirographNode,
  events: readonly { readonly id: EventId }[],
): Promise<{ readonly id: EventId; readonly height: number }[]> {
  const heights = await Promise.all(
    events.map(async ({ id }) => {
      try {
        const { height }: Finality = await node.finality(id)
        return [{ id, height }]
      } catch (error) {
        if (isChirographError(error, 'NODE_OUTCOME_FORGOTTEN')) return []
        throw error
      }
    }),
  )
  return heights.flat()
}

/** A node that was ended fails what it was at; anything else is a fault. */
export function isEnd(error: unknown): boolean {
  return isChirographError(error, 'NODE_STOPPED')
}
