/** A node whose signatures are checked elsewhere takes in what is signed, in order, and refuses what is not. */
import { createVerifyPool } from '@chirograph/crypto-native'
import { createEvent, type EventBody, type OrgId, segmentOf, type VerifiedEvent } from '@chirograph/event'
import type { SignatureVerifier } from '@chirograph/interface'
import { encodeSegmentFrame } from '@chirograph/replica'
import { networkIdOf } from '@chirograph/status'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { ed25519, memberOf, type Running, startCluster } from './cluster.ts'

const author = memberOf(1)
const lease: EventBody = { kind: 'status.lease', count: 1_024 }

suite('a node with threads for signatures', (it) => {
  it('takes in a burst in its order, checked there and not here', async () => {
    const { signatures, asked } = counted(createVerifyPool({ threads: 1 }))
    const cluster = await startCluster(2, { absent: [1], signaturesOf: () => signatures })
    try {
      await cluster.inject('events', encodeSegmentFrame(chainOf(cluster, 150).map(segmentOf)))
      await known(cluster, 150)
      is(asked(), 150)
      equal(cluster.nodes[0]?.status().counters.rejected, {})
    } finally {
      await cluster.stop()
      await signatures.stop()
    }
  })

  it('keeps what came before a wrong signature, and refuses the message at it', async () => {
    const { signatures, asked } = counted(createVerifyPool({ threads: 1 }))
    const cluster = await startCluster(2, { absent: [1], signaturesOf: () => signatures })
    try {
      const events = chainOf(cluster, 20).map((event, index) =>
        index === 12 ? { ...event, signature: new Uint8Array(64).fill(1) } : event,
      )
      await cluster.inject('events', encodeSegmentFrame(events.map(segmentOf)))
      await known(cluster, 12)
      is(asked(), 20)
      equal(cluster.nodes[0]?.status().counters.rejected, { 'bad-signature': 1 })
    } finally {
      await cluster.stop()
      await signatures.stop()
    }
  })

  it('goes on by itself when the threads have stopped', async () => {
    const signatures = createVerifyPool({ threads: 1 })
    const cluster = await startCluster(2, { absent: [1], signaturesOf: () => signatures })
    try {
      await signatures.stop()
      await cluster.inject('events', encodeSegmentFrame(chainOf(cluster, 50).map(segmentOf)))
      await known(cluster, 50)
      equal(cluster.nodes[0]?.status().counters.rejected, {})
    } finally {
      await cluster.stop()
    }
  })
})

function chainOf({ genesis }: Running, count: number): VerifiedEvent[] {
  const events: VerifiedEvent[] = []
  for (let sequence = 0; sequence < count; sequence++) {
    const place = { networkId: networkIdOf(genesis), author: author.org as OrgId, generation: 0, sequence }
    const prev = events.at(-1)?.id ?? null
    const made = createEvent({ ...place, prev, references: [], timeMs: 1, body: lease }, (message) =>
      ed25519.sign({ seed: author.seeds.log, message }),
    )
    events.push(made)
  }
  return events
}

function counted(inner: SignatureVerifier): { signatures: SignatureVerifier; asked: () => number } {
  let asked = 0
  const signatures: SignatureVerifier = {
    verify(jobs) {
      asked += jobs.length
      return inner.verify(jobs)
    },
    stop: () => inner.stop(),
  }
  return { signatures, asked: () => asked }
}

/** Until the first member knows so many events; a little longer, in case it takes one too many. */
async function known({ nodes }: Running, count: number): Promise<void> {
  for (let waitedMs = 0; nodes[0]?.status().events.known !== count && waitedMs < 10_000; waitedMs += 10)
    await new Promise((resolve) => setTimeout(resolve, 10))
  await new Promise((resolve) => setTimeout(resolve, 100))
  const { events } = nodes[0]?.status() ?? {}
  ok(events?.known === count, `${events?.known} events are known`)
}
