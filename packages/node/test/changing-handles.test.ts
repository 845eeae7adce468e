import type { EventBody, OrgId } from '@chirograph/event'
import { type LogIndex, markFinal } from '@chirograph/log'
import { accept, after, logOf, make, org, rotation } from '../../log/test/world.ts'
import { equal, is, suite } from '../../workspace/kit.ts'
import { createChangingHandles } from '../src/changing-handles.js'

const issuer = org(1)
const other = org(2)

const handleOf = (mark: number) => new Uint8Array(32).fill(mark)

function reinstating(...marks: number[]): EventBody {
  return {
    kind: 'status.reinstate',
    entries: marks.map((mark) => ({ handle: handleOf(mark), position: null })),
  }
}

/** Counts how often it was asked for the chains of an author. */
function counted(log: LogIndex): { readonly log: LogIndex; readonly passes: () => number } {
  let passes = 0
  const get = log.chains.get.bind(log.chains)
  log.chains.get = (author: OrgId) => {
    passes++
    return get(author)
  }
  return { log, passes: () => passes }
}

suite('credentials that are changing', (it) => {
  it('are looked up in one pass over the log, however many are asked about', () => {
    const first = make({ author: issuer, body: reinstating(1, 2) })
    const { log, passes } = counted(logOf(first, after(first, { body: reinstating(2, 3) })))
    const before = passes()
    const isChanging = createChangingHandles(log)
    const found = Array.from({ length: 200 }, (_, mark) => mark).filter((mark) =>
      isChanging({ org: issuer, handle: handleOf(mark) }),
    )
    equal(found, [1, 2, 3])
    // The chain is looked up once for the pass and once for its events.
    is(passes() - before, 2)
  })

  it('are those of the issuer alone that is asked about', () => {
    const log = logOf(
      make({ author: issuer, body: reinstating(1) }),
      make({ author: other, body: reinstating(2) }),
    )
    const isChanging = createChangingHandles(log)
    for (const [author, mark, wanted] of [
      [issuer, 1, true],
      [issuer, 2, false],
      [other, 2, true],
      [other, 1, false],
      [issuer, 1, true],
    ] as const)
      is(isChanging({ org: author, handle: handleOf(mark) }), wanted)
  })

  it('are not those of an institution that closed, which its custodian changes', () => {
    const entries = [{ handle: handleOf(1), position: null }]
    const log = logOf(make({ author: issuer, body: { kind: 'custody.reinstate', org: other, entries } }))
    is(createChangingHandles(log)({ org: issuer, handle: handleOf(1) }), false)
  })

  it('come with an event and go when it is final, also where another comes at the same time', () => {
    const first = make({ author: issuer, body: reinstating(1) })
    const second = after(first, { body: reinstating(2) })
    const log = logOf(first)
    const isChanging = createChangingHandles(log)
    const changing = () => [1, 2].filter((mark) => isChanging({ org: issuer, handle: handleOf(mark) }))
    equal(changing(), [1])
    accept(log, second)
    markFinal(log, [first])
    equal(changing(), [2])
    markFinal(log, [second])
    equal(changing(), [])
  })

  it('go when a rotation closed the generation that would have changed them', () => {
    const first = make({ author: issuer })
    const lost = after(first, { body: reinstating(1) })
    const next = rotation(first)
    const log = logOf(first, lost)
    markFinal(log, [first])
    const isChanging = createChangingHandles(log)
    is(isChanging({ org: issuer, handle: handleOf(1) }), true)
    accept(log, next)
    markFinal(log, [next])
    is(isChanging({ org: issuer, handle: handleOf(1) }), false)
  })
})
