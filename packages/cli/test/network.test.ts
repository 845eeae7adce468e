import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { cohortTemplate } from '@chirograph/credential'
import { openLevelStore } from '@chirograph/store-level'
import { formsOf } from '../../../test/forms.ts'
import { equal, is, match, ok, suite, tempDir } from '../../workspace/kit.ts'
import { chirograph, type Running, startNode } from './processes.ts'

/** Real processes, keys, disks and sockets; two cores may be shared by four nodes. */
const timeoutMs = 180_000

/** Five learners. */
function cohort(): string {
  const [header = '', row = ''] = cohortTemplate().trim().split('\r\n')
  const rows = [1, 2, 3, 4, 5].map((n) =>
    row.replace('S-0001', `S-${n}`).replace('Sample Learner', `Learner ${n}`),
  )
  return [header, ...rows].join('\r\n')
}

suite('four institutions on one machine', (it) => {
  it(
    'issue, revoke, verify online and offline, refuse what is wrong, stop and come back',
    async () => {
      const { path, dispose } = await tempDir()
      const cli = (...args: string[]) => chirograph(path, ...args)
      const one = ['--data-dir', 'n/member-1']
      is((await cli('network', 'create', '--local', '4', '--out', 'n')).code, 0)
      const nodes = [1, 2, 3, 4].map((n) => startNode(path, `n/member-${n}`, '--verbose'))
      try {
        await Promise.all(nodes.map(({ ready }) => ready))
        await issueToFive(path, one)
        await revokeAndVerify(path, one)
        await refuse(path, one)
        await stopAndComeBack(path, nodes)
        for (const [n, node] of nodes.slice(2).entries()) {
          node.child.kill('SIGTERM')
          await findNobody(path, { n: n + 3, ended: node.ended })
        }
        await cutAfterACrash(path, nodes)
      } finally {
        for (const { child } of nodes) child.kill('SIGKILL')
        await Promise.all(nodes.map(({ ended }) => ended))
        await dispose()
      }
    },
    { timeoutMs },
  )
})

async function issueToFive(path: string, one: readonly string[]): Promise<void> {
  await writeFile(join(path, 'cohort.csv'), cohort())
  const issued = await chirograph(path, 'issue', 'cohort.csv', ...one, '--wait', 'final', '--json')
  is(issued.code, 0, issued.err)
  const { batches, finality, files } = JSON.parse(issued.out)
  equal([batches.length, batches[0].credentialCount, files.length], [1, 5, 5])
  is(finality[0].finality.outcome.outcome, 'applied')
  is((await readdir(join(path, 'credentials'))).length, 10)
  await exportAfterACut(path, { one, batch: batches[0].event })
  await issueTheSameAgain(path, { one, batch: batches[0].event })
}

/** As after a command that was cut off while it wrote: what lacks is written as it was, and what is there stays. */
async function exportAfterACut(
  path: string,
  { one, batch }: { readonly one: readonly string[]; readonly batch: string },
): Promise<void> {
  const folder = join(path, 'credentials')
  const textsOf = async () =>
    Promise.all((await readdir(folder)).sort().map((name) => readFile(join(folder, name), 'utf8')))
  const before = await textsOf()
  const [cut = '', lost = ''] = (await readdir(folder)).sort()
  await writeFile(join(folder, cut), (before[0] ?? '').slice(0, 100))
  await rm(join(folder, lost))
  const exported = await chirograph(path, 'credential', 'export', '--batch', batch, ...one, '--json')
  is(exported.code, 0, exported.err)
  const { files, written, unpublished } = JSON.parse(exported.out)
  equal([files.length, written, unpublished], [5, 1, 0])
  equal(await textsOf(), before)
  await writeFile(join(folder, cut), '{}')
  const changed = await chirograph(path, 'credential', 'export', ...one)
  equal([changed.code, changed.err.includes('is not what was issued')], [3, true])
  await writeFile(join(folder, cut), before[0] ?? '')
}

/** By mistake: nothing happens, and the batch is named. */
async function issueTheSameAgain(
  path: string,
  { one, batch }: { readonly one: readonly string[]; readonly batch: string },
): Promise<void> {
  const issue = (...args: string[]) => chirograph(path, 'issue', 'cohort.csv', ...one, ...args)
  const refused = await issue()
  is(refused.code, 1)
  match(refused.err, `All 5 rows were issued already, in batch ${batch} of 2`)
  match(refused.err, '--again')
  match(refused.err, 'chirograph credential list --data-dir ./n/member-1')
  for (const args of [['--json'], ['--json', '--dry-run']]) {
    const { error } = JSON.parse((await issue(...args)).err)
    equal(
      [error.code, error.facts.batch, error.facts.rowsIssued],
      ['NODE_ALREADY_ISSUED', batch, 5],
      args.join(' '),
    )
  }
  is((await readdir(join(path, 'credentials'))).length, 10)
  match((await issue('--again', '--dry-run')).out, 'The file is in order')
}

async function fileOf(path: string, learner: string, ending = '.credential.json'): Promise<string> {
  const files = await readdir(join(path, 'credentials'))
  const file = files.find((name) => name.startsWith(`${learner}--`) && name.endsWith(ending))
  ok(file, `a file of ${learner}`)
  return join('credentials', file)
}

async function revokeAndVerify(path: string, one: readonly string[]): Promise<void> {
  const [first, second] = [await fileOf(path, 'S-1'), await fileOf(path, 'S-2')]
  const revoked = await chirograph(
    path,
    'revoke',
    'S-2',
    ...one,
    '--reason',
    'issued-in-error',
    '--wait',
    'final',
  )
  is(revoked.code, 0, revoked.err)
  match(revoked.out, /Revoked 1 credential \(issued-in-error\)[\s\S]*final at height \d+/)

  const good = await chirograph(path, 'verify', first, ...one)
  is(good.code, 0, good.out)
  match(good.out, '! Verified with a warning')
  // Another member, which issued nothing, proves it from the receipt that lies beside the file.
  const bad = await verifiedElsewhere(path, second)
  is(bad.code, 21, bad.out)
  match(bad.out, '✘ Not valid: The issuer revoked the credential')

  is((await chirograph(path, 'proof', 'export', first, second, ...one)).code, 0)
  is((await chirograph(path, 'anchor', 'export', '--out', 'anchor.json', ...one)).code, 0)
  const offline = (file: string, ...more: string[]) =>
    chirograph(path, 'verify', file, '--anchor', 'anchor.json', '--data-dir', 'none', '--json', ...more)
  is((await offline(first)).code, 0)
  const judged = await offline(second)
  equal([judged.code, JSON.parse(judged.out).status.reason], [21, 'issued-in-error'])
  is((await offline(first, '--proof', await fileOf(path, 'S-2', '.proof.cbor'))).code, 20)
  is((await offline(await fileOf(path, 'S-3'))).code, 23)
  is((await offline(first, '--at', '400d')).code, 23)

  const changed = (await readFile(join(path, first), 'utf8')).replace('Learner 1', 'Learner 9')
  await writeFile(join(path, 'changed.json'), changed)
  is((await chirograph(path, 'verify', 'changed.json', ...one)).code, 20)
}

/** A revocation is final at one member a moment before another has the same checkpoint. */
async function verifiedElsewhere(path: string, file: string) {
  for (;;) {
    const answer = await chirograph(path, 'verify', file, '--data-dir', 'n/member-3')
    if (answer.code === 21) return answer
    await pause(200)
  }
}

async function refuse(path: string, one: readonly string[]): Promise<void> {
  await writeFile(join(path, 'bad.csv'), cohort().replaceAll('2025-06-13', '13 June'))
  const bad = await chirograph(path, 'issue', 'bad.csv', ...one)
  is(bad.code, 1)
  for (const row of [2, 3, 4, 5, 6]) match(bad.err, `row ${row}, awarded_on: expected a date as YYYY-MM-DD`)

  const again = await chirograph(path, 'revoke', 'S-2', ...one, '--wait', 'final')
  is(again.code, 1)
  match(again.err, 'already revoked')
  match(again.err, /The credential was already revoked on 2\d{3}-[^ ]+Z \(issued-in-error\)/)
  const asJson = await chirograph(path, 'revoke', 'S-2', ...one, '--json')
  const { error } = JSON.parse(asJson.err)
  equal(
    [asJson.code, asJson.out, error.code, error.facts.why, error.facts.reason],
    [1, '', 'NODE_NOTHING_TO_CHANGE', 'already-revoked', 'issued-in-error'],
  )
  ok(error.facts.sinceMs > 0)
  const active = await chirograph(path, 'reinstate', 'S-3', ...one)
  is(active.code, 1)
  match(active.err, 'not suspended')

  const locked = await chirograph(path, 'start', ...one)
  is(locked.code, 5)
  const { pid } = JSON.parse(await readFile(join(path, 'n/member-1/api.json'), 'utf8'))
  match(locked.err, `Process ${pid}`)
  match(locked.err, 'chirograph stop --data-dir ./n/member-1')

  const other = [
    'network',
    'create',
    '--name',
    'Other',
    '--demo',
    '--out',
    'other.json',
    'n/member-1/member.json',
  ]
  is((await chirograph(path, ...other)).code, 0)
  const wrong = await chirograph(path, 'start', ...one, '--network', 'other.json')
  is(wrong.code, 3)
  match(wrong.err, 'NODE_OTHER_NETWORK')
}

async function stopAndComeBack(path: string, nodes: Running[]): Promise<void> {
  const [first, second] = nodes
  ok(first && second)
  first.child.kill('SIGTERM')
  is((await first.ended).code, 0)
  ok(!(await readdir(join(path, 'n/member-1'))).includes('api.json'))
  is((await chirograph(path, 'stop', '--data-dir', 'n/member-2')).code, 0)
  is((await second.ended).code, 0)
  // Only the first has ever been told a name.
  await findNobody(path, { n: 1, ended: first.ended })
  await findNobody(path, { n: 2, ended: second.ended })

  const back = startNode(path, 'n/member-1')
  nodes[0] = back
  await back.ready
  const list = await chirograph(path, 'credential', 'list', '--data-dir', 'n/member-1', '--json')
  const states = list.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ learnerId, status }) => `${learnerId} ${status.status.state}`)
  equal(states.sort(), ['S-1 active', 'S-2 revoked', 'S-3 active', 'S-4 active', 'S-5 active'])
}

/** Nobody who was issued to is named in a member's log, nor in what it replicates, as LevelDB keeps it and as it reads it. */
async function findNobody(
  path: string,
  { n, ended }: { readonly n: number; readonly ended: Running['ended'] },
): Promise<void> {
  const { err: log } = await ended
  const { genesis } = JSON.parse(await readFile(join(path, 'n/member-3/network.json'), 'utf8'))
  const credential = JSON.parse(await readFile(join(path, await fileOf(path, 'S-1')), 'utf8'))
  const { identityHash } = credential.credentialSubject.identifier[0]
  const folder = join(path, `n/member-${n}/log`)
  const files = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), 'latin1')),
  )
  const store = await openLevelStore(folder, { createIfMissing: false })
  const rows: string[] = []
  for await (const row of store.range({ from: Uint8Array.of(0), to: Uint8Array.of(0xff) }))
    rows.push(...row.map((bytes) => Buffer.from(bytes).toString('latin1')))
  await store.close()
  ok(rows.join('\n').includes(genesis.organisations[0].name), 'a name that is there is found')
  match(log, 'a checkpoint is final')
  for (const [place, bytes] of Object.entries({ disk: files.join('\n'), rows: rows.join('\n'), log }))
    for (const secret of ['Learner 1', 'Learner 5', credential.id, identityHash])
      for (const form of formsOf(secret))
        ok(!bytes.includes(form), `${secret} in the ${place} of member ${n}`)
}

/** LevelDB takes a log without its end for one after a power cut; the registrar knows that a batch was in it. */
async function cutAfterACrash(path: string, nodes: readonly Running[]): Promise<void> {
  const [first] = nodes
  ok(first)
  await writeFile(join(path, 'one.csv'), cohort().replaceAll('S-', 'T-'))
  is((await chirograph(path, 'issue', 'one.csv', '--out', 'more', '--data-dir', 'n/member-1')).code, 0)
  first.child.kill('SIGKILL')
  await first.ended
  const folder = join(path, 'n/member-1/log')
  const [log = ''] = (await readdir(folder)).filter((name) => name.endsWith('.log'))
  await truncate(join(folder, log), 0)
  const found = await chirograph(path, 'fsck', '--data-dir', 'n/member-1', '--json')
  is(found.code, 10, found.err)
  match(JSON.parse(found.out).findings[0].what, 'has lost its latest writes: a batch that was published')
  const doctor = await chirograph(path, 'doctor', '--data-dir', 'n/member-1')
  equal([doctor.code, doctor.out.includes('✘ log')], [1, true])
}
