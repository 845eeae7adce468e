import { encode, toHex } from '@chirograph/codec'
import { nobleEd25519 } from '@chirograph/crypto'
import type { EventBody } from '@chirograph/event'
import { orgRowKey, orgRowShape, readOrg, restoreState, rowsOf } from '@chirograph/status'
import { describeVerdict, type VerifyOptions, verify } from '@chirograph/verifier'
import { dayMs } from '../../status/test/network.ts'
import { equal, is, match, ok, suite } from '../../workspace/kit.ts'
import {
  anchor,
  college,
  credentialOf,
  type Issued,
  issuedMs,
  issueOnLog,
  type Json,
  nameOf,
  network,
  nowMs,
  optionsOf,
  other,
  proofBy,
  sign,
  statusProof,
} from './issued.ts'

const document = credentialOf()
const signed = sign(document)
const issued = issueOnLog(document)
const didWeb = network.genesis.organisations[0]?.dids[0] ?? ''
const networkEntry = (document.credentialStatus as unknown[])[1] // the fixture's second entry
const foreignProof = { type: 'DataIntegrityProof', cryptosuite: 'ecdsa-rdfc-2019', proofValue: 'z2Hn' }
const ownProof = proofBy(college.assertionSeed, document)

const revoke = (handle: Uint8Array): EventBody => {
  return { kind: 'status.revoke', entries: [{ handle, position: null }], reason: 'issued-in-error' }
}
const suspendUntil =
  (untilMs: number) =>
  (handle: Uint8Array): EventBody => {
    return { kind: 'status.suspend', entries: [{ handle, position: null }], reason: 'under-review', untilMs }
  }

/** The state in which the credential was issued, with the college's row changed. */
function withCollege(change: (row: NonNullable<ReturnType<typeof readOrg>>) => object): Issued {
  const row = readOrg(issued.state, college.id)
  ok(row !== undefined)
  const key = toHex(orgRowKey(college.id))
  const rows = [...rowsOf(issued.state)].map((kept) =>
    toHex(kept.key) === key
      ? { key: kept.key, value: encode(orgRowShape, { ...row, ...change(row) }) }
      : kept,
  )
  return { ...issued, state: restoreState({ genesis: network.genesis, rows }) }
}

suite('verdict: the issuer’s row', (it) => {
  const only = (period: { fromHeight: number; untilHeight: number | null }) =>
    withCollege(({ assertionKeys }) => ({
      assertionKeys: assertionKeys.map(({ key }) => ({ key, ...period })),
    }))
  const keyCode = (on: Issued) => verify(signed, optionsOf(statusProof(on))).checks.issuerKey.code

  it('judges the assertion key at the height of the batch: from its first height, until before its last', () => {
    is(keyCode(only({ fromHeight: 1, untilHeight: 2 })), 'key-of-issuer')
    is(keyCode(only({ fromHeight: 0, untilHeight: 1 })), 'key-not-active')
    is(keyCode(only({ fromHeight: 2, untilHeight: null })), 'key-not-active')
  })

  it('does not take the log key for an assertion key', () => {
    const logKey = nobleEd25519.publicKey(college.logSeed)
    const document = credentialOf({ issuer: didWeb })
    const method = `${didWeb}#${network.genesis.organisations[0]?.logKey}`
    const credential = sign(document, college.logSeed, { verificationMethod: method })
    is(
      verify(credential, optionsOf(statusProof(issueOnLog(document)))).checks.issuerKey.code,
      'key-not-listed',
    )
    is(logKey.length, 32)
  })

  it('takes a recognition from its first moment until before its last, and only one that was on the log', () => {
    const recognised = (period: { fromMs: number; untilMs: number | null; grantedHeight?: number }) => {
      const on = withCollege(() => ({
        recognitions: [{ recordClasses: ['certificate-noncredit'], grantedHeight: 0, ...period }],
      }))
      return verify(signed, optionsOf(statusProof(on)))
    }
    is(recognised({ fromMs: issuedMs, untilMs: null }).verdict, 'pass')
    is(recognised({ fromMs: issuedMs + 1, untilMs: null }).verdict, 'fail')
    is(recognised({ fromMs: 0, untilMs: issuedMs }).verdict, 'fail')
    is(recognised({ fromMs: 0, untilMs: null, grantedHeight: 2 }).verdict, 'fail')
    const ended = recognised({ fromMs: 0, untilMs: issuedMs + 1 })
    is(ended.verdict, 'pass')
    ok(ended.warnings.includes('issuer-not-recognised-now'))
    is(ended.issuer?.recognisedAtIssue, true)
    is(ended.issuer?.recognisedNow, false)
  })

  it('warns, and still passes, when the issuer was frozen or has closed since', () => {
    const frozen = withCollege(() => ({ frozen: { generation: 0, sequence: 0, height: 5 } }))
    const closed = withCollege(() => ({ state: 'closed' }))
    for (const [on, warning] of [
      [frozen, 'issuer-frozen'],
      [closed, 'issuer-closed'],
    ] as const) {
      const { verdict, warnings } = verify(signed, optionsOf(statusProof(on)))
      is(verdict, 'pass')
      equal(warnings, ['demo-network', warning])
    }
  })
})

suite('verdict: what it tells', (it) => {
  it('names issuer, checkpoint and status of a pass', () => {
    const { asOf, status, issuer, warnings } = verify(signed, optionsOf(statusProof(issued)))
    equal(asOf, { height: 9, timeMs: issuedMs, ageSeconds: 600 })
    equal(status, { state: 'active', finality: 'final' })
    equal(issuer, {
      org: college.id,
      did: college.did,
      name: nameOf(college),
      state: 'active',
      custodian: null,
      recognisedAtIssue: true,
      recognisedNow: true,
    })
    equal(warnings, ['demo-network'])
  })

  it('gives reason and dates of a restriction', () => {
    const until = nowMs + dayMs
    const suspended = issueOnLog(document, { later: [suspendUntil(until)] })
    equal(verify(signed, optionsOf(statusProof(suspended))).status, {
      state: 'suspended',
      reason: 'under-review',
      sinceMs: issuedMs,
      untilMs: until,
      finality: 'final',
    })
  })

  it('does not name an issuer whose key is not proven', () => {
    const forged = sign(document, other.assertionSeed)
    is(verify(forged, optionsOf(statusProof(issued))).issuer, undefined)
  })

  it('warns of everything that it leaves unchecked', () => {
    const warnings = (credential: unknown, on = issued) =>
      verify(credential, optionsOf(statusProof(on))).warnings
    equal(warnings({ ...document, proof: [foreignProof, ownProof] }), [
      'other-proof-not-checked',
      'demo-network',
    ])
    const wrong = { ...ownProof, created: '2024-01-01T00:00:00Z' }
    equal(warnings({ ...document, proof: [wrong, ownProof] }), ['other-proof-invalid', 'demo-network'])
    const schema = credentialOf({ credentialSchema: { id: 'https://a.example', type: 'JsonSchema' } })
    equal(warnings(sign(schema), issueOnLog(schema)), ['demo-network', 'credential-schema-not-checked'])
    const entry = credentialOf({ credentialStatus: [networkEntry, { type: 'SomeStatusEntry' }] })
    equal(warnings(sign(entry), issueOnLog(entry)), ['demo-network', 'other-status-entry-not-checked'])
  })

  it('says it in words, the answer first', () => {
    const words = (credential: unknown, on: Issued | undefined, options: Partial<VerifyOptions> = {}) =>
      describeVerdict(verify(credential, optionsOf(on && statusProof(on), options))).split('\n')
    const good = words(signed, issued)
    is(good[0], `Valid. Issued by ${nameOf(college)}, proven as of 2023-11-15 22:13 UTC.`)
    is(good.length, 1 + 7 + 1)
    const revoked = words(signed, issueOnLog(document, { later: [revoke] }))[0]
    is(revoked, 'Not valid. The issuer revoked the credential on 2023-11-15 22:13 UTC (issued-in-error).')
    match(words(signed, undefined)[0] ?? '', /^Cannot tell\. No status proof was given/)
    match(words('nonsense', issued)[0] ?? '', /^Not valid\. This is not valid JSON\.$/)
    is(words(signed, issued, { anchor: { ...anchor, purpose: 'production' } }).length, 8)
  })
})

suite('verdict: hostile input', (it) => {
  it('calls what is no credential so, and examines nothing else', () => {
    const nested: Json = {}
    nested.self = nested
    for (const [input, code] of [
      [undefined, 'not-json'],
      [Number.NaN, 'not-json'],
      [nested, 'not-json'],
      [{ name: '\ud800' }, 'not-json'],
      ['{"a":1,"a":2}', 'not-json'],
      ['', 'not-json'],
      [null, 'not-a-credential'],
      [[], 'not-a-credential'],
      ['[]', 'not-a-credential'],
      [`"${'x'.repeat(1_048_576)}"`, 'too-large'],
    ] as const) {
      const { verdict, checks } = verify(input, optionsOf(statusProof(issued)))
      is(checks.schema.code, code)
      is(verdict, code === 'too-large' ? 'indeterminate' : 'fail')
      is(checks.proof.code, 'not-examined')
    }
  })

  it('sees one document, whatever a getter answers the second time', () => {
    let reads = 0
    const changing = {
      ...signed,
      get name() {
        return reads++ === 0 ? document.name : 'Welding, master'
      },
    }
    is(verify(changing, optionsOf(statusProof(issued))).verdict, 'pass')
    is(reads, 1)
  })

  it('refuses a clock or a policy that is no number, which would make every comparison pass', () => {
    const proof = statusProof(issued)
    const message = (changes: Partial<VerifyOptions>) => {
      try {
        return verify(signed, optionsOf(proof, changes)).verdict
      } catch (thrown) {
        return thrown instanceof Error ? thrown.message : 'no error'
      }
    }
    match(message({ atMs: Number.NaN }), 'atMs is a whole number')
    match(message({ policy: { maxAgeSeconds: Number.NaN } }), 'whole number')
    match(message({ policy: { clockBoundMs: Number.POSITIVE_INFINITY } }), 'whole number')
  })
})
