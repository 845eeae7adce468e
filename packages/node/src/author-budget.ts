/**
 * What one author's gossip may cost. Its events are valid, so there is nothing to hold against anybody; but each comes
 * with a signature to check and a message to relay, and one author that publishes without end would take the time of
 * all others. Above its budget an author's gossip is passed over: not checked, not relayed, not lost. The next of its
 * events that is within the budget shows the gap, and sync brings what lies before it in bulk, under few signatures.
 * The budget binds only while others publish too: whoever is alone takes time from nobody.
 *
 * Only what was checked and was new is charged, so nobody can use up the budget of another; but of an author whose own
 * node floods, what is passed over is charged unchecked, while none of its gossip is taken (`gossip-judge.ts`). A peer
 * that hands over far more of what is passed over than an honest one can is a peer to be throttled: one that keeps the
 * same budget relays no more than that, whatever the author does.
 */
import type { OrgId } from '@chirograph/event'

export interface AuthorBudget {
  /** Whether a segment of this author is looked at now. */
  hasRoom(author: OrgId): boolean
  /** How many segments of it are; without end while it is alone. */
  room(author: OrgId): number
  /** How long the author waits until there is room; 0 while there is. */
  waitMs(author: OrgId): number
  /** A segment of the author was new and held; `hasGap` when what lies before it is not here. */
  charge(author: OrgId, hasGap?: boolean): void
  /** A segment from a peer was passed over; true when the peer brings more of them than an honest one can. */
  isExcess(author: OrgId, peer: string): boolean
}

/**
 * Segments a second, and at once after a pause. A node keeps to the budget for what it publishes itself (`gossip-outbox.ts`),
 * so an honest author that acts more often waits a twentieth of a second for its next segment, and all of it is in there.
 * In a full mesh a message costs every member all its copies: eight members that share two cores were seen to carry some
 * 250 messages a second altogether. So the rate is less than a tenth of that, and what comes at once a fraction of a second.
 */
export const authorSegmentsPerSecond = 20
export const authorSegmentsBurst = 40

/**
 * What a segment costs that does not follow what is here: nobody can use it before a sync, and it asks for one. An author
 * that keeps to its budget leaves no gaps.
 */
const gapCost = 5

/**
 * What a peer may bring of one author that is passed over: twice what an honest relay takes by its own budget, since its
 * clock and ours may differ; and at once as much as it relays before it hears that the author is not alone.
 */
const passedPerSecond = 2 * authorSegmentsPerSecond
const passedBurst = 400

/** An author counts as publishing for so long after a segment of it was taken. */
const activeMs = 5_000

/** Pairs of author and peer that are remembered; those that were quiet for longest go first. */
const pairsMax = 4_096

export interface AuthorBudgetOptions {
  readonly nowMs: () => number
  /**
   * Whether events of anybody else wait to become final. Who waits for that publishes no more, and a flood that brought
   * the others to a halt must not count as alone.
   */
  readonly areOthersWaiting: (author: OrgId) => boolean
}

interface Charged {
  readonly author: OrgId
  readonly atMs: number
}

interface Rates {
  readonly perSecond: number
  readonly burst: number
}

const ofAuthor: Rates = { perSecond: authorSegmentsPerSecond, burst: authorSegmentsBurst }
const ofPair: Rates = { perSecond: passedPerSecond, burst: passedBurst }

interface Bucket {
  left: number
  atMs: number
}

export function createAuthorBudget({ nowMs, areOthersWaiting }: AuthorBudgetOptions): AuthorBudget {
  /** Authors are charged for what they signed alone, so these are members. */
  const authors = new Map<OrgId, Bucket>()
  const pairs = new Map<string, Bucket>()
  /** The two authors that were charged last, and when. */
  let latest: Charged | undefined
  let before: Charged | undefined

  function areOthersActive(author: OrgId): boolean {
    const other = latest?.author === author ? before : latest
    if (other !== undefined && Math.abs(nowMs() - other.atMs) < activeMs) return true
    return areOthersWaiting(author)
  }

  function refilled(bucket: Bucket | undefined, { perSecond, burst }: Rates): Bucket {
    const now = nowMs()
    if (bucket === undefined) return { left: burst, atMs: now }
    // A clock that was set back must not take anything away.
    const more = (Math.max(0, now - bucket.atMs) * perSecond) / 1000
    bucket.left = Math.min(burst, bucket.left + more)
    bucket.atMs = now
    return bucket
  }

  function hasRoom(author: OrgId): boolean {
    return refilled(authors.get(author), ofAuthor).left >= 1 || !areOthersActive(author)
  }

  return {
    hasRoom,

    room: (author) =>
      areOthersActive(author)
        ? Math.floor(refilled(authors.get(author), ofAuthor).left)
        : Number.POSITIVE_INFINITY,

    waitMs: (author) =>
      hasRoom(author)
        ? 0
        : ((1 - refilled(authors.get(author), ofAuthor).left) * 1000) / authorSegmentsPerSecond,

    charge(author, hasGap = false) {
      const bucket = refilled(authors.get(author), ofAuthor)
      // What it took while it was alone, or was looked at ahead, is not owed when others come.
      bucket.left = Math.max(0, bucket.left - (hasGap ? gapCost : 1))
      authors.set(author, bucket)
      if (latest?.author !== author) before = latest
      latest = { author, atMs: nowMs() }
    },

    isExcess(author, peer) {
      const name = `${author} ${peer}`
      const bucket = refilled(pairs.get(name), ofPair)
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
