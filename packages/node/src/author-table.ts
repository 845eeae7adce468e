/** The numbers that this store gave to authors, so that an event's key takes 18 bytes and not 77. */
import { type OrgId, parseOrgId } from '@chirograph/event'
import {
  authorKey,
  authorValue,
  readAuthorKey,
  readAuthorValue,
  type Store,
  type StoreOp,
  spaceRange,
} from '@chirograph/interface'

export interface AuthorTable {
  numberOf(org: OrgId): number | undefined
  orgOf(author: number): OrgId | undefined
  /** The number of an author, a new one where it has none: then `ops` has what makes it known to the store. */
  claim(org: OrgId, ops: StoreOp[]): number
  readonly size: number
}

export async function loadAuthors(store: Store): Promise<AuthorTable> {
  const numbers = new Map<OrgId, number>()
  const orgs = new Map<number, OrgId>()
  const note = (org: OrgId, author: number) => {
    numbers.set(org, author)
    orgs.set(author, org)
  }
  for await (const [key, value] of store.range(spaceRange('author'))) {
    const org = parseOrgId(readAuthorKey(key))
    if (org !== undefined) note(org, readAuthorValue(value))
  }
  return {
    numberOf: (org) => numbers.get(org),
    orgOf: (author) => orgs.get(author),
    claim(org, ops) {
      const known = numbers.get(org)
      if (known !== undefined) return known
      const author = Math.max(-1, ...orgs.keys()) + 1
      note(org, author)
      ops.push({ kind: 'put', key: authorKey(org), value: authorValue(author) })
      return author
    },
    get size() {
      return numbers.size
    },
  }
}
