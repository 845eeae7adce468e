import { type GossipVerdict, memoryHub, type Network } from '@chirograph/interface'
import { equal, failsWith, is, suite } from '../../workspace/kit.ts'
import { networkAfterDisk } from '../src/after-disk.js'
import { nodeStopped } from '../src/node-errors.js'

const question = Uint8Array.of(1)
const quiet = {
  gossip: async (): Promise<GossipVerdict> => 'ignore',
  message: () => {},
  peer: () => {},
}

suite('what leaves a node whose disk is slow', (it) => {
  it('is each frame of an answer once the disk has what was in memory when it was made', async () => {
    const disk = slowDisk()
    const { asker } = await twoPeers({ answererDisk: disk })
    const told: number[] = []
    const answer = (async () => {
      for await (const frame of asker.request({ peerId: 'b', protocol: 'sync', bytes: question }))
        told.push(frame[0] ?? 0)
    })()
    for (let frames = 0; frames < 3; frames++) {
      await disk.asked()
      equal(told.length, frames)
      disk.write()
    }
    await answer
    equal(told, [1, 2, 3])
  })

  it('is a question once the disk has what it was made from', async () => {
    const disk = slowDisk()
    const { asker, asked } = await twoPeers({ askerDisk: disk })
    const first = asker.request({ peerId: 'b', protocol: 'sync', bytes: question })[Symbol.asyncIterator]()
    const answer = first.next()
    await disk.asked()
    is(asked(), 0)
    disk.write()
    equal((await answer).value, Uint8Array.of(1))
    is(asked(), 1)
  })

  it('is nothing where the disk has failed', async () => {
    const failed = () => Promise.reject(nodeStopped(undefined))
    const answering = await twoPeers({ answererDisk: { onDisk: failed } })
    const asking = await twoPeers({ askerDisk: { onDisk: failed } })
    const ask = async ({ asker }: { asker: Network }) => {
      for await (const _ of asker.request({ peerId: 'b', protocol: 'sync', bytes: question })) return
    }
    await failsWith('NETWORK_REQUEST_FAILED', ask(answering))
    await failsWith('NODE_STOPPED', ask(asking))
    is(asking.asked(), 0)
  })
})

interface Disk {
  readonly onDisk: () => Promise<void>
}

/** Two members of which the second answers every question with three frames. */
async function twoPeers({ askerDisk, answererDisk }: { askerDisk?: Disk; answererDisk?: Disk }) {
  const hub = memoryHub()
  const at = (peerId: string, disk: Disk = { onDisk: async () => {} }) =>
    networkAfterDisk(hub.network(peerId), disk.onDisk)
  const [asker, answerer] = [at('a', askerDisk), at('b', answererDisk)]
  let asked = 0
  await answerer.start({
    ...quiet,
    async *request() {
      asked++
      for (const frame of [1, 2, 3]) yield Uint8Array.of(frame)
    },
  })
  await asker.start({ ...quiet, async *request() {} })
  await asker.connect('memory:b')
  return { asker, asked: () => asked }
}

/** Every question whether all is on disk waits until somebody lets it be. */
function slowDisk() {
  const questions: (() => void)[] = []
  return {
    onDisk: () => new Promise<void>((resolve) => void questions.push(resolve)),
    async asked() {
      while (questions.length === 0) await new Promise((resolve) => setImmediate(resolve))
    },
    write: () => questions.shift()?.(),
  }
}
