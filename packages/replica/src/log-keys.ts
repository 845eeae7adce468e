/**
 * Whose key must have signed an event. The final state names the key of every generation up to the current one, and
 * commits to the next: the rotation that begins it carries the key itself, so its events can be checked before it is
 * final. Of later generations nothing can be said yet, and nobody is to blame for that.
 */
import { equalBytes } from '@chirograph/codec'
import { type EventBody, nextKeyHashOf, type OrgId } from '@chirograph/event'
import { rotationsOf } from '@chirograph/log'
import { currentLogKey, logKeyOfGeneration, readOrg } from '@chirograph/status'
import type { Replica } from './replica.js'

export type LogKey =
  | { readonly kind: 'key'; readonly key: Uint8Array }
  /** The author is known, the generation is still to be begun by a rotation that is not here or not final. */
  | { readonly kind: 'ahead' }
  | { readonly kind: 'unknown' }

/** The key of a generation; `first` is the body of the event in hand where that may be the rotation itself. */
export function logKeyOf(
  { final, log }: Pick<Replica, 'final' | 'log'>,
  place: { readonly author: OrgId; readonly generation: number },
  first: EventBody | null = null,
): LogKey {
  const { author, generation } = place
  const row = readOrg(final.state, author)
  if (row === undefined) return { kind: 'unknown' }
  const { generation: current } = currentLogKey(row)
  const held = logKeyOfGeneration(row, generation)
  if (held !== undefined) return { kind: 'key', key: held }
  if (generation > current + 1) return { kind: 'ahead' }
  const [rotation] = rotationsOf(log, author, generation)
  const body = first?.kind === 'key.rotate' ? first : rotation?.event?.body
  if (body?.kind !== 'key.rotate') return { kind: 'ahead' }
  // The hash fixes the key, so all rotations to this generation carry the same.
  const isCommitted = equalBytes(nextKeyHashOf(body.logKey), row.nextKeyHash)
  return isCommitted ? { kind: 'key', key: body.logKey } : { kind: 'unknown' }
}
