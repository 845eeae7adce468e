/** Rows that were issued before: the same cohort file twice would give everybody a second credential. */
import { canonicalizeJson, type EventId, sha256, toHex, utf8 } from '@chirograph/codec'
import type { CohortRow } from '@chirograph/credential'
import { ChirographError } from '@chirograph/interface'
import type { BatchEntry, Registrar } from './registrar.js'

/** Rows looked up at once: a few milliseconds of hashing between two turns of the event loop. */
const rowsPerLook = 1_024

/** Rows or batches that are named; more are counted. */
const namedMax = 8

/** Each is asked for twice, before its batch is signed and when that is kept; it costs a third of a signature. */
const digests = new WeakMap<CohortRow, string>()

/** What a row says, whatever its place in a file: hex of 32 bytes. */
export function rowDigest(cohortRow: CohortRow): string {
  const known = digests.get(cohortRow)
  if (known !== undefined) return known
  const { row: _, ...said } = cohortRow
  const digest = toHex(sha256(utf8(canonicalizeJson(said))))
  digests.set(cohortRow, digest)
  return digest
}

/** `NODE_ALREADY_ISSUED` when any of the rows was issued as it stands, or is about to be. */
export async function assertNotIssued(registrar: Registrar, rows: readonly CohortRow[]): Promise<void> {
  const issued: number[] = []
  const roots = new Set<string>()
  for (let from = 0; from < rows.length; from += rowsPerLook) {
    const some = rows.slice(from, from + rowsPerLook)
    const found = await registrar.rootsOfRows(some.map(rowDigest))
    for (const [at, root] of found.entries()) {
      if (root === undefined) continue
      roots.add(root)
      issued.push(some[at]?.row ?? 0) // there is an answer for each
    }
  }
  if (issued.length === 0) return
  throw alreadyIssued({ issued, total: rows.length, batches: await batchesOf(registrar, roots) })
}

/** The latest first. */
async function batchesOf(registrar: Registrar, roots: ReadonlySet<string>): Promise<BatchEntry[]> {
  const batches: BatchEntry[] = []
  for await (const batch of registrar.batches()) if (roots.has(batch.root)) batches.push(batch)
  return batches.sort((a, b) => b.preparedAtMs - a.preparedAtMs)
}

function alreadyIssued({
  issued,
  total,
  batches,
}: {
  readonly issued: readonly number[]
  readonly total: number
  readonly batches: readonly BatchEntry[]
}): ChirographError {
  const which =
    issued.length < total
      ? `${issued.length} of the ${total} rows were issued already (${rowsInWords(issued)})`
      : `${total === 1 ? 'the row was' : `all ${total} rows were`} issued already`
  const named = batches.slice(0, namedMax).map(batchInWords)
  const more = batches.length > namedMax ? ` and ${batches.length - namedMax} more` : ''
  return new ChirographError({
    code: 'NODE_ALREADY_ISSUED',
    what: `${which}, in ${named.join('; ')}${more}; nothing was issued now`,
    // Whoever issued them again while they wait would give everybody a second credential in the end.
    hint: batches.some(({ event }) => event === null)
      ? 'wait until that batch is published: the node does it by itself, as soon as it may sign'
      : 'to have their files again, chirograph credential export; leave those rows out, or give these people another credential with --again (in the API: again); chirograph credential list shows what was issued',
    facts: {
      rowsIssued: issued.length,
      rows: total,
      batch: batches[0]?.event ?? null,
      issuedAtMs: batches[0]?.preparedAtMs ?? null,
    },
  })
}

function batchInWords({ event, preparedAtMs }: { event: EventId | null; preparedAtMs: number }): string {
  const when = new Date(preparedAtMs).toISOString()
  return event === null ? `a batch of ${when} that waits to be published` : `batch ${event} of ${when}`
}

/** `rows 2 to 5 and 9`, the first few stretches of them. */
function rowsInWords(rows: readonly number[]): string {
  const stretches: { from: number; to: number }[] = []
  for (const row of rows) {
    const last = stretches.at(-1)
    if (last !== undefined && row === last.to + 1) last.to = row
    else stretches.push({ from: row, to: row })
  }
  const told = stretches
    .slice(0, namedMax)
    .map(({ from, to }) => (from === to ? String(from) : `${from} to ${to}`))
  if (stretches.length > namedMax) told.push('others')
  const last = told.pop() ?? ''
  const list = told.length > 0 ? `${told.join(', ')} and ${last}` : last
  return `${rows.length === 1 ? 'row' : 'rows'} ${list}`
}

/** The events of all batches that this node issued. */
export async function* issuedBatches(registrar: Registrar): AsyncIterable<EventId> {
  for await (const { event } of registrar.batches()) if (event !== null) yield event
}
