/** What a person is told by a node that stays silent, or stops, before it has answered. */
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { cohortTemplate } from '@chirograph/credential'
import { is, match, suite, tempDir } from '../../workspace/kit.ts'
import { chirograph } from './processes.ts'

suite('a node that does not answer to the end', (it) => {
  it(
    'leaves nobody in doubt about what may have been done, and how to look',
    async () => {
      const { path, dispose } = await tempDir()
      await chirograph(path, 'init', '--name', 'Sample College', '--type', 'union')
      const server = createServer((request, response) => {
        if (request.url === '/v1/genesis') response.end('{"organisations":[]}')
        // A stream that ends in order, as that of a node that stops.
        else if (request.url?.includes('from=a')) response.end()
        // One that breaks off, as that of a node that was killed.
        else if (request.url?.includes('from=b')) {
          response.write('\n')
          setTimeout(() => response.destroy(), 50)
        }
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo // it listens on a port
      const node = {
        url: `http://127.0.0.1:${port}`,
        token: 'A'.repeat(43),
        pid: 1,
        startedAt: '2026-01-01T00:00:00Z',
      }
      await writeFile(join(path, 'chirograph-data', 'api.json'), JSON.stringify(node))
      await writeFile(join(path, 'cohort.csv'), cohortTemplate())

      const [issued, revoked, followed, brokenOff] = await Promise.all([
        chirograph(path, 'issue', 'cohort.csv', '--timeout', '300ms'),
        chirograph(path, 'revoke', 'S-0001', '--timeout', '300ms'),
        chirograph(path, 'events', '--follow', '--from', 'a1b2c3d4.7'),
        chirograph(path, 'events', '--follow', '--from', 'b1b2c3d4.7'),
      ])
      is(issued.code, 7)
      match(issued.err, 'nobody is given a second credential')
      match(issued.err, 'chirograph credential export')
      is(revoked.code, 7)
      match(revoked.err, 'may change the status all the same')
      match(revoked.err, 'chirograph credential show')
      for (const { code, err } of [followed, brokenOff]) {
        is(code, 6)
        match(err, 'The node stopped, so no more events come')
        match(err, /--follow --from [ab]1b2c3d4\.7/)
      }
      server.closeAllConnections()
      server.close()
      await dispose()
    },
    { timeoutMs: 120_000 },
  )
})
