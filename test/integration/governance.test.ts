/** Real nodes: a stolen key is told and its batch reaffirmed, some suspend at once, an institution is closed and kept by another. */
import { setTimeout as pause } from 'node:timers/promises'
import type { EventId } from '@chirograph/codec'
import { contentId, fromHex, utf8 } from '@chirograph/codec'
import { cohortTemplate, parseCohort } from '@chirograph/credential'
import type { ChirographNode } from '@chirograph/node'
import { measureLockMsDemo } from '@chirograph/status'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { startCluster } from './cluster.ts'

const timeoutMs = 120_000

async function until(isTrue: () => boolean, what: string): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    if (isTrue()) return
    await pause(50)
  }
  throw new Error(`waited in vain until ${what}`)
}

async function reasonOf(act: () => Promise<unknown>): Promise<unknown> {
  try {
    await act()
    return 'accepted'
  } catch (error) {
    return (error as { facts?: { reason?: unknown } }).facts?.reason
  }
}

suite('governance of real nodes', (it) => {
  it(
    'goes on after a stolen key, suspends at once, and closes an institution',
    async () => {
      const cluster = await startCluster(4)
      try {
        const [first, second, third, fourth] = cluster.nodes
        ok(first && second && third && fourth)
        const final = async (node: ChirographNode, act: Promise<{ readonly id: EventId }>) => {
          const { id } = await act
          const { outcome, height } = await node.finality(id)
          is(outcome.outcome, 'applied', outcome.outcome === 'void' ? outcome.reason : '')
          return { id, height }
        }
        const parsed = parseCohort(cohortTemplate())
        ok(parsed.kind === 'rows')
        const [batch] = await first.issueCohort(parsed.rows)
        ok(batch !== undefined)
        const [entry] = batch.entries
        ok(entry !== undefined)
        const { height: issuedAt } = await first.finality(batch.event)
        const believed = async () => (await first.verify(entry.credential)).checks.issuanceLogged.code

        // The key of today is not called stolen before the next one is in use.
        const theft = { generation: 0, sinceHeight: issuedAt - 1 }
        is(await reasonOf(() => first.tellTheft(theft)), 'current-key')
        is(await reasonOf(() => first.reaffirm()), 'nothing-to-reaffirm')
        await final(first, first.rotateKey())
        await until(() => first.standing(first.org)?.logKeys.length === 2, 'the rotation is final')
        await final(first, first.tellTheft(theft))
        is(await believed(), 'issuance-contested')
        is(await reasonOf(() => first.tellTheft(theft)), 'already-told')
        await final(first, first.reaffirm())
        is(await believed(), 'issued-on-log')
        is(await reasonOf(() => second.reaffirm([batch.event])), 'not-its-own')
        equal(
          first.standing(first.org)?.logKeys.map(({ stolenSinceHeight }) => stolenSinceHeight),
          [issuedAt - 1, null],
        )

        // Two of four suspend at once; the issuer cannot lift it.
        const handle = fromHex(entry.handle) as Uint8Array // of a registrar's entry
        const entries = [{ handle, position: entry.position }]
        const about = { org: first.org, entries }
        const untilMs = Date.now() + 86_400_000
        const emergency = second.propose({
          kind: 'quorum.suspend',
          ...about,
          reason: 'under-review',
          untilMs,
        })
        const { id: suspension } = await final(second, emergency)
        for (const node of [second, third]) {
          await until(() => node.measure(suspension) !== undefined, 'the proposal is final')
          await final(node, node.approveMeasure(suspension))
        }
        await until(() => first.measure(suspension)?.executedHeight != null, 'it is suspended')
        const reinstatement = first.publish({ kind: 'status.reinstate', entries })
        const { outcome } = await first.finality((await reinstatement).id)
        equal(outcome.outcome === 'void' && outcome.reason, 'restricted-by-quorum')
        is((await first.verify(entry.credential)).checks.status.code, 'suspended')

        // All approve that the first is closed; the second goes on for it.
        const closing = second.propose({ kind: 'quorum.close', org: first.org, custodian: second.org })
        const { id: closure } = await final(second, closing)
        is(await reasonOf(() => second.carryOut(closure)), 'too-few-approve')
        for (const node of [second, third, fourth]) {
          await until(() => node.measure(closure) !== undefined, 'the proposal is final')
          await final(node, node.approveMeasure(closure))
        }
        await until(() => second.measure(closure)?.lockedUntilMs != null, 'a quorum approves')
        is(await reasonOf(() => second.carryOut(closure)), 'time-lock-running')
        is(await reasonOf(() => second.approveMeasure(closure)), 'already-approved')
        await pause(measureLockMsDemo + 500)
        await until(() => (second.measure(closure)?.lockedUntilMs ?? 0) < Date.now(), 'the lock is over')
        await final(second, second.carryOut(closure))
        const act = { kind: 'custody.revoke', ...about, reason: 'withdrawn' } as const
        is(await reasonOf(() => third.actAsCustodian(act)), 'not-its-custodian')
        await final(second, second.actAsCustodian(act))
        equal(second.credentialStatus({ org: first.org, handle }).status.state, 'revoked')
        const standing = second.standing(first.org)
        equal([standing?.state, standing?.custodian], ['closed', second.org])
        is(second.membership().members.find(({ org }) => org === first.org)?.votes, false)

        // Recognition by one.
        const term = { org: third.org, recordClasses: ['degree'], fromMs: 0, untilMs: null } as const
        is(await reasonOf(() => third.recognise(term)), 'recognises-itself')
        await final(second, second.recognise(term))
        equal(second.standing(third.org)?.grants[0]?.byOrg, second.org)
        await final(second, second.endRecognition(third.org))
        is(await reasonOf(() => second.endRecognition(third.org)), 'not-recognised')
        is(await reasonOf(() => second.approveMeasure(contentId(utf8('none')))), 'proposal-unknown')
      } finally {
        await cluster.stop()
      }
    },
    { timeoutMs },
  )
})
