/** Whether an event is final, as far as this node shows it. */
import type { EventId } from '@chirograph/codec'
import type { EventPlace, Store } from '@chirograph/interface'
import { eventAt, isAtOrBefore, isInCut } from '@chirograph/log'
import type { Shell } from './shell.js'
import { placeOfEvent } from './stored-event.js'

export interface FinalLookUp {
  isFinal(id: EventId): Promise<boolean>
  /** Of an event that stands at this place in the store. */
  isFinalAt(id: EventId, place: EventPlace): boolean
}

export function createFinalLookUp(
  store: Store,
  shell: Pick<Shell, 'replica' | 'shown' | 'authors'>,
): FinalLookUp {
  const { replica, authors } = shell

  /** What is in the store up to the cut, and not in the index, is final (SPEC L30 of the log). */
  function isFinalAt(id: EventId, place: EventPlace): boolean {
    const { log } = replica
    if (eventAt(log, id) !== undefined) return isInCut(log, shell.shown.cut, id)
    const author = authors.orgOf(place.author)
    const tip = author && shell.shown.cut.get(author)
    return tip !== undefined && isAtOrBefore(place, tip)
  }

  return {
    isFinalAt,
    async isFinal(id) {
      const { log } = replica
      if (isInCut(log, shell.shown.cut, id)) return true
      if (eventAt(log, id) !== undefined) return false
      const place = await placeOfEvent(store, id)
      return place !== undefined && isFinalAt(id, place)
    },
  }
}
