/** Whether a change of status would do anything, after a stolen key and after a revocation that many annulled. */
import { encode, sha256, utf8 } from '@chirograph/codec'
import type { EventBody } from '@chirograph/event'
import {
  credentialRowKey,
  credentialRowShape,
  type NetworkState,
  quorumOrgOf,
  readCredential,
  restoreState,
  rowsOf,
} from '@chirograph/status'
import {
  chainOf,
  dayMs,
  entries,
  fold,
  handle,
  headerTimeMs,
  issue,
  makeNetwork,
  rotate,
} from '../../status/test/network.ts'
import { equal, failsWith, is, ok, suite } from '../../workspace/kit.ts'
import { effectiveChange } from '../src/change-effect.ts'

const network = makeNetwork()
const [college] = network.members
const target = { handle: handle(1), position: null }
const untilMs = headerTimeMs + 10 * dayMs
const suspend: EventBody = {
  kind: 'status.suspend',
  entries: entries(1),
  reason: 'under-review',
  untilMs,
}
const revoke: EventBody = { kind: 'status.revoke', entries: entries(1), reason: 'withdrawn' }
const reinstate: EventBody = { kind: 'status.reinstate', entries: entries(1) }

function after(...bodies: EventBody[]): NetworkState {
  const next = chainOf(network, college)
  return fold(
    network.state,
    [issue(), ...bodies].map((body) => next(body)),
  ).state
}

const known = (state: NetworkState) => ({ org: college.id, state, isChanging: () => false })

suite('a change of status', (it) => {
  it('is refused where it was made already with the key of today', async () => {
    const lifted = after(suspend, reinstate)
    const again = async () => effectiveChange({ kind: 'reinstate', credentials: [target] }, known(lifted))
    await failsWith('NODE_NOTHING_TO_CHANGE', again())
    const revoked = after(revoke)
    const twice = async () =>
      effectiveChange({ kind: 'revoke', credentials: [target], reason: 'withdrawn' }, known(revoked))
    await failsWith('NODE_NOTHING_TO_CHANGE', twice())
  })

  it('lets a later key reinstate again what an earlier one did, which may have been stolen', () => {
    const lifted = after(suspend, reinstate)
    const seed = college.nextSeed
    const rotation = chainOf(network, college, { generation: 1, seed })(
      rotate({ seed, nextSeed: sha256(utf8('third key')) }),
    )
    const { state } = fold(lifted, [rotation], { height: 2 })
    const { change, unchanged } = effectiveChange({ kind: 'reinstate', credentials: [target] }, known(state))
    equal([change.credentials.length, unchanged], [1, []])
  })

  it('revokes again what many annulled', () => {
    const revoked = after(revoke)
    const row = readCredential(revoked, { org: college.id, handle: handle(1) })
    ok(row !== undefined)
    const lifted = { height: 3, timeMs: headerTimeMs, byOrg: quorumOrgOf(network), generation: 0 }
    const key = credentialRowKey({ org: college.id, handle: handle(1) })
    const annulled = { key, value: encode(credentialRowShape, { ...row, lifted }) }
    const kept = [...rowsOf(revoked)].filter((one) => Buffer.compare(one.key, key) !== 0)
    const state = restoreState({ genesis: network.genesis, rows: [...kept, annulled] })
    const { change } = effectiveChange(
      { kind: 'revoke', credentials: [target], reason: 'withdrawn' },
      known(state),
    )
    is(change.credentials.length, 1)
  })
})
