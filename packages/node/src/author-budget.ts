/**
 * What one author's gossip may cost. Its events are valid, so there is nothing to hold against anybody; but each comes
 * with a signature to check and a message to relay, and one author that publishes without end would take the time of
 * all others. Above its budget an author's gossip is passed over: not checked, not relayed, not lost. The next of its
 * events that is within the budget shows the gap, and sync brings what lies before it in bulk, under few signatures.
 * The budget binds only while others publish too: whoever is alone takes time from nobody.
 *
 * Only what was checked and was new is charged, so nobody can use up the budget of another. A peer that hands over far
 * more of what is passed over than an honest one can is a peer to be throttled: one that keeps the same budget relays
 * no more than that, whatever the author does.
 */
import type { OrgId } from '@chirograph/event'

export interface AuthorBudget {
  /** Whether a segment of this author is looked at now. */
  hasRoom(author: OrgId): boolean
  /** A segment of the author was new and held. */
  charge(author: OrgId): void
  /** A segment from a peer was passed over; true when the peer brings more of them than an honest one can. */
  isExcess(author: OrgId, peer: string): boolean
}

/**
 * Segments a second, and at once after a pause. What a node publishes in one turn goes out as one segment, so an honest
 * author comes to this only with act after act, each waited for; then twenty times a second one of them gets through and
 * brings those before it by sync. In a full mesh a message costs every member all its copies: eight members that share
 * two cores were seen to carry some 250 messages a second altogether, and of that this is less than a tenth.
 */
export const authorSegmentsPerSecond = 20
export const authorSegmentsBurst = 200

/** Bought by an honest relay with its own budget for the author; twice that, since its clock and ours may differ. */
const excessFactor = 2

/** An author counts as publishing for so long after a segment of it was taken. */
const activeMs = 5_000

/** Pairs of author and peer that are remembered; those that were quiet for longest go first. */
const pairsMax = 4_096

interface Charged {
  readonly author: OrgId
  readonly atMs: number
}

interface Bucket {
  left: number
  atMs: number
}

export function createAuthorBudget(nowMs: () => number): AuthorBudget {
  /** Authors are charged for what they signed alone, so these are members. */
  const authors = new Map<OrgId, Bucket>()
  const pairs = new Map<string, Bucket>()
  /** The two authors that were charged last, and when. */
  let latest: Charged | undefined
  let before: Charged | undefined

  function areOthersActive(author: OrgId): boolean {
    const other = latest?.author === author ? before : latest
    return other !== undefined && Math.abs(nowMs() - other.atMs) < activeMs
  }

  function refilled(bucket: Bucket | undefined, factor: number): Bucket {
    const now = nowMs()
    if (bucket === undefined) return { left: authorSegmentsBurst * factor, atMs: now }
    // A clock that was set back must not take anything away.
    const more = (Math.max(0, now - bucket.atMs) * authorSegmentsPerSecond * factor) / 1000
    bucket.left = Math.min(authorSegmentsBurst * factor, bucket.left + more)
    bucket.atMs = now
    return bucket
  }

  return {
    hasRoom: (author) => refilled(authors.get(author), 1).left >= 1 || !areOthersActive(author),

    charge(author) {
      const bucket = refilled(authors.get(author), 1)
      // What it took while it was alone, or was looked at ahead, is not owed when others come.
      bucket.left = Math.max(0, bucket.left - 1)
      authors.set(author, bucket)
      if (latest?.author !== author) before = latest
      latest = { author, atMs: nowMs() }
    },

    isExcess(author, peer) {
      const name = `${author} ${peer}`
      const bucket = refilled(pairs.get(name), excessFactor)
      bucket.left = Math.max(-1, bucket.left - 1)
      // The order of a map is that of insertion: set anew, this pair is the last to be forgotten.
      pairs.delete(name)
      pairs.set(name, bucket)
      const [quietest = name] = pairs.keys()
      if (pairs.size > pairsMax) pairs.delete(quietest)
      return bucket.left < 0
    },
  }
}
