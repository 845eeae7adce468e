/** The changes beside a header are under no signature: whoever has a proposal can send it on with other ones. */
import { decodeMessage, encodeMessage, leaderOf, type Proposal } from '@chirograph/consensus'
import { type CutEntry, decodeChanges, encodeChanges } from '@chirograph/log'
import type { ReplicaEffect } from '@chirograph/replica'
import { validatorSetOf } from '@chirograph/status'
import { equal, is, not, ok, suite } from '../../workspace/kit.ts'
import { effectsOf, eventOf, genesis, gossipOf, memberAt, replicaOf, take } from './member.ts'

const leader = leaderOf(validatorSetOf(genesis), 1)
const [voter = 0, author = 0] = [0, 1, 2, 3].filter((index) => index !== leader)
const framer = memberAt([0, 1, 2, 3].find((index) => ![leader, voter, author].includes(index)) ?? 0).peer
const event = eventOf(author)
const unknown = eventOf(author, { timeMs: 77 })

const messages = (effects: readonly ReplicaEffect[]) =>
  effectsOf(effects, 'send').flatMap(({ bytes }) => {
    const decoded = decodeMessage(bytes)
    return decoded.ok ? [decoded.value] : []
  })

const proposed = (): Proposal => {
  const replica = replicaOf(leader)
  take(replica, { kind: 'start' })
  const said = messages(take(replica, gossipOf(event, memberAt(author).peer)))
  const [proposal] = said.flatMap((message) => (message.kind === 'proposal' ? [message.proposal] : []))
  ok(proposal)
  return proposal
}

const notarizes = (effects: readonly ReplicaEffect[]) =>
  messages(effects).some((message) => message.kind === 'vote' && message.vote.type === 'notarize')

suite('a proposal with altered changes', (it) => {
  const alterations: readonly (readonly [string, (entry: CutEntry) => CutEntry])[] = [
    ['an event that nobody has', (entry) => ({ ...entry, id: unknown.id })],
    ['a place further on', (entry) => ({ ...entry, sequence: entry.sequence + 1, id: unknown.id })],
  ]
  for (const [what, alter] of alterations)
    it(`that name ${what} does not keep a voter from the leader's own copy`, () => {
      const proposal = proposed()
      const decoded = decodeChanges(proposal.changes)
      ok(decoded.ok)
      const altered = { ...proposal, changes: encodeChanges(decoded.value.map(alter)) }
      const replica = replicaOf(voter)
      take(replica, { kind: 'start' })
      take(replica, gossipOf(event, memberAt(author).peer))
      const say = (proposal: Proposal, from: string) =>
        take(replica, { kind: 'message', bytes: encodeMessage({ kind: 'proposal', proposal }), from })
      const first = say(altered, framer)
      not(notarizes(first))
      ok(notarizes(say(proposal, memberAt(leader).peer)), 'the good copy was passed over')
      equal(effectsOf(first, 'sync'), [], 'asked for what is in no cut')
      is(replica.waiting.size, 0)
    })
})
