/** What this institution bound itself to, and what others are accused of. */
import { contentIdOfDigest, decode, toHex } from '@chirograph/codec'
import { decodeProposal, type EpochBase, type Proposal, verifyProposal } from '@chirograph/consensus'
import {
  eventRange,
  evidenceKey,
  metaKey,
  positionKey,
  readEventKey,
  readVoteKey,
  spaceRange,
} from '@chirograph/interface'
import {
  type Cut,
  checkForkEvidence,
  cutOf,
  cutRoot,
  decodeChanges,
  decodeForkEvidence,
  encodeForkEvidence,
  forkEvidenceOf,
  isAtOrBefore,
  placeOfForkEvidence,
} from '@chirograph/log'
import { baseAt, genesisChainState } from '@chirograph/replica'
import { currentLogKey, logKeyOfGeneration, readOrg } from '@chirograph/status'
import { tipShape, voteKinds } from './facts.js'
import type { Check } from './fsck.js'
import type { Walked } from './fsck-chain.js'
import { createFindings } from './fsck-findings.js'
import type { Head } from './fsck-head.js'
import { type AuthorNumbers, isKeyWhole, placeIn, shown } from './fsck-notes.js'

export async function checkRecords(
  check: Check,
  {
    authors,
    head,
    walked,
  }: { readonly authors: AuthorNumbers; readonly head: Head; readonly walked: Walked },
): Promise<void> {
  await checkVotes(check, head)
  await checkLastSigned(check, { authors, head })
  await checkEvidence(check, { head, walked })
}

/** SPEC H1 to H4: in one view at most one vote of a kind; a FINAL vote for what was notarized, which is kept. */
async function checkVotes(check: Check, head: Head): Promise<void> {
  const { store, known, findings } = check
  const { newest } = head
  const kept = new Map<string, Proposal>()
  const genesisDigest = genesisChainState(known.genesis).header.digest
  const base = newest ? baseAt(newest) : known.set.epoch === 0 ? { digest: genesisDigest, view: 0 } : null
  const damaged = (view: number | null, what: string) =>
    findings.add({ code: 'vote-damaged', what: view === null ? what : `view ${view}: ${what}` })
  const views = new Map<
    number,
    { notarize?: string; final?: string; skip?: boolean; isKept?: boolean; proposals: string[] }
  >()
  for await (const [key, value] of store.range(spaceRange('vote'))) {
    if (!isVoteKey(check, key)) {
      damaged(null, `a row under ${shown(key)}`)
      continue
    }
    const { epoch, view, kind } = readVoteKey(key)
    const record = views.get(view) ?? { proposals: [] }
    views.set(view, record)
    if (epoch > known.set.epoch) damaged(view, `a vote of epoch ${epoch}`)
    // H14: of an epoch that is over, votes are cleared away with the checkpoint that ends it; what is left says nothing.
    else if (epoch < known.set.epoch) views.delete(view)
    else if (kind === voteKinds.skip && value.length === 0) record.skip = true
    else if (kind === voteKinds.notarize && value.length === 32) record.notarize = toHex(value)
    else if (kind === voteKinds.final && value.length === 32) record.final = toHex(value)
    else if (kind === voteKinds.ownProposal || kind === voteKinds.notarizedProposal) {
      const decoded = decodeProposal(value)
      const fault = decoded.ok
        ? faultOfProposal(check, { proposal: decoded.value, view, base })
        : decoded.detail
      if (fault !== undefined) damaged(view, `a proposal: ${fault}`)
      if (decoded.ok) kept.set(decoded.value.header.digest, decoded.value)
      record.proposals.push(decoded.ok ? decoded.value.header.digest : '')
      record.isKept ||= kind === voteKinds.notarizedProposal
    } else damaged(view, 'a vote that is none')
  }
  for (const proposal of kept.values()) {
    const { core, rest } = proposal.header
    const cut = cutAfter(proposal, { kept, head, genesisDigest })
    if (cut !== undefined && toHex(cutRoot(cut)) !== rest.cutRoot)
      damaged(core.view, 'a proposal: its cut is not the one that its header names')
  }
  const isNamed = findings.list.some(({ code }) => code === 'vote-damaged')
  for (const [view, { notarize, final, skip, isKept, proposals }] of views) {
    if (isNamed) break
    if (newest !== null && view <= newest.header.core.view) continue
    if (notarize !== undefined && !proposals.includes(notarize))
      damaged(view, 'the header that was notarized is not the one that was kept')
    else if (final !== undefined && final !== notarize)
      damaged(view, 'the FINAL vote is not for the header that was notarized')
    else if (isKept && notarize === undefined)
      damaged(view, 'a header was kept because it was notarized, and that vote is missing')
    else if (skip && final !== undefined) damaged(view, 'it was skipped, and voted final')
  }
}

function faultOfProposal(
  { known }: Check,
  {
    proposal,
    view,
    base,
  }: { readonly proposal: Proposal; readonly view: number; readonly base: EpochBase | null },
): string | undefined {
  const { header, parentCertificate, skips } = proposal
  if (header.core.view !== view) return `of view ${header.core.view}`
  const { set, ed25519, bls } = known
  if (verifyProposal(proposal, { set, ed25519, bls, base }).kind === 'reject')
    return 'its signatures do not hold'
  // Nothing signs the heights that certificates repeat.
  const isNamed = parentCertificate === null || parentCertificate.height === header.core.height - 1
  return isNamed && skips.every(({ height }) => height === 0) ? undefined : 'a certificate of another height'
}

/** The cut that a proposal makes; undefined where what it stands on is not here. */
function cutAfter(
  { header, changes }: Proposal,
  context: {
    readonly kept: ReadonlyMap<string, Proposal>
    readonly head: Head
    readonly genesisDigest: string
  },
): Cut | undefined {
  const { kept, head, genesisDigest } = context
  const { parent } = header.rest
  const before = kept.get(parent)
  const { newest } = head
  // Tips that were lost say nothing about what was proposed on top of them.
  const isSound = newest === null || toHex(cutRoot(head.cut)) === newest.header.rest.cutRoot
  const final = parent === (newest?.header.digest ?? genesisDigest) && isSound ? head.cut : undefined
  const base = final ?? (before === undefined ? undefined : cutAfter(before, context))
  const moved = decodeChanges(changes)
  if (!moved.ok) return new Map()
  return base && cutOf([...base.values(), ...moved.value])
}

/** Of votes nothing is removed: a key that is none may have been one. */
function isVoteKey(check: Check, key: Uint8Array): boolean {
  return isKeyWhole({ ...check, findings: createFindings() }, 'vote', key)
}

/** The note is written with the event, so the two agree, or the event was lost and comes back. */
async function checkLastSigned(
  check: Check,
  { authors, head }: { readonly authors: AuthorNumbers; readonly head: Head },
): Promise<void> {
  const { store, known, findings } = check
  const [bytes, hasVoteRecord] = await store.getMany(['last-signed', 'vote-record'].map(metaKey))
  const author = authors.numberOf(known.org)
  const damaged = (what: string) => findings.add({ code: 'signing-record', what, author: known.org })
  if (bytes === undefined) {
    // A store that was there when the keys were made saw everything that was signed with them.
    const isSeen = author !== undefined && hasVoteRecord !== undefined && (await hasEvents(check, author))
    if (isSeen) damaged('the note is missing, and events of this institution are here')
    return
  }
  const decoded = decode(tipShape, bytes, { bytesMax: 256 })
  if (!decoded.ok) return void damaged(`the note cannot be read: ${decoded.detail}`)
  const { generation, sequence, digest } = decoded.value
  const id = contentIdOfDigest(digest)
  const position = await store.get(positionKey(id))
  const where = `key period ${generation}, place ${sequence}`
  const place = check.unindexed.find((one) => one.id === id)?.place ?? (position && placeIn(position))
  if (place !== undefined) {
    const isThere = place.author === author && place.generation === generation && place.sequence === sequence
    if (!isThere) damaged(`the note says ${where}, and the event that it names stands elsewhere`)
    return
  }
  const final = head.cut.get(known.org)
  if (final !== undefined && isAtOrBefore({ generation, sequence }, final)) {
    // What is final and not here is named where it lacks, and comes back.
    const isTip = final.generation === generation && final.sequence === sequence
    if (isTip && final.id !== id) damaged(`another event is final at ${where} than the note names`)
    return
  }
  const lost = () => findings.add({ code: 'own-event-missing', what: where, author: known.org })
  if (author === undefined) return lost()
  const slot = eventRange({ author, generation, fromSequence: sequence, toSequence: sequence })
  for await (const [key] of store.range(slot))
    if (!check.isGone(readEventKey(key)))
      return void damaged(`another event stands at ${where} than the note names`)
  if (!check.isGone({ author, generation, sequence, branch: 0 })) lost()
}

async function hasEvents({ store }: Check, author: number): Promise<boolean> {
  const range = eventRange({ author, generation: 0, fromSequence: 0, toSequence: Number.MAX_SAFE_INTEGER })
  for await (const _ of store.range({ ...range, limit: 1 })) return true
  return false
}

async function checkEvidence(
  check: Check,
  { head, walked }: { readonly head: Head; readonly walked: Walked },
) {
  const { store, known, findings } = check
  const proven = new Set<string>()
  for await (const [key, value] of store.range(spaceRange('evidence'))) {
    if (!isKeyWhole(check, 'evidence', key)) continue
    const evidence = decodeForkEvidence(value)
    const slot = evidence && placeOfForkEvidence(evidence)
    const isKeyed = slot !== undefined && toHex(evidenceKey(slot)) === toHex(key)
    const row = slot && readOrg(head.state, slot.author)
    const logKey = slot && row && logKeyOfGeneration(row, slot.generation)
    const isProof =
      evidence !== undefined &&
      isKeyed &&
      (logKey === undefined ||
        checkForkEvidence({ evidence, logKey, networkId: known.networkIdBytes, ed25519: known.ed25519 })
          .kind === 'valid')
    proven.add(toHex(key.subarray(1, 37)))
    if (isProof) continue
    findings.add({
      code: 'evidence-damaged',
      what: slot === undefined ? shown(key) : `against ${known.nameOf(slot.author)}, place ${slot.sequence}`,
      author: slot?.author ?? null,
      fix: [{ kind: 'delete', key }],
    })
  }
  for (const { org, generation, sequence, headers } of walked.forks) {
    const row = readOrg(head.state, org)
    // Of a closed generation, and of one that is frozen, nothing follows from a proof any more.
    if (row === undefined || generation < currentLogKey(row).generation) continue
    if ((row.frozen?.generation ?? -1) >= generation) continue
    const key = evidenceKey({ author: org, generation, sequence })
    if (proven.has(toHex(key.subarray(1, 37)))) continue
    const [a, b] = headers
    const evidence = a && b && forkEvidenceOf(a, b)
    if (evidence === undefined) continue
    findings.add({
      code: 'evidence-missing',
      what: `${known.nameOf(org)}, key period ${generation}, place ${sequence}`,
      author: org,
      generation,
      sequence,
      fix: [{ kind: 'put', key, value: encodeForkEvidence(evidence) }],
    })
  }
}
