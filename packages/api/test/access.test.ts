import { createApiServer } from '@chirograph/api'
import { equal, is, match, ok, suite } from '../../workspace/kit.ts'
import { authorised, fakeNode, token } from './fake-node.ts'

const server = (members?: number) =>
  createApiServer({ node: fakeNode(members ? { members } : {}), token, onStop: () => {} })

suite('access to the API', (it) => {
  it('refuses a request without the token, and says where it is', async () => {
    const answer = await server().inject({ url: '/v1/anchor', headers: { host: '127.0.0.1' } })
    is(answer.statusCode, 401)
    is(answer.headers['www-authenticate'], 'Bearer')
    match(String(answer.headers['content-type']), 'application/problem+json')
    const problem = answer.json()
    is(problem.code, 'API_UNAUTHORISED')
    is(problem.type, 'urn:chirograph:problem:API_UNAUTHORISED')
    match(problem.hint, 'api.json')
  })

  for (const authorization of [
    `Bearer ${token}A`,
    `Bearer ${token.slice(1)}`,
    `Basic ${token}`,
    `Bearer B${token.slice(1)}`,
  ])
    it(`refuses the token "${authorization.slice(0, 12)}…" of ${authorization.length} characters`, async () => {
      const answer = await server().inject({ url: '/v1/anchor', headers: { ...authorised, authorization } })
      is(answer.json().code, 'API_UNAUTHORISED')
    })

  for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:80', '192.0.2.1'])
    it(`refuses the host ${host} even with the token`, async () => {
      const answer = await server().inject({ url: '/v1/anchor', headers: { ...authorised, host } })
      is(answer.statusCode, 403)
      is(answer.json().code, 'API_HOST_REFUSED')
    })

  it('refuses what a web page sends, even with the token', async () => {
    const headers = { ...authorised, origin: 'http://127.0.0.1:1' }
    const answer = await server().inject({ url: '/v1/anchor', headers })
    is(answer.json().code, 'API_ORIGIN_REFUSED')
  })

  it('answers probes without a token, and to this machine only', async () => {
    const live = await server().inject({ url: '/livez', headers: { host: 'localhost:80' } })
    equal(live.json(), { status: 'ok' })
    const elsewhere = await server().inject({ url: '/livez', headers: { host: 'evil.example' } })
    is(elsewhere.statusCode, 403)
  })

  it('is ready when it is the only member, and not while it is alone among several', async () => {
    const headers = { host: '127.0.0.1' }
    is((await server(1).inject({ url: '/readyz', headers })).statusCode, 200)
    const alone = await server(4).inject({ url: '/readyz', headers })
    is(alone.statusCode, 503)
    equal(alone.json(), { status: 'not-ready', why: 'sync-alone' })
  })

  it('opens no path by a query or a prefix', async () => {
    for (const url of ['/v1/anchor?/livez', '/livez/../v1/anchor', '/livezz'])
      ok((await server().inject({ url, headers: { host: '127.0.0.1' } })).statusCode !== 200, url)
  })

  it('names an endpoint that is not there', async () => {
    const answer = await server().inject({ url: '/v2/node', headers: authorised })
    is(answer.statusCode, 404)
    is(answer.json().code, 'API_NO_SUCH_ENDPOINT')
  })

  it('refuses broken JSON, other media types and too long bodies by name', async () => {
    const post = (payload: string, type = 'application/json') =>
      server().inject({
        method: 'POST',
        url: '/v1/changes',
        headers: { ...authorised, 'content-type': type },
        payload,
      })
    is((await post('{')).json().code, 'API_BAD_REQUEST')
    is((await post('{}', 'text/csv')).json().code, 'API_NOT_JSON')
    const long = await post(' '.repeat(64 * 1024 * 1024 + 1))
    is(long.statusCode, 413)
    is(long.json().code, 'API_BODY_TOO_LARGE')
  })
})
