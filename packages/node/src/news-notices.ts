/** What the replica tells, as far as it is worth a line in a node's log. */
import type { Equivocation } from '@chirograph/consensus'
import type { OrgId } from '@chirograph/event'
import { signingRefused } from './node-errors.js'
import type { Notice } from './notice.js'
import type { ReplicaNews } from './shell.js'

export function noticeOfNews(news: ReplicaNews, self: OrgId): Notice | undefined {
  switch (news.kind) {
    case 'signing-stopped': {
      const { reason } = news
      return { level: 'error', what: signingRefused(reason).message, facts: { reason } }
    }
    case 'final': {
      const { height } = news.checkpoint.header.core
      return { level: 'debug', what: 'a checkpoint is final', facts: { height, events: news.events.length } }
    }
    case 'joined': {
      const { height } = news.checkpoint.header.core
      return { level: 'debug', what: 'goes on from a snapshot', facts: { height, gaps: news.gaps.length } }
    }
    case 'rejected': {
      const { reason, detail, from } = news
      return { level: 'warn', what: 'refused what a peer sent', facts: { reason, detail, from } }
    }
    case 'forked': {
      const facts = { org: news.author, isSelf: news.author === self }
      return { level: 'warn', what: 'an organisation forked its log', facts }
    }
    case 'votes-from': {
      const { view } = news
      if (view === null)
        return {
          level: 'error',
          what: 'others hold votes of this member that are not in its record: the data directory is older than it seems, or another copy of it runs; this node does not vote until it has heard which views the others are in',
          facts: {},
        }
      return { level: 'warn', what: 'this member votes again', facts: { view } }
    }
    case 'equivocated':
      return {
        level: 'warn',
        what: 'a validator contradicted itself',
        facts: accusedIn(news.evidence),
      }
    case 'conflict':
      return {
        level: 'error',
        what: 'more validators are faulty than the network tolerates: the culprits signed two histories',
        facts: { detail: news.detail, culprits: news.culprits.join(' ') },
      }
    default:
      return undefined
  }
}

/** Who, by its number among the validators of its epoch, or as the leader of a view. */
function accusedIn(evidence: Equivocation): Notice['facts'] {
  if (evidence.kind === 'proposals')
    return { evidence: 'proposals', leaderOfView: evidence.first.header.core.view }
  const { signer, view } = evidence.first
  return { evidence: 'votes', validator: signer, view }
}
