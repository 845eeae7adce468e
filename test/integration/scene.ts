/** What tests of members that come late, or were away, do again and again. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fromHex, sha256, toHex, utf8 } from '@chirograph/codec'
import { type CohortRow, cohortTemplate, parseCohort } from '@chirograph/credential'
import { type Network, type Store, spaceRange } from '@chirograph/interface'
import type { ChirographNode, IssuedBatch, RegistrarEntry } from '@chirograph/node'
import type { Running } from './cluster.ts'

export const early = { eventsMin: 3, heightsMin: 1_000 }

export function rowsOf(count: number): CohortRow[] {
  const cohort = parseCohort(cohortTemplate())
  const [row] = cohort.kind === 'rows' ? cohort.rows : []
  if (!row) throw new Error('the template has a sample row')
  return Array.from({ length: count }, (_, index) => ({ ...row, learnerId: `L-${index}`, row: index + 2 }))
}

export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  limitMs = 15_000,
): Promise<void> {
  for (let waited = 0; waited < limitMs; waited += 20) {
    if (await isTrue()) return
    await sleep(20)
  }
  throw new Error(`never happened: ${what}`)
}

export function nodeAt({ nodes }: Running, index: number): ChirographNode {
  const node = nodes[index]
  if (!node) throw new Error(`no node ${index}`)
  return node
}

export function handleOf(entry: RegistrarEntry): Uint8Array {
  const handle = fromHex(entry.handle)
  if (!handle) throw new Error('a handle in hex')
  return handle
}

/** A batch of which the first credential is revoked and as many other events, final at all members that run. */
export async function history(
  cluster: Running,
  { events, rows = 0, among }: { events: number; rows?: number; among?: readonly number[] },
) {
  const college = nodeAt(cluster, 0)
  const [batch] = await college.issueCohort(rowsOf(4), { again: true })
  const [revoked] = batch?.entries ?? []
  if (!batch || !revoked) throw new Error('a batch of four')
  const position = revoked.position
  const credentials = [{ handle: handleOf(revoked), position }]
  const ids = [batch.event, (await college.change({ kind: 'revoke', credentials, reason: 'withdrawn' })).id]
  if (rows > 0) {
    const root = sha256(utf8('many'))
    const schemaDigest = sha256(utf8('schema'))
    const kinds = { recordClass: 'degree', credentialType: 'open-badge-3' } as const
    ids.push(
      (
        await college.publish({
          kind: 'credential.issueBatch',
          root,
          paddedSize: 8_192,
          ...kinds,
          schemaDigest,
        })
      ).id,
    )
    for (let from = 0; from < rows; from += 1_000) {
      const many = Array.from({ length: 1_000 }, (_, index) => ({
        handle: sha256(utf8(`${from + index}`)),
        position: null,
      }))
      many.sort((a, b) => (toHex(a.handle) < toHex(b.handle) ? -1 : 1))
      ids.push((await college.publish({ kind: 'status.revoke', entries: many, reason: 'withdrawn' })).id)
    }
  }
  for (let index = 0; index < events; index++) {
    const published = await nodeAt(cluster, index % 3).publish({ kind: 'status.lease', count: 1024 })
    ids.push(published.id)
    if (index % 4 === 3) await college.finality(published.id)
  }
  for (const id of ids) await college.finality(id)
  await until('all are where the first is', () =>
    (among?.map((index) => nodeAt(cluster, index)) ?? cluster.nodes).every(
      (node) => heightOf(node) >= heightOf(college),
    ),
  )
  return { batch, ids }
}

/** What an employer is told of the revoked and of a good credential, by this node's own proofs. */
export async function verdictsOf(cluster: Running, node: ChirographNode, { entries, event }: IssuedBatch) {
  const verdicts: string[] = []
  for (const entry of entries.slice(0, 2)) {
    const path = entry.path.map((sibling) => fromHex(sibling) ?? new Uint8Array())
    const { org } = nodeAt(cluster, 0)
    const proof = node.proveStatus({ org, handle: handleOf(entry), batch: event, index: entry.index, path })
    const { verdict, checks } = await node.verify(entry.credential, { proof })
    verdicts.push(`${verdict} ${checks.status.code}`)
  }
  return verdicts
}

export type Ask = Network['request']

/** A network whose requests go through `ask`. */
export function asking(
  network: Network,
  ask: (request: Parameters<Ask>[0], next: Ask) => ReturnType<Ask>,
): Network {
  return { ...network, request: (request) => ask(request, (one) => network.request(one)) }
}

/** A door that history requests wait behind. */
export function createDoor() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open: () => open(), opened }
}

export async function* afterwards(door: Promise<unknown>, answer: () => AsyncIterable<Uint8Array>) {
  await door
  yield* answer()
}

export function heightOf(node: ChirographNode): number {
  return node.status().height
}

export async function isFinalAt(
  node: ChirographNode,
  ids: readonly IssuedBatch['event'][],
): Promise<boolean> {
  const states = await Promise.all(ids.map((id) => node.eventState(id)))
  return states.every(({ state }) => state === 'final')
}

export async function countIn(store: Store, space: Parameters<typeof spaceRange>[0]): Promise<number> {
  let count = 0
  for await (const _ of store.range(spaceRange(space))) count++
  return count
}

/** Hears nothing that it did not ask for while `isDeaf`: gossip and votes are lost on their way to it. */
export function deaf(network: Network, isDeaf: () => boolean = () => true): Network {
  return {
    ...network,
    start: (handlers) =>
      network.start({
        ...handlers,
        gossip: async (topic, bytes, from) => (isDeaf() ? 'ignore' : handlers.gossip(topic, bytes, from)),
        message: (from, bytes) => void (isDeaf() || handlers.message(from, bytes)),
      }),
  }
}
