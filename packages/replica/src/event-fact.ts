/** An event as it goes to disk: with what tells it apart from others at its place. */
import type { AuthenticEvent } from '@chirograph/event'
import { eventAt, isAtOrBefore } from '@chirograph/log'
import type { Fact } from './io.js'
import type { Replica } from './replica.js'

export function eventFact({ log, final }: Pick<Replica, 'log' | 'final'>, event: AuthenticEvent): Fact {
  const tip = final.cut.get(event.header.author)
  const branch = eventAt(log, event.id)?.branch ?? 0
  return { kind: 'event', event, branch, isStray: tip !== undefined && isAtOrBefore(event.header, tip) }
}
