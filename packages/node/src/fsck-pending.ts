/** What of a chain is not final: it stands on what is held, and on a signature above it, or it goes. */
import type { EventId } from '@chirograph/codec'
import { positionKey, type StoreOp, strayKey } from '@chirograph/interface'
import type { ChainCheck } from './fsck-chain.js'
import { faultOfContent, type Good } from './fsck-chain-events.js'
import { compareDown, placeName, removeOps, type Slot } from './fsck-chain-rows.js'

export function judgePending(
  chain: ChainCheck,
  { pending, broken }: { readonly pending: readonly Good[]; readonly broken: readonly Slot[] },
): void {
  const { check, org, place, walked, tip, strays, nameOf: where } = chain
  const { findings } = check
  const at = (sequence: number, id: EventId | null) => ({
    standing: 'pending' as const,
    author: org,
    generation: place.generation,
    sequence,
    id,
  })
  const up = [...pending].sort((a, b) => -compareDown(a.place, b.place))
  const founded = new Set<EventId>()
  const lost = new Map<EventId, StoreOp[]>()
  const remove = (event: Good) => {
    walked.gone.add(event.place)
    walked.missing.add(event.id)
    return [...removeOps(event.place), { kind: 'delete', key: positionKey(event.id) } as const]
  }
  const brokenOps = broken.map((slot) => {
    walked.gone.add(slot.place)
    const ops: StoreOp[] = removeOps(slot.place)
    const { sequence } = slot.place
    findings.add({
      code: 'event-damaged',
      what: `${where(sequence)}, not final`,
      ...at(sequence, null),
      fix: ops,
    })
    return { sequence, ops }
  })
  for (const event of up) {
    const { prev, sequence } = event.header
    const isFirst = sequence === 0
    const isFounded = isFirst || prev === null || prev === tip?.id || founded.has(prev)
    if (!isFounded) {
      const ops =
        (prev === null ? undefined : lost.get(prev)) ??
        brokenOps.find((one) => one.sequence === sequence - 1)?.ops ??
        namedMissing()
      ops.push(...remove(event))
      lost.set(event.id, ops)
      continue
      function namedMissing(): StoreOp[] {
        const fix: StoreOp[] = prev === null ? [] : [{ kind: 'delete', key: positionKey(prev) }]
        if (prev !== null) walked.missing.add(prev)
        walked.gone.add({ ...place, sequence: sequence - 1, branch: 0 })
        const what = `${where(sequence - 1)}, not final`
        findings.add({ code: 'event-missing', what, ...at(sequence - 1, prev), fix })
        if (prev !== null) lost.set(prev, fix)
        return fix
      }
    }
    const fault = faultOfContent(chain, event, { bodyFloor: -1 })
    if (fault !== undefined) {
      const ops = remove(event)
      lost.set(event.id, ops)
      const detail = fault.detail === undefined ? '' : `: ${fault.detail}`
      findings.add({
        code: fault.code,
        what: `${where(sequence)}, not final${detail}`,
        ...at(sequence, event.id),
        fix: ops,
      })
      continue
    }
    founded.add(event.id)
  }
  const signed = new Set<EventId>()
  for (const event of up.reverse()) {
    if (!founded.has(event.id)) continue
    const { prev, sequence } = event.header
    if (event.signature !== null || signed.has(event.id)) {
      if (prev !== null) signed.add(prev)
    } else {
      const fix = remove(event)
      findings.add({ code: 'event-unsigned', what: where(sequence), ...at(sequence, event.id), fix })
      continue
    }
    walked.events.count++
    walked.arrived.add(event.place)
    if (strays.has(placeName(event.place)))
      findings.add({
        code: 'stray-mark',
        what: `${where(sequence)} is not behind what is final, and marked as passed over`,
        ...at(sequence, event.id),
        fix: [{ kind: 'delete', key: strayKey(event.place) }],
      })
  }
}
