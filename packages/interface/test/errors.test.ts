import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { ChirographError, isChirographError } from '../src/index.js'

suite('errors', (it) => {
  const cause = new Error('EBUSY')
  const error = new ChirographError({
    code: 'STORE_LOCKED',
    what: 'another node uses ./data',
    hint: 'stop it or pass --data',
    facts: { directory: './data', pid: 7 },
    cause,
  })

  it('reads as its code, what happened and what to do', () => {
    is(error.message, 'STORE_LOCKED: another node uses ./data; stop it or pass --data')
    is(String(error), `ChirographError: ${error.message}`)
  })

  it('keeps the facts, frozen, and the cause', () => {
    equal(error.facts, { directory: './data', pid: 7 })
    ok(Object.isFrozen(error.facts))
    is(error.cause, cause)
  })

  it('is recognised by its code and not by another', () => {
    ok(isChirographError(error))
    ok(isChirographError(error, 'STORE_LOCKED'))
    is(isChirographError(error, 'STORE_CLOSED'), false)
    is(isChirographError(cause), false)
    is(isChirographError({ code: 'STORE_LOCKED' }), false)
  })
})
