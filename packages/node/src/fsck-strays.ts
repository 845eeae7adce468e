/** Branches that a chain passed over: what is held of them is of no effect, and marked so. */
import { positionKey, strayKey } from '@chirograph/interface'
import type { ChainCheck } from './fsck-chain.js'
import { faultOfContent, type Good } from './fsck-chain-events.js'
import { removeOps, type Slot } from './fsck-chain-rows.js'

/** An event that its chain passed over: held, and of no effect. */
export function takeStray(chain: ChainCheck, event: Good): void {
  const { check, org, place, walked, nameOf } = chain
  const fault = faultOfContent(chain, event, { bodyFloor: -1 })
  const { sequence } = event.place
  const where = nameOf(sequence)
  const at = { author: org, generation: place.generation, sequence, id: event.id }
  if (fault !== undefined) {
    walked.gone.add(event.place)
    walked.missing.add(event.id)
    const fix = [...removeOps(event.place), { kind: 'delete', key: positionKey(event.id) } as const]
    check.findings.add({ code: fault.code, what: `${where}, passed over`, standing: 'stray', ...at, fix })
    return
  }
  walked.events.count++
  walked.arrived.add(event.place)
  if (event.isStray) return
  check.findings.add({
    code: 'stray-mark',
    what: `${where} was passed over, and is not marked so`,
    ...at,
    fix: [{ kind: 'put', key: strayKey(event.place), value: new Uint8Array() }],
  })
}

export function removeStray(
  { check, org, place, walked, nameOf }: ChainCheck,
  slot: Slot,
  detail: string,
): void {
  walked.gone.add(slot.place)
  const { sequence } = slot.place
  check.findings.add({
    code: 'event-damaged',
    standing: 'stray',
    what: `${nameOf(sequence)}: ${detail}`,
    author: org,
    generation: place.generation,
    sequence,
    fix: removeOps(slot.place),
  })
}
