/** `network create --certificates`: networks whose certificates are sums of BLS signatures, and who can be in them. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cohortTemplate } from '@chirograph/credential'
import { equal, is, match, ok, suite, tempDir } from '../../workspace/kit.ts'
import { chirograph, startNode } from './processes.ts'

const named = ['--name', 'A', '--type', 'union']

suite('chirograph network create --certificates', (it) => {
  it(
    'bls: four processes issue and revoke; the proof is verified offline, and shown to be of one signature',
    async () => {
      const { path, dispose } = await tempDir()
      const cli = (...args: string[]) => chirograph(path, ...args)
      const one = ['--data-dir', 'n/member-1']
      const created = await cli('network', 'create', '--local', '4', '--out', 'n', '--certificates', 'bls')
      is(created.code, 0, created.err)
      match(created.out, 'certificates of BLS signatures')
      const nodes = [1, 2, 3, 4].map((n) => startNode(path, `n/member-${n}`))
      try {
        await Promise.all(nodes.map(({ ready }) => ready))
        await writeFile(join(path, 'cohort.csv'), cohortTemplate())
        const issued = await cli('issue', 'cohort.csv', ...one, '--wait', 'final', '--json')
        is(issued.code, 0, issued.err)
        const files = await readdir(join(path, 'credentials'))
        const name = files.find((file) => file.endsWith('.credential.json'))
        ok(name)
        const file = join('credentials', name)
        is((await cli('anchor', 'export', '--out', 'anchor.json', ...one)).code, 0)
        const offline = () => cli('verify', file, '--anchor', 'anchor.json', '--data-dir', 'none', '--json')
        is((await cli('proof', 'export', file, ...one)).code, 0)
        is((await offline()).code, 0)

        const proof = file.replace('.credential.json', '.proof.cbor')
        const shown = JSON.parse((await cli('proof', 'show', proof, '--json')).out)
        is(shown.certificate.scheme, 'bls12-381')
        ok(shown.certificate.signers >= 3 && shown.certificate.bytes < 160, JSON.stringify(shown.certificate))
        match((await cli('proof', 'show', proof)).out, /signed +by [34], one BLS signature, 1[45]\d bytes/)

        const revoked = await cli('revoke', file, ...one, '--reason', 'withdrawn', '--wait', 'final')
        is(revoked.code, 0, revoked.err)
        is((await cli('proof', 'export', file, ...one)).code, 0)
        const judged = await offline()
        equal([judged.code, JSON.parse(judged.out).status.reason], [21, 'withdrawn'])
      } finally {
        for (const { child } of nodes) child.kill('SIGKILL')
        await Promise.all(nodes.map(({ ended }) => ended))
      }
      const looked = await cli('fsck', ...one)
      is(looked.code, 0, looked.out + looked.err)
      await dispose()
    },
    { timeoutMs: 150_000 },
  )

  it(
    'takes the BLS key and its proof from the member file, which init completes where it lacks them',
    async () => {
      const { path, dispose } = await tempDir()
      for (const dir of ['a', 'b']) is((await chirograph(path, 'init', ...named, '--data-dir', dir)).code, 0)
      const create = (...args: string[]) =>
        chirograph(
          path,
          'network',
          'create',
          '--name',
          'N',
          '--demo',
          'a/member.json',
          'b/member.json',
          ...args,
        )
      const organisationsIn = async (file: string) =>
        JSON.parse((await chirograph(path, 'network', 'show', file, '--json')).out).organisations
      is((await create('--out', 'list.json')).code, 0)
      is((await create('--out', 'sum.json', '--certificates', 'bls')).code, 0)
      const [list, sum] = [await organisationsIn('list.json'), await organisationsIn('sum.json')]
      ok(list.every((one: { consensusKey: string }) => one.consensusKey.startsWith('z6Mk')))
      ok(sum.every((one: { consensusKey: string }) => one.consensusKey.startsWith('z3tE')))
      is(sum[0].possession.length, 192)

      const place = join(path, 'b/member.json')
      const whole = await readFile(place, 'utf8')
      const { bls, ...older } = JSON.parse(whole)
      await writeFile(place, JSON.stringify(older))
      is((await create('--out', 'older-list.json')).code, 0)
      const lacking = await create('--out', 'older.json', '--certificates', 'bls')
      is(lacking.code, 2)
      match(lacking.err, 'has no BLS key')
      is((await chirograph(path, 'init', '--data-dir', 'b')).code, 0)
      equal(JSON.parse(await readFile(place, 'utf8')), JSON.parse(whole))

      const other = JSON.parse(await readFile(join(path, 'a/member.json'), 'utf8'))
      await writeFile(place, JSON.stringify({ ...older, bls: { ...bls, possession: other.bls.possession } }))
      const rogue = await create('--out', 'rogue.json', '--certificates', 'bls')
      is(rogue.code, 2)
      match(rogue.err, 'does not prove that this organisation holds the secret')
      is((await create('--certificates', 'rsa')).code, 2)
      await dispose()
    },
    { timeoutMs: 90_000 },
  )
})
