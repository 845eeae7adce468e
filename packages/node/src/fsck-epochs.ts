/** Who may have written what lies in a store, and who voted when: those of the genesis, and those who came later. */
import type { ValidatorSet, VoteVerifiers } from '@chirograph/consensus'
import { applicantOf, decodeBody, decodeHeader, type OrgId, parseOrgId } from '@chirograph/event'
import { bodyKey, readAuthorKey, readEventKey, type Store, spaceRange } from '@chirograph/interface'
import { type Genesis, validatorSetOf } from '@chirograph/status'
import { loadHandovers, setsAfter } from './handovers.js'
import { readStoredValue } from './stored-event.js'

export interface Epochs {
  /** Of the epoch that is open. */
  readonly set: ValidatorSet
  /** By epoch. */
  readonly sets: ReadonlyMap<number, ValidatorSet>
  /** Those of the genesis, and whoever applied. */
  readonly members: ReadonlySet<OrgId>
}

export async function epochsIn(
  store: Store,
  { genesis, ...verifiers }: { readonly genesis: Genesis } & VoteVerifiers,
): Promise<Epochs> {
  const sets = setsAfter(await loadHandovers(store), { genesis, ...verifiers })
  const set = [...sets.values()].at(-1) ?? validatorSetOf(genesis)
  const first = new Set(genesis.organisations.flatMap(({ id }) => parseOrgId(id) ?? []))
  return { set, sets, members: new Set([...first, ...(await applicantsIn(store, first))]) }
}

/** Read from the log, for the state may be what is damaged. Most stores have none, and are not read through for it. */
async function applicantsIn(store: Store, first: ReadonlySet<OrgId>): Promise<readonly OrgId[]> {
  let isAnybodyElse = false
  for await (const [key] of store.range(spaceRange('author'))) {
    const org = key.length === 33 ? parseOrgId(readAuthorKey(key)) : undefined
    isAnybodyElse ||= org !== undefined && !first.has(org)
  }
  if (!isAnybodyElse) return []
  const applicants: OrgId[] = []
  for await (const [key, value] of store.range(spaceRange('event'))) {
    const stored = key.length === 18 ? readStoredValue(value) : undefined
    const header = stored && decodeHeader(stored.headerBytes)
    if (header?.kind !== 'decoded' || header.header.kind !== 'member.apply') continue
    const bodyBytes = await store.get(bodyKey(readEventKey(key)))
    const body = bodyBytes && decodeBody('member.apply', bodyBytes)
    if (body?.kind === 'decoded' && body.body.kind === 'member.apply')
      applicants.push(applicantOf(body.body.application.profile))
  }
  return applicants
}
