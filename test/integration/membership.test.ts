/** Real nodes over which who votes changes: a fifth institution joins, another leaves, a key is replaced, a member is put out. */
import { setTimeout as pause } from 'node:timers/promises'
import { contentId, fromHex, utf8 } from '@chirograph/codec'
import { cohortTemplate, parseCohort } from '@chirograph/credential'
import { didKeyOf } from '@chirograph/crypto'
import { type Application, applicationSigningBytes, nextKeyHashOf, type Profile } from '@chirograph/event'
import { type ChirographNode, checkStore } from '@chirograph/node'
import {
  anchorOf,
  decodeStatusProof,
  encodeStatusProof,
  type Genesis,
  networkIdOf,
  possessedKey,
  voteKeysOf,
} from '@chirograph/status'
import { verify } from '@chirograph/verifier'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { ed25519, type Member, type Running, startCluster } from './cluster.ts'

const timeoutMs = 120_000
const day = 86_400_000

/** What a member's institution asks the network with. Its keys file would hold the seed of the next consensus key. */
function applicationOf({ seeds, org, name, peerId }: Member, genesis: Genesis): Application {
  const networkId = networkIdOf(genesis)
  const keys = voteKeysOf({ certificates: genesis.certificates, ed25519 })
  const assertionKey = ed25519.publicKey(seeds.assertion)
  const profile: Profile = {
    name,
    type: 'community-college',
    logKey: ed25519.publicKey(seeds.log),
    nextKeyHash: nextKeyHashOf(ed25519.publicKey(seeds.nextLog)),
    assertionKeys: [assertionKey],
    dids: [didKeyOf(assertionKey)],
    peerId,
    consensusKey: possessedKey(seeds.consensus, {
      keys,
      networkId,
      org,
      nextSeed: new Uint8Array(32).fill(201),
    }),
  }
  const message = applicationSigningBytes(networkId, profile)
  return { profile, signature: ed25519.sign({ seed: seeds.log, message }) }
}

async function until(isTrue: () => boolean, what: string): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    if (isTrue()) return
    await pause(50)
  }
  throw new Error(`waited in vain until ${what}`)
}

const votes = (node: ChirographNode | undefined, { org }: Member) =>
  node?.membership().members.some((member) => member.org === org && member.votes) ?? false
const epochOf = (node: ChirographNode) => node.membership().epoch

suite('membership of real nodes', (it) => {
  for (const certificates of [undefined, 'bls12-381'] as const)
    it(
      `a fifth institution joins and votes, another leaves, a consensus key is replaced, and proofs lead on from the genesis, by ${certificates ?? 'ed25519'}`,
      async () => {
        const cluster = await startCluster(5, { joiners: 1, ...(certificates && { certificates }) })
        try {
          const { nodes, members, genesis } = cluster
          const [first, second, third, fourth, fifth] = nodes
          ok(first && second && third && fourth && fifth)
          const [, , , fourthMember, fifthMember] = members
          ok(fourthMember && fifthMember)

          // It applies; three of four are a quorum.
          const { id } = await first.applyFor(applicationOf(fifthMember, genesis), { probationMs: 0 })
          await until(
            () => nodes.every((node) => node.application(id) !== undefined),
            'all know of the application',
          )
          equal(first.application(id)?.approvedBy, [])
          for (const node of [first, second, third]) await node.approveMember(id)
          await until(
            () => nodes.every((node) => node.application(id)?.admittedHeight != null),
            'it is admitted',
          )
          equal([votes(first, fifthMember), epochOf(first)], [false, 0])

          // It takes up its vote.
          await fifth.joinValidators()
          await until(() => nodes.every((node) => votes(node, fifthMember)), 'it votes')
          equal(nodes.map(epochOf), [1, 1, 1, 1, 1])
          equal(first.membership().quorum, 4)
          is(first.membership().members.find(({ org }) => org === fifthMember.org)?.name, fifthMember.name)

          // Four of five decide: without one of the others, its vote is needed.
          await fourth.stop()
          const decided = await second.publish({ kind: 'status.lease', count: 1_024 })
          is((await second.finality(decided.id)).outcome.outcome, 'applied')
          const own = await fifth.publish({ kind: 'status.lease', count: 1_024 })
          is((await first.finality(own.id)).outcome.outcome, 'applied')
          await cluster.start(3)
          await until(() => votes(nodes[3], fifthMember), 'the one that was down has followed')

          // One replaces its consensus key, and one leaves.
          const commitment = await second.commitConsensusKey()
          await second.finality(commitment.id)
          await second.rotateConsensusKey()
          await until(() => nodes.every((node) => epochOf(node) === 2), 'the key is replaced')
          await nodes[3]?.leaveValidators()
          await until(() => nodes.every((node) => !votes(node, fourthMember)), 'the fourth has left')
          equal(nodes.map(epochOf), [3, 3, 3, 3, 3])

          await issueAndVerify(cluster)
          await fifth.stop()
          equal(await faultsOf(cluster, 4), [])
        } finally {
          await cluster.stop()
        }
      },
      { timeoutMs },
    )

  it(
    'a quorum puts a member out, and whoever restarts or comes late goes on in the same epoch, with a store that is in order',
    async () => {
      const cluster = await startCluster(5, { absent: [4] })
      try {
        const { nodes, members } = cluster
        const [first, second, third] = nodes
        const [, , , fourth, fifth] = members
        ok(first && second && third && fourth && fifth)
        for (const node of [first, second, third]) await node.evict(fourth.org)
        equal(first.membership().members.find(({ org }) => org === fourth.org)?.votes, true)
        // Four of five: the last one comes only now.
        const late = await cluster.start(4)
        await until(
          () => late.membership().members.some(({ evictedBy }) => evictedBy.length === 3),
          'it has followed',
        )
        await late.evict(fourth.org)
        await until(() => [first, second, third, late].every((node) => !votes(node, fourth)), 'it is put out')
        is(first.membership().members.find(({ org }) => org === fourth.org)?.standing, 'evicted')

        await second.stop()
        const again = await cluster.start(1)
        is(epochOf(again), 1)
        const lease = await again.publish({ kind: 'status.lease', count: 1_024 })
        is((await again.finality(lease.id)).outcome.outcome, 'applied')
        await again.stop()
        equal(await faultsOf(cluster, 1), [])
      } finally {
        await cluster.stop()
      }
    },
    { timeoutMs },
  )

  it(
    'refuses, with a reason and a way on, what would have no effect',
    async () => {
      const cluster = await startCluster(3, { joiners: 1 })
      try {
        const [first, , outside] = cluster.nodes
        const [own, other, applicant] = cluster.members
        ok(first && outside && own && other && applicant)
        const signed = applicationOf(applicant, cluster.genesis)
        const refused: [string, () => Promise<unknown>][] = [
          ['application-invalid', async () => first.applyFor({ ...signed, signature: new Uint8Array(64) })],
          ['application-unknown', async () => first.approveMember(contentId(utf8('no event')))],
          ['evicts-itself', async () => first.evict(own.org)],
          ['not-evictable', async () => first.evict(applicant.org)],
          ['already-validator', async () => first.joinValidators()],
          ['not-on-probation', async () => outside.joinValidators()],
          ['not-a-validator', async () => outside.evict(own.org)],
          ['not-committed', async () => first.rotateConsensusKey()],
        ]
        for (const [reason, act] of refused) {
          let facts: unknown
          try {
            await act()
          } catch (error) {
            facts = (error as { facts?: unknown }).facts
          }
          equal(facts, { reason })
        }
        const { id } = await first.applyFor(signed, { probationMs: 30 * day })
        await until(() => cluster.nodes.every((node) => node.application(id) !== undefined), 'all know of it')
        for (const node of cluster.nodes.slice(0, 2)) await node.approveMember(id)
        await until(() => outside.application(id)?.admittedHeight != null, 'it is admitted')
        let said = ''
        try {
          await outside.joinValidators()
        } catch (error) {
          said = String((error as { facts?: { reason?: string } }).facts?.reason)
        }
        is(said, 'probation-not-over')
      } finally {
        await cluster.stop()
      }
    },
    { timeoutMs },
  )
})

/** By the anchor of the genesis, from which the proof leads on by a hand-over for each epoch. */
async function issueAndVerify({ nodes, genesis }: Running): Promise<void> {
  const [first, , third] = nodes
  const cohort = parseCohort(cohortTemplate())
  ok(first && third && cohort.kind === 'rows')
  const [batch] = await third.issueCohort(cohort.rows.slice(0, 1))
  const [entry] = batch?.entries ?? []
  const handle = entry && fromHex(entry.handle)
  ok(batch && entry && handle)
  await Promise.all([first, third].map((node) => node.finality(batch.event)))
  const path = entry.path.map((sibling) => fromHex(sibling) ?? new Uint8Array())
  const proof = first.proveStatus({ org: third.org, handle, batch: batch.event, index: entry.index, path })
  const decoded = decodeStatusProof(proof)
  ok(decoded.ok)
  is(decoded.value.handovers.length, 3)
  const judged = { anchor: anchorOf(genesis), atMs: Date.now(), ed25519 }
  is(verify(entry.credential, { ...judged, proof }).verdict, 'pass')
  const without = encodeStatusProof({ ...decoded.value, handovers: decoded.value.handovers.slice(0, 2) })
  is(
    verify(entry.credential, { ...judged, proof: without }).checks.issuanceLogged.code,
    'wrong-validator-set',
  )
}

/** What is wrong with a stopped member's store. */
async function faultsOf(cluster: Running, index: number) {
  const { org } = cluster.members[index] as Member // one of the cluster's
  const store = await cluster.open(index)
  const { findings } = await checkStore(store, { genesis: cluster.genesis, org, ed25519 })
  await store.close()
  return findings
}
