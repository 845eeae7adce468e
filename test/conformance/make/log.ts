/** cuts.json, frontiers.json, fork-evidence.json: how far the log is agreed, and what two nodes compare. */
import { contentId, encode, leafHash, toHex, utf8 } from '@chirograph/codec'
import { nobleEd25519 } from '@chirograph/crypto'
import {
  type CutEntry,
  cutEntryShape,
  cutOf,
  cutRoot,
  encodeChanges,
  encodeForkEvidence,
  encodeFrontier,
  type FrontierEntry,
  frontierDigest,
  orderEvents,
} from '@chirograph/log'
import { byteString, bytesOf, encodeNotation, hexOf, type Notation } from '../notation.ts'
import { evidence, story } from '../story.ts'
import { type Refusal, wireCase } from '../vector-file.ts'
import { bytes32, eventBy, forker, issuer, members, networkId, observer, witness } from '../world.ts'

const entryPositions = ['author', 'generation', 'sequence', 'id']

function cutFields({ author, generation, sequence, id }: CutEntry): Notation[] {
  return [byteString(author), generation, sequence, { link: id }]
}

/** Ascending by author. */
const entries: readonly CutEntry[] = members.map(({ id: author }, index) => ({
  author,
  generation: index === 4 ? 2 ** 32 - 1 : 0,
  sequence: [0, 23, 24, 65_536, Number.MAX_SAFE_INTEGER][index] ?? 0,
  id: contentId(utf8(`event ${index}`)),
}))

export function makeCuts() {
  return {
    description:
      'Cuts: the last final event of each author. `entries` are single entries; `changes` are lists of them, strictly ascending by author, at most 4,096; `roots` are the RFC 6962 tree heads over the encoded entries, ascending by author. `orders` are sets of events that become final together, with their final order: Kahn over prev and references, ties by author, generation, sequence, id.',
    positions: { entry: entryPositions },
    entries: entries.map((entry, index) =>
      wireCase(`entry ${index}`, cutFields(entry), encode(cutEntryShape, entry)),
    ),
    changes: [0, 1, 5].map((count) => {
      const changes = entries.slice(0, count)
      return wireCase(`${count} changes`, changes.map(cutFields), encodeChanges(changes))
    }),
    roots: [0, 1, 2, 3, 5].map((count) => {
      const some = entries.slice(0, count)
      const encoded = some.map((entry) => hexOf(encode(cutEntryShape, entry)))
      const leaves = some.map((entry) => toHex(leafHash(encode(cutEntryShape, entry))))
      return {
        name: `${count} authors`,
        input: { entries: encoded },
        output: { leaves, root: toHex(cutRoot(cutOf(some))) },
      }
    }),
    orders: orders(),
    refused: changeRefusals(),
  }
}

function orders() {
  const first = (member: typeof issuer, references: readonly { id: ReturnType<typeof contentId> }[] = []) => {
    const body = { kind: 'status.lease', count: 1_024 } as const
    return eventBy(member, body, { sequence: 0, prev: null, references: references.map(({ id }) => id) })
  }
  const second = (member: typeof issuer, prev: { id: ReturnType<typeof contentId> }) =>
    eventBy(member, { kind: 'status.lease', count: 2_048 }, { sequence: 1, prev: prev.id })
  const [a, b, c, d] = [issuer, observer, forker, witness].sort((x, y) => (x.id < y.id ? -1 : 1))
  if (!a || !b || !c || !d) throw new Error('four members')
  const lastOfAll = first(d)
  const waits = first(a, [lastOfAll])
  const waitsToo = second(a, waits)
  const free = first(b)
  const chain = [first(c), ...[first(c)].map((event) => second(c, event))]
  const sets = [
    ['authors in byte order', [lastOfAll, free, first(c)]],
    ['a chain in its sequence', chain.slice().reverse()],
    ['a reference comes first', [waitsToo, waits, free, lastOfAll]],
    ['the first header of the story', story[0]?.events.slice().reverse() ?? []],
  ] as const
  return sets.map(([name, events]) => ({
    name,
    input: {
      events: events.map(({ id, header: { author, generation, sequence, prev, references } }) => {
        return { id, author, generation, sequence, prev, references }
      }),
    },
    output: { order: orderEvents(events).map(({ id }) => id) },
  }))
}

function changeRefusals(): Refusal[] {
  const [low, high] = entries.slice(0, 2).map(cutFields) as [Notation[], Notation[]] // two of five
  const at = (index: number, value: Notation): Notation[] =>
    low.map((field, i) => (i === index ? value : field))
  const rows: [string, string, Notation | Uint8Array][] = [
    ['authors out of order', 'SHAPE', [high, low]],
    ['an author twice', 'SHAPE', [low, low]],
    ['an author of 31 bytes', 'SHAPE', [at(0, byteString('00'.repeat(31)))]],
    ['generation 2^32', 'SHAPE', [at(1, 2 ** 32)]],
    ['no sequence', 'SHAPE', [at(2, null)]],
    ['an id in text', 'SHAPE', [at(3, entries[0]?.id ?? '')]],
    ['three positions', 'SHAPE', [low.slice(0, 3)]],
    ['a byte behind', 'MALFORMED', bytesOf('8000')],
    ['a length in two bytes', 'NON_CANONICAL', bytesOf('9800')],
    ['no bytes', 'MALFORMED', bytesOf('')],
  ]
  return rows.map(([name, reason, value]) => {
    const bytes = hexOf(value instanceof Uint8Array ? value : encodeNotation(value))
    return { name, input: { bytes }, reason }
  })
}

export function makeFrontiers() {
  const plain: FrontierEntry[] = entries.map((entry) => ({ ...entry, branches: null }))
  const forked = plain.map((entry, index) => {
    if (index === 1) return { ...entry, branches: bytes32('heads') }
    return index === 3 ? { ...entry, branches: new Uint8Array(32).fill(0xff) } : entry
  })
  const frontierCase = (name: string, frontier: readonly FrontierEntry[]) => {
    const fields = frontier.map((entry): Notation => {
      return [...cutFields(entry), entry.branches && byteString(entry.branches)]
    })
    const { input, output } = wireCase(name, fields, encodeFrontier(frontier))
    return { name, input, output: { ...output, digest: toHex(frontierDigest(frontier)) } }
  }
  const [low, high] = plain.slice(0, 2).map((entry): Notation => [...cutFields(entry), null]) as [
    Notation,
    Notation,
  ]
  const rows: [string, string, Notation][] = [
    ['authors out of order', 'SHAPE', [high, low]],
    ['an author twice', 'SHAPE', [low, low]],
    ['branches of 31 bytes', 'SHAPE', [[...cutFields(entries[0] as CutEntry), byteString('00'.repeat(31))]]], // there are five
    ['four positions', 'SHAPE', [cutFields(entries[0] as CutEntry)]],
  ]
  return {
    description:
      'Frontiers: the highest event of each author, ascending by author. `branches` is null for one branch, else a hash over all heads, or 32 bytes of 0xff where they are not compared any more. `digest` is SHA-256 of the array of [author, generation, tag], tag being `branches` or else the digest inside `id`.',
    positions: { entry: [...entryPositions, 'branches'] },
    cases: [
      frontierCase('nobody', []),
      frontierCase('one author', plain.slice(0, 1)),
      frontierCase('five authors', plain),
      frontierCase('two of five authors forked', forked),
    ],
    refused: rows.map(([name, reason, value]) => ({
      name,
      input: { bytes: hexOf(encodeNotation(value)) },
      reason,
    })),
  }
}

export function makeForkEvidence() {
  const fields = [evidence.first, evidence.second].map((part) => [
    byteString(part.headerBytes),
    byteString(part.signature),
  ])
  const logKey = nobleEd25519.publicKey(forker.seeds.log)
  const { input, output } = wireCase('two first events', fields, encodeForkEvidence(evidence))
  const other = (member: typeof issuer, sequence = 0) => {
    const event = story
      .flatMap(({ events }) => events)
      .find(({ header }) => header.author === member.id && header.sequence === sequence)
    if (event === undefined) throw new Error('not in the story')
    return [byteString(event.headerBytes), byteString(event.signature)]
  }
  const [first, second] = fields as [Notation[], Notation[]] // two in, two out
  const forged = byteString(`01${'00'.repeat(63)}`)
  const swapped = [second[1] ?? null, first[1] ?? null]
  const rows: [string, string, Notation][] = [
    [
      'free text for a header',
      'malformed',
      [[byteString(Buffer.from('free text').toString('hex')), first[1] ?? null], second],
    ],
    ['the larger header first', 'wrong-order', [second, first]],
    ['one header twice', 'same-header', [first, first]],
    ['two authors', 'different-place', sorted(first, other(issuer))],
    ['two places', 'different-place', sorted(other(issuer, 0), other(issuer, 1))],
    [
      'signatures swapped',
      'bad-signature',
      [
        [first[0] ?? null, swapped[0] ?? null],
        [second[0] ?? null, swapped[1] ?? null],
      ],
    ],
    ['R is the neutral point, S is 0', 'bad-signature', [first, [second[0] ?? null, forged]]],
  ]
  const negative: Refusal<{ readonly bytes: string; readonly networkId: string; readonly logKey: string }>[] =
    rows.map(([name, reason, value]) => {
      const bytes = hexOf(encodeNotation(value))
      return { name, input: { bytes, networkId: hexOf(networkId), logKey: hexOf(logKey) }, reason }
    })
  const bytes = output.bytes
  return {
    description:
      'Proofs that an author forked: two signed headers at one place of its chain, the smaller first; the body of an `evidence.fork` event. Both signatures are over domain("event") ‖ header bytes by the log key. All but the reasons `wrong-network` and `bad-signature` make a body of this kind `malformed-body` as well.',
    positions: { evidence: ['first', 'second'], part: ['headerBytes', 'signature'] },
    cases: [
      {
        name: 'two first events',
        input: { ...input, networkId: hexOf(networkId), logKey: hexOf(logKey) },
        output: { bytes, author: forker.id, generation: 0, sequence: 0 },
      },
    ],
    refused: [
      ...negative,
      {
        name: 'another network',
        input: { bytes, networkId: hexOf(bytes32('another network')), logKey: hexOf(logKey) },
        reason: 'wrong-network',
      },
      {
        name: 'the key of another',
        input: {
          bytes,
          networkId: hexOf(networkId),
          logKey: hexOf(nobleEd25519.publicKey(issuer.seeds.log)),
        },
        reason: 'bad-signature',
      },
    ],
  }
}

function sorted(a: Notation[], b: Notation[]): Notation {
  return [a, b].sort((x, y) => (JSON.stringify(x) < JSON.stringify(y) ? -1 : 1))
}
