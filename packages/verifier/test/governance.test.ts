/** What a status proof says about stolen keys, acts of many, custodians, and recognitions by members. SPEC V17, V23, V25 to V28. */
import { encode, type Shape, toHex } from '@chirograph/codec'
import {
  type BatchRow,
  batchRowKey,
  batchRowShape,
  type CredentialRow,
  credentialRowKey,
  credentialRowShape,
  type OrgRow,
  orgRowKey,
  orgRowShape,
  quorumOrgOf,
  readBatch,
  readOrg,
  restoreState,
  rowsOf,
} from '@chirograph/status'
import { describeVerdict, type Policy, type Verdict, verify } from '@chirograph/verifier'
import { dayMs } from '../../status/test/network.ts'
import { equal, is, match, ok, suite } from '../../workspace/kit.ts'
import {
  college,
  credentialOf,
  issuedMs,
  issueOnLog,
  network,
  nowMs,
  optionsOf,
  other,
  sign,
  statusProof,
} from './issued.ts'

const document = credentialOf()
const signed = sign(document)
const issued = issueOnLog(document)
const quorum = quorumOrgOf(network)
const credentialKey = credentialRowKey({ org: college.id, handle: issued.handle })

interface Rows {
  readonly org?: Partial<OrgRow>
  readonly batch?: Partial<BatchRow>
  readonly credential?: CredentialRow
}

/** Judges the credential by the state in which it was issued, some of its rows changed. */
function judge({ org, batch, credential }: Rows, policy: Policy = {}): Verdict {
  const changed = new Map<string, { readonly key: Uint8Array; readonly value: Uint8Array }>()
  const write = <T>(key: Uint8Array, shape: Shape<T>, row: T) =>
    changed.set(toHex(key), { key, value: encode(shape, row) })
  const [orgRow, batchRow] = [readOrg(issued.state, college.id), readBatch(issued.state, issued.batch)]
  ok(orgRow !== undefined && batchRow !== undefined)
  write(orgRowKey(college.id), orgRowShape, { ...orgRow, ...org })
  write(batchRowKey(issued.batch), batchRowShape, { ...batchRow, ...batch })
  if (credential !== undefined) write(credentialKey, credentialRowShape, credential)
  const kept = [...rowsOf(issued.state)].filter(({ key }) => !changed.has(toHex(key)))
  const state = restoreState({ genesis: network.genesis, rows: [...kept, ...changed.values()] })
  return verify(signed, optionsOf(statusProof({ ...issued, state }), { policy }))
}

const stolen = (sinceHeight: number, generation = 0) => ({ org: college.id, generation, sinceHeight })
const reaffirmed = (height: number, generation = 1) => ({ height, byOrg: college.id, generation })
const restriction = {
  kind: 'suspended',
  reason: 'under-review',
  height: 2,
  timeMs: issuedMs,
  untilMs: nowMs + dayMs,
  byOrg: college.id,
  generation: 0,
} as const
const lifted = { height: 3, timeMs: issuedMs, byOrg: college.id, generation: 0 }

suite('verdict: stolen keys', (it) => {
  const issuance = (rows: Rows) => judge(rows).checks.issuanceLogged.code

  it('does not believe what the stolen key put on the log above the height, and says what happened', () => {
    const verdict = judge({ org: { compromises: [stolen(0)] } })
    is(verdict.verdict, 'fail')
    is(verdict.checks.issuanceLogged.code, 'issuance-contested')
    match(describeVerdict(verdict), 'stolen')
  })

  it('believes what was final at that height or below, with a warning', () => {
    const verdict = judge({ org: { compromises: [stolen(1)] } })
    is(verdict.verdict, 'pass')
    equal(verdict.warnings, ['demo-network', 'issuer-key-compromised'])
  })

  it('believes a batch that a later key reaffirmed, unless that was stolen too', () => {
    const compromises = [stolen(0)]
    is(issuance({ org: { compromises }, batch: { reaffirmed: reaffirmed(5) } }), 'issued-on-log')
    const both = [stolen(0), stolen(4, 1)]
    is(issuance({ org: { compromises: both }, batch: { reaffirmed: reaffirmed(5) } }), 'issuance-contested')
    is(issuance({ org: { compromises: both }, batch: { reaffirmed: reaffirmed(4) } }), 'issued-on-log')
  })

  it('looks at the key that issued, and at nobody else’s', () => {
    is(issuance({ org: { compromises: [stolen(0, 1)] } }), 'issued-on-log')
    const ofKeeper = { org: other.id, generation: 0, sinceHeight: 0 }
    is(issuance({ org: { compromises: [ofKeeper] } }), 'issued-on-log')
    equal(judge({ org: { compromises: [ofKeeper] } }).warnings, ['demo-network'])
  })

  it('takes a suspension for running that a stolen key lifted', () => {
    const credential = { restriction, lifted, position: null }
    const by = (sinceHeight: number) =>
      judge({ org: { compromises: [stolen(sinceHeight)] }, credential, batch: { height: 1 } })
    is(by(2).checks.status.code, 'suspended')
    is(by(2).status?.state, 'suspended')
    is(by(3).checks.status.code, 'reinstated')
  })
})

suite('verdict: acts of many', (it) => {
  const revoked = { ...restriction, kind: 'revoked', untilMs: null } as const
  const detail = (credential: CredentialRow) => judge({ credential }).checks.status.detail

  it('says who restricted it: the issuer, its custodian, or a quorum', () => {
    match(detail({ restriction: revoked, lifted: null, position: null }), 'The issuer revoked')
    const byKeeper = { ...revoked, byOrg: other.id }
    match(
      detail({ restriction: byKeeper, lifted: null, position: null }),
      'The custodian of the issuer revoked',
    )
    const byMany = { ...revoked, byOrg: quorum }
    match(detail({ restriction: byMany, lifted: null, position: null }), 'A quorum of the network revoked')
    const suspended = { ...restriction, byOrg: quorum }
    match(
      detail({ restriction: suspended, lifted: null, position: null }),
      'suspended by a quorum of the network until',
    )
  })

  it('lets an emergency suspension lapse by the verifier’s clock', () => {
    const over = { ...restriction, byOrg: quorum, untilMs: nowMs }
    const { verdict, checks } = judge({ credential: { restriction: over, lifted: null, position: null } })
    equal([verdict, checks.status.code], ['pass', 'suspension-lapsed'])
  })

  it('believes a revocation no more that a quorum annulled', () => {
    const annulled = { restriction: revoked, lifted: { ...lifted, byOrg: quorum }, position: null }
    const { verdict, checks, status } = judge({ credential: annulled })
    equal([verdict, checks.status.code, status?.state], ['pass', 'revocation-annulled', 'active'])
  })
})

suite('verdict: recognition by members', (it) => {
  const grant = {
    byOrg: other.id,
    recordClasses: ['certificate-noncredit'],
    fromMs: 0,
    untilMs: null,
    grantedHeight: 1,
  } as const
  const none = { recognitions: [] }
  const code = (rows: Rows, recognisers?: Policy['recognisers']) =>
    judge(rows, recognisers === undefined ? {} : { recognisers }).checks.recognition.code

  it('counts the network’s alone unless the policy names a member', () => {
    is(code({ org: { ...none, grants: [grant] } }), 'not-recognised')
    is(code({ org: { ...none, grants: [grant] } }, [other.id]), 'recognised-at-issue')
    is(code({ org: { ...none, grants: [grant] } }, ['network', other.id]), 'recognised-at-issue')
    is(code({ org: { ...none, grants: [grant] } }, [college.id]), 'not-recognised')
  })

  it('does not count the network’s where the policy names members alone', () => {
    is(code({}), 'recognised-at-issue')
    is(code({}, [other.id]), 'not-recognised')
    is(code({}, []), 'not-recognised')
  })

  it('counts a member’s recognition for its classes, in its time, from the height on where it was given', () => {
    const given = (change: object) =>
      code({ org: { ...none, grants: [{ ...grant, ...change }] } }, [other.id])
    is(given({ recordClasses: ['degree'] }), 'not-recognised')
    is(given({ fromMs: issuedMs + 1 }), 'not-recognised')
    is(given({ untilMs: issuedMs }), 'not-recognised')
    is(given({ untilMs: issuedMs + 1 }), 'recognised-at-issue')
    is(given({ grantedHeight: 2 }), 'not-recognised')
  })
})
