/**
 * What a node says of its frontier in a request: of each author whose chain moved since the last exchange with this
 * peer, where it stands and a tag of what stands there. Four bytes of a keyed hash are enough, because the key is
 * fresh in every session: nobody can make two heads that agree under a key that is not chosen yet, and two that agree
 * by chance are told apart next time. Rules L23 and L24 of SPEC.md.
 */
import {
  bytes,
  bytesUpTo,
  digestOfContentId,
  field,
  type Infer,
  list,
  sha256,
  struct,
  uint,
} from '@chirograph/codec'
import { generationMax, type OrgId, orgId } from '@chirograph/event'
import type { FrontierEntry } from './frontier.js'
import { frontierAuthorsMax, headTagBytes } from './limits.js'

/** Where an author's chain stands by the word of a peer; the tag is under the key of that session. */
export interface FrontierClaim {
  readonly generation: number
  readonly sequence: number
  readonly tag: Uint8Array
  readonly key: Uint8Array
}

export type FrontierClaims = ReadonlyMap<OrgId, FrontierClaim>

/**
 * Column by column, because that halves it: a bit for each organisation of the genesis, in its order, then the
 * sequences and tags of those whose bit is set. Generations above 0 and organisations that joined later are listed.
 */
export const claimsShape = struct('frontier claims', [
  field('authors', bytesUpTo(frontierAuthorsMax / 8)),
  field('sequences', list(uint(), { max: frontierAuthorsMax })),
  field('tags', bytesUpTo(frontierAuthorsMax * headTagBytes)),
  field(
    'generations',
    list(
      struct('later generation', [field('at', uint()), field('generation', uint({ max: generationMax }))]),
      {
        max: frontierAuthorsMax,
      },
    ),
  ),
  field(
    'others',
    list(
      struct('other author', [
        field('author', orgId()),
        field('generation', uint({ max: generationMax })),
        field('sequence', uint()),
        field('tag', bytes(headTagBytes)),
      ]),
      { max: frontierAuthorsMax },
    ),
  ),
])

export type ClaimColumns = Infer<typeof claimsShape>

/** The tag of an author's heads under a session's key (16 bytes). */
export function headTag(
  key: Uint8Array,
  { id, branches }: Pick<FrontierEntry, 'id' | 'branches'>,
): Uint8Array {
  return sha256(key, branches ?? digestOfContentId(id)).slice(0, headTagBytes)
}

/** Writes claims about these entries; `members` are the organisations of the genesis, in its order. */
export function claimColumns(args: {
  readonly entries: readonly FrontierEntry[]
  readonly members: readonly OrgId[]
  readonly key: Uint8Array
}): ClaimColumns {
  const { entries, members, key } = args
  const indexOf = new Map(members.map((org, index) => [org, index]))
  const listed = entries.flatMap((entry) => {
    const index = indexOf.get(entry.author)
    return index === undefined ? [] : [{ index, entry }]
  })
  listed.sort((a, b) => a.index - b.index)
  const last = listed.at(-1)?.index ?? -1
  const authors = new Uint8Array(Math.ceil((last + 1) / 8))
  const tags = new Uint8Array(listed.length * headTagBytes)
  for (const [at, { index, entry }] of listed.entries()) {
    authors[index >> 3] = (authors[index >> 3] ?? 0) | (0x80 >> (index & 7))
    tags.set(headTag(key, entry), at * headTagBytes)
  }
  return {
    authors,
    sequences: listed.map(({ entry }) => entry.sequence),
    tags,
    generations: listed.flatMap(({ entry: { generation } }, at) =>
      generation > 0 ? [{ at, generation }] : [],
    ),
    others: entries
      .filter(({ author }) => !indexOf.has(author))
      .map((entry) => {
        const { author, generation, sequence } = entry
        return { author, generation, sequence, tag: headTag(key, entry) }
      }),
  }
}

/** Reads claims; undefined where the columns do not fit each other or name members that are none. */
export function readClaims(args: {
  readonly columns: ClaimColumns
  readonly members: readonly OrgId[]
  readonly key: Uint8Array
}): Map<OrgId, FrontierClaim> | undefined {
  const { columns, members, key } = args
  const { authors, sequences, tags, generations, others } = columns
  const named: OrgId[] = []
  for (let index = 0; index < authors.length * 8; index++) {
    if (((authors[index >> 3] ?? 0) & (0x80 >> (index & 7))) === 0) continue
    const org = members[index]
    if (org === undefined) return undefined
    named.push(org)
  }
  if (named.length !== sequences.length || tags.length !== named.length * headTagBytes) return undefined
  const later = new Map(generations.map(({ at, generation }) => [at, generation]))
  if (generations.some(({ at }) => at >= named.length)) return undefined
  const claims = new Map<OrgId, FrontierClaim>()
  for (const [at, org] of named.entries()) {
    const tag = tags.slice(at * headTagBytes, (at + 1) * headTagBytes)
    claims.set(org, { generation: later.get(at) ?? 0, sequence: sequences[at] ?? 0, tag, key })
  }
  for (const { author, generation, sequence, tag } of others)
    claims.set(author, { generation, sequence, tag, key })
  return claims
}
