import { decodeMessage } from '@chirograph/consensus'
import { createRandom, createSimulation, createWorkload } from '@chirograph/simulator'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'

suite('finality without faults', (it) => {
  for (const size of [4, 7, 16, 31]) {
    it(
      `comes to all of ${size} nodes exactly 3 message delays after the proposal`,
      () => {
        const proposedMs = new Map<string, number>()
        const finalMs = new Map<string, number[]>()
        const simulation = createSimulation({
          seed: size,
          size,
          onSend({ bytes, atMs }) {
            const decoded = decodeMessage(bytes)
            ok(decoded.ok)
            if (decoded.value.kind !== 'proposal') return
            const { digest } = decoded.value.proposal.header
            if (!proposedMs.has(digest)) proposedMs.set(digest, atMs)
          },
          onFinal({ checkpoint, atMs }) {
            const { digest } = checkpoint.header
            finalMs.set(digest, [...(finalMs.get(digest) ?? []), atMs])
          },
        })
        const workload = createWorkload(createRandom(size, 9))
        simulation.runFor(100)
        for (let event = 0; event < 3; event++) {
          simulation.publish(event % size, workload.next(event))
          // Long enough for the decision, short of the heartbeat.
          simulation.runFor(50)
        }
        ok(simulation.isSettled())
        is(finalMs.size, 3)
        for (const [digest, times] of finalMs) {
          const sentMs = proposedMs.get(digest)
          ok(sentMs !== undefined)
          equal(times, new Array(size).fill(sentMs + 3))
        }
      },
      { timeoutMs: 60_000 },
    )
  }
})
