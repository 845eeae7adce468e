/** What `chirograph doctor` looks at, a line each: how it is, why, and what to do about it. */
import type { NodeAnswer } from '@chirograph/api/client'
import type { KnownFork, StoreExamination } from '@chirograph/node'
import { counted } from './counted.js'
import { describeMs } from './duration.js'
import { latestWritesLost, startAfreshHint } from './lost-log.js'
import { doubtWords } from './status-view.js'

export interface Check {
  readonly name: string
  /** `unknown` where it could not be looked at; never taken for `ok`. */
  readonly state: 'ok' | 'warning' | 'failed' | 'unknown'
  readonly what: string
  /** What to do; absent where nothing is to be done. */
  readonly hint?: string
}

/** The last checkpoint is at most this old while a network has a quorum: its heartbeat and a slow view. */
const checkpointAgeMsMax = 180_000

/** A disk with less is about to refuse writes; a node then stops. */
const freeBytesMin = 1_000_000_000

export function checksOfRunning(status: NodeAnswer): Check[] {
  return [
    syncCheck(status),
    historyCheck(status),
    checkpointCheck(status),
    votingCheck(status),
    signingCheck(status),
    forksCheck(status.forks),
    membersCheck(status),
    refusedCheck(status),
    ...agreementChecks(status),
  ]
}

export function checksOfStopped(examined: StoreExamination): Check[] {
  if (examined.kind === 'empty')
    return [
      {
        name: 'log',
        state: 'failed',
        what: 'the log is empty, and the one that was made with this folder was not: its votes and events are lost',
        hint: startAfreshHint,
      },
    ]
  if (examined.kind === 'other-format')
    return [
      {
        name: 'log',
        state: examined.isReadable ? 'warning' : 'failed',
        what: examined.what,
        hint: examined.hint,
      },
    ]
  if (examined.kind === 'foreign' || examined.kind === 'damaged')
    return [{ name: 'log', state: 'failed', what: examined.what, hint: examined.hint }]
  const { height, events, schema, areVotesKnown, isHistoryWhole, isLastSignedHere } = examined
  const lacking = examined.batchesLacking ?? 0
  return [
    lacking > 0
      ? {
          name: 'log',
          state: 'failed',
          what: `it ${latestWritesLost(lacking)}`,
          hint: startAfreshHint,
        }
      : {
          name: 'log',
          state: 'ok',
          what: `a node can start from it: height ${height}, ${counted(events.final, 'event')} final, ${events.pending} waiting (format ${schema})`,
        },
    isHistoryWhole
      ? {
          name: 'history',
          state: 'ok',
          what: 'no event is noted as lacking; chirograph fsck looks at each',
        }
      : {
          name: 'history',
          state: 'warning',
          what: 'older final events are not here yet',
          hint: 'start the node: it fetches them from other members',
        },
    areVotesKnown
      ? {
          name: 'voting',
          state: 'ok',
          what: 'it is known how this member has voted; chirograph fsck looks at each vote',
        }
      : {
          name: 'voting',
          state: 'warning',
          what: 'it is not known how this member has voted, so it does not vote until it has heard the others',
          hint: 'start the node: it asks them; never put an old copy in its place',
        },
    isLastSignedHere === false
      ? {
          name: 'signing',
          state: 'warning',
          what: 'the last event that this institution signed is not in its log',
          hint: 'start the node and let it connect: other members bring it back; nothing is signed before',
        }
      : { name: 'signing', state: 'ok', what: 'nothing was signed that the log does not hold' },
    forksCheck(examined.forks),
  ]
}

export function diskCheck(free: number | null): Check {
  if (free === null) return { name: 'disk', state: 'unknown', what: 'the free space cannot be read here' }
  const text = `${(free / 1e9).toFixed(1)} GB free`
  return free >= freeBytesMin
    ? { name: 'disk', state: 'ok', what: text }
    : {
        name: 'disk',
        state: 'warning',
        what: `only ${text}`,
        hint: 'make room: a node stops when its disk refuses a write',
      }
}

function syncCheck({ sync, snapshot, peers }: NodeAnswer): Check {
  const name = 'sync'
  switch (sync.state) {
    case 'current':
      return { name, state: 'ok', what: 'up to date: a member has confirmed it within the last half minute' }
    case 'behind':
      return {
        name,
        state: 'warning',
        what: `behind${sync.behindBy ? ` by ${counted(sync.behindBy, 'event')}` : ''}, and ${snapshot === null ? 'catching up' : 'taking a snapshot'}`,
        hint: 'wait; chirograph status --watch shows how far it is',
      }
    case 'unknown':
      return {
        name,
        state: 'warning',
        what: 'no member has confirmed within the last half minute that it is up to date',
        hint: 'wait half a minute and look again',
      }
    case 'alone':
      return {
        name,
        state: 'failed',
        what: `connected to none of ${peers.length} members, so nobody can say whether it is up to date`,
        hint: 'check that this machine may connect out to, and be reached at, the ports in network.json; many campus firewalls allow neither',
      }
  }
}

function historyCheck({ history }: NodeAnswer): Check {
  return history.isWhole
    ? { name: 'history', state: 'ok', what: 'every final event is here' }
    : {
        name: 'history',
        state: 'warning',
        what: `${history.missing} older final ${history.missing === 1 ? 'event is' : 'events are'} still being fetched; proofs and verdicts are complete without them`,
        hint: 'leave the node running and connected',
      }
}

function checkpointCheck({ finalAgeMs, height, events }: NodeAnswer): Check {
  const what = `the last checkpoint (height ${height}) is ${describeMs(finalAgeMs)} old, ${counted(events.pending, 'event')} ${events.pending === 1 ? 'waits' : 'wait'}`
  return finalAgeMs <= checkpointAgeMsMax || height === 0
    ? { name: 'finality', state: 'ok', what }
    : {
        name: 'finality',
        state: 'warning',
        what,
        hint: 'more than a third of the members are probably not reachable; events are kept and become final when they are back',
      }
}

function votingCheck(node: NodeAnswer): Check {
  const name = 'voting'
  switch (node.whyNotVoting) {
    case null:
      return { name, state: 'ok', what: 'this node votes' }
    case 'observer':
      return { name, state: 'ok', what: 'this member only follows' }
    case 'later-view':
      return { name, state: 'ok', what: `this node votes again from view ${node.votesFrom} on` }
    case 'key-missing':
      return {
        name,
        state: 'failed',
        what: 'the consensus key that the network knows is not in this folder, so the node does not vote',
        hint: 'put back the keys.json that was saved with the last change of keys',
      }
    default:
      return {
        name,
        state: 'warning',
        what: `the node does not vote yet: ${doubtWords(node)}`,
        hint:
          node.recall === 'another-copy'
            ? 'stop the other copy, and start this node again'
            : 'let it connect to the other members; where all were moved at once, see chirograph start --moved',
      }
  }
}

function signingCheck({ signing }: NodeAnswer): Check {
  const name = 'signing'
  if (signing === 'ok')
    return {
      name,
      state: 'ok',
      what: 'this institution can issue and revoke; no place of its log was signed twice',
    }
  switch (signing) {
    case 'own-fork':
    case 'own-key-elsewhere':
      return {
        name,
        state: 'failed',
        what:
          signing === 'own-fork'
            ? 'two different events of this institution stand at one place of its log'
            : 'events of this institution came in that were not signed here',
        hint: 'make sure that no copy of this folder runs elsewhere; then rotate the key: chirograph key rotate',
      }
    case 'own-events-missing':
      return {
        name,
        state: 'warning',
        what: 'nothing is signed yet: it is not certain which events this institution has signed',
        hint: 'let the node connect to other members: they tell',
      }
    default:
      return {
        name,
        state: 'failed',
        what: `nothing can be signed (${signing})`,
        hint: 'bring back the keys file that was written at the last rotation of the log key',
      }
  }
}

/** Who, where, since when, and what it means. */
function forksCheck(forks: readonly KnownFork[]): Check {
  if (forks.length === 0)
    return { name: 'forks', state: 'ok', what: 'no organisation is known to have told two stories' }
  const told = forks.map(({ name, isSelf, generation, sequence, frozen }) => {
    const who = isSelf ? 'this institution' : name
    const place =
      sequence === null
        ? `two stories in key period ${generation}`
        : `two events at place ${sequence} of key period ${generation}`
    const state =
      frozen === null
        ? 'the proof is not final yet'
        : `frozen since height ${frozen.height} ${frozen.sequence === null ? 'before its first event' : `behind place ${frozen.sequence}`}`
    return `${who}: ${place}; ${state}`
  })
  return {
    name: 'forks',
    state: 'warning',
    what: told.join(' · '),
    hint: 'what became final before stays valid, and revocations of either story count; the organisation goes on with a new key once a quorum approves it: chirograph member forks',
  }
}

function membersCheck({ peers }: NodeAnswer): Check {
  const connected = peers.filter((peer) => peer.connected)
  const what = `${connected.length} of ${peers.length} members connected`
  const away = peers.filter((peer) => !peer.connected).map((peer) => peer.name ?? peer.peerId)
  if (away.length === 0) return { name: 'members', state: 'ok', what }
  return {
    name: 'members',
    state: 'warning',
    what: `${what}; not: ${away.join(', ')}`,
    hint: 'ask them whether their node runs, and whether their firewall lets you in',
  }
}

function refusedCheck({ counters }: NodeAnswer): Check {
  const refused = Object.entries(counters.rejected)
  if (refused.length === 0)
    return { name: 'refused', state: 'ok', what: 'nothing that a member sent was refused' }
  return {
    name: 'refused',
    state: 'warning',
    what: refused.map(([reason, count]) => `${count} × ${reason}`).join(', '),
    hint: 'one member may run another version or be faulty; chirograph status tells which',
  }
}

function agreementChecks({ counters }: NodeAnswer): Check[] {
  const checks: Check[] = []
  if (counters.equivocations > 0)
    checks.push({
      name: 'agreement',
      state: 'warning',
      what: `${counters.equivocations} times a validator contradicted itself`,
      hint: 'the log of this node says which one; tell the other members, who may have seen it too',
    })
  if (counters.conflicts > 0)
    checks.push({
      name: 'agreement',
      state: 'failed',
      what: `${counters.conflicts} conflicting certificates: more members are faulty than the network tolerates`,
      hint: 'stop relying on new proofs and speak with the other members',
    })
  return checks
}
