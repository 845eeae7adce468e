/** What people read of measures and institutions, and how they name credentials of another one. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MeasureAnswer, MembershipAnswer, StandingAnswer } from '@chirograph/api/client'
import { statusEntries } from '@chirograph/credential'
import { handleOf, type OrgId, parseOrgId } from '@chirograph/event'
import { equal, failsWith, is, match, suite, tempDir } from '../../workspace/kit.ts'
import { renderMeasure, renderStanding } from '../src/governance-lines.ts'
import { readCredentials } from '../src/named-credential.ts'

const org = parseOrgId('11'.repeat(32)) as OrgId // an id
const other = parseOrgId('22'.repeat(32)) as OrgId
const members = [
  { org, name: 'First College' },
  { org: other, name: 'Second College' },
] as unknown as MembershipAnswer['members'] // names are all that is read

const measure = (body: object, change: Partial<MeasureAnswer> = {}): string =>
  renderMeasure(
    {
      measure: body as MeasureAnswer['measure'],
      proposer: org,
      approvedBy: [other],
      needed: 3,
      lockedUntilMs: null,
      executedHeight: null,
      ...change,
    },
    members,
  )

suite('a measure on a terminal', (it) => {
  const entries = [{ handle: 'ab'.repeat(32), position: null }]
  const asked: [string, object][] = [
    ['Revoke 1 credential (withdrawn)', { kind: 'quorum.revoke', org, entries, reason: 'withdrawn' }],
    [
      'Suspend 1 credential until 2027-01-15 (under-review)',
      { kind: 'quorum.suspend', org, entries, reason: 'under-review', untilMs: 1_800_000_000_000 },
    ],
    ['Annul revocations of 2 credentials', { kind: 'quorum.annul', org, handles: ['ab', 'cd'] }],
    ['Close it without a custodian', { kind: 'quorum.close', org, custodian: null }],
    ['Close it, Second College being its custodian', { kind: 'quorum.close', org, custodian: other }],
    [
      'Recognise it for degree, licence, from 1970-01-01 on',
      { kind: 'quorum.recognise', org, recordClasses: ['degree', 'licence'], fromMs: 0, untilMs: null },
    ],
    ['Recognise it no more', { kind: 'quorum.endRecognition', org }],
  ]
  for (const [line, body] of asked)
    it(`says what is asked for: ${line}`, () => {
      const lines = measure(body).split('\n')
      equal(lines[0], `${line}, proposed by First College`)
      match(lines[1] ?? '', 'First College (11111111…)')
      match(lines[2] ?? '', '1 of 3 approve: Second')
    })

  it('says from when on it can be carried out, and where it was', () => {
    const body = { kind: 'quorum.endRecognition', org }
    match(measure(body, { lockedUntilMs: 0 }), 'from 1970-01-01T00:00:00.000Z on')
    match(measure(body, { lockedUntilMs: 0, executedHeight: 7 }), 'carried out at height 7')
    is(measure(body, { lockedUntilMs: 0, executedHeight: 7 }).includes('1970'), false)
  })
})

suite('an institution on a terminal', (it) => {
  const standing: StandingAnswer = {
    org,
    name: 'First College',
    state: 'closed',
    custodian: other,
    logKeys: [
      { generation: 0, key: 'aa'.repeat(32), fromHeight: 0, untilHeight: 5, stolenSinceHeight: 3 },
      { generation: 1, key: 'bb'.repeat(32), fromHeight: 5, untilHeight: null, stolenSinceHeight: null },
    ],
    recognitions: [{ recordClasses: ['degree'], fromMs: 0, untilMs: null, grantedHeight: 0 }],
    grants: [{ byOrg: org, recordClasses: ['licence'], fromMs: 0, untilMs: 86_400_000, grantedHeight: 1 }],
  }

  it('shows its keys, which were stolen since when, who acts for it and who recognises it', () => {
    const text = renderStanding(standing, members)
    match(text, 'First College (11111111…), closed')
    match(text, 'log key 0: aaaaaaaaaaaaaaaa…, heights 0 to 5, stolen after height 3')
    match(text, 'log key 1: bbbbbbbbbbbbbbbb…, from height 5')
    match(text, 'recognised by the network for degree, from 1970-01-01 on')
    match(text, 'recognised by First College for licence, from 1970-01-01 to 1970-01-02')
  })

  it('says that nobody recognises it, and nothing of a custodian before it has closed', () => {
    const text = renderStanding({ ...standing, state: 'active', recognitions: [], grants: [] }, members)
    match(text, 'recognised by nobody')
    is(text.includes('custodian'), false)
  })
})

suite('credentials of another institution', (it) => {
  const nonce = new Uint8Array(32).fill(7)
  const slot = {
    statusListBase: 'https://lists.example/status-lists',
    position: 5,
    networkId: 'ff'.repeat(32),
    issuerOrg: org,
    nonce,
  }
  const credential = {
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    id: 'urn:uuid:4f9c2a8e-2f7b-4a52-9d5e-3f1a2b3c4d5e',
    type: ['VerifiableCredential'],
    credentialStatus: statusEntries(slot),
  }

  it('are named by their files, with the place in the lists, or by handle', async () => {
    const { path, dispose } = await tempDir()
    const file = join(path, 'one.credential.json')
    await writeFile(file, JSON.stringify(credential))
    const handle = Buffer.from(handleOf({ issuer: org, nonce })).toString('hex')
    equal(await readCredentials([file, 'ab'.repeat(32)], org), [
      { handle, position: 5 },
      { handle: 'ab'.repeat(32), position: null },
    ])
    const refusal = await failsWith('CLI_USAGE', readCredentials([file], other))
    match(refusal.message, 'issued by another institution')
    await writeFile(file, '{}')
    await failsWith('CLI_USAGE', readCredentials([file], org))
    await dispose()
  })
})
