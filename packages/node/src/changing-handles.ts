/** Which credentials an event names that may still become final: asked of every row of a list, and of every one of a change. */
import { toHex } from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import { type LogIndex, pendingOf } from '@chirograph/log'

/** Whether such an event of the issuer, who alone changes its credentials, names the handle. */
export type IsChanging = (credential: { readonly org: OrgId; readonly handle: Uint8Array }) => boolean

/** Answers from one pass over what the issuer has pending, until anything comes in or becomes final. */
export function createChangingHandles(log: LogIndex): IsChanging {
  let handles: ReadonlySet<string> = new Set()
  let seen: readonly [org: OrgId, arrivals: number, pending: number] | undefined

  return ({ org, handle }) => {
    const { arrivals, pending } = log
    // What leaves without an arrival makes the count smaller, and nothing comes back without one.
    if (seen?.[0] !== org || seen[1] !== arrivals || seen[2] !== pending.count) {
      handles = handlesOf(log, org)
      seen = [org, arrivals, pending.count]
    }
    return handles.has(toHex(handle))
  }
}

function handlesOf(log: LogIndex, author: OrgId): Set<string> {
  const handles = new Set<string>()
  for (const [generation, { pending }] of log.chains.get(author) ?? []) {
    if (pending.count === 0) continue
    // What names an organisation is about the credentials of that one.
    for (const { event } of pendingOf(log, { author, generation }))
      if (event !== undefined && 'entries' in event.body && !('org' in event.body))
        for (const { handle } of event.body.entries) handles.add(toHex(handle))
  }
  return handles
}
