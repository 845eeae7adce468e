/** What people do about log keys: take the next one into use, let a frozen member go on, tell again what restricts. */
import type { EventId } from '@chirograph/codec'
import type { EventBody, OrgId } from '@chirograph/event'
import { type Replica, salvageOf } from '@chirograph/replica'
import { readOrg } from '@chirograph/status'
import { type ForkView, isValidator, rotationsFor, viewForks } from './fork-view.js'
import type { LogKeyring } from './log-keyring.js'
import { nothingToSalvage, recoveryRefused, signingRefused } from './node-errors.js'
import { createSalvageable } from './salvageable.js'

export interface Succession {
  /**
   * Takes the next log key into use, in a new generation. Resolves when the rotation is durable here; it counts when it
   * is final, and of a frozen institution when a quorum approved it.
   */
  rotateKey(): Promise<PublishedEvent>
  /** Lets a frozen member go on by the rotation that it signed; `rotation` says which, where there are several. */
  approveRecovery(org: OrgId, options?: { readonly rotation?: EventId | undefined }): Promise<PublishedEvent>
  /** Logs again what restricts credentials on branches of a frozen member, as far as nobody did. */
  salvage(org: OrgId): Promise<readonly PublishedEvent[]>
  /** Whose log forked, and how far that is dealt with. */
  forks(): readonly ForkView[]
}

interface PublishedEvent {
  readonly id: EventId
  readonly publishedAtMs: number
}

export function createSuccession(context: {
  readonly replica: Replica
  readonly org: OrgId
  readonly keyring: LogKeyring
  readonly nowMs: () => number
  readonly publish: (body: EventBody) => Promise<PublishedEvent>
  readonly rotate: (keys: {
    readonly logKey: Uint8Array
    readonly nextKeyHash: Uint8Array
  }) => Promise<PublishedEvent>
}): Succession {
  const { replica, org: self, keyring, nowMs, publish, rotate } = context
  const salvageable = createSalvageable(replica)

  return {
    async rotateKey() {
      const row = readOrg(replica.final.state, self)
      if (row === undefined) throw signingRefused('not-the-next-key')
      return rotate(await keyring.prepareNext(row))
    },
    async approveRecovery(org, { rotation: wanted } = {}) {
      const row = readOrg(replica.final.state, org)
      if (row === undefined) throw recoveryRefused(org, 'unknown')
      if (row.frozen === null) throw recoveryRefused(org, 'not-frozen')
      if (!isValidator(replica, self)) throw recoveryRefused(org, 'not-a-validator')
      const held = rotationsFor(replica, org, row.frozen.generation + 1)
      const meant = wanted === undefined ? held : held.filter(({ id }) => id === wanted)
      const [rotation, another] = meant
      if (rotation === undefined) throw recoveryRefused(org, 'no-rotation')
      if (another !== undefined) throw recoveryRefused(org, 'several-rotations')
      if (rotation.approvedBy.includes(self)) throw recoveryRefused(org, 'already-approved')
      return publish({ kind: 'recovery.approve', author: org, rotation: rotation.id })
    },
    async salvage(org) {
      const published: PublishedEvent[] = []
      for (const id of salvageable.of(org, nowMs())) {
        const body = salvageOf(replica, id, nowMs())
        if (body !== undefined) published.push(await publish(body))
      }
      if (published.length === 0) throw nothingToSalvage(org)
      return published
    },
    forks: () => viewForks(replica, { salvageable, nowMs: nowMs() }),
  }
}
