/** event-headers.json: the signed part of an event, and the id that follows from it. */
import { compareBytes, contentId, contentIdBytes, type EventId, sha256, utf8 } from '@chirograph/codec'
import { type EventHeader, type EventKind, encodeHeader, eventKinds, generationMax } from '@chirograph/event'
import { byteString, encodeNotation, hexOf, type Notation } from '../notation.ts'
import { type Refusal, wireCase } from '../vector-file.ts'
import { bytes32, genesisTimeMs, issuer, networkId } from '../world.ts'

const headerPositions = [
  'version',
  'networkId',
  'author',
  'generation',
  'sequence',
  'prev',
  'references',
  'kind',
  'bodyLength',
  'bodyHash',
  'timeMs',
]

const idOf = (name: string): EventId => contentId(utf8(name))
const references = Array.from({ length: 16 }, (_, index) => idOf(`reference ${index}`)).sort((a, b) =>
  compareBytes(contentIdBytes(a), contentIdBytes(b)),
)

const first: EventHeader = {
  version: 1,
  networkId,
  author: issuer.id,
  generation: 0,
  sequence: 0,
  prev: null,
  references: [],
  kind: 'status.lease',
  bodyLength: 4,
  bodyHash: sha256(Uint8Array.of(0x81, 0x19, 0x04, 0x00)),
  timeMs: genesisTimeMs,
}

export function makeEventHeaders() {
  const max = Number.MAX_SAFE_INTEGER
  const prev = idOf('prev')
  return {
    description:
      'Event headers: an array of eleven positions, at most 2,048 bytes. `id` is the content id of the bytes.',
    positions: headerPositions,
    cases: [
      headerCase('the first event of an author', first),
      headerCase('the second', { ...first, sequence: 1, prev }),
      headerCase('one reference', { ...first, references: references.slice(0, 1) }),
      headerCase('sixteen references', { ...first, sequence: 1, prev, references }),
      headerCase('the largest of all numbers', {
        ...first,
        generation: generationMax,
        sequence: max,
        prev,
        bodyLength: 65_536,
        timeMs: max,
      }),
      ...kinds.map((kind) => headerCase(`kind ${kind}`, { ...first, kind })),
      headerCase('another author', {
        ...first,
        author: issuer.id.split('').reverse().join('') as EventHeader['author'],
      }), // 64 hex characters still
    ],
    refused: headerRefusals(),
  }
}

// The file is frozen with the first six; the others stand in recovery-bodies.json.
const kinds = Object.keys(eventKinds).slice(0, 6) as EventKind[] // the table's own keys

function headerCase(name: string, header: EventHeader) {
  const bytes = encodeHeader(header)
  const { input, output } = wireCase(name, fieldsOf(header), bytes)
  return { name, input, output: { ...output, id: contentId(bytes) } }
}

function fieldsOf(header: EventHeader): Notation[] {
  return [
    header.version,
    byteString(header.networkId),
    byteString(header.author),
    header.generation,
    header.sequence,
    header.prev === null ? null : { link: header.prev },
    header.references.map((link) => ({ link })),
    eventKinds[header.kind],
    header.bodyLength,
    byteString(header.bodyHash),
    header.timeMs,
  ]
}

function headerRefusals(): Refusal[] {
  const fields = fieldsOf(first)
  const at = (position: string, value: Notation): string => {
    const index = headerPositions.indexOf(position)
    return hexOf(encodeNotation(fields.map((field, i) => (i === index ? value : field))))
  }
  const good = hexOf(encodeNotation(fields))
  const links = references.map((link) => ({ link }))
  const [low = '', high = ''] = references
  const rows: [string, string, string][] = [
    ['no bytes', 'malformed', ''],
    ['2,049 bytes', 'oversize', '00'.repeat(2_049)],
    ['ten positions', 'malformed', hexOf(encodeNotation(fields.slice(0, 10)))],
    ['twelve positions', 'malformed', hexOf(encodeNotation([...fields, 0]))],
    ['cut short', 'malformed', good.slice(0, -2)],
    ['a byte behind', 'malformed', `${good}00`],
    ['version 0', 'unknown-version', at('version', 0)],
    ['version 2', 'unknown-version', at('version', 2)],
    ['version 2, of one position', 'unknown-version', '8102'],
    ['version 1 in two bytes', 'non-canonical', `8b1801${good.slice(4)}`],
    ['a length in two bytes', 'non-canonical', `980b${good.slice(2)}`],
    ['an indefinite length', 'non-canonical', `9f${good.slice(2)}ff`],
    ['a network id of 31 bytes', 'malformed', at('networkId', byteString(networkId.subarray(1)))],
    ['an author in text', 'malformed', at('author', issuer.id)],
    ['generation 2^32', 'malformed', at('generation', 2 ** 32)],
    ['sequence 2^53', 'malformed', good.replace(`${issuer.id}0000`, `${issuer.id}001b0020000000000000`)],
    ['sequence -1', 'malformed', good.replace(`${issuer.id}0000`, `${issuer.id}0020`)],
    ['sequence 0.5', 'malformed', good.replace(`${issuer.id}0000`, `${issuer.id}00f93800`)],
    ['a prev in text', 'malformed', at('prev', low)],
    [
      'a prev of raw bytes',
      'malformed',
      at('prev', null).replace('f680', `d82a58250001551220${'00'.repeat(32)}80`),
    ],
    ['references out of order', 'malformed', at('references', [{ link: high }, { link: low }])],
    ['a reference twice', 'malformed', at('references', [{ link: low }, { link: low }])],
    ['seventeen references', 'malformed', at('references', [...links, { link: idOf('one more') }])],
    ['kind 0', 'unknown-kind', at('kind', 0)],
    ['kind 7', 'unknown-kind', at('kind', 7)],
    ['a kind in text', 'malformed', at('kind', 'status.lease')],
    ['a body of 65,537 bytes', 'malformed', at('bodyLength', 65_537)],
    ['a body hash of 31 bytes', 'malformed', at('bodyHash', byteString(bytes32('hash').subarray(1)))],
    ['no time', 'malformed', at('timeMs', null)],
  ]
  return rows.map(([name, reason, bytes]) => ({ name, input: { bytes }, reason }))
}
