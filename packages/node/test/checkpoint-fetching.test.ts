/** How checkpoints are fetched: up to where they are of use, and what happens where a member has not kept them. */
import { type Network, requestStalled } from '@chirograph/interface'
import { encodeCheckpointFloor, type Replica } from '@chirograph/replica'
import { memberAt, replicaOf } from '../../replica/test/member.ts'
import { equal, is, suite } from '../../workspace/kit.ts'
import { createCheckpointFetching } from '../src/checkpoint-fetching.js'
import { faultOfFailure } from '../src/peer-faults.js'

const floor = encodeCheckpointFloor(50)
const checkpoint = Uint8Array.of(1)
const [a, b, c] = [1, 2, 3].map((index) => memberAt(index).peer) as [string, string, string] // the three others
const fromHeight = 3

type Answer = Uint8Array | 'silent'

/** A member of four (f = 1) that fetches from the first of the others. */
function fetching(answers: Readonly<Record<string, Answer>>) {
  const asked: string[] = []
  const considered: unknown[] = []
  const faults: [string, string | undefined][] = []
  const taken: (string | Uint8Array)[] = []
  const replica = replicaOf(0)
  const network = {
    async *request({ peerId }: { readonly peerId: string }) {
      asked.push(peerId)
      const answer = answers[peerId]
      if (answer === 'silent') throw requestStalled({ peerId, afterMs: 10_000 })
      if (answer !== undefined) yield answer
    },
  } as unknown as Network // it only asks
  const { fetch, movedOn } = createCheckpointFetching({
    replica,
    network,
    connectedPeers: () => Object.keys(answers),
    joiner: () => ({
      isJoining: false,
      consider: (offer) => {
        considered.push(offer)
        return true
      },
    }),
    dispatch: (input) => void taken.push(input.kind === 'checkpoint' ? input.bytes : input.kind),
    drained: async () => {},
    noteFailure: (peer, error) => void faults.push([peer, faultOfFailure(error)]),
  })
  const from = (peer: string) =>
    fetch({ kind: 'fetch-checkpoints', peer, fromHeight, toHeight: 40 }, new AbortController().signal)
  return { from, movedOn, asked, considered, faults, taken }
}

suite('checkpoints that a member has not kept', (it) => {
  it('are done without when f + 1 say so, and then by a snapshot of the one that was asked first', async () => {
    const { from, asked, considered, taken } = fetching({ [a]: floor, [b]: floor, [c]: checkpoint })
    await from(a)
    is(asked[0], a)
    equal(considered, [{ peer: a, isOnlyWay: true }])
    equal(taken, ['fetched'])
  })

  it('are not given up because one says so, as long as others have them', async () => {
    const { from, asked, considered } = fetching({ [a]: floor, [b]: checkpoint, [c]: checkpoint })
    await from(a)
    equal(asked, [a, b, c])
    equal(considered, [])
  })

  it('are asked for past a member that is silent, which alone is blamed for that', async () => {
    const { from, considered, faults } = fetching({ [a]: floor, [b]: 'silent', [c]: floor })
    await from(a)
    equal(faults, [[b, 'stalled-answer']])
    equal(considered, [{ peer: a, isOnlyWay: true }])
  })

  it('are done without where all that are here say so, though they are fewer', async () => {
    const { from, considered } = fetching({ [a]: floor })
    await from(a)
    equal(considered, [{ peer: a, isOnlyWay: true }])
  })

  it('are other ones after each that became final: what was said before counts no more', async () => {
    for (const hasMovedOn of [false, true]) {
      const answers: Record<string, Answer> = { [a]: floor, [b]: checkpoint, [c]: checkpoint }
      const { from, movedOn, considered } = fetching(answers)
      await from(a)
      equal(considered, [])
      if (hasMovedOn) movedOn()
      Object.assign(answers, { [a]: checkpoint, [b]: floor })
      await from(b)
      equal(considered, hasMovedOn ? [] : [{ peer: b, isOnlyWay: true }])
    }
  })
})

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
