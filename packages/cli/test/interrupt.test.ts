/** Ctrl-C during long work. */
import { setTimeout as sleep } from 'node:timers/promises'
import { failsWith, is, suite } from '../../workspace/kit.ts'
import { exitCodeOf } from '../src/exit-codes.ts'
import { interruptible } from '../src/interrupt.ts'
import { createTerminal } from '../src/terminal.ts'

const silent = { write: () => true }
const terminal = createTerminal({ quiet: true }, { stdout: silent, stderr: silent })

suite('an interrupt', (it) => {
  it('ends the work between two of its steps, and says how to go on', async () => {
    let steps = 0
    const error = await failsWith('CLI_INTERRUPTED', () =>
      interruptible(terminal, { hint: 'run it again' }, async (signal) => {
        for (; steps < 100; steps++) {
          signal.throwIfAborted()
          if (steps === 3) process.emit('SIGINT')
          await sleep(0)
        }
      }),
    )
    is(steps, 4)
    is(error.message.includes('run it again'), true)
    is(exitCodeOf(error.code), 130)
  })

  it('is nobody’s any more once the work is done, so that it ends the process', async () => {
    const before = process.listenerCount('SIGINT')
    is(await interruptible(terminal, { hint: '' }, async () => process.listenerCount('SIGINT')), before + 1)
    is(process.listenerCount('SIGINT'), before)
  })
})
