/**
 * What the nodes of a simulation tell of themselves, held against what is known of them: who was made to fork, whose
 * disk is an old copy, what was acknowledged and so must become final.
 */

import type { EventId } from '@chirograph/codec'
import { type Equivocation, leaderOf } from '@chirograph/consensus'
import { type AuthenticEvent, applicantOf, type OrgId } from '@chirograph/event'
import type { Cut } from '@chirograph/log'
import type { RefuseReason, RejectReason } from '@chirograph/replica'
import { readOrg } from '@chirograph/status'
import type { EpochBook } from './epoch-book.js'
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
  /** Applications that were acknowledged, by the organisation that applies. */
  readonly applications: ReadonlyMap<OrgId, ReadonlySet<EventId>>
  /** Nodes that proved a fork, each with its author. */
  readonly forksFound: ReadonlySet<string>
  /** Members that contradicted themselves as validators, and the honest nodes that have the proof. */
  readonly named: ReadonlyMap<number, ReadonlySet<number>>
  /** What honest nodes refused to take from Byzantine members, and how often, by the reason. */
  readonly refusals: ReadonlyMap<RejectReason, number>
  readonly refused: readonly { readonly node: number; readonly reason: RefuseReason }[]
  publishedCount(): number
  hear(node: number, told: Told): void
  /** Somebody else uses the author's key of this generation: what the author said in it may be lost. */
  noteForked(org: OrgId, generation: number): void
  /** What the author signed since may be signed otherwise by a copy: it is not held to either. */
  noteOldCopy(org: OrgId): void
  /** The node's votes are not those of its disk any more. */
  noteOldVotes(node: number): void
  /** Honest nodes whose votes are not those of their disk. */
  untrustedCount(): number
  /** Whether nothing is known against the node's own votes. */
  isTrusted(node: number): boolean
  /** Whether every acknowledged event is in the cut. */
  isSettledIn(cut: Cut): boolean
}

/**
 * Reasons for which nothing is held against whoever sent it: it may stand elsewhere, or pass on what it cannot judge. An
 * honest member gives them only where others are not.
 */
const fairReasons: ReadonlySet<RejectReason> = new Set([
  'unknown-author',
  'foreign-prev',
  'gap-sequence',
  'orphan-limit',
  'unexecutable-proposal',
])

/** The node of whoever signed both. */
function culpritOf(evidence: Equivocation, { setOf, nodeOf }: EpochBook): number | undefined {
  if (evidence.kind === 'votes') return nodeOf(evidence.first)
  const { epoch, view } = evidence.first.header.core
  return nodeOf({ epoch, signer: leaderOf(setOf(epoch), view) })
}

export function createWitness({
  members,
  book,
  oracles,
  trace,
  isByzantine,
  nowMs,
}: {
  readonly members: readonly SimulatedMember[]
  readonly book: EpochBook
  readonly oracles: Oracles
  readonly trace: Trace
  readonly isByzantine: (member: number) => boolean
  readonly nowMs: () => number
}): Witness {
  const published = new Map<OrgId, Published>()
  const applications = new Map<OrgId, Set<EventId>>()
  const forkedIn = new Map<OrgId, number>()
  const forksFound = new Set<string>()
  const refused: { node: number; reason: RefuseReason }[] = []
  const named = new Map<number, Set<number>>()
  const refusals = new Map<RejectReason, number>()
  const byzantine = new Set(members.flatMap(({ org }, index) => (isByzantine(index) ? [org] : [])))
  const byzantinePeers = new Set(members.flatMap(({ peer }, index) => (isByzantine(index) ? [peer] : [])))
  const isJoining = members.some(({ application }) => application !== null)
  const withOldVotes = new Set<number>()
  let publishedCount = 0

  const isForked = (node: number) => {
    const org = members[node]?.org
    return org !== undefined && forkedIn.has(org)
  }

  function noteEquivocation(node: number, evidence: Equivocation): void {
    const culprit = culpritOf(evidence, book) ?? node
    if (!isByzantine(culprit) && withOldVotes.size === 0)
      oracles.accused(node, `reports an equivocation of ${evidence.kind} by ${culprit}`)
    named.set(culprit, (named.get(culprit) ?? new Set()).add(node))
  }

  /** What must be final in the end; what a forked author had said in that generation is lost. */
  function notePublished({ id, header: { author, generation, sequence }, body }: AuthenticEvent): void {
    publishedCount++
    if (body.kind === 'member.apply') {
      const org = applicantOf(body.application.profile)
      applications.set(org, (applications.get(org) ?? new Set()).add(id))
    }
    if (byzantine.has(author)) return
    const lost = forkedIn.get(author)
    if (lost === undefined || generation > lost) published.set(author, { generation, sequence })
  }

  return {
    published,
    forkedIn,
    applications,
    forksFound,
    named,
    refusals,
    refused,
    publishedCount: () => publishedCount,
    hear(node, told) {
      // What a Byzantine member says of itself or of others is worth nothing.
      if (isByzantine(node)) return
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
          for (const { org } of members)
            if (readOrg(told.state, org)?.frozen && !forkedIn.has(org) && !byzantine.has(org))
              oracles.accused(node, `holds ${org} for frozen`)
          break
        case 'forked':
          forksFound.add(`${node} ${told.author}`)
          trace.note(nowMs(), `node ${node}: proves by ${told.evidence.kind} that somebody forked`)
          if (!forkedIn.has(told.author) && !byzantine.has(told.author))
            oracles.accused(node, `says that ${told.author} forked`)
          break
        case 'equivocated':
          noteEquivocation(node, told.evidence)
          break
        case 'conflict':
          oracles.accused(node, `${told.detail}, signed both by ${told.culprits.join(', ')}`)
          break
        case 'rejected':
          // Nobody honest sends what an honest node refuses.
          if (byzantinePeers.has(told.from)) {
            refusals.set(told.reason, (refusals.get(told.reason) ?? 0) + 1)
            break
          }
          if (byzantine.size > 0 && fairReasons.has(told.reason)) break
          // Whoever is behind does not know yet who has joined.
          if (isJoining && told.reason === 'unknown-author') break
          oracles.accused(node, `${told.reason}, from ${told.from}: ${told.detail}`)
          break
      }
    },
    noteForked(org, generation) {
      forkedIn.set(org, generation)
      if ((published.get(org)?.generation ?? 0) <= generation) published.delete(org)
    },
    noteOldCopy(org) {
      forkedIn.set(org, published.get(org)?.generation ?? 0)
      published.delete(org)
    },
    noteOldVotes: (node) => void withOldVotes.add(node),
    untrustedCount: () => withOldVotes.size,
    isTrusted: (node) => !withOldVotes.has(node),
    isSettledIn: (cut) =>
      [...published].every(([author, place]) => {
        const entry = cut.get(author)
        if (entry?.generation !== place.generation) return (entry?.generation ?? 0) > place.generation
        return entry.sequence >= place.sequence
      }),
  }
}
