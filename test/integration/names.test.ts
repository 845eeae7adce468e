/** Nobody who was issued to is named in what members replicate. */
import { not, ok, suite } from '../../packages/workspace/kit.ts'
import { formsOf } from '../forms.ts'
import { startCluster } from './cluster.ts'
import { early, handleOf, heightOf, history, nodeAt, rowsOf, until } from './scene.ts'

suite('nodes together', (it) => {
  it('replicate nothing that names a learner, on no disk and in nothing that is sent, a snapshot included', async () => {
    const cluster = await startCluster(4, { absent: [3], joinLimits: () => early })
    const canary = 'Quillfeather Canarybird'
    const [row] = rowsOf(1)
    if (!row) throw new Error('a row')
    const named = {
      ...row,
      learnerId: 'CANARY-4711',
      learnerName: canary,
      learnerEmail: 'canary@learners.example',
    }
    const [batch] = (await cluster.nodes[0]?.issueCohort([named])) ?? []
    if (!batch) throw new Error('a batch')
    const [entry] = batch.entries
    ok(entry)
    await cluster.nodes[0]?.change({
      kind: 'revoke',
      credentials: [{ handle: handleOf(entry), position: entry.position }],
      reason: 'withdrawn',
    })
    for (const index of [0, 1, 2]) await nodeAt(cluster, index).finality(batch.event)
    await history(cluster, { events: 6, among: [0, 1, 2] })
    const late = await cluster.start(3)
    await until('the late member has all', () => heightOf(late) > 0 && late.status().history.isWhole)
    ok(cluster.notices[3]?.some(({ what }) => what === 'took a snapshot'))
    await cluster.stop()
    const secrets = [canary, 'CANARY-4711', 'canary@learners.example', entry.credentialId]
    const replicated = Buffer.from(handleOf(entry)).toString('latin1')
    const scan = (where: string, bytes: string) => {
      ok(bytes.includes(replicated), `the scan would find a name that is there: ${where}`)
      for (const secret of secrets)
        for (const form of formsOf(secret)) not(bytes.includes(form), `${secret} ${where}, as ${form}`)
    }
    scan('on the wire', cluster.wire())
    for (const index of cluster.members.keys()) scan(`on disk ${index}`, await cluster.dump(index))
    // In each of its forms it would be found, at whatever place of what is around it.
    for (const secret of secrets)
      for (const encoding of ['utf8', 'utf16le', 'hex', 'base64', 'base64url'] as const)
        for (const before of ['', 'x', 'xy']) {
          const isText = encoding === 'utf8' || encoding === 'utf16le'
          const inside = Buffer.from(`${before}${secret}, and on`)
          const bytes = isText ? Buffer.from(secret, encoding).toString('latin1') : inside.toString(encoding)
          ok(
            formsOf(secret).some((form) => bytes.includes(form)),
            `${secret} as ${encoding}`,
          )
        }
  })
})
