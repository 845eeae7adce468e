/** Who comes to vote on a network with BLS certificates: each key proves that its owner holds it. S30, S33, S37; C1, C6. */
import { type EventId, sha256, toHex, utf8 } from '@chirograph/codec'
import { blsSecretKeyOf, nobleBls } from '@chirograph/crypto'
import { type ConsensusKey, type EventBody, nextKeyHashOf, possessionSigningBytes } from '@chirograph/event'
import { type NetworkState, restoreState, rowsOf } from '@chirograph/status'
import { infinityG1, infinityG2, mixedKey, refusedKeys } from '../../crypto/test/bls-vectors.ts'
import { rogueKey } from '../../crypto/test/rogue-key.ts'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { type Applicant, applicationOf, makeApplicant, possessedKey } from './applicant.ts'
import { bls, chainOf, dayMs, fold, headerTimeMs, type Member, makeNetwork, reasonsOf } from './network.ts'

const network = makeNetwork({ certificates: 'bls12-381' })
const [sponsor, one, two] = network.members as readonly Member[] as [Member, Member, Member] // four
const plain = makeNetwork()
const applicant = makeApplicant(network, 40)

type Act = readonly [author: Member | Applicant, body: EventBody]

/** Tells acts, each in a header of its own; what became of the last. */
function tell(acts: readonly Act[], from: NetworkState = network.state, back = bls) {
  const chains = new Map<string, ReturnType<typeof chainOf>>()
  const ids: EventId[] = []
  let state = from
  let reasons: (string | null)[] = []
  for (const [index, [author, body]] of acts.entries()) {
    const chain = chains.get(author.id) ?? chainOf(network, author)
    chains.set(author.id, chain)
    const event = chain(body)
    ids.push(event.id)
    const timeMs = headerTimeMs + index * dayMs
    const applied = fold(state, [event], { height: index + 1, timeMs, bls: back })
    ;({ state } = applied)
    reasons = reasonsOf(applied)
  }
  return { state, reasons, ids }
}

const applyWith = (consensusKey: ConsensusKey | null, by = applicant): EventBody => ({
  kind: 'member.apply',
  application: applicationOf(network, by, { consensusKey }),
  probationMs: 0,
})
const own = applicant.profile.consensusKey as ConsensusKey // it is to vote

/** Applied, approved by a quorum of the four, and joined. */
const apply: Act = [sponsor, applyWith(own)]
const applied = tell([apply])
const [application] = applied.ids as [EventId] // of the one act
const approvals = [sponsor, one, two].map((by): Act => [by, { kind: 'member.approve', application }])
const admitted = tell([apply, ...approvals])
const voting = tell([apply, ...approvals, [applicant, { kind: 'validator.join' }]])

suite('fold: membership with BLS keys', (it) => {
  it('S30, S33: an applicant with a BLS key and its proof comes to vote, and the set stays of its scheme', () => {
    equal([applied.reasons, admitted.reasons, voting.reasons], [[null], [null], [null]])
    const { validators } = voting.state
    equal([validators.epoch, validators.validators.length, validators.scheme], [1, 5, 'bls12-381'])
    ok(validators.validators.some(({ key }) => key === toHex(own.key)))
    is(own.key.length, 48)
    const restored = restoreState({ genesis: network.genesis, rows: rowsOf(voting.state) })
    is(restored.validators.setHash, validators.setHash)
    // The portable back end comes to the same.
    const again = tell([[sponsor, applyWith(own)]], network.state, nobleBls)
    equal(again.reasons, [null])
  })

  it('C1: a key of the other scheme is none here, whatever proves it: application-invalid', () => {
    const ed25519Key = possessedKey({ networkId: network.networkId }, applicant.id, applicant.consensusSeed)
    is(ed25519Key.key.length, 32)
    equal(tell([[sponsor, applyWith(ed25519Key)]]).reasons, ['application-invalid'])
    const { genesis } = network
    const other = makeApplicant(plain, 41)
    const body: EventBody = {
      kind: 'member.apply',
      application: applicationOf(plain, other, {
        consensusKey: possessedKey({ networkId: plain.networkId, genesis }, other.id, other.consensusSeed),
      }),
      probationMs: 0,
    }
    const told = fold(plain.state, [chainOf(plain, plain.members[0])(body)])
    equal(reasonsOf(told), ['application-invalid'])
  })

  it('C6: a key without its proof does not come in: another’s, another network’s, a vote’s, infinity, bytes', () => {
    const secretKey = blsSecretKeyOf(applicant.consensusSeed)
    const wrong: Partial<ConsensusKey>[] = [
      {
        possession: possessedKey(network, one.id, applicant.consensusSeed, applicant.nextConsensusSeed)
          .possession,
      },
      { possession: possessedKey(network, applicant.id, one.consensusSeed).possession },
      {
        possession: possessedKey(
          { ...network, networkId: sha256(utf8('other')) },
          applicant.id,
          applicant.consensusSeed,
          applicant.nextConsensusSeed,
        ).possession,
      },
      { possession: bls.sign({ secretKey, message: own.key }) },
      { possession: infinityG2 },
      { possession: new Uint8Array(96) },
      { possession: new Uint8Array(64) },
      { key: mixedKey },
      { key: infinityG1 },
      { key: infinityG1, possession: infinityG2 },
      ...Object.values(refusedKeys)
        .filter((key) => key.length === 48)
        .map((key) => ({ key })),
    ]
    for (const change of wrong)
      for (const back of [bls, nobleBls])
        equal(tell([[sponsor, applyWith({ ...own, ...change })]], network.state, back).reasons, [
          'application-invalid',
        ])
  })

  it('C6: a rogue key, made of the validators’ own, does not come in with what its maker can sign', () => {
    const rogue = rogueKey(5n, network.state.validators.keys)
    const five = new Uint8Array(32)
    five[31] = 5
    const { nextKeyHash } = own
    const message = possessionSigningBytes({
      networkId: network.networkId,
      org: applicant.id,
      key: rogue,
      nextKeyHash,
    })
    const possession = bls.sign({ secretKey: five, message })
    // With all the others' signatures it would do, and none of them signs it.
    const { members } = network
    const others = members.map((member) =>
      bls.sign({ secretKey: blsSecretKeyOf(member.consensusSeed), message }),
    )
    ok(bls.verify({ publicKeys: [rogue, ...network.state.validators.keys], message, signature: possession }))
    ok(
      !bls.verify({
        publicKeys: [rogue],
        message,
        signature: bls.aggregate([possession, ...others]) ?? possession,
      }),
    )
    equal(tell([[sponsor, applyWith({ key: rogue, nextKeyHash, possession })]]).reasons, [
      'application-invalid',
    ])
  })

  it('S37, C6: a committed key takes over with its proof, and not without, nor one of the other scheme', () => {
    const seed = sha256(utf8('next BLS key'))
    const next = possessedKey(network, one.id, seed)
    const commit: Act = [one, { kind: 'validator.commit', nextKeyHash: nextKeyHashOf(next.key) }]
    const rotated = tell([commit, [one, { kind: 'validator.rotate', ...next }]])
    equal(rotated.reasons, [null])
    equal([rotated.state.validators.epoch, rotated.state.validators.scheme], [1, 'bls12-381'])
    is(rotated.state.validators.validators.find(({ org }) => org === one.id)?.key, toHex(next.key))
    const unproven = { ...next, possession: possessedKey(network, two.id, seed).possession }
    equal(tell([commit, [one, { kind: 'validator.rotate', ...unproven }]]).reasons, ['possession-invalid'])
    const ed25519Key = possessedKey({ networkId: network.networkId }, one.id, seed)
    const committed: Act = [one, { kind: 'validator.commit', nextKeyHash: nextKeyHashOf(ed25519Key.key) }]
    equal(tell([committed, [one, { kind: 'validator.rotate', ...ed25519Key }]]).reasons, [
      'possession-invalid',
    ])
  })
})
