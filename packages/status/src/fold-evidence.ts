/** Fork evidence: two headers at one place freeze their author. A fork can only restrict. SPEC S18 to S20. */
import type { ForkEvidence } from '@chirograph/event'
import { checkForkEvidence, placeOfForkEvidence } from '@chirograph/log'
import { type Draft, draftOrg, draftWrite } from './draft.js'
import { applied, type Effect, type FoldContext, voided } from './effect.js'
import { orgRowKey, orgRowShape } from './rows.js'
import { currentLogKey } from './state.js'

/** Freezes the accused at its last final sequence of the generation that the evidence speaks of. */
export function foldEvidence(
  draft: Draft,
  { body, context }: { readonly body: ForkEvidence; readonly context: FoldContext },
): Effect {
  const place = placeOfForkEvidence(body)
  if (place === undefined) return voided('evidence-invalid')
  const { author, generation } = place
  const accused = draftOrg(draft, author)
  if (accused === undefined) return voided('evidence-unknown-author')
  const current = currentLogKey(accused)
  if (generation !== current.generation) return voided('evidence-closed-generation')
  if (accused.frozen !== null) return voided('evidence-already-frozen')
  const { networkId } = draft
  const { ed25519, height } = context
  const verdict = checkForkEvidence({ evidence: body, logKey: current.key, networkId, ed25519 })
  if (verdict.kind === 'invalid') return voided('evidence-invalid')
  const entry = context.cutEntryOf(author)
  const sequence = entry?.generation === generation ? entry.sequence : null
  const row = { ...accused, frozen: { generation, sequence, height } }
  draftWrite(draft, { key: orgRowKey(author), shape: orgRowShape, row })
  return applied([])
}
