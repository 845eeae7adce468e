import { createApiServer } from '@chirograph/api'
import { toHex } from '@chirograph/codec'
import { cohortTemplate, receiptJson } from '@chirograph/credential'
import { ChirographError } from '@chirograph/interface'
import { equal, is, match, ok, suite } from '../../workspace/kit.ts'
import {
  authorised,
  entryOf,
  fakeNode,
  frozenFork,
  idOf,
  loggedEvent,
  networkId,
  otherOrg,
  ownOrg,
  proposedMeasure,
  signingRefused,
  standing,
  token,
} from './fake-node.ts'

function set({ learners = ['S-1', 'S-2'] }: { readonly learners?: readonly string[] } = {}) {
  const node = fakeNode()
  node.entries.push(...learners.map((learnerId, seed) => entryOf({ learnerId, seed })))
  let stops = 0
  const app = createApiServer({ node, token, onStop: () => stops++ })
  const get = (url: string, headers = {}) => app.inject({ url, headers: { ...authorised, ...headers } })
  const post = (url: string, body: object, headers = {}) =>
    app.inject({ method: 'POST', url, headers: { ...authorised, ...headers }, payload: body })
  return { node, get, post, stops: () => stops }
}

const linesOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

suite('POST /v1/batches', (it) => {
  it('checks a cohort on a dry run, and issues nothing', async () => {
    const { node, post } = set({ learners: [] })
    const answer = await post('/v1/batches', { csv: cohortTemplate(), dryRun: true })
    equal(answer.json(), {
      dryRun: true,
      credentialCount: 1,
      recordClasses: [{ recordClass: 'certificate-credit', count: 1 }],
    })
    is(node.entries.length, 0)
  })

  it('names every bad cell by row and column', async () => {
    const csv = cohortTemplate().replace('2025-06-13', '13.6.2025').replace('S-0001', '')
    const answer = await set().post('/v1/batches', { csv })
    is(answer.statusCode, 422)
    is(answer.json().code, 'API_COHORT_INVALID')
    equal(
      answer.json().errors.map(({ row, column }: { row: number; column: string }) => [row, column]),
      [
        [2, 'learner_id'],
        [2, 'awarded_on'],
      ],
    )
  })

  it('answers with credentials and receipts', async () => {
    const answer = await set().post('/v1/batches', { csv: cohortTemplate() })
    is(answer.statusCode, 201)
    const { batches, credentials } = answer.json()
    is(batches[0].event, idOf(1))
    is(batches[0].credentialCount, 1)
    is(credentials[0].learnerId, 'S-0001')
    is(credentials[0].receipt.batch, idOf(1))
    is(credentials[0].receipt.paddedSize, 16)
  })

  it('streams progress, batch and credentials, and ends', async () => {
    const answer = await set().post(
      '/v1/batches',
      { csv: cohortTemplate() },
      { accept: 'application/x-ndjson' },
    )
    const names = linesOf(answer.body).flatMap(Object.keys)
    equal(names, ['progress', 'batch', 'credential', 'end'])
  })

  it('ends a stream with the problem when issuing fails', async () => {
    const { node, post } = set()
    node.issueFailure = signingRefused()
    const answer = await post('/v1/batches', { csv: cohortTemplate() }, { accept: 'application/x-ndjson' })
    is(linesOf(answer.body).at(-1).problem.code, 'NODE_SIGNING_REFUSED')
    const whole = await post('/v1/batches', { csv: cohortTemplate() })
    is(whole.statusCode, 409)
  })

  it('refuses what was issued before with its facts, on a dry run too, and issues again where that is meant', async () => {
    const { node, post } = set()
    const facts = { rows: 1, rowsIssued: 1, batch: idOf(1) }
    node.issueFailure = new ChirographError({ code: 'NODE_ALREADY_ISSUED', what: 'w', hint: 'h', facts })
    for (const dryRun of [false, true]) {
      const refused = await post('/v1/batches', { csv: cohortTemplate(), dryRun })
      equal([refused.statusCode, refused.json().facts], [409, facts])
    }
    const again = { csv: cohortTemplate(), again: true }
    is((await post('/v1/batches', { ...again, dryRun: true })).json().credentialCount, 1)
    node.issueFailure = undefined
    await post('/v1/batches', again)
    await post('/v1/batches', again, { accept: 'application/x-ndjson' })
    await post('/v1/batches', { csv: cohortTemplate() })
    equal(
      node.issued.map(({ again: isAgain }) => isAgain),
      [false, true, true, false],
    )
  })

  it('takes people as JSON, and places their mistakes', async () => {
    const person = {
      learner_id: 'S-9',
      learner_name: 'Sample',
      achievement_name: 'A',
      achievement_type: 'Course',
    }
    const whole = { ...person, achievement_description: 'B', criteria: 'C', awarded_on: '2025-06-13' }
    is((await set().post('/v1/batches', { rows: [whole, whole], dryRun: true })).json().credentialCount, 2)
    is((await set().post('/v1/batches', { json: whole, dryRun: true })).json().credentialCount, 1)
    const { errors } = (await set().post('/v1/batches', { rows: [whole, person] })).json()
    ok(errors.length > 0 && errors.every(({ row }: { row: number }) => row === 2))
  })

  it('refuses two forms of a cohort at once, and none', async () => {
    for (const body of [{}, { csv: 'a', json: {} }, { cvs: 'a' }])
      is((await set().post('/v1/batches', body)).json().code, 'API_BAD_REQUEST')
  })
})

suite('POST /v1/changes', (it) => {
  const revoke = (credentials: readonly unknown[]) => ({ kind: 'revoke', credentials })

  it('revokes by learner, id, handle and credential, each once', async () => {
    const { node, post } = set()
    const [first, second] = node.entries
    ok(first && second)
    const targets = ['S-1', first.credentialId, { handle: first.handle }, { credential: second.credential }]
    const answer = await post('/v1/changes', revoke(targets))
    equal(answer.json(), { event: idOf(2), publishedAtMs: 6, credentialCount: 2, unchanged: [] })
    const [change] = node.changes
    ok(change?.kind === 'revoke')
    is(change.reason, 'withdrawn')
    equal(
      change.credentials.map(({ handle, position }) => [toHex(handle), position]),
      [
        [first.handle, 0],
        [second.handle, 1],
      ],
    )
  })

  it('tells what was so already, and counts only what the event names', async () => {
    const { node, post } = set()
    const [first] = node.entries
    ok(first)
    node.unchanged = [{ handle: first.handle, why: 'already-revoked', sinceMs: 5, reason: 'withdrawn' }]
    const { credentialCount, unchanged } = (await post('/v1/changes', revoke(['S-1', 'S-2']))).json()
    equal([credentialCount, unchanged], [1, node.unchanged])
  })

  it('lists the candidates when a learner holds several', async () => {
    const { node, post } = set({ learners: ['S-1', 'S-1'] })
    const answer = await post('/v1/changes', revoke(['S-1']))
    is(answer.statusCode, 409)
    is(answer.json().code, 'API_AMBIGUOUS')
    equal(
      answer.json().errors.map(({ column }: { column: string }) => column),
      node.entries.map(({ credentialId }) => credentialId),
    )
    is(node.changes.length, 0)
  })

  it('refuses unknown keys and what others issued', async () => {
    is((await set().post('/v1/changes', revoke(['nobody']))).json().code, 'API_CREDENTIAL_NOT_FOUND')
    const foreign = entryOf({ learnerId: 'x', seed: 9, issuerOrg: otherOrg }).credential
    const answer = await set().post('/v1/changes', revoke([{ credential: foreign }]))
    is(answer.statusCode, 403)
    is(answer.json().code, 'API_NOT_OUR_CREDENTIAL')
    is((await set().post('/v1/changes', revoke([{ credential: {} }]))).json().code, 'API_NOT_A_CREDENTIAL')
  })

  it('changes nothing when one of several targets is wrong', async () => {
    const { node, post } = set()
    await post('/v1/changes', revoke(['S-1', 'nobody']))
    is(node.changes.length, 0)
  })

  it('refuses a suspension that is over, or longer than 180 days', async () => {
    for (const untilMs of [1, Date.now() + 181 * 86_400_000]) {
      const { node, post } = set()
      const answer = await post('/v1/changes', { kind: 'suspend', credentials: ['S-1'], untilMs })
      is(answer.json().code, 'API_BAD_REQUEST')
      is(node.changes.length, 0)
    }
  })

  it('refuses reasons and members that are not in the vocabulary', async () => {
    const bodies = [
      { ...revoke(['S-1']), reason: 'bored' },
      { kind: 'reinstate', credentials: ['S-1'], reason: 'withdrawn' },
      { kind: 'revoke', credentials: [] },
      { kind: 'erase', credentials: ['S-1'] },
    ]
    for (const body of bodies) is((await set().post('/v1/changes', body)).json().code, 'API_BAD_REQUEST')
  })
})

suite('/v1/events', (it) => {
  const batch = {
    kind: 'credential.issueBatch',
    root: 'ab'.repeat(32),
    paddedSize: 16,
    recordClass: 'degree',
    credentialType: 'open-badge-3',
    schemaDigest: 'cd'.repeat(32),
  }

  it('publishes a prepared batch with its bytes', async () => {
    const { node, post } = set()
    is((await post('/v1/events', batch)).statusCode, 201)
    const [body] = node.published
    ok(body?.kind === 'credential.issueBatch')
    is(toHex(body.root), batch.root)
  })

  it('refuses bodies that no event can have, before the node sees them', async () => {
    const { node, post } = set()
    const bad = [
      { ...batch, paddedSize: 17 },
      { ...batch, root: 'AB' },
      { kind: 'status.lease', count: 5 },
      {},
    ]
    for (const body of bad) is((await post('/v1/events', body)).json().code, 'API_BAD_REQUEST')
    is(node.published.length, 0)
  })

  it('answers a wait with the outcome as soon as there is one', async () => {
    const { node, get } = set()
    node.states.set(idOf(3), { state: 'pending' })
    const answer = get(`/v1/events/${idOf(3)}?wait=final&timeoutMs=20000`)
    // The wait begins a few turns after the request does.
    const nudge = setInterval(() => node.makeFinal(idOf(3)), 5)
    const { state, finality } = (await answer).json()
    clearInterval(nudge)
    equal([state, finality.height, finality.outcome.outcome], ['final', 4, 'applied'])
  })

  it('answers "pending" when the time is up', async () => {
    const { node, get } = set()
    node.states.set(idOf(3), { state: 'pending' })
    const answer = await get(`/v1/events/${idOf(3)}?wait=final&timeoutMs=10`)
    equal(answer.json(), { event: idOf(3), state: 'pending' })
  })

  it('tells unknown events from ids that are none, and bounds the wait', async () => {
    is((await set().get(`/v1/events/${idOf(9)}`)).json().code, 'API_EVENT_NOT_FOUND')
    is((await set().get('/v1/events/abc')).json().code, 'API_BAD_REQUEST')
    is((await set().get(`/v1/events/${idOf(9)}?timeoutMs=999999999`)).json().code, 'API_BAD_REQUEST')
  })
})

suite('log keys and forks', (it) => {
  it('tells whose log forked as the node tells it', async () => {
    equal((await set().get('/v1/forks')).json(), { forks: [frozenFork] })
  })

  it('rotates the own key, and answers with the event', async () => {
    const answer = await set().post('/v1/key-rotations', {})
    equal([answer.statusCode, answer.json()], [201, { event: idOf(4), publishedAtMs: 8 }])
  })

  it('approves the recovery of a member, by the rotation that is named or the only one', async () => {
    const { node, post } = set()
    is((await post('/v1/recovery-approvals', { org: otherOrg })).statusCode, 201)
    is((await post('/v1/recovery-approvals', { org: otherOrg, rotation: idOf(8) })).statusCode, 201)
    equal(node.approved, [
      { org: otherOrg, rotation: undefined },
      { org: otherOrg, rotation: idOf(8) },
    ])
  })

  it('salvages of a member, and answers with every event', async () => {
    const { node, post } = set()
    const answer = await post('/v1/salvages', { org: otherOrg })
    equal(
      answer.json().events.map(({ event }: { event: string }) => event),
      [idOf(6), idOf(7)],
    )
    equal(node.salvaged, [otherOrg])
  })

  it('refuses ids that are none, before the node is asked', async () => {
    const { node, post } = set()
    const bad = [{ org: 'abc' }, { org: otherOrg, rotation: 'abc' }, { rotation: idOf(8) }]
    for (const body of bad)
      is((await post('/v1/recovery-approvals', body)).json().code, 'API_BAD_REQUEST', JSON.stringify(body))
    for (const body of [{}, { org: 'abc' }, { org: otherOrg, rotation: idOf(8) }])
      is((await post('/v1/salvages', body)).json().code, 'API_BAD_REQUEST', JSON.stringify(body))
    equal([node.approved, node.salvaged], [[], []])
  })

  it('takes no rotation as any other event', async () => {
    const { node, post } = set()
    const rotation = { kind: 'key.rotate', logKey: 'ab'.repeat(32), nextKeyHash: 'cd'.repeat(32) }
    is((await post('/v1/events', rotation)).json().code, 'API_BAD_REQUEST')
    is(node.published.length, 0)
  })

  it('publishes an approval that was prepared elsewhere', async () => {
    const { node, post } = set()
    const approval = { kind: 'recovery.approve', author: otherOrg, rotation: idOf(8) }
    is((await post('/v1/events', approval)).statusCode, 201)
    equal(node.published, [approval])
  })
})

suite('membership', (it) => {
  const published = { event: idOf(7), publishedAtMs: 7 }

  it('asks the node for each act, and answers with its event', async () => {
    const { node, post } = set()
    const asked: [string, object, [string, unknown]][] = [
      ['/v1/member-approvals', { application: idOf(3) }, ['approveMember', idOf(3)]],
      ['/v1/evictions', { org: otherOrg }, ['evict', otherOrg]],
      ['/v1/votes/join', {}, ['joinValidators', undefined]],
      ['/v1/votes/leave', {}, ['leaveValidators', undefined]],
      ['/v1/consensus-key-commitments', {}, ['commitConsensusKey', undefined]],
      ['/v1/consensus-key-rotations', {}, ['rotateConsensusKey', undefined]],
    ]
    for (const [path, body, act] of asked) {
      const answer = await post(path, body)
      equal([answer.statusCode, answer.json(), node.membershipActs.at(-1)], [201, published, act])
    }
  })

  it('reads an application with its bytes in hex, and refuses one that is none', async () => {
    const { node, post } = set()
    const key = (byte: string) => byte.repeat(32)
    const profile = {
      name: 'Fifth College',
      type: 'community-college',
      logKey: key('01'),
      nextKeyHash: key('02'),
      assertionKeys: [key('03')],
      dids: ['did:web:fifth.example'],
      peerId: '12D3KooWFifth',
      consensusKey: { key: key('04'), nextKeyHash: key('05'), possession: '06'.repeat(64) },
    }
    const application = { profile, signature: '07'.repeat(64) }
    const answer = await post('/v1/applications', { application, probationMs: 1_000 })
    equal([answer.statusCode, answer.json()], [201, published])
    is(node.membershipActs.at(-1)?.[0], 'applyFor')
    for (const wrong of [
      {},
      { application: {} },
      { application: { ...application, signature: '07' } },
      { application: { ...application, profile: { ...profile, name: 'Two\nlines' } } },
      { application: { ...application, profile: { ...profile, assertionKeys: [key('01')] } } },
      { application, probationMs: -1 },
    ])
      is((await post('/v1/applications', wrong)).json().code, 'API_BAD_REQUEST', JSON.stringify(wrong))
    is(node.membershipActs.length, 1)
  })

  it('says who takes part, and that an application is not known', async () => {
    const { get, post } = set()
    equal((await get('/v1/members')).json(), { epoch: 0, quorum: 1, members: [] })
    const unknown = await get(`/v1/applications/${idOf(3)}`)
    equal([unknown.statusCode, unknown.json().code], [404, 'API_NO_SUCH_APPLICATION'])
    is((await get('/v1/applications/none')).json().code, 'API_BAD_REQUEST')
    for (const body of [{}, { org: 'abc' }])
      is((await post('/v1/evictions', body)).json().code, 'API_BAD_REQUEST')
  })
})

suite('governance', (it) => {
  const published = { event: idOf(7), publishedAtMs: 7 }
  const handle = '01'.repeat(32)
  const bytes = new Uint8Array(32).fill(1)
  const entries = [{ handle, position: 3 }]
  const read = [{ handle: bytes, position: 3 }]
  const term = { org: otherOrg, recordClasses: ['licence', 'degree'], fromMs: 0, untilMs: null }
  const classes = ['degree', 'licence']

  const asked: [string, object, [string, unknown]][] = [
    ['/v1/thefts', { generation: 0, sinceHeight: 5 }, ['tellTheft', { generation: 0, sinceHeight: 5 }]],
    ['/v1/reaffirmations', {}, ['reaffirm', undefined]],
    ['/v1/reaffirmations', { batches: [idOf(3)] }, ['reaffirm', [idOf(3)]]],
    ['/v1/measure-approvals', { proposal: idOf(3) }, ['approveMeasure', idOf(3)]],
    ['/v1/measure-withdrawals', { proposal: idOf(3) }, ['withdrawApproval', idOf(3)]],
    ['/v1/measure-executions', { proposal: idOf(3) }, ['carryOut', idOf(3)]],
    ['/v1/recognitions', term, ['recognise', { ...term, recordClasses: classes }]],
    ['/v1/recognition-ends', { org: otherOrg }, ['endRecognition', otherOrg]],
    [
      '/v1/custody',
      { kind: 'custody.reinstate', org: otherOrg, entries },
      ['actAsCustodian', { kind: 'custody.reinstate', org: otherOrg, entries: read }],
    ],
    [
      '/v1/measures',
      { kind: 'quorum.revoke', org: otherOrg, entries, reason: 'withdrawn' },
      ['propose', { kind: 'quorum.revoke', org: otherOrg, entries: read, reason: 'withdrawn' }],
    ],
    [
      '/v1/measures',
      { kind: 'quorum.recognise', ...term },
      ['propose', { kind: 'quorum.recognise', ...term, recordClasses: classes }],
    ],
    [
      '/v1/measures',
      { kind: 'quorum.close', org: otherOrg, custodian: null },
      ['propose', { kind: 'quorum.close', org: otherOrg, custodian: null }],
    ],
  ]
  for (const [path, body, act] of asked) {
    it(`asks the node to ${act[0]} by ${path} ${JSON.stringify(body).slice(0, 40)}`, async () => {
      const { node, post } = set()
      const answer = await post(path, body)
      equal([answer.statusCode, answer.json(), node.membershipActs.at(-1)], [201, published, act])
    })
  }

  it('refuses what is none, and asks the node for nothing', async () => {
    const { node, post } = set()
    const wrong: [string, object][] = [
      ['/v1/thefts', { generation: 0 }],
      ['/v1/thefts', { generation: 0, sinceHeight: -1 }],
      ['/v1/thefts', { generation: 0, sinceHeight: 5, org: 'abc' }],
      ['/v1/reaffirmations', { batches: [] }],
      ['/v1/measure-approvals', { proposal: 'none' }],
      ['/v1/measures', { kind: 'quorum.close', org: otherOrg }],
      ['/v1/measures', { kind: 'quorum.close', org: otherOrg, custodian: otherOrg }],
      ['/v1/measures', { kind: 'status.revoke', entries, reason: 'withdrawn' }],
      ['/v1/measures', { kind: 'quorum.recognise', ...term, untilMs: 0 }],
      ['/v1/recognitions', { ...term, recordClasses: ['diploma'] }],
      ['/v1/recognitions', { ...term, fromMs: 5, untilMs: 5 }],
      ['/v1/custody', { kind: 'custody.revoke', org: otherOrg, entries: [], reason: 'withdrawn' }],
    ]
    for (const [path, body] of wrong)
      is((await post(path, body)).json().code, 'API_BAD_REQUEST', `${path} ${JSON.stringify(body)}`)
    equal(node.membershipActs, [])
  })

  it('says how a measure and an institution stand, and which it does not know', async () => {
    const { get } = set()
    const measure = (await get(`/v1/measures/${idOf(8)}`)).json()
    equal(measure, { ...proposedMeasure, measure: { ...proposedMeasure.measure, handles: [handle] } })
    equal((await get(`/v1/members/${otherOrg}`)).json(), standing)
    const unknown = await get(`/v1/measures/${idOf(3)}`)
    equal([unknown.statusCode, unknown.json().code], [404, 'API_NO_SUCH_MEASURE'])
    const nobody = await get(`/v1/members/${ownOrg}`)
    equal([nobody.statusCode, nobody.json().code], [404, 'API_NO_SUCH_MEMBER'])
    is((await get('/v1/members/none')).json().code, 'API_BAD_REQUEST')
    is((await get('/v1/measures/none')).json().code, 'API_BAD_REQUEST')
  })
})

suite('GET /v1/events', (it) => {
  it('tells events one JSON value a line, bytes in hex, each with its cursor', async () => {
    const { node, get } = set()
    node.told.push(loggedEvent(1), loggedEvent(2))
    node.makeFinal(idOf(1))
    const lines = linesOf((await get('/v1/events?from=a1b2c3d4.0')).body)
    equal(
      lines.map(({ cursor, id, body }) => [cursor, id, body.entries[0].handle]),
      [1, 2].map((n) => [`a1b2c3d4.${n}`, idOf(n), `0${n}`.repeat(32)]),
    )
    is(lines[0].authorName, 'Sample College')
    equal(
      lines.map(({ finalAtHeight }) => finalAtHeight),
      [4, null],
    )
    equal([node.asked[0]?.from, node.asked[0]?.live], ['a1b2c3d4.0', false])
  })

  it('hands every part of the query to the node', async () => {
    const { node, get } = set()
    const handle = 'ab'.repeat(32)
    await get(
      `/v1/events?issuer=${ownOrg}&kind=status.revoke&handle=${handle}&sinceMs=1&untilMs=2&live=false`,
    )
    const { signal, handle: bytes, ...asked } = node.asked[0] ?? {}
    ok(signal && bytes)
    is(toHex(bytes), handle)
    equal(asked, {
      from: undefined,
      issuer: ownOrg,
      kind: 'status.revoke',
      sinceMs: 1,
      untilMs: 2,
      live: false,
    })
  })

  it('tells server-sent events whose ids are cursors, and goes on behind Last-Event-ID', async () => {
    const { node, get } = set()
    node.told.push(loggedEvent(7))
    const headers = { accept: 'text/event-stream', 'last-event-id': 'a1b2c3d4.6' }
    const answer = await get('/v1/events?live=false&from=a1b2c3d4.0', headers)
    match(String(answer.headers['content-type']), 'text/event-stream')
    is(node.asked[0]?.from, 'a1b2c3d4.6')
    const block = answer.body.split('\n\n').find((one) => one.startsWith('id:')) ?? ''
    const [id, data] = block.split('\n')
    is(id, 'id: a1b2c3d4.7')
    is(JSON.parse(data?.replace('data: ', '') ?? '').id, idOf(7))
  })

  it('refuses a cursor and a query that do not fit, before anything is told', async () => {
    is((await set().get('/v1/events?from=bad')).json().code, 'NODE_CURSOR_INVALID')
    for (const query of ['kind=none', 'issuer=AB', 'handle=1', 'sinceMs=x', 'live=yes', 'other=1']) {
      const answer = await set().get(`/v1/events?${query}`)
      equal([answer.statusCode, answer.json().code], [400, 'API_BAD_REQUEST'], query)
    }
  })
})

suite('/v1/credentials', (it) => {
  it('lists one a line, and finds text in any case', async () => {
    is(linesOf((await set().get('/v1/credentials')).body).length, 2)
    const [found, ...others] = linesOf((await set().get('/v1/credentials?query=learner%201')).body)
    equal([found.learnerId, found.learnerName, found.achievement], ['S-2', 'Learner 1', 'Welding'])
    is(others.length, 0)
    is(linesOf((await set().get('/v1/credentials?limit=1')).body).length, 1)
  })

  it('hands out again whole what was issued, all of it or of one batch', async () => {
    const { post, get } = set({ learners: [] })
    const { credentials } = (await post('/v1/batches', { csv: cohortTemplate() })).json()
    equal(linesOf((await get('/v1/credentials?whole=true')).body), credentials)
    is(linesOf((await get(`/v1/credentials?whole=true&batch=${idOf(1)}`)).body).length, 1)
    is((await get(`/v1/credentials?whole=true&batch=${idOf(2)}`)).body, '')
  })

  it('tells credentials of one learner apart by achievement, day and batch', async () => {
    const { get, post } = set({ learners: ['S-1', 'S-1'] })
    const { errors } = (await post('/v1/proofs', { key: 'S-1' })).json()
    is(errors.length, 2)
    for (const { got } of errors)
      match(got, new RegExp(`Welding, awarded on \\d{4}-\\d\\d-\\d\\d, in batch ${idOf(1)}`))
    match(linesOf((await get('/v1/credentials')).body)[0].awardedOn, /^\d{4}-\d\d-\d\d$/)
  })

  it('shows all of a learner, with receipts', async () => {
    const { credentials } = (await set({ learners: ['S-1', 'S-1'] }).get('/v1/credentials/S-1')).json()
    is(credentials.length, 2)
    is(credentials[0].receipt.network, networkId)
    is((await set().get('/v1/credentials/nobody')).statusCode, 404)
  })
})

suite('proofs and verdicts', (it) => {
  const foreign = entryOf({ learnerId: 'x', seed: 9, issuerOrg: otherOrg })
  const receiptFor = (issuerOrg: typeof ownOrg) =>
    receiptJson({
      networkId,
      issuerOrg,
      batch: idOf(7),
      index: 3,
      paddedSize: 16,
      path: Array.from({ length: 4 }, () => new Uint8Array(32)),
    })

  it('sends the bytes of a proof under their own media type', async () => {
    const answer = await set().post('/v1/proofs', { key: 'S-1' })
    is(answer.headers['content-type'], 'application/vnd.chirograph.status-proof+cbor')
    equal([...answer.rawPayload], [1, 2, 3])
  })

  it("proves another member's credential from its receipt, and asks for one without", async () => {
    const { node, post } = set()
    const { credential, handle } = foreign
    is((await post('/v1/proofs', { credential })).json().code, 'API_RECEIPT_NEEDED')
    is((await post('/v1/proofs', { credential, receipt: receiptFor(otherOrg) })).statusCode, 200)
    const [target] = node.proved
    ok(target)
    equal([target.org, toHex(target.handle), target.batch, target.index], [otherOrg, handle, idOf(7), 3])
  })

  it('refuses a receipt of another issuer', async () => {
    const body = { credential: foreign.credential, receipt: receiptFor(ownOrg) }
    is((await set().post('/v1/proofs', body)).json().code, 'API_BAD_REQUEST')
    is((await set().post('/v1/verify', body)).json().code, 'API_BAD_REQUEST')
  })

  it('verifies text and objects, with the proof that is given or one from the receipt', async () => {
    const { node, post } = set()
    const answer = await post('/v1/verify', { credential: 'no json', proof: 'AQI' })
    is(answer.json().verdict.verdict, 'fail')
    match(answer.json().description, 'Not valid.')
    await post('/v1/verify', { credential: foreign.credential, receipt: receiptFor(otherOrg) })
    await post('/v1/verify', { credential: foreign.credential })
    equal(
      node.proofsSeen.map((proof) => proof && [...proof]),
      [[1, 2], [1, 2, 3], undefined],
    )
    is((await post('/v1/verify', { credential: {}, proof: '!' })).json().code, 'API_BAD_REQUEST')
  })
})

suite('POST /v1/stop', (it) => {
  it('answers first, then stops', async () => {
    const { post, stops } = set()
    const answer = await post('/v1/stop', {})
    is(answer.statusCode, 202)
    is(stops(), 1)
  })
})
