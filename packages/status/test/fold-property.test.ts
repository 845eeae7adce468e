import fc from 'fast-check'
import { mapFromEntries, mapRoot, toHex } from '@chirograph/codec'
import { nobleEd25519 } from '@chirograph/crypto'
import type { EventBody, VerifiedEvent } from '@chirograph/event'
import {
  applyEvents,
  changedRows,
  type NetworkState,
  readOrg,
  restoreState,
  rowsOf,
  stateRoot,
  statusOf,
} from '@chirograph/status'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { chainOf, dayMs, handle, headerTimeMs, issue, makeNetwork } from './network.ts'

const network = makeNetwork()
const handles = 6

const entriesArbitrary = fc
  .uniqueArray(fc.nat({ max: handles - 1 }), { minLength: 1, maxLength: 4 })
  .chain((numbers) =>
    fc.tuple(
      ...numbers
        .sort((a, b) => a - b)
        .map((number) =>
          fc.record({ handle: fc.constant(handle(number)), position: fc.option(fc.nat({ max: 3000 })) }),
        ),
    ),
  )

const bodyArbitrary: fc.Arbitrary<EventBody> = fc.oneof(
  fc.constant(issue(16)),
  fc.constantFrom(1024, 2048).map((count): EventBody => ({ kind: 'status.lease', count })),
  entriesArbitrary.map((entries): EventBody => ({ kind: 'status.revoke', entries, reason: 'withdrawn' })),
  fc.tuple(entriesArbitrary, fc.integer({ min: -1, max: 200 })).map(
    ([entries, days]): EventBody => ({
      kind: 'status.suspend',
      entries,
      reason: 'under-review',
      untilMs: headerTimeMs + days * dayMs,
    }),
  ),
  entriesArbitrary.map((entries): EventBody => ({ kind: 'status.reinstate', entries })),
)

/** Bodies by two authors, cut into headers. */
const history = fc.array(
  fc.array(fc.tuple(fc.constantFrom(0, 1), bodyArbitrary), { minLength: 1, maxLength: 4 }),
  { minLength: 1, maxLength: 5 },
)

function sign(headers: readonly (readonly (readonly [number, EventBody])[])[]): VerifiedEvent[][] {
  const chains = network.members.map((member) => chainOf(network, member))
  return headers.map((bodies) =>
    bodies.map(([author, body]) => {
      const next = chains[author]
      if (next === undefined) throw new Error('no such author')
      return next(body)
    }),
  )
}

function foldAll(
  headers: readonly (readonly VerifiedEvent[])[],
  from: NetworkState = network.state,
): NetworkState[] {
  let state = from
  return headers.map((events, index) => {
    const context = { height: index + 1, timeMs: headerTimeMs + index, ed25519: nobleEd25519 }
    state = applyEvents(state, {
      ...context,
      events,
      cutEntryOf: () => undefined,
      closedAt: () => null,
      isFinalOrInCut: () => true,
    }).state
    return state
  })
}

const runs = { numRuns: 40 }

suite('fold, for any history', (it) => {
  it('is a function of the ordered events', () => {
    fc.assert(
      fc.property(history, (bodies) => {
        const events = sign(bodies)
        equal(foldAll(events).map(stateRoot), foldAll(events).map(stateRoot))
      }),
      runs,
    )
  })

  it('keeps incrementally the root that its rows have from scratch', () => {
    fc.assert(
      fc.property(history, (bodies) => {
        for (const state of foldAll(sign(bodies))) {
          const rows = [...rowsOf(state)]
          equal(mapRoot(mapFromEntries(rows.map(({ key, value }) => [key, value]))), stateRoot(state))
          equal(stateRoot(restoreState({ genesis: network.genesis, rows: rows.reverse() })), stateRoot(state))
        }
      }),
      runs,
    )
  })

  it('writes as changed rows what leads from one state to the next', () => {
    fc.assert(
      fc.property(history, (bodies) => {
        const stored = new Map([...rowsOf(network.state)].map((row) => [toHex(row.key), row]))
        let before = network.state
        for (const after of foldAll(sign(bodies))) {
          for (const row of changedRows({ before, after })) stored.set(toHex(row.key), row)
          equal(
            stateRoot(restoreState({ genesis: network.genesis, rows: stored.values() })),
            stateRoot(after),
          )
          before = after
        }
      }),
      runs,
    )
  })

  it('never forgets a revocation, never restricts more than was issued, and counts its rows', () => {
    fc.assert(
      fc.property(history, (bodies) => {
        const revoked = new Set<string>()
        for (const state of foldAll(sign(bodies))) {
          for (const { id: org } of network.members) {
            const statuses = Array.from({ length: handles }, (_, number) => {
              return statusOf(state, { org, handle: handle(number), atMs: headerTimeMs + 10_000 * dayMs })
                .state
            })
            statuses.forEach((status, number) => {
              if (revoked.has(`${org}/${number}`)) is(status, 'revoked')
              if (status === 'revoked') revoked.add(`${org}/${number}`)
            })
            const row = readOrg(state, org)
            ok(row !== undefined && row.restricted <= row.issuedPadded)
          }
        }
      }),
      runs,
    )
  })
})
