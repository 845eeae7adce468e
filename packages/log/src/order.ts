/**
 * The one order of events that become final together: Kahn's algorithm over prev and references, ties by author,
 * generation, sequence and id. Every node gets the same order from the same set. Rules L16 and L17 of SPEC.md.
 *
 * Source: A. B. Kahn, "Topological sorting of large networks", CACM 5 (11), 1962.
 */
import type { EventId } from '@chirograph/codec'
import type { EventHeader } from '@chirograph/event'
import { createHeap } from './heap.js'
import { compareIds } from './log-index.js'

/** What the order looks at; every event has it. */
export interface Orderable {
  readonly id: EventId
  readonly header: Pick<EventHeader, 'author' | 'generation' | 'sequence' | 'prev' | 'references'>
}

interface Node<E> {
  readonly event: E
  readonly dependents: Node<E>[]
  blockers: number
  isPlaced: boolean
}

/** The events in final order, each once. Edges to events outside the set order nothing. */
export function orderEvents<E extends Orderable>(events: Iterable<E>): E[] {
  const nodes = new Map<EventId, Node<E>>()
  for (const event of events) nodes.set(event.id, { event, dependents: [], blockers: 0, isPlaced: false })
  for (const node of nodes.values()) {
    for (const id of edgesOf(node.event)) {
      const before = nodes.get(id)
      if (before === undefined || before === node) continue
      before.dependents.push(node)
      node.blockers++
    }
  }

  const ready = createHeap<Node<E>>((a, b) => isBefore(a.event, b.event))
  for (const node of nodes.values()) if (node.blockers === 0) ready.push(node)
  const ordered: E[] = []
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    node.isPlaced = true
    ordered.push(node.event)
    for (const dependent of node.dependents) if (--dependent.blockers === 0) ready.push(dependent)
  }
  // L17: a cycle would need a hash that contains itself. Should one ever be made, it is ordered by the ties.
  const cyclic = [...nodes.values()].filter((node) => !node.isPlaced).map((node) => node.event)
  return [...ordered, ...cyclic.sort((a, b) => (isBefore(a, b) ? -1 : 1))]
}

function edgesOf(event: Orderable): Set<EventId> {
  const { prev, references } = event.header
  return new Set(prev === null ? references : [prev, ...references])
}

/** L16: ties by author, generation, sequence, id. */
function isBefore(a: Orderable, b: Orderable): boolean {
  if (a.header.author !== b.header.author) return a.header.author < b.header.author
  if (a.header.generation !== b.header.generation) return a.header.generation < b.header.generation
  if (a.header.sequence !== b.header.sequence) return a.header.sequence < b.header.sequence
  return compareIds(a.id, b.id) < 0
}
