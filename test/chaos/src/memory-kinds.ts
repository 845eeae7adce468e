/** What runs in a campaign in memory. */
import type { Work } from './protocol.js'

export const memoryKinds = ['a member alone', 'the only member', 'four together'] as const
export type MemoryKind = (typeof memoryKinds)[number]

/** Alone among four nothing becomes final, so nothing that waits for it ends. */
export function workOfKind(kind: MemoryKind): Work {
  return kind === 'a member alone' ? 'publish' : 'mix'
}
