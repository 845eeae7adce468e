/** What a node refuses, in words for the person who asked. */
import type { EventId } from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import { ChirographError } from '@chirograph/interface'
import type { RefuseReason } from '@chirograph/replica'
import type { Genesis } from '@chirograph/status'

export function assertMember(genesis: Genesis, org: OrgId): void {
  if (genesis.organisations.some(({ id }) => id === org)) return
  throw new ChirographError({
    code: 'NODE_NOT_A_MEMBER',
    what: `these keys belong to organisation ${org.slice(0, 16)}…, which is not a member of ${genesis.name}`,
    hint: 'ask for a network file that lists this institution, or use the keys that it was made with',
    facts: { org },
  })
}

export function signingRefused(reason: RefuseReason): ChirographError {
  const what = {
    'own-fork': 'two different events of this institution stand at one place of its log',
    'own-events-missing': 'the last event that this institution signed is not in its log',
  }[reason]
  return new ChirographError({
    code: 'NODE_SIGNING_REFUSED',
    what,
    hint:
      reason === 'own-fork'
        ? 'make sure no copy of this data directory runs elsewhere; the log stays frozen until its key is rotated'
        : 'let the node connect to other members: they bring it back',
    facts: { reason },
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
    hint: 'stop the node and run chirograph store fsck: it names what is damaged, and peers can supply what is lost',
  })
}
