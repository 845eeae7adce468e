/** Asking members one beside the other, whatever single ones of them do. */
import { requestStalled } from '@chirograph/interface'
import { equal, is, suite } from '../../workspace/kit.ts'
import { askInRound } from '../src/floor-round.js'

suite('a round of questions', (it) => {
  it('goes on past a member that is silent, and holds its silence against it alone', async () => {
    const { said, failed } = await round(['silent', 'b', 'c', 'd', 'e', 'f'], {
      needed: 5,
      ask: async (peer) => {
        if (peer === 'silent') throw requestStalled({ peerId: peer, afterMs: 1 })
      },
    })
    equal(said, ['b', 'c', 'd', 'e', 'f'])
    equal(failed, ['silent'])
  })

  it('waits for nobody once enough have answered, and blames nobody for that', async () => {
    const { said, failed } = await round(['hangs', 'b', 'c', 'd'], {
      needed: 2,
      ask: (peer, signal) =>
        peer === 'hangs'
          ? new Promise((_, reject) => {
              signal.addEventListener('abort', () => reject(new Error('aborted')))
            })
          : Promise.resolve(),
    })
    is(said.length >= 2, true)
    equal(failed, [])
  })

  it('asks nobody where enough are known, or after it was ended', async () => {
    equal(await round(['a'], { needed: 0, ask: async () => {} }), { said: [], failed: [] })
    const ended = AbortSignal.abort()
    equal(await round(['a'], { needed: 1, ask: async () => {}, signal: ended }), { said: [], failed: [] })
  })
})

async function round(
  peers: readonly string[],
  {
    needed,
    ask,
    signal = new AbortController().signal,
  }: {
    readonly needed: number
    readonly ask: (peer: string, signal: AbortSignal) => Promise<unknown>
    readonly signal?: AbortSignal
  },
) {
  const said: string[] = []
  const failed: string[] = []
  await askInRound({
    peers,
    isEnough: () => said.length >= needed,
    async ask(peer, asking) {
      await ask(peer, asking)
      said.push(peer)
    },
    onFailure: (peer) => void failed.push(peer),
    signal,
  })
  return { said: said.sort(), failed }
}
