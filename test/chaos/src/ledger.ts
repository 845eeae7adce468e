/**
 * What one member has said in all its lives, held against what it holds after each restart. Whatever it acknowledged
 * or showed must be there, at the place where it was, and what is there must never become less.
 */
import type { EventId } from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import type { Held } from './held.js'
import type { TallyRow } from './tally.js'

export interface Ledger {
  /** A publish resolved. */
  acknowledged(id: EventId): void
  /** An own event went onto the wire, by gossip or in an answer. */
  shown(event: { readonly sequence: number; readonly id: EventId }): void
  /** A wait for finality resolved. */
  finalised(event: { readonly id: EventId; readonly height: number }): void
  /** A cohort was issued, in these credentials. */
  issued(batch: { readonly event: EventId; readonly credentials: readonly string[] }): void
  /** It went on from a snapshot. */
  tookSnapshot(): void
  /** A life is over; what it acknowledged is counted in this row when it is looked for. */
  ended(row: TallyRow): void
  /** What a new life found, or one that goes on holds now. */
  restarted(held: Held): void
  readonly breaches: readonly string[]
  readonly held: Held | undefined
  /** Where the subscriber stands that is told of this member's events, over all its lives. */
  readonly cursor: string | undefined
}

export function createLedger(org: OrgId): Ledger {
  const breaches: string[] = []
  const shown = new Map<number, EventId>()
  const finalised = new Map<EventId, number>()
  const issued = new Map<string, EventId>()
  const told = new Set<EventId>()
  /** A snapshot may have dropped them after they were told: the history brings them again. */
  const repeatable = new Set<EventId>()
  let isSnapshotNew = false
  /** Held, and not told of, at the last look: it came in while that was being taken. */
  let owed = new Set<EventId>()
  /** Credentials whose batch was not on the log at the last look: a life begins by publishing it. */
  let waiting: ReadonlySet<string> = new Set()
  let acknowledged: EventId[] = []
  let unchecked: { readonly row: TallyRow; readonly ids: readonly EventId[] }[] = []
  let before: Held | undefined

  function breach(what: string): void {
    breaches.push(what)
  }

  function checkAcknowledged(own: readonly (EventId | null)[]): void {
    const places = new Map(own.map((id, sequence) => [id, sequence]))
    for (const { row, ids } of unchecked) {
      let last = -1
      for (const id of ids) {
        const sequence = places.get(id)
        if (sequence === undefined) {
          row.lost++
          breach(`event ${id} was acknowledged and is lost`)
          continue
        }
        row.recovered++
        // They resolve in the order in which they were signed.
        if (sequence <= last) breach(`event ${id} was acknowledged behind a later one, and lies before it`)
        last = sequence
      }
    }
    unchecked = []
    const missing = acknowledged.find((id) => !places.has(id))
    if (missing !== undefined) breach(`event ${missing} was acknowledged, and is not there`)
  }

  /** Nothing that was there is gone or another. */
  function checkGrowth(
    what: string,
    {
      past,
      now,
      isOpen = false,
    }: {
      readonly past: readonly (string | null)[]
      readonly now: readonly (string | null)[]
      /** What is gone will come again. */
      readonly isOpen?: boolean
    },
  ): void {
    if (now.length < past.length) breach(`${what} fell from ${past.length} to ${now.length} entries`)
    const isLost = (value: string | null, index: number) => value !== null && now[index] === null && !isOpen
    const isOther = (value: string | null, index: number) =>
      value !== null && now[index] !== null && now[index] !== value
    const changed = past.findIndex((value, index) => isLost(value, index) || isOther(value, index))
    if (changed >= 0 && changed < now.length)
      breach(`${what} has another entry at ${changed} than in an earlier life: ${now[changed]}`)
  }

  /** A subscriber that goes on where it stood is told of everything, and of nothing twice. */
  function checkTold(held: Held): void {
    if (isSnapshotNew || held.open.length > 0)
      for (const id of [...told, ...held.told.ids]) repeatable.add(id)
    isSnapshotNew = false
    for (const id of held.told.ids) {
      if (told.has(id) && !repeatable.delete(id)) breach(`event ${id} was told twice`)
      told.add(id)
    }
    const untold = new Set<EventId>()
    for (const id of Object.values(held.chains).flat()) if (id !== null && !told.has(id)) untold.add(id)
    for (const id of held.bare) untold.delete(id)
    for (const id of untold)
      if (owed.has(id)) breach(`event ${id} is held, and a subscriber was not told of it`)
    owed = untold
  }

  function checkCredentials(held: Held, own: ReadonlySet<EventId | null>): void {
    const batchOf = new Map(held.credentials.map(({ id, batch }) => [id, batch]))
    for (const [credential, event] of issued) {
      if (batchOf.get(credential) !== event)
        breach(`credential ${credential} was issued by ${event} and is lost`)
    }
    const unpublished = new Set<string>()
    for (const { id, batch } of held.credentials) {
      // While history is being filled in, that shows later.
      if (batch === null && held.open.length === 0) unpublished.add(id)
      if ((unpublished.has(id) && waiting.has(id)) || (batch !== null && !own.has(batch)))
        breach(`credential ${id} is kept, and its batch was never published`)
    }
    waiting = unpublished
    const positions = new Set(held.credentials.map(({ position }) => position))
    if (positions.size < held.credentials.length) breach('two credentials have one position')
  }

  return {
    breaches,
    get held() {
      return before
    },
    get cursor() {
      return before?.told.cursor
    },
    acknowledged: (id) => void acknowledged.push(id),
    shown({ sequence, id }) {
      const first = shown.get(sequence)
      if (first !== undefined && first !== id)
        breach(`sequence ${sequence} was signed twice: ${first} and ${id}`)
      shown.set(sequence, id)
    },
    finalised: ({ id, height }) => void finalised.set(id, height),
    issued({ event, credentials }) {
      for (const credential of credentials) issued.set(credential, event)
    },
    tookSnapshot() {
      isSnapshotNew = true
    },
    ended(row) {
      row.acknowledged += acknowledged.length
      unchecked.push({ row, ids: acknowledged })
      acknowledged = []
    },
    restarted(held) {
      for (const fault of held.faults) breach(fault)
      const own = held.chains[org] ?? []
      checkAcknowledged(own)
      for (const [sequence, id] of shown) {
        if (own[sequence] !== id)
          breach(`event ${id} was shown at sequence ${sequence}, where ${own[sequence]} is now`)
      }
      for (const [author, chain] of Object.entries(before?.chains ?? {}))
        checkGrowth(`the chain of ${author.slice(0, 8)}`, {
          past: chain,
          now: held.chains[author as OrgId] ?? [], // a key of chains
          isOpen: held.open.some((one) => one === author),
        })
      checkGrowth('the list of checkpoints', { past: before?.checkpoints ?? [], now: held.checkpoints })
      for (const [id, height] of finalised) {
        if (height > held.checkpoints.length)
          breach(`event ${id} was final at height ${height}, which is lost`)
      }
      checkCredentials(held, new Set(own))
      checkTold(held)
      before = held
    },
  }
}
