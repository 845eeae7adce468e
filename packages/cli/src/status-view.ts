/** A node's status on a terminal: is it up to date, with whom, and how sure is it. */
import type { NodeAnswer } from '@chirograph/api/client'
import { counted } from './counted.js'
import { describeMs } from './duration.js'
import { table } from './table.js'
import type { Colours } from './terminal.js'

export interface StatusView {
  readonly status: NodeAnswer
  readonly url: string
  readonly nowMs: number
  readonly colours: Colours
}

export function renderStatus({ status, url, nowMs, colours }: StatusView): string {
  const { bold, dim, yellow } = colours
  const { name, networkName, purpose, pid, startedAtMs, height, finalAgeMs, events } = status
  const line = (label: string, text: string): string => `  ${dim(label.padEnd(8))} ${text}`
  return [
    `${bold(name)} on ${bold(networkName)}${purpose === 'demo' ? yellow(' (demonstration)') : ''}`,
    line('running', `for ${describeMs(nowMs - startedAtMs)}, process ${pid}, API ${url}`),
    line('sync', syncWords(status, nowMs, colours)),
    ...historyLines(status).map((text) => line('history', text)),
    line(
      'final',
      `height ${height}, ${describeMs(finalAgeMs)} ago; ${counted(events.final, 'event')} final, ${events.pending} waiting`,
    ),
    line('voting', votingWords(status, colours)),
    line('leading', leadingWords(status, colours)),
    ...(status.signing === 'ok' ? [] : [line('signing', signingWords(status, colours))]),
    ...[...troubles(status), ...conductWords(status, nowMs)].map((text) => line('trouble', yellow(text))),
    '',
    ...peerLines(status, nowMs, colours),
  ].join('\n')
}

/** A member whose turn it is and that does not vote proposes nothing either: the others pass it over. */
function leadingWords({ leader, view, whyNotVoting }: NodeAnswer, { yellow }: Colours): string {
  if (!leader.isSelf) return `${leader.name}, view ${view}`
  return whyNotVoting === null
    ? `this node, view ${view}`
    : yellow(`nobody: it is the turn of this node, which does not vote; the others pass over view ${view}`)
}

/** Never green for what is not known. */
function syncWords({ sync, snapshot }: NodeAnswer, nowMs: number, { green, yellow }: Colours): string {
  const heard =
    sync.lastHeardMs === null ? 'nothing heard yet' : `last heard ${describeMs(nowMs - sync.lastHeardMs)} ago`
  switch (sync.state) {
    case 'current':
      return `${green('up to date')}, ${heard}`
    case 'behind':
      if (snapshot !== null) return `${yellow('far behind')}, ${snapshotWords(snapshot)}; ${heard}`
      return `${yellow(`behind${sync.behindBy ? ` by ${counted(sync.behindBy, 'event')}` : ''}`)}, ${heard}`
    case 'alone':
      return `${yellow('alone')}: connected to no member, so nobody can say whether it is up to date`
    case 'unknown':
      return `${yellow('not known yet')}: no member has confirmed it in the last half minute; ${heard}`
  }
}

function snapshotWords({ height, chunkCount, missingCount }: NonNullable<NodeAnswer['snapshot']>): string {
  return `taking what is true at height ${height} from the members: ${chunkCount - missingCount} of ${chunkCount} pieces`
}

/** Nothing where all of it is here. */
function historyLines({ history }: NodeAnswer): string[] {
  if (history.isWhole) return []
  return [
    `${counted(history.missing, 'older event')} ${history.missing === 1 ? 'is' : 'are'} still to come, ${history.brought} came; proofs and verdicts are complete without them`,
  ]
}

function votingWords(node: NodeAnswer, { green, red, yellow }: Colours): string {
  switch (node.whyNotVoting) {
    case null:
      return green('yes')
    case 'observer':
      return 'no, this member only follows'
    case 'key-missing':
      return red('no: its consensus key is not in this folder')
    case 'later-view':
      return yellow(`not yet: from view ${node.votesFrom} on, in which it cannot have voted before`)
    default:
      return yellow(`not yet: ${doubtWords(node)}`)
  }
}

/** Why it is not known how a member voted, and how far that is found out. */
export function doubtWords({ whyNotVoting, recall }: Pick<NodeAnswer, 'whyNotVoting' | 'recall'>): string {
  const cause =
    whyNotVoting === 'copied-folder'
      ? 'this folder was copied or restored'
      : whyNotVoting === 'vote-record-lost'
        ? 'its vote record is lost'
        : 'others hold votes of it that this folder knows nothing of'
  if (recall === 'another-copy') return `${cause}, and another copy of it seems to run`
  if (recall === 'too-few-validators' || recall === null)
    return `${cause}, and fewer than four validators cannot find out how it voted`
  return `${cause}; ${recall.heard} of ${recall.needed} members have said which view they are in`
}

const rotateToGoOn = 'begin a new key with chirograph key rotate'

function signingWords({ signing }: NodeAnswer, { red, yellow }: Colours): string {
  switch (signing) {
    case 'own-fork':
      return red(
        `stopped: two different events stand at one place of its log; is a copy of this folder running elsewhere? Then ${rotateToGoOn}`,
      )
    case 'own-key-elsewhere':
      return red(
        `stopped: the network holds events signed with its key that this folder knows nothing of: it is an old copy, or somebody has the key; ${rotateToGoOn}`,
      )
    case 'own-events-missing':
      return yellow('not yet: it hears from the other members first which events it has signed')
    case 'log-key-missing':
      return red(
        'stopped: the key that signs now is not in keys.json; bring back the file that was written at the last rotation',
      )
    default:
      return red(`stopped: ${signing.replaceAll('-', ' ')}`)
  }
}

function troubles({ counters }: NodeAnswer): string[] {
  const rejected = Object.entries(counters.rejected).map(([reason, count]) => `${count} × ${reason}`)
  return [
    ...(rejected.length > 0 ? [`refused from peers: ${rejected.join(', ')}`] : []),
    ...(counters.equivocations > 0
      ? [`${counters.equivocations} times a validator contradicted itself`]
      : []),
    ...(counters.conflicts > 0
      ? [`${counters.conflicts} conflicting certificates: more members are faulty than the network tolerates`]
      : []),
  ]
}

/** Peers that this node holds something against: what it does about that, and why. */
function conductWords({ peers }: NodeAnswer, nowMs: number): string[] {
  return peers.flatMap(({ name, peerId, bannedUntilMs, conduct }) => {
    const why = conduct.why ?? 'for what it sent'
    if (conduct.state === 'dropped') {
      const time =
        bannedUntilMs === null ? '' : ` for another ${describeMs(Math.max(0, bannedUntilMs - nowMs))}`
      return [`${name ?? peerId} is kept away${time}: ${why}`]
    }
    return conduct.state === 'throttled'
      ? [`${name ?? peerId} is asked last and read slowly: ${why} (score ${conduct.score} of 100)`]
      : []
  })
}

function peerLines({ peers }: NodeAnswer, nowMs: number, { dim }: Colours): string[] {
  const connected = peers.filter((peer) => peer.connected).length
  if (peers.length === 0) return [dim('  no other member is known by address')]
  const rows = peers.map((peer) => [
    peer.name ?? peer.peerId,
    peer.connected ? (peer.path ?? 'connected') : peer.bannedUntilMs === null ? 'not connected' : 'kept away',
    peer.lastHeardMs === null ? 'never' : `${describeMs(Math.max(0, nowMs - peer.lastHeardMs))} ago`,
    peer.address?.replace(/\/p2p\/.*/, '') ?? '',
  ])
  const [head = '', ...lines] = table(
    [`MEMBERS (${connected} of ${peers.length} connected)`, 'BY', 'HEARD', 'AT'],
    rows,
  )
  return [dim(`  ${head}`), ...lines.map((line) => `  ${line}`)]
}
