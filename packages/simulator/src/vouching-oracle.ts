/**
 * What must be on disk before a node says something: its proposal (H0), and with a NOTARIZE the proposal (H5) and every
 * event of the cut (H3). After a power cut nobody else might have them.
 */
import type { EventId } from '@chirograph/codec'
import { decodeMessage, leaderOf } from '@chirograph/consensus'
import { decodeChanges } from '@chirograph/log'
import { breach } from './breach.js'
import type { EpochBook } from './epoch-book.js'
import type { VirtualDisk } from './virtual-disk.js'

type Durable = Pick<VirtualDisk, 'durableProposal' | 'durableEvent' | 'isPast'>

/** A message that leaves an honest node, and what its disk would show after a power cut now. */
export function judgeVouching(
  node: number,
  bytes: Uint8Array,
  { book, disk }: { readonly book: Pick<EpochBook, 'setOf' | 'nodeOf'>; readonly disk: Durable },
): void {
  const decoded = decodeMessage(bytes)
  if (!decoded.ok) return
  const message = decoded.value
  if (message.kind === 'proposal') {
    const { digest, core } = message.proposal.header
    const signer = leaderOf(book.setOf(core.epoch), core.view)
    const isOwn = book.nodeOf({ epoch: core.epoch, signer }) === node
    if (isOwn && !disk.isPast(core) && !disk.durableProposal(digest))
      breach('H0', `node ${node} sent its proposal of view ${core.view} before it was synced`)
  }
  if (message.kind !== 'vote' || message.vote.type !== 'notarize') return
  const { view, digest } = message.vote
  // What is final has been executed.
  if (disk.isPast(message.vote)) return
  const proposal = digest === null ? undefined : disk.durableProposal(digest)
  if (proposal === undefined)
    breach('H5', `node ${node} sent a NOTARIZE of view ${view}, and its proposal is not on disk`)
  // There is nothing to execute in a tail.
  if (proposal.header.rest.base !== undefined) return
  const changes = decodeChanges(proposal.changes)
  if (!changes.ok) breach('H3', `node ${node} notarized changes of view ${view} that nobody can read`)
  for (const { id } of changes.value)
    if (!isWhole(disk, id))
      breach('H3', `node ${node} notarized an event of view ${view} that is not on disk`)
}

/** Whether an event and all before it in its author's chains are on disk. */
function isWhole(disk: Durable, id: EventId): boolean {
  for (let at: EventId | null = id; at !== null; ) {
    const event = disk.durableEvent(at)
    if (event === undefined) return false
    at = event.header.prev
  }
  return true
}
