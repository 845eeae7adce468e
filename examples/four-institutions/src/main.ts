/** `npm run demo`: four institutions, one cohort, and what an employer can prove about it without anyone's help. */
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import pc from 'picocolors'
import { parseCohort } from '@chirograph/credential'
import { pathBytes } from '@chirograph/node'
import { anchorOf } from '@chirograph/status'
import { checkOrder, describeVerdict, type Verdict, verify } from '@chirograph/verifier'
import { forgeInName, signWithoutLogging } from './forgery.js'
import { createInstitutionProcess } from './institution-process.js'
import { ed25519, foundInstitutions, genesisOf, type Institution } from './institutions.js'
import {
  type ChangeFact,
  change,
  changeDuringCrash,
  exportProof,
  issue,
  meet,
  revocation,
  type Stage,
  saveJson,
  targetOf,
} from './story.js'
import { createTelling, milliseconds } from './telling.js'

const help = `Usage: npm run demo -- [--json] [--out DIR]

A community college, a university, a training provider and an industry association, each a process of its own, issue,
revoke and suspend credentials, survive crashes, and are switched off; then the credentials are verified offline.

  --json       one JSON document with the same facts on standard output
  --out DIR    where credentials, proofs and the anchor are left (default: ./demo-output; replaced if a demo made it)

Exit code 0 only when every expectation held.`

const marker = '.made-by-the-chirograph-demo'
const { values } = parseArgs({
  options: { json: { type: 'boolean' }, out: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
})

async function main(): Promise<void> {
  if (values.help) return console.log(help)
  const startedAtMs = Date.now()
  const out = resolve(process.env.INIT_CWD ?? process.cwd(), values.out ?? 'demo-output')
  await prepareFolder(out)
  const telling = createTelling({ isQuiet: values.json === true })
  const stage = await setTheStage(out, telling)
  const stopAll = () => Promise.all(stage.everyone.map((one) => one.stop()))
  process.once('SIGINT', () => {
    for (const one of stage.everyone) one.kill()
    process.exit(130)
  })
  try {
    const { changes, verdicts } = await tell(stage)
    const holds = telling.facts.every((fact) => fact.holds)
    const seconds = (Date.now() - startedAtMs) / 1000
    if (values.json) {
      const expectations = telling.facts
      console.log(
        JSON.stringify(
          { holds, seconds, folder: out, network: stage.genesis.name, changes, verdicts, expectations },
          null,
          2,
        ),
      )
    } else printEnd({ out, holds, seconds, changes })
    process.exitCode = holds ? 0 : 1
  } finally {
    await stopAll()
  }
}

async function tell(stage: Stage) {
  const { telling, college, university, everyone } = stage
  await meet(stage)
  const csv = fileURLToPath(new URL('../data/cohort.csv', import.meta.url))
  const entries = await issue(stage, csv)
  const [good, revoked, suspended, duringCrash, duringLeaderCrash, tampered] = entries
  if (!good || !revoked || !suspended || !duringCrash || !duringLeaderCrash || !tampered)
    throw new Error('six learners')
  const changes: ChangeFact[] = []
  const record = (fact: ChangeFact) => {
    changes.push(fact)
    return fact
  }

  telling.chapter('It revokes one credential and suspends another')
  const first = record(
    await change(stage, `revoked ${revoked.learnerId}`, revocation([revoked], 'issued-in-error')),
  )
  telling.line(`${revoked.learnerId} revoked: final on all four after ${milliseconds(first.slowestMs)}.`)
  const suspension = { kind: 'suspend', credentials: [targetOf(suspended)], reason: 'under-review' } as const
  const second = record(await change(stage, `suspended ${suspended.learnerId}`, suspension))
  telling.line(`${suspended.learnerId} suspended: final on all four after ${milliseconds(second.slowestMs)}.`)
  const isFast = first.slowestMs < 1000
  telling.expect({
    name: 'a revocation is final on four nodes within a second',
    expected: 'true',
    seen: String(isFast),
  })

  telling.chapter('A member crashes while a revocation is under way')
  record((await changeDuringCrash(stage, { entry: duringCrash, isLeader: false })).change)
  telling.chapter('The leader crashes while a revocation is under way')
  record((await changeDuringCrash(stage, { entry: duringLeaderCrash, isLeader: true })).change)

  telling.chapter('Proofs are exported, and every node is switched off')
  const rows = parseCohort(await readFile(csv, 'utf8'))
  const [row] = rows.kind === 'rows' ? rows.rows : []
  if (!row) throw new Error('the cohort has rows')
  const { genesis, out } = stage
  const neverLogged = signWithoutLogging(genesis, {
    issuer: college.institution,
    row,
    position: good.position,
  })
  const forgery = forgeInName(genesis, {
    row,
    position: good.position,
    victim: college.institution,
    forger: university.institution,
  })
  const forgedBatch = await university.call('publish', { kind: 'credential.issueBatch', ...forgery.batch })
  await Promise.all(everyone.map((one) => one.call('finality', forgedBatch.id)))
  const proofOf = (entry: typeof good) => {
    if (!entry.batch) throw new Error('a published batch')
    const { batch, index, learnerId: name } = entry
    return exportProof(stage, college, {
      name,
      org: college.institution.org,
      handle: targetOf(entry).handle,
      batch,
      index,
      path: pathBytes(entry),
    })
  }
  const proofs = {
    good: await proofOf(good),
    revoked: await proofOf(revoked),
    suspended: await proofOf(suspended),
    tampered: await proofOf(tampered),
  }
  const { handle, index, path } = forgery
  const target = { name: 'FORGED', org: college.institution.org, handle, batch: forgedBatch.id, index, path }
  const forgedProof = await exportProof(stage, university, target)
  await saveJson(out, 'credentials/NEVER-LOGGED.credential.json', neverLogged.credential)
  await saveJson(out, 'credentials/FORGED.credential.json', forgery.credential)
  const altered = { ...tampered.credential, validFrom: '2020-01-01T00:00:00Z' }
  await saveJson(out, 'credentials/TAMPERED.credential.json', altered)
  await writeFile(join(out, 'proofs', 'TAMPERED.proof.cbor'), proofs.tampered)
  telling.line(
    `A status proof has ${proofs.good.length.toLocaleString('en-US')} bytes and needs no node to be checked.`,
  )
  await Promise.all(everyone.map((one) => one.stop()))
  const running = everyone.filter((one) => one.isRunning()).length
  telling.expect({ name: 'nodes running', expected: '0', seen: String(running) })

  telling.chapter('An employer verifies, offline')
  const anchor = anchorOf(genesis)
  const verdicts: Record<string, { verdict: Verdict['verdict']; inWords: string }> = {}
  const check = (name: string, credential: unknown, proof: Uint8Array | undefined, expected: string[]) => {
    const verdict = verify(credential, {
      ...(proof ? { proof } : {}),
      anchor,
      policy: {},
      atMs: Date.now(),
      ed25519,
    })
    const inWords = describeVerdict(verdict).split('\n')[0] ?? ''
    verdicts[name] = { verdict: verdict.verdict, inWords }
    const seen = codeOf(verdict)
    telling.expect({ name, expected: expected.join(' or '), seen, holds: expected.includes(seen) })
    telling.line(`  ${pc.dim(inWords)}`)
  }
  check('a good credential', good.credential, proofs.good, ['pass'])
  check('the revoked one', revoked.credential, proofs.revoked, ['fail: revoked'])
  check('the suspended one', suspended.credential, proofs.suspended, ['fail: suspended'])
  check('one whose date was altered', altered, proofs.tampered, ['fail: bad-signature'])
  check('one that the college signed but never logged', neverLogged.credential, undefined, [
    'indeterminate: no-status-proof',
  ])
  check(
    'the same, with another credential’s proof',
    neverLogged.credential,
    proofs.good,
    // A proof shows its row and whatever else happens to share the path: which of the two fails depends on the keys.
    ['fail: leaf-not-in-batch', 'fail: credential-row-not-proven'],
  )
  check('one that the university issued in the college’s name', forgery.credential, forgedProof, [
    'fail: not-the-issuers-key',
  ])
  return { changes, verdicts }
}

/** The verdict, and the first check that decided it. */
function codeOf({ verdict, checks }: Verdict): string {
  if (verdict === 'pass') return 'pass'
  const decisive = checkOrder.map((name) => checks[name]).find(({ result }) => result === verdict)
  return `${verdict}: ${decisive?.code ?? 'unknown'}`
}

async function setTheStage(out: string, telling: Stage['telling']): Promise<Stage> {
  const institutions = await foundInstitutions()
  const genesis = genesisOf(institutions)
  const processOf = (institution: Institution) =>
    createInstitutionProcess(institution, {
      directory: join(out, 'nodes', institution.key),
      genesis,
      seeds: institution.seeds,
      listen: institution.address,
      allowedPeers: institutions.map(({ peerId }) => peerId),
      addresses: institutions
        .filter((other) => other !== institution)
        .map((other) => `${other.address}/p2p/${other.peerId}`),
    })
  const everyone = institutions.map(processOf)
  const [college, university] = everyone
  if (!college || !university) throw new Error('four institutions')
  await saveJson(out, 'genesis.json', genesis)
  return { genesis, college, university, everyone, out, telling }
}

async function prepareFolder(out: string): Promise<void> {
  if (existsSync(out) && !existsSync(join(out, marker))) {
    console.error(`${out} exists and was not made by this demo; choose another folder with --out`)
    process.exit(2)
  }
  await rm(out, { recursive: true, force: true })
  for (const folder of ['credentials', 'proofs', 'nodes']) await mkdir(join(out, folder), { recursive: true })
  await writeFile(join(out, marker), '')
}

function printEnd({
  out,
  holds,
  seconds,
  changes,
}: {
  out: string
  holds: boolean
  seconds: number
  changes: readonly ChangeFact[]
}): void {
  console.log(`\n${pc.bold('Time from publication to final, on the slowest node that was up')}`)
  const width = Math.max(...changes.map(({ what }) => what.length))
  for (const { what, slowestMs } of changes)
    console.log(`   ${what.padEnd(width)}   ${milliseconds(slowestMs)}`)
  const shown = relative(process.env.INIT_CWD ?? process.cwd(), out) || '.'
  console.log(
    `\nCredentials, status proofs and the anchor are in ${pc.bold(shown)}. Check one yourself, with no node running:`,
  )
  const files = `${shown}/credentials/SAMPLE-0002.credential.json --proof ${shown}/proofs/SAMPLE-0002.proof.cbor --anchor ${shown}/anchor.json`
  console.log(`   npm run --silent chirograph -- verify ${files} --offline`)
  console.log(
    `\n${holds ? pc.green('Every expectation held') : pc.red('Not every expectation held')}, in ${seconds.toFixed(1)} s.`,
  )
}

await main()
