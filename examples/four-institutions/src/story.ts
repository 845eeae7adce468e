/** The story itself: one cohort, its revocations through failures, and verification with every node switched off. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EventId, fromHex } from '@chirograph/codec'
import { parseCohort, readReceipt, receiptJson } from '@chirograph/credential'
import type { OrgId, StatusReason } from '@chirograph/event'
import type { Finality, PublishedEvent, RegistrarEntry, StatusChange } from '@chirograph/node'
import { anchorOf, type Genesis } from '@chirograph/status'
import type { InstitutionProcess } from './institution-process.js'
import { milliseconds, type Telling } from './telling.js'

export interface Stage {
  readonly genesis: Genesis
  readonly college: InstitutionProcess
  readonly university: InstitutionProcess
  readonly everyone: readonly InstitutionProcess[]
  readonly out: string
  readonly telling: Telling
}

/** One change of status, and how long each institution that was up took to hold it final. */
export interface ChangeFact {
  readonly what: string
  readonly finalAfterMs: Readonly<Record<string, number>>
  readonly slowestMs: number
}

const waitMaxMs = 30_000

/** Waits until every institution is connected to the three others. */
export async function meet({ everyone, telling }: Stage): Promise<void> {
  telling.chapter('Four institutions form a network')
  for (const one of everyone) await one.start()
  await until('everyone is connected to everyone', async () => {
    const all = await Promise.all(everyone.map((one) => one.call('status')))
    return all.every(({ peers }) => peers.filter((peer) => peer.connected).length === 3)
  })
  for (const { institution } of everyone)
    telling.line(`${institution.name} (${institution.type}) on ${institution.address}`)
  telling.expect({
    name: 'institutions connected, each a process of its own',
    expected: '4',
    seen: String(everyone.length),
  })
}

/** The college reads its registrar's file and puts 200 credentials on the log with one event. */
export async function issue(stage: Stage, csv: string): Promise<RegistrarEntry[]> {
  const { college, everyone, telling, out, genesis } = stage
  telling.chapter('The college issues a cohort')
  const cohort = parseCohort(await readFile(csv, 'utf8'))
  if (cohort.kind === 'errors')
    throw new Error(`the cohort file has problems: ${JSON.stringify(cohort.errors[0])}`)
  const begin = Date.now()
  const before = (await college.call('status')).events.known
  const batches = await college.call('issue', cohort.rows)
  const finals = await Promise.all(batches.map(({ event }) => finalEverywhere(everyone, event)))
  const [batch] = batches
  if (!batch) throw new Error('no batch was issued')
  telling.line(
    `The college leased positions on the public status lists once, then signed ${batch.entries.length} credentials.`,
  )
  telling.expect({ name: 'credentials in the cohort', expected: '200', seen: String(batch.entries.length) })
  const events = (await college.call('status')).events.known - before
  telling.expect({
    name: 'events for the whole cohort, beside one lease',
    expected: '1',
    seen: String(events - 1),
  })
  const heights = new Set(finals.flat().map(({ height }) => height))
  telling.expect({
    name: 'checkpoints that made it final, on four nodes',
    expected: '1',
    seen: String(heights.size),
  })
  telling.line(`From file to final on all four: ${milliseconds(Date.now() - begin)}.`)
  const networkId = batch.entries[0] && networkIdIn(batch.entries[0])
  for (const entry of batch.entries) {
    await saveJson(out, `credentials/${entry.learnerId}.credential.json`, entry.credential)
    const path = entry.path.map((sibling) => fromHex(sibling) ?? new Uint8Array())
    const place = {
      issuerOrg: college.institution.org,
      batch: batch.event,
      index: entry.index,
      paddedSize: batch.paddedSize,
      path,
    }
    const receipt = receiptJson({ networkId: networkId ?? '', ...place })
    if (readReceipt(receipt).kind !== 'decoded') throw new Error('a receipt that cannot be read back')
    await saveJson(out, `credentials/${entry.learnerId}.receipt.json`, receipt)
  }
  await saveJson(out, 'anchor.json', anchorOf(genesis))
  return [...batch.entries]
}

/** Publishes a change at the college and waits until every given institution holds it final. */
export async function change(
  stage: Stage,
  what: string,
  wanted: StatusChange,
  on = stage.everyone,
): Promise<ChangeFact> {
  const published = await stage.college.call('change', wanted)
  return timesOf(what, published, on, await finalEverywhere(on, published.id))
}

/**
 * Kills an institution while a revocation is in flight: the college has been asked for it, and it is not final yet.
 * The other three must finish it, and the killed one must find it final after its restart.
 */
export async function changeDuringCrash(
  stage: Stage,
  { entry, isLeader }: { entry: RegistrarEntry; isLeader: boolean },
): Promise<{ change: ChangeFact; victim: string; caughtUpAfterMs: number }> {
  const { everyone, college, telling } = stage
  const victim = await chooseVictim(stage, isLeader)
  const { name } = victim.institution
  const others = everyone.filter((one) => one !== victim)
  const revoking = college.call('change', revocation([entry], 'withdrawn'))
  victim.kill()
  const killedAtMs = Date.now()
  const published = await revoking
  const finals = await finalEverywhere(others, published.id)
  const fact = timesOf(
    `revoked while ${name} was killed${isLeader ? ', leading' : ''}`,
    published,
    others,
    finals,
  )
  const wasInFlight = finals.every(({ finalAtMs }) => finalAtMs >= killedAtMs)
  const role = isLeader ? 'leads' : 'does not lead'
  telling.line(`${name} ${role} when its process is killed, with ${entry.learnerId}'s revocation under way.`)
  telling.expect({
    name: 'the revocation was not final when the process died',
    expected: 'true',
    seen: String(wasInFlight),
  })
  telling.expect({
    name: 'the three others finalised it',
    expected: 'yes',
    seen: 'yes',
    holds: finals.length === 3,
  })
  telling.line(
    `It took ${milliseconds(fact.slowestMs)}${isLeader ? ', most of it waiting for the dead leader' : ''}.`,
  )
  await victim.gone()
  const restartedAtMs = Date.now()
  await victim.start()
  await until(`${name} catches up`, () => victim.call('isFinal', published.id))
  const caughtUpAfterMs = Date.now() - restartedAtMs
  telling.expect({ name: `${name} restarted and holds it final`, expected: 'yes', seen: 'yes' })
  telling.line(`It was back and caught up after ${milliseconds(caughtUpAfterMs)}.`)
  await until('everyone is connected again', async () => {
    const all = await Promise.all(everyone.map((one) => one.call('status')))
    return all.every(({ peers }) => peers.filter((peer) => peer.connected).length === 3)
  })
  return { change: fact, victim: name, caughtUpAfterMs }
}

export function revocation(entries: readonly RegistrarEntry[], reason: StatusReason): StatusChange {
  return { kind: 'revoke', credentials: entries.map(targetOf), reason }
}

export function targetOf(entry: RegistrarEntry) {
  const handle = fromHex(entry.handle)
  if (!handle) throw new Error('a handle is hex')
  return { handle, position: entry.position }
}

/** A fresh status proof from an institution's node, saved beside the credential. */
export async function exportProof(
  { out }: Stage,
  prover: InstitutionProcess,
  proven: {
    name: string
    org: OrgId
    handle: Uint8Array
    batch: EventId
    index: number
    path: readonly Uint8Array[]
  },
): Promise<Uint8Array> {
  const { name, ...target } = proven
  const proof = await prover.call('proof', target)
  await writeFile(join(out, 'proofs', `${name}.proof.cbor`), proof)
  return proof
}

export async function saveJson(out: string, name: string, value: unknown): Promise<void> {
  await writeFile(join(out, name), `${JSON.stringify(value, null, 2)}\n`)
}

export async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + waitMaxMs
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`gave up after ${milliseconds(waitMaxMs)}: ${what}`)
    await sleep(25)
  }
}

/** Not the college; the leader of the current view or anyone else. Views move on until the college does not lead. */
async function chooseVictim(stage: Stage, isLeader: boolean): Promise<InstitutionProcess> {
  const { college, everyone } = stage
  for (;;) {
    const { leader } = await college.call('status')
    const candidates = everyone.filter(
      (one) => one !== college && (one.institution.org === leader.org) === isLeader,
    )
    const [victim] = candidates
    if (victim) return victim
    // The college itself leads: one more lease moves the network to the next view.
    const { id } = await college.call('publish', { kind: 'status.lease', count: 1024 })
    await finalEverywhere(everyone, id)
  }
}

function finalEverywhere(on: readonly InstitutionProcess[], id: EventId): Promise<Finality[]> {
  const waiting = Promise.all(on.map((one) => one.call('finality', id)))
  const limit = sleep(waitMaxMs, undefined, { ref: false }).then(() => {
    throw new Error(`gave up after ${milliseconds(waitMaxMs)}: an event did not become final`)
  })
  return Promise.race([waiting, limit])
}

function timesOf(
  what: string,
  published: PublishedEvent,
  on: readonly InstitutionProcess[],
  finals: readonly Finality[],
): ChangeFact {
  const times = on.map(({ institution }, index) => {
    return [institution.key, (finals[index]?.finalAtMs ?? Number.NaN) - published.publishedAtMs] as const
  })
  return { what, finalAfterMs: Object.fromEntries(times), slowestMs: Math.max(...times.map(([, ms]) => ms)) }
}

function networkIdIn(entry: RegistrarEntry): string {
  const statuses = entry.credential.credentialStatus
  const own = Array.isArray(statuses) ? statuses.at(-1) : undefined
  return typeof own === 'object' && own !== null && 'network' in own ? String(own.network) : ''
}
