/** What organisations do in a run: they issue, lease, revoke, suspend and reinstate at random times. */
import type { EventBody } from '@chirograph/event'
import type { Random } from './random.js'
import { genesisTimeMs } from './simulated-genesis.js'

export interface Workload {
  /** The next thing that this node's organisation signs. */
  next(node: number): EventBody
}

export function createWorkload(random: Random): Workload {
  const handles = new Map<number, Uint8Array[]>()
  const entriesOf = (node: number) => {
    const known = handles.get(node) ?? []
    handles.set(node, known)
    const isNew = known.length === 0 || random.chance(0.5)
    if (isNew) known.push(random.bytes(32))
    return [{ handle: isNew ? (known.at(-1) ?? random.bytes(32)) : random.pick(known), position: null }]
  }
  return {
    next(node) {
      const kind = random.int(10)
      if (kind < 3) {
        const [root, schemaDigest] = [random.bytes(32), random.bytes(32)]
        const fixed = {
          paddedSize: 16,
          recordClass: 'certificate-noncredit',
          credentialType: 'open-badge-3',
        } as const
        return { kind: 'credential.issueBatch', root, schemaDigest, ...fixed }
      }
      if (kind < 4) return { kind: 'status.lease', count: 1_024 }
      const entries = entriesOf(node)
      if (kind < 7) return { kind: 'status.revoke', entries, reason: 'withdrawn' }
      const untilMs = genesisTimeMs + random.between(1_000, 10_000_000)
      if (kind < 9) return { kind: 'status.suspend', entries, reason: 'under-review', untilMs }
      return { kind: 'status.reinstate', entries }
    },
  }
}
