/** What is asked of a member that has checkpoints which are not here. */
import type { Network } from '@chirograph/interface'
import type { Replica } from '@chirograph/replica'
import { equal, suite } from '../../workspace/kit.ts'
import { createCheckpointFetching } from '../src/checkpoint-fetching.js'

/** A member with three checkpoints; a snapshot is begun when so many of them have come. */
async function fetched(joinsAfter: number): Promise<string[]> {
  const log: string[] = []
  let taken = 0
  const network: Pick<Network, 'request'> = {
    async *request() {
      log.push('asked')
      for (let height = 1; height <= 3; height++) yield Uint8Array.of(height)
    },
  }
  const { fetch } = createCheckpointFetching({
    replica: { fetching: { peer: 'a' } } as Replica, // nothing else of it is looked at
    network: network as Network, // it is asked and nothing else
    connectedPeers: () => ['a'],
    joiner: () => ({ consider: () => false, isJoining: taken >= joinsAfter }),
    dispatch(input) {
      if (input.kind === 'checkpoint') taken++
      log.push(input.kind)
    },
    drained: async () => {},
    noteFailure: (_, error) => {
      throw error
    },
  })
  const asked = { kind: 'fetch-checkpoints', peer: 'a', fromHeight: 1, toHeight: 3 } as const
  await fetch(asked, new AbortController().signal)
  return log
}

suite('checkpoints of a member that is ahead', (it) => {
  it('are taken to the last, and it is said that the answer has ended', async () => {
    equal(await fetched(Number.POSITIVE_INFINITY), [
      'asked',
      'checkpoint',
      'checkpoint',
      'checkpoint',
      'fetched',
    ])
  })

  it('are not asked for while a snapshot is being taken, which brings them', async () => {
    equal(await fetched(0), ['fetched'])
  })

  it('are taken no further once a snapshot is', async () => {
    equal(await fetched(2), ['asked', 'checkpoint', 'checkpoint', 'fetched'])
  })
})
