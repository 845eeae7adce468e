import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ApiError, createApiClient, discoveryFile, startApi } from '@chirograph/api'
import { cohortTemplate } from '@chirograph/credential'
import { equal, failsWith, is, ok, suite, tempDir } from '../../workspace/kit.ts'
import { entryOf, fakeNode, frozenFork, idOf, loggedEvent, otherOrg } from './fake-node.ts'

async function set() {
  const dir = await tempDir()
  const node = fakeNode()
  node.entries.push(entryOf({ learnerId: 'S-1', seed: 1 }))
  const api = await startApi({ node, dataDir: dir.path, onStop: () => {} })
  const close = async () => {
    await api.close()
    await dir.dispose()
  }
  return { dir, node, api, client: await createApiClient({ dataDir: dir.path }), close }
}

suite('the API and its client', (it) => {
  it('finds the node by its folder, whose token only the owner reads', async () => {
    const { dir, api, client, close } = await set()
    is(client.url, api.url)
    const path = join(dir.path, discoveryFile)
    if (process.platform !== 'win32') is((await stat(path)).mode & 0o777, 0o600)
    const { pid, token } = JSON.parse(await readFile(path, 'utf8'))
    equal([pid, token.length], [process.pid, 43])
    is((await client.node()).signing, 'ok')
    await close()
  })

  it('takes api.json away when it closes, and is unreachable then', async () => {
    const { dir, api, client, close } = await set()
    await api.close()
    equal(await readdir(dir.path), [])
    await failsWith('API_UNREACHABLE', client.node())
    await failsWith('API_UNREACHABLE', createApiClient({ dataDir: dir.path }))
    await close()
  })

  it('refuses an api.json that would send the token elsewhere', async () => {
    const { dir, close } = await set()
    const path = join(dir.path, discoveryFile)
    const discovery = JSON.parse(await readFile(path, 'utf8'))
    for (const url of [
      'http://evil.example:80',
      'http://127.0.0.1:80@evil.example',
      'http://127.0.0.1.evil.example:80',
    ]) {
      await writeFile(path, JSON.stringify({ ...discovery, url }))
      await failsWith('API_UNREACHABLE', createApiClient({ dataDir: dir.path }))
    }
    await close()
  })

  it('rotates, approves, salvages and tells of forks', async () => {
    const { node, client, close } = await set()
    equal((await client.forks()).forks, [frozenFork])
    is((await client.rotateKey()).event, idOf(4))
    is((await client.approveRecovery({ org: otherOrg, rotation: idOf(8) })).event, idOf(5))
    is((await client.salvage(otherOrg)).events.length, 2)
    equal([node.approved, node.salvaged], [[{ org: otherOrg, rotation: idOf(8) }], [otherOrg]])
    await close()
  })

  it('tells events as they come, until the reader leaves or the node stops', async () => {
    const { node, api, client, close } = await set()
    node.told.push(loggedEvent(1), loggedEvent(2))
    const seen: string[] = []
    for await (const { cursor } of client.events({ live: true })) {
      seen.push(cursor)
      if (seen.length === 2) break
    }
    equal(seen, ['a1b2c3d4.1', 'a1b2c3d4.2'])
    const told = client.events({ live: true })[Symbol.asyncIterator]()
    await told.next()
    await told.next()
    const last = told.next()
    await api.close()
    is((await last).done, true)
    await close()
  })

  it('refuses more streams of events than the node bears, and takes one again when another was left', async () => {
    const { client, close } = await set()
    const leaving = Array.from({ length: 32 }, () => new AbortController())
    const open = leaving.map(({ signal }) =>
      client.events({ live: true, signal })[Symbol.asyncIterator]().next(),
    )
    for (const one of open) one.catch(() => {})
    await failsWith('API_TOO_MANY_STREAMS', async () => {
      for (;;) await client.events({ live: false })[Symbol.asyncIterator]().next()
    })
    leaving[0]?.abort()
    for (let again = true; again; ) {
      again = await client
        .events()
        [Symbol.asyncIterator]()
        .next()
        .then(
          () => false,
          () => true,
        )
    }
    for (const one of leaving) one.abort()
    await close()
  })

  it('hands over issued credentials one by one', async () => {
    const { client, close } = await set()
    const learners: string[] = []
    const phases: string[] = []
    const batches = await client.issue(
      { csv: cohortTemplate() },
      {
        onProgress: ({ phase }) => phases.push(phase),
        onCredential: ({ learnerId }) => void learners.push(learnerId),
      },
    )
    equal([learners, phases, batches.length], [['S-0001'], ['signing'], 1])
    await close()
  })

  it('throws what the server threw, with its details', async () => {
    const { client, close } = await set()
    const error = await failsWith('API_COHORT_INVALID', client.checkCohort({ csv: 'learner_id\n1\n' }))
    const { errors, status } = error as ApiError // failsWith has checked the code, which only this class has
    ok(errors.length > 0)
    is(status, 422)
    await close()
  })

  it('looks up, changes, waits, proves and verifies', async () => {
    const { client, node, close } = await set()
    for await (const { learnerId } of client.credentials()) is(learnerId, 'S-1')
    is((await client.findCredentials('S-1')).length, 1)
    is((await client.change({ kind: 'revoke', credentials: ['S-1'] })).event, idOf(2))
    node.makeFinal(idOf(2))
    is((await client.waitFinal(idOf(2))).finality?.height, 4)
    equal([...(await client.prove({ key: 'S-1' }))], [1, 2, 3])
    is((await client.verify('{}', { proof: Uint8Array.of(9) })).verdict.verdict, 'fail')
    await close()
  })

  it('ends a wait when its caller gives up', async () => {
    const { client, node, close } = await set()
    node.states.set(idOf(2), { state: 'pending' })
    const waiting = client.waitFinal(idOf(2), { signal: AbortSignal.timeout(20) })
    is((await waiting.catch((error: Error) => error.name)) as string, 'TimeoutError')
    await close()
  })

  it('says that a port is taken', async () => {
    const { api, close } = await set()
    const dir = await tempDir()
    const port = Number(new URL(api.url).port)
    await failsWith(
      'API_PORT_IN_USE',
      startApi({ node: fakeNode(), dataDir: dir.path, port, onStop: () => {} }),
    )
    equal(await readdir(dir.path), [])
    await dir.dispose()
    await close()
  })
})
