import { concatBytes, equalBytes } from '@chirograph/codec'
import { nobleEd25519 } from '@chirograph/crypto'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import {
  type Application,
  applicantOf,
  decodeBody,
  type EventBody,
  encodeBody,
  isApplicationSigned,
  isPossessed,
  nextKeyHashOf,
  type Profile,
} from '../src/index.ts'
import { applicationOf, authorOf, bytes32, consensusKeyOf, networkId } from './author.ts'

const signed = (application: Application, network: Uint8Array = networkId) =>
  isApplicationSigned(application, { networkId: network, ed25519: nobleEd25519 })

const bodyOf = (change: Partial<Profile>): EventBody => ({
  kind: 'member.apply',
  application: applicationOf(20, change),
  probationMs: 0,
})

suite('application', (it) => {
  it('is signed by the applicant’s own log key, for one network', () => {
    const application = applicationOf(20)
    is(signed(application), true)
    is(signed(application, bytes32(9)), false)
    is(signed({ ...application, signature: applicationOf(40).signature }), false)
    is(signed({ ...application, profile: { ...application.profile, name: 'Another name' } }), false)
    is(applicantOf(application.profile), authorOf(20).org)
  })

  it('needs the word of whoever holds the consensus key, about this organisation', () => {
    const { org } = authorOf(20)
    const key = consensusKeyOf(org, 23)
    const by = { networkId, org, ed25519: nobleEd25519 }
    is(isPossessed(key, by), true)
    is(isPossessed(key, { ...by, org: authorOf(1).org }), false)
    is(isPossessed(key, { ...by, networkId: bytes32(9) }), false)
    is(isPossessed({ ...key, nextKeyHash: bytes32(7) }, by), false)
    is(signed(applicationOf(20, { consensusKey: consensusKeyOf(authorOf(1).org, 23) })), false)
    is(signed(applicationOf(20, { consensusKey: null })), true)
  })

  it('comes back from its bytes as it was', () => {
    const body = bodyOf({})
    equal(decodeBody('member.apply', encodeBody(body)), { kind: 'decoded', body })
  })

  const own = applicationOf(20).profile
  const faults: [string, Partial<Profile>][] = [
    ['a name of two lines', { name: 'One\nTwo' }],
    ['a name that turns the writing direction', { name: 'a\u202eb' }],
    ['no name', { name: '' }],
    ['a key that it uses twice', { assertionKeys: [own.logKey], dids: [] }],
    ['the log key as its own successor', { nextKeyHash: nextKeyHashOf(own.logKey) }],
    ['a DID twice', { dids: ['did:web:a.example', 'did:web:a.example'] }],
    ['another’s did:key', { assertionKeys: [bytes32(4)] }],
    ['a DID of an unknown method', { dids: ['did:example:1'] }],
    ['a peer id of other letters', { peerId: 'not/a/peer' }],
  ]
  for (const [what, change] of faults) {
    it(`is no event with ${what}`, () => {
      let refused = false
      try {
        encodeBody(bodyOf(change))
      } catch {
        refused = true
      }
      ok(refused)
    })
  }

  it('is refused when a fault stands in its bytes', () => {
    const good = encodeBody(bodyOf({}))
    const at = good.findIndex((_, index) =>
      equalBytes(good.slice(index, index + 32), own.assertionKeys[0] ?? good),
    )
    ok(at > 0)
    const twice = concatBytes(good.slice(0, at), own.logKey, good.slice(at + 32))
    const decoded = decodeBody('member.apply', twice)
    ok(decoded.kind === 'reject')
    is(decoded.reason, 'malformed-body')
  })

  it('takes a consensus key whose successor is another one', () => {
    const key = consensusKeyOf(authorOf(1).org, 30)
    const body = { kind: 'validator.rotate', ...key, nextKeyHash: nextKeyHashOf(key.key) } as const
    let said = ''
    try {
      encodeBody(body)
    } catch (error) {
      said = String(error)
    }
    ok(said.includes('the next consensus key is the one taken into use'), said)
  })
})
