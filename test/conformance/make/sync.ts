/** checkpoints.json and sync.json: what nodes hand each other to come to hold the same. */
import { contentId, digestOfContentId, sha256, utf8 } from '@chirograph/codec'
import { nobleEd25519 } from '@chirograph/crypto'
import { encodeEvent, encodeSegment, type OrgId, type VerifiedEvent } from '@chirograph/event'
import { admit, apply, type FrontierEntry, frontier, frontierDigest, restoreEntry } from '@chirograph/log'
import {
  answerSync,
  createReplica,
  emptyRestored,
  encodeCheckpoint,
  encodeCheckpointRequest,
  encodeHistoryRequest,
  encodeSegmentFrame,
  encodeSyncOffer,
  encodeSyncRequest,
  type Holes,
  type Locator,
  noteOffer,
  type Replica,
} from '@chirograph/replica'
import { byteString, bytesOf, encodeNotation, hexOf, type Notation } from '../notation.ts'
import { batchEvent, evidenceEvent, forked, leaseEvent, revokeEvent, suspendEvent } from '../story.ts'
import { type Case, type Refusal, wireCase } from '../vector-file.ts'
import { eventBy, forker, genesis, issuer, members, observer, signer } from '../world.ts'
import { certificateOf, headerOf } from './consensus-world.ts'
import { certificateFields } from './votes.ts'

export function makeCheckpoints() {
  const header = headerOf({ view: 5, height: 3 })
  const certificate = certificateOf({ type: 'final', view: 5, digest: header.digest, height: 3 })
  const changes = Uint8Array.of(0x80)
  const fields = [header.coreBytes, header.restBytes, changes].map((part) => byteString(part))
  const whole = [...fields, certificateFields(certificate)]
  const good = encodeCheckpoint({ header, changes, certificate, tail: null })
  const other = headerOf({ view: 6, height: 4 })
  const refused: [string, string, Notation | string][] = [
    ['three positions', 'SHAPE', whole.slice(0, 3)],
    ['a rest that its core does not name', 'SHAPE', whole.with(1, byteString(other.restBytes))],
    ['a certificate of nothing', 'SHAPE', whole.with(3, [])],
    ['a byte behind', 'MALFORMED', `${hexOf(good)}00`],
    ['an array length in two bytes', 'NON_CANONICAL', `9804${hexOf(good).slice(2)}`],
  ]
  return {
    description:
      'Checkpoints: a final header as it is stored, served and gossiped, with its cut’s changes (as in cuts.json) and its final certificate, or null where it became final with a later header.',
    positions: ['coreBytes', 'restBytes', 'changes', 'certificate'],
    cases: [
      wireCase('with its certificate', whole, good),
      wireCase(
        'final with a later header',
        [...fields, null],
        encodeCheckpoint({ header, changes, certificate: null, tail: null }),
      ),
    ],
    refused: refused.map(refusalOf),
  }
}

function refusalOf([name, reason, wire]: [string, string, Notation | string]): Refusal<{
  readonly bytes: string
}> {
  return { name, input: { bytes: typeof wire === 'string' ? wire : hexOf(encodeNotation(wire)) }, reason }
}

function replicaWith(events: readonly VerifiedEvent[]): Replica {
  const signers = { event: signer(issuer.seeds.log), vote: signer(issuer.seeds.consensus) }
  const config = {
    genesis,
    org: issuer.id,
    signers,
    ed25519: nobleEd25519,
    hasVoteRecord: true,
    nonce: '00'.repeat(16),
  }
  const replica = createReplica(config, emptyRestored())
  take(replica, events)
  return replica
}

function take(replica: Replica, events: readonly VerifiedEvent[]): void {
  for (const event of events) {
    const verdict = admit(replica.log, event)
    if (verdict.kind !== 'accept') throw new Error(`not admitted: ${verdict.kind}`)
    apply(replica.log, event)
  }
}

/** Sixteen bytes, and not random here. */
const key = new Uint8Array(16).map((_, index) => index + 1)
const stranger = 'fe'.repeat(32) as OrgId // 64 hex characters
const observed = eventBy(observer, { kind: 'status.lease', count: 1_024 }, { sequence: 0, prev: null })

function entryFields({ author, generation, sequence, id, branches }: FrontierEntry): Notation {
  return [byteString(author), generation, sequence, { link: id }, branches && byteString(branches)]
}

/** The columns of claims, spelled out. */
function claimFields(entries: readonly FrontierEntry[]): Notation {
  const tagOf = ({ id, branches }: FrontierEntry) =>
    sha256(key, branches ?? digestOfContentId(id)).slice(0, 4)
  const listed = members.flatMap(({ id }, index) => {
    const entry = entries.find(({ author }) => author === id)
    return entry === undefined ? [] : [{ entry, index }]
  })
  const bits = members.map((_, index) => (listed.some((one) => one.index === index) ? '1' : '0')).join('')
  const used = bits.slice(0, bits.lastIndexOf('1') + 1)
  const padded = used.padEnd(8 * Math.ceil(used.length / 8), '0')
  const others = entries.filter(({ author }) => members.every(({ id }) => id !== author))
  return [
    byteString(
      bytesOf((padded.match(/.{4}/g) ?? []).map((four) => Number.parseInt(four, 2).toString(16)).join('')),
    ),
    listed.map(({ entry }) => entry.sequence),
    byteString(listed.map(({ entry }) => hexOf(tagOf(entry))).join('')),
    listed.flatMap(({ entry }, at) => (entry.generation > 0 ? [[at, entry.generation]] : [])),
    others.map((entry) => [
      byteString(entry.author),
      entry.generation,
      entry.sequence,
      byteString(tagOf(entry)),
    ]),
  ]
}

function locatorFields({ author, generation, ids }: Locator): Notation {
  return [byteString(author), generation, ids.map((link) => ({ link }))]
}

/** A request as `replica` makes it; with a key it names what changed since `stated`, which it calls `base`. */
function requestCase(
  name: string,
  replica: Replica,
  {
    stated = null,
    isDelta = true,
    locators = [],
  }: { stated?: readonly FrontierEntry[] | null; isDelta?: boolean; locators?: readonly Locator[] } = {},
) {
  const bytes = encodeSyncRequest(replica, { peer: 'peer', key: isDelta ? key : null, locators })
  const entries = frontier(replica.log)
  const digest = frontierDigest(entries)
  const base = stated && frontierDigest(stated).slice(0, 8)
  const said = new Set(stated?.map((entry) => JSON.stringify(entryFields(entry))))
  const changed = entries.filter((entry) => !said.has(JSON.stringify(entryFields(entry))))
  const delta: Notation = isDelta ? [byteString(key), base && byteString(base), claimFields(changed)] : null
  const fields: Notation = [2, byteString(digest), delta, locators.map(locatorFields)]
  const { output } = wireCase(name, fields, bytes)
  const input = {
    frontier: entries.map(entryFields),
    stated: stated === null ? null : stated.map(entryFields),
    key: isDelta ? hexOf(key) : null,
    locators: locators.map(locatorFields),
    fields,
  }
  return { name, input, output: { digest: hexOf(digest), ...output } }
}

/** A replica that said its frontier to the peer, and was answered. */
function afterExchange(held: readonly VerifiedEvent[], more: readonly VerifiedEvent[]) {
  const replica = replicaWith(held)
  encodeSyncRequest(replica, { peer: 'peer', key })
  const stated = frontier(replica.log)
  noteOffer(replica, 'peer', nothing)
  take(replica, more)
  return { replica, stated }
}

/** What a node that holds these events answers to requests, one after the other. */
function answerCase(
  name: string,
  held: readonly VerifiedEvent[],
  requests: readonly Uint8Array[],
  asker: OrgId | null = null,
) {
  const peer = members.find(({ id }) => id === asker)?.organisation.peerId ?? 'peer'
  const replica = replicaWith(held)
  const answers = requests.map((bytes) => {
    const answer = answerSync(replica, peer, bytes)
    if (!answer.ok) throw new Error(`${name}: ${answer.detail}`)
    const { offer, ranges, isBehind } = answer.value
    return {
      offer: hexOf(encodeSyncOffer(offer)),
      ranges: ranges.map(({ author, generation, fromSequence, toSequence }): Notation => {
        return [byteString(author), generation, fromSequence, toSequence]
      }),
      isBehind,
    }
  })
  const input = {
    events: held.map(({ id }) => id),
    frontier: frontier(replica.log).map(entryFields),
    asker: asker && byteString(asker),
    requests: requests.map(hexOf),
  }
  return { name, input, output: { answers } } satisfies Case<unknown, unknown>
}

function requestOf(replica: Replica, isDelta = true): Uint8Array {
  return encodeSyncRequest(replica, { peer: 'peer', key: isDelta ? key : null })
}

function answers() {
  const all = [batchEvent, leaseEvent, revokeEvent, observed]
  const empty = () => requestOf(replicaWith([]))
  const grown = afterExchange([batchEvent], [leaseEvent])
  const second = requestOf(grown.replica)
  return [
    answerCase('the same', all, [requestOf(replicaWith(all), false)]),
    answerCase('another digest, and no delta', all, [requestOf(replicaWith([batchEvent]), false)]),
    answerCase('everything, to a node without events', all, [empty()]),
    answerCase('the end of a chain', all, [requestOf(replicaWith([batchEvent]))]),
    answerCase('nothing, to a node that holds more', [batchEvent], [requestOf(replicaWith(all))]),
    answerCase(
      'some, to a node that holds other things',
      [batchEvent, leaseEvent],
      [requestOf(replicaWith([batchEvent, observed]))],
    ),
    answerCase('what lacks after a change', all, [requestOf(replicaWith([batchEvent])), second]),
    answerCase('a base that was never stated here', all, [second]),
    answerCase('a forked author, to who holds one branch', forked, [
      requestOf(replicaWith(forked.slice(0, 1))),
    ]),
    answerCase('a forked author, to who holds none', forked, [empty()]),
    answerCase(
      'the end of its own chain, to an author',
      all,
      [requestOf(replicaWith([batchEvent]))],
      issuer.id,
    ),
    answerCase('that of its own chain nothing is here', [observed], [empty()], issuer.id),
    answerCase('one branch, to who holds the other', forked.slice(0, 1), [
      requestOf(replicaWith(forked.slice(1))),
    ]),
  ]
}

function requests() {
  const grown = afterExchange([batchEvent, observed], [leaseEvent, revokeEvent])
  const unchanged = afterExchange([batchEvent, observed], [])
  const later = replicaWith([batchEvent])
  for (const [sequence, author] of [
    [7, observer.id],
    [70_000, stranger],
  ] as const) {
    const { header } = observed
    const event = { id: contentId(utf8(author)), header: { ...header, author, generation: 3, sequence } }
    restoreEntry(later.log, { ...event, branch: 0, isVerified: true })
  }
  const branches: Locator = {
    author: forker.id,
    generation: 0,
    ids: [forked[0].id, contentId(utf8('behind'))],
  }
  return [
    requestCase('a digest, of a node without events', replicaWith([]), { isDelta: false }),
    requestCase('a digest', replicaWith([batchEvent, leaseEvent]), { isDelta: false }),
    requestCase('all claims, of a node without events', replicaWith([])),
    requestCase('all claims', replicaWith([batchEvent, leaseEvent, revokeEvent, observed, evidenceEvent])),
    requestCase('all claims, a forked author among them', replicaWith([batchEvent, ...forked])),
    requestCase('a later generation, and an author that is not of the genesis', later),
    requestCase('what changed', grown.replica, { stated: grown.stated }),
    requestCase('that nothing changed', unchanged.replica, { stated: unchanged.stated }),
    requestCase('branches', replicaWith(forked), { locators: [branches] }),
    requestCase('branches, and no claims', replicaWith(forked), { isDelta: false, locators: [branches] }),
  ]
}

const nothing = {
  version: 3,
  isSame: false,
  isBaseUnknown: false,
  eventCount: 0,
  probes: [],
  ownTip: null,
} as const

function offers() {
  const probe = { author: forker.id, generation: 0 }
  return [
    wireCase('the same', [3, true, false, 0, [], null], encodeSyncOffer({ ...nothing, isSame: true })),
    wireCase('nothing', [3, false, false, 0, [], null], encodeSyncOffer(nothing)),
    wireCase(
      'the base is unknown',
      [3, false, true, 0, [], null],
      encodeSyncOffer({ ...nothing, isBaseUnknown: true }),
    ),
    wireCase(
      'events and a probe',
      [3, false, false, 70_000, [[byteString(forker.id), 0]], null],
      encodeSyncOffer({ ...nothing, eventCount: 70_000, probes: [probe] }),
    ),
    wireCase(
      'the last place of the asker’s own chain',
      [3, false, false, 0, [], [2, 70_000]],
      encodeSyncOffer({ ...nothing, ownTip: { generation: 2, sequence: 70_000 } }),
    ),
  ]
}

function historyRequests() {
  const chain = { author: issuer.id, generation: 0 }
  const [author, other] = [byteString(issuer.id), byteString(observer.id)]
  const holes = (ranges: Holes['ranges'], from: Holes['from'] = null) => ({ ...chain, ranges, from })
  const id = contentId(utf8('head'))
  const rows: [string, Notation, boolean, Holes[]][] = [
    ['the first event', [1, true, [[author, 0, [0, 1], null]]], true, [holes([[0, 0]])]],
    [
      'two holes',
      [1, true, [[author, 0, [5, 3, 12, 1], null]]],
      true,
      [
        holes([
          [5, 7],
          [20, 20],
        ]),
      ],
    ],
    [
      'holes beside each other',
      [1, false, [[author, 0, [5, 3, 0, 2], null]]],
      false,
      [
        holes([
          [5, 7],
          [8, 9],
        ]),
      ],
    ],
    ['everything down from an event', [1, true, [[author, 0, [], { link: id }]]], true, [holes([], id)]],
    [
      'to the last number',
      [1, false, [[author, 0, [1, Number.MAX_SAFE_INTEGER - 1], null]]],
      false,
      [holes([[1, Number.MAX_SAFE_INTEGER - 1]])],
    ],
    [
      'two chains',
      [
        1,
        true,
        [
          [author, 0, [0, 9], null],
          [other, 3, [], { link: id }],
        ],
      ],
      true,
      [holes([[0, 8]]), { author: observer.id, generation: 3, ranges: [], from: id }],
    ],
  ]
  return rows.map(([name, fields, areBodiesWanted, chains]) => {
    return wireCase(name, fields, encodeHistoryRequest({ areBodiesWanted, chains }))
  })
}

export function makeSync() {
  const [chain, link] = [byteString(forker.id), { link: contentId(utf8('head')) }] as const
  const hash = byteString(new Uint8Array(32))
  const delta = (claims: Notation, base: Notation = null): Notation => [
    2,
    hash,
    [byteString(key), base, claims],
    [],
  ]
  const tag = byteString('01020304')
  const refusedRequests: [string, string, Notation][] = [
    ['version 1', 'SHAPE', [1, [], []]],
    ['version 3', 'SHAPE', [3, hash, null, []]],
    ['three positions', 'SHAPE', [2, hash, null]],
    ['a digest of 31 bytes', 'SHAPE', [2, byteString(new Uint8Array(31)), null, []]],
    [
      'a key of 15 bytes',
      'SHAPE',
      [2, hash, [byteString(key.slice(1)), null, [byteString(''), [], byteString(''), [], []]], []],
    ],
    [
      'a base of seven bytes',
      'SHAPE',
      delta([byteString(''), [], byteString(''), [], []], byteString('00'.repeat(7))),
    ],
    ['four columns', 'SHAPE', delta([byteString(''), [], byteString(''), []])],
    ['a bit that is no member’s', 'SHAPE', delta([byteString('01'), [0], tag, [], []])],
    [
      'two bits, one sequence',
      'SHAPE',
      delta([byteString('c0'), [0], byteString('0102030405060708'), [], []]),
    ],
    ['a tag of three bytes', 'SHAPE', delta([byteString('80'), [0], byteString('010203'), [], []])],
    ['a generation of nobody', 'SHAPE', delta([byteString('80'), [0], tag, [[1, 1]], []])],
    ['97 ids in a locator', 'SHAPE', [2, hash, null, [[chain, 0, Array.from({ length: 97 }, () => link)]]]],
    [
      'seventeen locators',
      'SHAPE',
      [2, hash, null, Array.from({ length: 17 }, (): Notation => [chain, 0, []])],
    ],
  ]
  const refusedOffers: [string, string, Notation][] = [
    ['version 1', 'SHAPE', [1, [], 0, []]],
    ['version 2', 'SHAPE', [2, false, false, 0, []]],
    ['five positions', 'SHAPE', [3, false, false, 0, []]],
    ['a place without its sequence', 'SHAPE', [3, false, false, 0, [], [0]]],
    [
      'seventeen probes',
      'SHAPE',
      [3, false, false, 0, Array.from({ length: 17 }, (): Notation => [chain, 0]), null],
    ],
    ['a number for a truth', 'SHAPE', [3, 0, false, 0, [], null]],
  ]
  const refusedHistory: [string, string, Notation][] = [
    ['version 2', 'SHAPE', [2, true, [[chain, 0, [0, 1], null]]]],
    ['no chain', 'SHAPE', [1, true, []]],
    ['257 chains', 'SHAPE', [1, true, Array.from({ length: 257 }, (): Notation => [chain, 0, [0, 1], null])]],
    ['a run without its hole', 'SHAPE', [1, true, [[chain, 0, [1], null]]]],
    ['an empty hole', 'SHAPE', [1, true, [[chain, 0, [1, 0], null]]]],
    ['beyond the last number', 'SHAPE', [1, true, [[chain, 0, [1, Number.MAX_SAFE_INTEGER], null]]]],
  ]
  const segments = [[batchEvent, leaseEvent], [suspendEvent]].map((items) => {
    return encodeSegment({ items, signature: items.at(-1)?.signature ?? null })
  })
  return {
    description:
      'Sync. A request carries the digest of the asker’s frontier (frontiers.json) and, unless it only asks whether there is anything to do, a delta: a key of sixteen random bytes, the first eight bytes of the digest that was stated in the last exchange with this peer (null: all follows), and claims about those entries of `frontier` that are not in `stated`. Claims are columns over `members`: a bit for each that is named, from the highest bit of the first byte on, without the bytes behind the last bit; then the sequences and the tags of those named, in order; [index among those named, generation] where the generation is not 0; and [author, generation, sequence, tag] of authors that are no members. A tag is the first four bytes of SHA-256(key ‖ branches, or the digest of the id where that is null). The offer answers. Its `ownTip` is the last place of the asker’s own chain that is known there, or null. `answers` are what a node that holds `events` (as in events.json), and so has `frontier`, says to `requests` of the author `asker` (null: no member), one after the other: the offer, the ranges [author, generation, from, to] that follow it in segments (segments.json), and whether it lacks something itself. A frame of the answer is a list of segments. A history request asks for what lacks inside of chains: numbers of events, held and lacking in turn, from sequence 0; and an event from which everything down is wanted. Last the request for checkpoints from a height on.',
    members: members.map(({ id }) => id),
    positions: {
      request: ['version', 'digest', 'delta', 'locators'],
      delta: ['key', 'base', 'claims'],
      claims: ['authors', 'sequences', 'tags', 'generations', 'others'],
      locator: ['author', 'generation', 'ids'],
      offer: ['version', 'isSame', 'isBaseUnknown', 'eventCount', 'probes', 'ownTip'],
      place: ['generation', 'sequence'],
      probe: ['author', 'generation'],
      'history request': ['version', 'areBodiesWanted', 'chains'],
      holes: ['author', 'generation', 'runs', 'from'],
      'checkpoint request': ['version', 'fromHeight'],
    },
    events: [batchEvent, leaseEvent, revokeEvent, observed, ...forked].map((event) => {
      return { id: event.id, bytes: hexOf(encodeEvent(event)) }
    }),
    requests: requests(),
    offers: offers(),
    answers: answers(),
    frames: [1, 2].map((count) => {
      const some = segments.slice(0, count)
      return wireCase(
        `${count} of segments`,
        some.map((one) => byteString(one)),
        encodeSegmentFrame(some),
      )
    }),
    historyRequests: historyRequests(),
    checkpointRequests: [0, 1, 65_536].map((height) => {
      return wireCase(`from height ${height}`, [1, height], encodeCheckpointRequest(height))
    }),
    refusedRequests: refusedRequests.map(refusalOf),
    refusedOffers: refusedOffers.map(refusalOf),
    refusedFrames: (
      [
        ['no segment', 'SHAPE', []],
        ['a segment that is no byte string', 'SHAPE', [[]]],
        ['a byte behind', 'MALFORMED', '814100ff'],
      ] as [string, string, Notation | string][]
    ).map(refusalOf),
    refusedHistoryRequests: refusedHistory.map(refusalOf),
    refusedCheckpointRequests: (
      [
        ['version 2', 'SHAPE', [2, 0]],
        ['65 bytes', 'OVERSIZE', '00'.repeat(65)],
      ] as [string, string, Notation | string][]
    ).map(refusalOf),
  }
}
