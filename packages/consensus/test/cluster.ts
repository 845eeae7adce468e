/** Validators in one thread with unit latency: enough to watch the reducer decide, without log or status. */

import { toHex } from '@chirograph/codec'
import {
  type ConsensusState,
  createConsensus,
  createHeader,
  createValidatorSet,
  type Effect,
  type Input,
  type Message,
  step,
  type Verified,
} from '@chirograph/consensus'
import { nobleEd25519 } from '@chirograph/crypto'

type Bare<T> = T extends unknown ? Omit<T, 'nowMs'> : never
export type Delivery = { from: number; to: number; message: Message }

export const filled = (byte: number) => toHex(new Uint8Array(32).fill(byte))

export function createCluster(
  size: number,
  { drop = (_: Delivery): boolean => false, latencyMs = 1, viewTimeoutMs = 1000 } = {},
) {
  const seeds = Array.from({ length: size }, (_, index) => new Uint8Array(32).fill(index + 1))
  const members = seeds.map((seed, index) => ({
    org: filled(index + 1),
    key: toHex(nobleEd25519.publicKey(seed)),
  }))
  const set = createValidatorSet({ networkId: filled(255), epoch: 0, validators: members })
  const base = { networkId: set.networkId, epoch: 0, setHash: set.setHash, nextSetHash: set.setHash }
  const rest = { parent: filled(0), cutRoot: filled(1), logRoot: filled(2), logSize: 0 }
  const genesis = createHeader({ ...base, view: 0, height: 0, timeMs: 1, stateRoot: filled(3) }, rest)
  const finalized = { digest: genesis.digest, view: 0, height: 0, timeMs: 1, certificate: null }
  const headers = new Map([[genesis.digest, genesis]])
  const finals: { node: number; digest: string; height: number; atMs: number }[] = []
  const sent: Delivery[] = []
  const queue: { atMs: number; order: number; run: () => void }[] = []
  let nowMs = 1000
  let order = 0
  const later = (afterMs: number, run: () => void) =>
    queue.push({ atMs: nowMs + afterMs, order: order++, run })
  const nodes: ConsensusState[] = seeds.map((seed, self) =>
    createConsensus(
      {
        set,
        base: { digest: genesis.digest, view: 0 },
        self,
        mayVote: true,
        nonce: '00'.repeat(16),
        sign: (message) => nobleEd25519.sign({ seed, message }),
        viewTimeoutMs,
        heartbeatMs: 60_000_000,
        clockBoundMs: 10_000,
      },
      { finalized, records: [], proposals: [], votesFrom: 0 },
    ),
  )

  function input(node: number, bare: Bare<Input>): void {
    const result = step(nodes[node] as ConsensusState, { ...bare, nowMs } as Input)
    nodes[node] = result.state
    for (const effect of result.effects) run(node, effect)
  }

  function run(node: number, effect: Effect): void {
    switch (effect.kind) {
      case 'send': {
        const { to, message } = effect
        const targets =
          to === 'validators'
            ? nodes.map((_, index) => index).filter((index) => index !== node)
            : ['validator' in to ? to.validator : Number(to.peer)]
        for (const target of targets) {
          const delivery = { from: node, to: target, message }
          sent.push(delivery)
          if (!drop(delivery)) later(latencyMs, () => deliver(delivery))
        }
        break
      }
      case 'set-timer':
        if (effect.afterMs < 1e6) {
          later(effect.afterMs, () => input(node, { kind: 'timer', timer: effect.timer, view: effect.view }))
        }
        break
      case 'evaluate':
        headers.set(effect.proposal.header.digest, effect.proposal.header)
        input(node, { kind: 'evaluated', digest: effect.proposal.header.digest, isValid: true })
        break
      case 'build': {
        const parent = headers.get(effect.parent)
        if (!parent) throw new Error('unknown parent')
        const isTaken = parent.core.height > 0 && !effect.isEmptyWelcome
        if (isTaken) {
          input(node, { kind: 'not-built', parent: effect.parent })
          break
        }
        const { view } = effect
        const core = {
          ...base,
          view,
          height: parent.core.height + 1,
          timeMs: Math.max(nowMs, parent.core.timeMs + 1),
        }
        const header = createHeader({ ...core, stateRoot: filled(4) }, { ...rest, parent: effect.parent })
        headers.set(header.digest, header)
        input(node, { kind: 'built', view, header, changes: new Uint8Array() })
        break
      }
      case 'finalize':
        for (const { header } of effect.chain) {
          finals.push({ node, digest: header.digest, height: header.core.height, atMs: nowMs })
        }
        input(node, { kind: 'eligible', isEligible: false })
        break
    }
  }

  function deliver({ from, to, message }: Delivery): void {
    // Every sender here is honest, so what it sends was verified when it was made.
    if (message.kind === 'vote')
      input(to, { kind: 'vote', vote: message.vote as Verified<typeof message.vote> })
    if (message.kind === 'proposal') {
      input(to, { kind: 'proposal', proposal: message.proposal as Verified<typeof message.proposal> })
    }
    if (message.kind === 'certificate') {
      input(to, {
        kind: 'certificate',
        certificate: message.certificate as Verified<typeof message.certificate>,
      })
    }
    if (message.kind === 'standing')
      input(to, { kind: 'standing', from: String(from), standing: message.standing })
  }

  function runUntil(isDone: () => boolean, limitMs = 1e7): boolean {
    const end = nowMs + limitMs
    while (!isDone()) {
      queue.sort((a, b) => b.atMs - a.atMs || b.order - a.order)
      const next = queue.pop()
      if (!next || next.atMs > end) return isDone()
      nowMs = next.atMs
      next.run()
    }
    return true
  }

  return { set, nodes, genesis, finals, sent, input, runUntil, now: () => nowMs, pending: () => queue.length }
}
