/**
 * Who recognises whom, for which record classes, from when until when: a quorum in the name of the network, or one member
 * in its own. A verifier decides whose count. SPEC S51 to S53.
 */
import { type OrgId, type RecordClass, recordClasses } from '@chirograph/event'
import { type Draft, draftOrg, draftWrite } from './draft.js'
import { applied, type Effect, type FoldContext, type Folding, voided } from './effect.js'
import { grantsMax, grantsOfMemberMax, recognitionsMax } from './limits.js'
import { type OrgRow, orgRowKey, orgRowShape } from './rows.js'

type Context = Pick<FoldContext, 'height' | 'timeMs'>

interface Term {
  readonly org: OrgId
  readonly recordClasses: readonly RecordClass[]
  readonly fromMs: number
  readonly untilMs: number | null
}

/** S52: one member's word for another. */
export function foldGrant(
  draft: Draft,
  { event, body, context }: Pick<Folding<'recognition.grant'>, 'event' | 'body' | 'context'>,
): Effect {
  const byOrg = event.header.author
  if (byOrg === body.org) return voided('recognises-itself')
  const row = draftOrg(draft, body.org)
  if (row === undefined) return voided('recognition-unknown-org')
  const own = row.grants.filter((one) => one.byOrg === byOrg)
  if (row.grants.length >= grantsMax || own.length >= grantsOfMemberMax) return voided('recognition-limit')
  writeOrg(draft, body.org, { ...row, grants: [...row.grants, { byOrg, ...termOf(body, context) }] })
  return applied([])
}

/** S53: takes back what the author gave, from the header's time on; what was issued before stays recognised. */
export function foldGrantEnd(
  draft: Draft,
  { event, body, context }: Pick<Folding<'recognition.end'>, 'event' | 'body' | 'context'>,
): Effect {
  const row = draftOrg(draft, body.org)
  if (row === undefined) return voided('recognition-unknown-org')
  const { author } = event.header
  const isMeant = (one: { readonly byOrg: OrgId }) => one.byOrg === author
  const grants = ended(row.grants, { isMeant, timeMs: context.timeMs })
  if (grants === undefined) return voided('not-recognised')
  writeOrg(draft, body.org, { ...row, grants })
  return applied([])
}

/** S51: the word of many, which is the network's own. */
export function foldNetworkRecognition(
  draft: Draft,
  { body, row, context }: { readonly body: Term; readonly row: OrgRow; readonly context: Context },
): Effect {
  if (row.recognitions.length >= recognitionsMax) return voided('recognition-limit')
  writeOrg(draft, body.org, { ...row, recognitions: [...row.recognitions, termOf(body, context)] })
  return applied([])
}

export function foldNetworkRecognitionEnd(
  draft: Draft,
  { org, row, context }: { readonly org: OrgId; readonly row: OrgRow; readonly context: Context },
): Effect {
  const recognitions = ended(row.recognitions, { isMeant: () => true, timeMs: context.timeMs })
  if (recognitions === undefined) return voided('not-recognised')
  writeOrg(draft, org, { ...row, recognitions })
  return applied([])
}

function termOf({ recordClasses: classes, fromMs, untilMs }: Term, { height }: Context) {
  const ascending = [...classes].sort((a, b) => recordClasses[a] - recordClasses[b])
  return { recordClasses: ascending, fromMs, untilMs, grantedHeight: height }
}

/** Those that are meant end now, and those that had not begun are gone; undefined where that changes nothing. */
function ended<T extends { readonly fromMs: number; readonly untilMs: number | null }>(
  terms: readonly T[],
  { isMeant, timeMs }: { readonly isMeant: (term: T) => boolean; readonly timeMs: number },
): T[] | undefined {
  const endsLater = (term: T) => isMeant(term) && (term.untilMs === null || term.untilMs > timeMs)
  if (!terms.some(endsLater)) return undefined
  return terms.flatMap((term) => {
    if (!endsLater(term)) return [term]
    return term.fromMs >= timeMs ? [] : [{ ...term, untilMs: timeMs }]
  })
}

function writeOrg(draft: Draft, org: OrgId, row: OrgRow): void {
  draftWrite(draft, { key: orgRowKey(org), shape: orgRowShape, row })
}
