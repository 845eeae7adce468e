/** A key was stolen, and batches that its owner stands by nevertheless. SPEC S39 to S43. */
import { equalBytes } from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import { type Draft, draftOrg, draftRead, draftWards, draftWrite } from './draft.js'
import { applied, type Effect, type Folding, type SkippedEntry, type VoidReason, voided } from './effect.js'
import { compromisesMax } from './limits.js'
import {
  type BatchRow,
  batchRowKey,
  batchRowShape,
  type Compromise,
  inCompromiseOrder,
  type OrgRow,
  orgRowKey,
  orgRowShape,
} from './rows.js'

/** S39, S40: said with a later key of the same organisation, or by the custodian of one that closed. */
export function foldCompromise(
  draft: Draft,
  { event, body, context }: Pick<Folding<'key.compromised'>, 'event' | 'body' | 'context'>,
): Effect {
  const { org, key, sinceHeight } = body
  const row = draftOrg(draft, org)
  if (row === undefined) return voided('compromise-unknown-org')
  if (!actsFor(row, { org, actor: event.header.author })) return voided('not-its-own')
  const period = row.logKeys.find((one) => equalBytes(one.key, key))
  if (period === undefined) return voided('compromise-unknown-key')
  // Whoever stole the current key could say anything with it; its owner first takes the next one into use.
  if (period.untilHeight === null && row.state === 'active') return voided('compromise-current-key')
  if (sinceHeight >= (period.untilHeight ?? context.height)) return voided('compromise-without-effect')
  const { generation } = period
  const compromise = { org, generation, sinceHeight }
  const known = row.compromises.find((one) => one.org === org && one.generation === generation)
  if (known !== undefined && known.sinceHeight <= sinceHeight) return voided('already-compromised')
  const writes: [OrgId, OrgRow][] = []
  for (const one of [org, ...draftWards(draft, org)]) {
    const before = draftOrg(draft, one)
    const compromises = withCompromises(before?.compromises ?? [], [compromise])
    if (before === undefined || compromises.length > compromisesMax) return voided('compromise-limit')
    writes.push([one, { ...before, compromises }])
  }
  for (const [one, after] of writes)
    draftWrite(draft, { key: orgRowKey(one), shape: orgRowShape, row: after })
  return applied([])
}

/** Of each key the lowest height: whatever the order, the same list. */
export function withCompromises(before: readonly Compromise[], added: readonly Compromise[]): Compromise[] {
  const lowest = new Map<string, Compromise>()
  for (const one of [...before, ...added]) {
    const key = `${one.org}/${one.generation}`
    const known = lowest.get(key)
    if (known === undefined || one.sinceHeight < known.sinceHeight) lowest.set(key, one)
  }
  return inCompromiseOrder([...lowest.values()])
}

/** S43: each batch is reaffirmed or skipped with a reason. */
export function foldReaffirmation(
  draft: Draft,
  { event, body, context }: Pick<Folding<'credential.reaffirm'>, 'event' | 'body' | 'context'>,
): Effect {
  const { author: byOrg, generation } = event.header
  const skipped: SkippedEntry[] = []
  body.batches.forEach((id, index) => {
    const key = batchRowKey(id)
    const batch = draftRead(draft, key, batchRowShape)
    const reason = refusalOf(draft, { batch, byOrg, generation })
    if (reason !== undefined || batch === undefined) {
      skipped.push({ index, reason: reason ?? 'batch-unknown' })
      return
    }
    const reaffirmed = { height: context.height, byOrg, generation }
    draftWrite(draft, { key, shape: batchRowShape, row: { ...batch, reaffirmed } })
  })
  if (skipped.length === body.batches.length) return voided(skipped[0]?.reason ?? 'batch-unknown')
  return applied(skipped)
}

function refusalOf(
  draft: Draft,
  {
    batch,
    byOrg,
    generation,
  }: { readonly batch: BatchRow | undefined; readonly byOrg: OrgId; readonly generation: number },
): VoidReason | undefined {
  if (batch === undefined) return 'batch-unknown'
  const row = draftOrg(draft, batch.org)
  if (row === undefined || !actsFor(row, { org: batch.org, actor: byOrg })) return 'not-its-own'
  if (batch.org === byOrg && generation <= batch.generation) return 'same-generation'
  const { reaffirmed } = batch
  const isSaid = reaffirmed !== null && reaffirmed.byOrg === byOrg && reaffirmed.generation >= generation
  return isSaid ? 'already-reaffirmed' : undefined
}

/** An organisation acts for itself, and when it has closed its custodian does. */
export function actsFor(
  { state, custodian }: OrgRow,
  { org, actor }: { readonly org: OrgId; readonly actor: OrgId },
): boolean {
  return state === 'active' ? org === actor : custodian === actor
}
