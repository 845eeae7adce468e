/** Fork evidence: two signed headers at one place freeze their author. A fork can only restrict. SPEC S18 to S20. */
import { equalBytes } from '@chirograph/codec'
import { decodeHeader, isSignedBy } from '@chirograph/event'
import { type Draft, draftOrg, draftWrite } from './draft.js'
import { applied, type Effect, type Folding, voided } from './effect.js'
import { orgRowKey, orgRowShape } from './rows.js'
import { currentLogKey } from './state.js'

/** The event's own shape has checked that both headers are of one author, generation, sequence and network, and differ. */
export function foldEvidence(
  draft: Draft,
  { body, context }: Pick<Folding<'evidence.fork'>, 'body' | 'context'>,
): Effect {
  const { first, second } = body
  const decoded = decodeHeader(first.headerBytes)
  if (decoded.kind === 'reject' || !equalBytes(decoded.header.networkId, draft.networkId)) {
    return voided('evidence-invalid')
  }
  const { author, generation } = decoded.header
  const accused = draftOrg(draft, author)
  if (accused === undefined) return voided('evidence-unknown-author')
  const current = currentLogKey(accused)
  if (generation !== current.generation) return voided('evidence-closed-generation')
  if (accused.frozen !== null) return voided('evidence-already-frozen')
  const { ed25519, height } = context
  const isProven = [first, second].every((signed) => isSignedBy({ signed, logKey: current.key, ed25519 }))
  if (!isProven) return voided('evidence-invalid')
  const entry = context.cutEntryOf(author)
  const sequence = entry?.generation === generation ? entry.sequence : null
  const row = { ...accused, frozen: { generation, sequence, height } }
  draftWrite(draft, { key: orgRowKey(author), shape: orgRowShape, row })
  return applied([])
}
