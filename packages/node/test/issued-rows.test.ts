import type { EventId } from '@chirograph/codec'
import type { CohortRow } from '@chirograph/credential'
import { isChirographError } from '@chirograph/interface'
import { is, match, ok, suite } from '../../workspace/kit.ts'
import { assertNotIssued } from '../src/issued-rows.js'
import type { Registrar } from '../src/registrar.js'

const rows = [{ row: 2, learnerId: '1' }] as unknown as readonly CohortRow[] // only its digest is looked at

/** Rows that stand in one batch. */
function registrarWith(event: EventId | null): Registrar {
  return {
    rootsOfRows: async () => ['a root'],
    async *batches() {
      yield { root: 'a root', event, preparedAtMs: 0 }
    },
  } as unknown as Registrar // it is asked for nothing else
}

async function hintOf(event: EventId | null): Promise<string> {
  try {
    await assertNotIssued(registrarWith(event), rows)
  } catch (error) {
    ok(isChirographError(error))
    is(error.code, 'NODE_ALREADY_ISSUED')
    return error.hint
  }
  throw new Error('it was not refused')
}

suite('rows that were issued before', (it) => {
  it('may be issued again where whoever has them holds a credential', async () => {
    match(await hintOf('an event' as EventId), /--again/)
  })

  it('are not to be issued again while the first batch waits to be published', async () => {
    const hint = await hintOf(null)
    match(hint, /^wait until that batch is published/)
    ok(!hint.includes('--again'))
  })
})
