/** What a node refuses, in words for the person who asked. */
import type { EventId } from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import { ChirographError } from '@chirograph/interface'
import type { RefuseReason } from '@chirograph/replica'
import type { Genesis } from '@chirograph/status'

/** `mayJoin`: the node of an institution that is about to apply, and follows until it is admitted. */
export function assertMember(genesis: Genesis, org: OrgId, { mayJoin = false } = {}): void {
  if (mayJoin) return
  if (genesis.organisations.some(({ id }) => id === org)) return
  throw new ChirographError({
    code: 'NODE_NOT_A_MEMBER',
    what: `these keys belong to organisation ${org.slice(0, 16)}…, which is not a member of ${genesis.name}`,
    hint: 'ask for a network file that lists this institution, or use the keys that it was made with; to join this network later: chirograph start --join',
    facts: { org },
  })
}

export function signingRefused(reason: RefuseReason): ChirographError {
  const [what, hint] = refusals[reason]
  return new ChirographError({ code: 'NODE_SIGNING_REFUSED', what, hint, facts: { reason } })
}

const rotateToGoOn =
  'make sure no copy of this data directory runs elsewhere, then begin a new log key: chirograph key rotate'

const refusals: Readonly<Record<RefuseReason, readonly [what: string, hint: string]>> = {
  'own-fork': ['two different events of this institution stand at one place of its log', rotateToGoOn],
  'own-key-elsewhere': [
    'the network holds events signed with this log key that this data directory does not know it signed: it is an older copy, or somebody else has the key',
    rotateToGoOn,
  ],
  'own-events-missing': [
    'it is not certain yet which events this institution has signed',
    'let the node connect to other members: they know',
  ],
  'log-key-missing': [
    'the key that signs for this institution now is not in the keys file',
    'bring back the keys file that was written at the last rotation of the log key',
  ],
  'not-the-next-key': [
    'the next key in the keys file is not the one that the network expects',
    'bring back the keys file that was written at the last rotation of the log key',
  ],
  'misplaced-rotation': [
    'a rotation of the log key is not published like other events',
    'use chirograph key rotate, or rotateKey',
  ],
  'rotation-pending': [
    'a rotation of the log key waits to become final',
    'wait until it is final; of a frozen institution a quorum of members has to approve it',
  ],
  'own-events-pending': [
    'events of this institution wait to become final, and a rotation would cut them off',
    'wait until they are final and try again',
  ],
  'rotation-limit': [
    'this institution has had as many log keys as the network keeps of one',
    'ask the network to admit the institution anew',
  ],
}

export function keysNotKept(): ChirographError {
  return new ChirographError({
    code: 'NODE_KEYS_NOT_KEPT',
    what: 'this node has no place to keep the key that a rotation commits to',
    hint: 'start it with chirograph start, or give createNode a saveSeeds',
  })
}

export function recoveryRefused(org: OrgId, reason: keyof typeof recoveryRefusals): ChirographError {
  const [what, hint] = recoveryRefusals[reason]
  return new ChirographError({ code: 'NODE_RECOVERY_REFUSED', what, hint, facts: { org, reason } })
}

const recoveryRefusals = {
  unknown: [
    'the network knows no such organisation',
    'check the id; chirograph member forks lists who forked',
  ],
  'not-frozen': [
    'this organisation is not frozen',
    'there is nothing to approve; chirograph member forks lists who is',
  ],
  'no-rotation': [
    'no rotation of this organisation is here that could end the freeze',
    'it begins with their people: chirograph key rotate; then wait until this node is in sync',
  ],
  'several-rotations': [
    'this organisation has signed several rotations',
    'ask its people which one is meant, and name it with --rotation',
  ],
  'not-a-validator': ['this institution does not vote', 'only those who vote approve recoveries'],
  'already-approved': [
    'this institution has approved this rotation already',
    'wait for the others to approve it',
  ],
} as const satisfies Record<string, readonly [what: string, hint: string]>

export function membershipRefused(reason: keyof typeof membershipRefusals): ChirographError {
  const [what, hint] = membershipRefusals[reason]
  return new ChirographError({ code: 'NODE_MEMBERSHIP_REFUSED', what, hint, facts: { reason } })
}

const seeMembers = 'see who takes part and who votes: chirograph member list'

const membershipRefusals = {
  'application-invalid': [
    'the application is not signed for this network by the keys in it',
    'ask the institution to make it anew for this network: chirograph member application',
  ],
  'already-member': ['this institution takes part already', seeMembers],
  'application-unknown': [
    'no application with this id is final here',
    'ask for the event that brought it, and wait until this node is in sync',
  ],
  'already-admitted': ['the applicant is admitted already', seeMembers],
  'not-a-validator': ['this institution does not vote', seeMembers],
  'evicts-itself': ['nobody evicts itself', 'to give up the vote: chirograph member leave'],
  'not-evictable': ['that institution does not vote', seeMembers],
  'already-validator': ['this institution votes already', seeMembers],
  'not-on-probation': [
    'this institution was not admitted to vote, or has given up its vote',
    'it begins with an application: chirograph member application',
  ],
  'probation-not-over': ['the probation of this institution is not over', seeMembers],
  'last-validator': [
    'nobody else votes: the network would stand still',
    'let another institution join first',
  ],
  'no-consensus-key': ['this institution has no consensus key', seeMembers],
  'already-committed': [
    'this institution has committed to its next consensus key',
    'take it into use: chirograph key rotate-consensus',
  ],
  'not-committed': [
    'this institution has not committed to a next consensus key, or that is not final here',
    'commit to one first: chirograph key commit-consensus',
  ],
  'rotation-key': [
    'the next consensus key in the keys file is not the one that the network expects',
    'bring back the keys file that was written when it was committed to',
  ],
} as const satisfies Record<string, readonly [what: string, hint: string]>

export function governanceRefused(reason: keyof typeof governanceRefusals): ChirographError {
  const [what, hint] = governanceRefusals[reason]
  return new ChirographError({ code: 'NODE_GOVERNANCE_REFUSED', what, hint, facts: { reason } })
}

const governanceRefusals = {
  'unknown-org': ['the network knows no such organisation', seeMembers],
  'not-its-own': [
    'this institution does not act for that one',
    'an institution acts for itself, and for one that closed its custodian does: chirograph govern show',
  ],
  'not-its-custodian': [
    'that institution has not closed, or this one is not its custodian',
    'see who is: chirograph govern show',
  ],
  'no-such-key': ['it never had a log key of this generation', 'see which it had: chirograph govern show'],
  'current-key': [
    'this key is in use still, so a thief could say the same',
    'take the next one into use first, and wait until that is final: chirograph key rotate --wait final',
  ],
  'without-effect': [
    'the key was replaced at this height or before: nothing above it was signed with it',
    'name the last height at which the key was this institution’s alone: chirograph govern show',
  ],
  'already-told': [
    'the network knows that already, from the same height on or a lower one',
    'see since when: chirograph govern show',
  ],
  'nothing-to-reaffirm': [
    'no batch that this node issued is contested',
    'name batches that another node issued by their events',
  ],
  'batch-unknown': ['no batch with this id is final here', 'give the event that issued it'],
  'proposal-unknown': [
    'no proposal with this id is final here',
    'ask for the event that made it, and wait until this node is in sync',
  ],
  'already-executed': ['this measure was carried out already', 'see it: chirograph govern show-measure'],
  'not-a-validator': ['this institution does not vote', 'only those who vote approve measures'],
  'already-approved': [
    'this institution has approved this measure already',
    'see who else has: chirograph govern show-measure',
  ],
  'not-approved': ['this institution has not approved this measure', 'there is nothing to withdraw'],
  'too-few-approve': [
    'too few of those who vote approve this measure',
    'see who does: chirograph govern show-measure',
  ],
  'time-lock-running': [
    'the time lock of this measure is not over',
    'see until when: chirograph govern show-measure',
  ],
  'recognises-itself': ['an institution does not recognise itself', 'ask another member, or a quorum'],
  'not-recognised': ['this institution does not recognise that one', 'see who does: chirograph govern show'],
} as const satisfies Record<string, readonly [what: string, hint: string]>

export function invalidEvent(detail: string): ChirographError {
  return new ChirographError({
    code: 'NODE_INVALID_EVENT',
    what: `this is no event that can be published: ${detail}`,
    hint: 'see what each kind of event may say: packages/event/SPEC.md, "Bodies"',
    facts: { detail },
  })
}

export function nothingToSalvage(org: OrgId): ChirographError {
  return new ChirographError({
    code: 'NODE_NOTHING_TO_SALVAGE',
    what: 'this node holds no revocation or suspension of this organisation that is not on the log already',
    hint: 'only what stands on a branch of a frozen organisation can be told again',
    facts: { org },
  })
}

export function batchNotFinal(batch: EventId): ChirographError {
  return new ChirographError({
    code: 'PROOF_BATCH_NOT_FINAL',
    what: `batch ${batch} is not final here yet`,
    hint: 'wait until it is final, or check that this node is in sync',
    facts: { batch },
  })
}

export function outcomeForgotten(id: EventId): ChirographError {
  return new ChirographError({
    code: 'NODE_OUTCOME_FORGOTTEN',
    what: `event ${id} is final, since before what this node keeps in memory`,
    hint: 'ask for the status of the credential or batch that it was about',
    facts: { id },
  })
}

export function nodeStopped(cause: unknown): ChirographError {
  return new ChirographError({
    code: 'NODE_STOPPED',
    what: cause === undefined ? 'the node has stopped' : `the node has stopped: ${String(cause)}`,
    hint: 'start it again',
    ...(cause === undefined ? {} : { cause }),
  })
}

export function storeDamaged(detail: string): ChirographError {
  return new ChirographError({
    code: 'NODE_STORE_DAMAGED',
    what: `the data directory is damaged: ${detail}`,
    hint: 'with the node stopped, run chirograph fsck: it names all that is damaged, and repairs what can be',
  })
}
