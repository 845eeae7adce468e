/** An applicant becomes an organisation of the network. SPEC S30, S32. */
import { toHex } from '@chirograph/codec'
import { applicantOf, type OrgId, type Profile } from '@chirograph/event'
import { type Draft, draftOrg, draftRead, draftWrite } from './draft.js'
import type { FoldContext } from './effect.js'
import { joinedChunk } from './limits.js'
import { peerIdOf } from './membership.js'
import { joinedRowKey, joinedRowShape, memberRowKey, memberRowShape } from './membership-rows.js'
import { orgRowKey, orgRowShape } from './rows.js'

/** Whether a key, a DID or the peer id of the applicant is another organisation's. */
export function applicantCollides(draft: Draft, profile: Profile): boolean {
  return namesOf(profile).some((name) => isTaken(draft, name))
}

/** Whether a key (hex), a DID or a peer id has an owner. */
export function isTaken(draft: Draft, name: string): boolean {
  draft.taken ??= takenIn(draft)
  return draft.taken.has(name)
}

/** What an applicant takes for its own. */
function namesOf({ logKey, assertionKeys, dids, peerId, consensusKey }: Profile): string[] {
  const keys = [logKey, ...assertionKeys, ...(consensusKey ? [consensusKey.key] : [])]
  return [...keys.map(toHex), ...dids, peerId]
}

/** Reads the row of every organisation: once for the applications of a header. */
function takenIn(draft: Draft): Set<string> {
  const { genesis, validators, electorate } = draft
  const taken = new Set([...validators.validators, ...electorate].map(({ key }) => key))
  for (const org of draft.organisations) {
    const row = draftOrg(draft, org)
    const member = draftRead(draft, memberRowKey(org), memberRowShape)
    for (const { key } of [...(row?.logKeys ?? []), ...(row?.assertionKeys ?? [])]) taken.add(toHex(key))
    for (const did of row?.dids ?? []) taken.add(did)
    if (member?.consensusKey) taken.add(toHex(member.consensusKey))
    const peerId = peerIdOf(draft, { genesis, org })
    if (peerId !== undefined) taken.add(peerId)
  }
  return taken
}

/** The rows of an organisation whose keys hold from this header on. */
export function enrol(
  draft: Draft,
  {
    profile,
    probationMs,
    context,
  }: {
    readonly profile: Profile
    readonly probationMs: number
    readonly context: Pick<FoldContext, 'height' | 'timeMs'>
  },
): void {
  const org = applicantOf(profile)
  const { height, timeMs } = context
  const held = { fromHeight: height, untilHeight: null }
  const { name, type, logKey, nextKeyHash, assertionKeys, dids, peerId, consensusKey } = profile
  const row = {
    name,
    type,
    logKeys: [{ generation: 0, key: logKey, ...held }],
    nextKeyHash,
    assertionKeys: assertionKeys.map((key) => ({ key, ...held })),
    dids,
    recognitions: [],
    custodian: null,
    state: 'active',
    frozen: null,
    issuedPadded: 0,
    restricted: 0,
    compromises: [],
    grants: [],
  } as const
  draftWrite(draft, { key: orgRowKey(org), shape: orgRowShape, row })
  const member = {
    row: 2,
    standing: consensusKey === null ? 'observing' : 'probation',
    consensusKey: consensusKey?.key ?? null,
    nextConsensusKeyHash: consensusKey?.nextKeyHash ?? null,
    peerId,
    admittedHeight: height,
    probationUntilMs: timeMs + probationMs,
  } as const
  draftWrite(draft, { key: memberRowKey(org), shape: memberRowShape, row: member })
  for (const name of namesOf(profile)) draft.taken?.add(name)
  list(draft, org)
}

/** Notes it behind those who joined before, so that its place among them never changes. */
function list(draft: Draft, org: OrgId): void {
  draft.organisations = [...draft.organisations, org]
  for (let chunk = 0; ; chunk++) {
    const key = joinedRowKey(chunk)
    const organisations = draftRead(draft, key, joinedRowShape)?.organisations ?? []
    if (organisations.length >= joinedChunk) continue
    draftWrite(draft, {
      key,
      shape: joinedRowShape,
      row: { row: 5, chunk, organisations: [...organisations, org] },
    })
    return
  }
}
