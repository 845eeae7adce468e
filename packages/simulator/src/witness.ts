/**
 * What the nodes of a simulation tell of themselves, held against what is known of them: who was made to fork, whose
 * disk is an old copy, what was acknowledged and so must become final.
 */
import type { AuthenticEvent, OrgId } from '@chirograph/event'
import type { Cut } from '@chirograph/log'
import type { RefuseReason } from '@chirograph/replica'
import type { Oracles } from './oracles.js'
import type { SimulatedMember } from './simulated-genesis.js'
import type { OutwardEffect } from './simulated-node.js'
import type { Trace } from './trace.js'

/** A place in an author's chains. */
export interface Published {
  readonly generation: number
  readonly sequence: number
}

/** What a node tells, of itself or of others. */
export type Told = Extract<
  OutwardEffect,
  {
    readonly kind:
      | 'published'
      | 'refused'
      | 'signing-stopped'
      | 'final'
      | 'forked'
      | 'equivocated'
      | 'conflict'
      | 'rejected'
  }
>

export interface Witness {
  /** Events acknowledged to their publishers that must become final, by author: the last. */
  readonly published: ReadonlyMap<OrgId, Published>
  /** Authors whose key somebody else used, and in which generation. */
  readonly forkedIn: ReadonlyMap<OrgId, number>
  /** Nodes that proved a fork, each with its author. */
  readonly forksFound: ReadonlySet<string>
  readonly refused: readonly { readonly node: number; readonly reason: RefuseReason }[]
  publishedCount(): number
  hear(node: number, told: Told): void
  /** Somebody else uses the author's key of this generation: what the author said in it may be lost. */
  noteForked(org: OrgId, generation: number): void
  /** What the author signed since may be signed otherwise by a copy: it is not held to either. */
  noteOldCopy(org: OrgId): void
  /** The node's votes are not those of its disk any more. */
  noteOldVotes(node: number): void
  /** Whether nothing is known against the node's own votes. */
  isTrusted(node: number): boolean
  /** Whether every acknowledged event is in the cut. */
  isSettledIn(cut: Cut): boolean
}

export function createWitness({
  members,
  oracles,
  trace,
  nowMs,
}: {
  readonly members: readonly SimulatedMember[]
  readonly oracles: Oracles
  readonly trace: Trace
  readonly nowMs: () => number
}): Witness {
  const published = new Map<OrgId, Published>()
  const forkedIn = new Map<OrgId, number>()
  const forksFound = new Set<string>()
  const refused: { node: number; reason: RefuseReason }[] = []
  const withOldVotes = new Set<number>()
  let publishedCount = 0

  const isForked = (node: number) => {
    const org = members[node]?.org
    return org !== undefined && forkedIn.has(org)
  }

  /** What must be final in the end; what a forked author had said in that generation is lost. */
  function notePublished({ header: { author, generation, sequence } }: AuthenticEvent): void {
    publishedCount++
    const lost = forkedIn.get(author)
    if (lost === undefined || generation > lost) published.set(author, { generation, sequence })
  }

  return {
    published,
    forkedIn,
    forksFound,
    refused,
    publishedCount: () => publishedCount,
    hear(node, told) {
      switch (told.kind) {
        case 'published':
          notePublished(told.event)
          trace.note(nowMs(), `node ${node}: published ${told.event.header.kind} ${told.event.id}`)
          break
        case 'refused':
          if (!isForked(node)) refused.push({ node, reason: told.reason })
          break
        case 'signing-stopped':
          if (!isForked(node)) oracles.accused(node, `stops signing: ${told.reason}`)
          break
        case 'final':
          oracles.ordered(node, told.checkpoint, told.events)
          break
        case 'forked':
          forksFound.add(`${node} ${told.author}`)
          trace.note(nowMs(), `node ${node}: proves by ${told.evidence.kind} that somebody forked`)
          if (!forkedIn.has(told.author)) oracles.accused(node, `says that ${told.author} forked`)
          break
        case 'equivocated':
          if (withOldVotes.size === 0)
            oracles.accused(node, `reports an equivocation of ${told.evidence.kind}`)
          break
        case 'conflict':
          oracles.accused(node, told.detail)
          break
        case 'rejected':
          // Nobody sends what an honest node refuses.
          oracles.accused(node, `${told.reason}: ${told.detail}`)
          break
      }
    },
    noteForked(org, generation) {
      forkedIn.set(org, generation)
      if ((published.get(org)?.generation ?? 0) <= generation) published.delete(org)
    },
    noteOldCopy: (org) => void forkedIn.set(org, published.get(org)?.generation ?? 0),
    noteOldVotes: (node) => void withOldVotes.add(node),
    isTrusted: (node) => !withOldVotes.has(node),
    isSettledIn: (cut) =>
      [...published].every(([author, place]) => {
        const entry = cut.get(author)
        if (entry?.generation !== place.generation) return (entry?.generation ?? 0) > place.generation
        return entry.sequence >= place.sequence
      }),
  }
}
