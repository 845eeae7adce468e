/** event-bodies.json: what events of every kind say. */
import { sha256 } from '@chirograph/codec'
import {
  type ConsensusKey,
  type CredentialType,
  credentialTypes,
  type EventBody,
  type EventKind,
  encodeBody,
  eventKinds,
  organisationTypes,
  positionMax,
  type RecordClass,
  recordClasses,
  type SignedRun,
  type StatusEntry,
  type StatusReason,
  statusReasons,
} from '@chirograph/event'
import { byteString, bytesOf, encodeNotation, hexOf, type Notation } from '../notation.ts'
import { evidence } from '../story.ts'
import { type Refusal, wireCase } from '../vector-file.ts'
import { bytes32 } from '../world.ts'

const bodyPositions = {
  'credential.issueBatch': ['root', 'paddedSize', 'recordClass', 'credentialType', 'schemaDigest'],
  'status.lease': ['count'],
  'status.revoke': ['entries', 'reason'],
  'status.suspend': ['entries', 'reason', 'untilMs'],
  'status.reinstate': ['entries'],
  'evidence.fork': ['first', 'second'],
  entry: ['handle', 'position'],
  'signed header': ['headerBytes', 'signature'],
}

/** The file is frozen with the first six; the others stand in later-bodies.json. */
const firstKinds = Object.fromEntries(Object.entries(eventKinds).slice(0, 6))

/** Handle i is i in 32 bytes, big-endian. */
function numberedHandle(index: number): Uint8Array {
  return bytesOf(index.toString(16).padStart(64, '0'))
}

export function makeEventBodies() {
  const root = bytes32('root')
  const schemaDigest = bytes32('schema')
  const batch = { kind: 'credential.issueBatch', root, schemaDigest } as const
  const one = [{ handle: numberedHandle(1), position: 0 }]
  const three = [
    { handle: numberedHandle(1), position: null },
    { handle: numberedHandle(256), position: positionMax },
    { handle: bytes32('handle'), position: 23 },
  ]
  const classes = Object.keys(recordClasses) as RecordClass[] // the tables' own keys
  const types = Object.keys(credentialTypes) as CredentialType[]
  const reasons = Object.keys(statusReasons) as StatusReason[]
  return {
    description:
      'Event bodies: one closed array for each kind, at most 65,536 bytes. `kindNumber` is what the header says. The case under `large` holds `count` entries, entry i (from 0) being [i in 32 bytes big-endian, null], and gives the length and SHA-256 of the body instead of its bytes.',
    positions: bodyPositions,
    vocabularies: { kinds: firstKinds, recordClasses, credentialTypes, statusReasons },
    cases: [
      ...classes.map((recordClass) =>
        bodyCase({ ...batch, paddedSize: 16, recordClass, credentialType: 'open-badge-3' }, recordClass),
      ),
      ...types.map((credentialType) =>
        bodyCase({ ...batch, paddedSize: 2 ** 24, recordClass: 'degree', credentialType }, credentialType),
      ),
      bodyCase({ kind: 'status.lease', count: 1_024 }, 'the least'),
      bodyCase({ kind: 'status.lease', count: 131_072 }, 'the most'),
      ...reasons.map((reason) => bodyCase({ kind: 'status.revoke', entries: one, reason }, reason)),
      bodyCase({ kind: 'status.revoke', entries: three, reason: 'withdrawn' }, 'three entries'),
      bodyCase({ kind: 'status.suspend', entries: three, reason: 'under-review', untilMs: 0 }, 'until 1970'),
      bodyCase(
        { kind: 'status.suspend', entries: one, reason: 'under-review', untilMs: Number.MAX_SAFE_INTEGER },
        'for ever',
      ),
      bodyCase({ kind: 'status.reinstate', entries: three }, 'three entries'),
      bodyCase(evidence, 'two first events'),
    ],
    large: [largeCase(1_000)],
    refused: bodyRefusals(),
  }
}

function largeCase(count: number) {
  const entries = Array.from({ length: count }, (_, index) => ({
    handle: numberedHandle(index),
    position: null,
  }))
  const bytes = encodeBody({ kind: 'status.reinstate', entries })
  const output = { length: bytes.length, sha256: hexOf(sha256(bytes)) }
  return { name: `${count} entries`, input: { kind: 'status.reinstate', count }, output }
}

export function bodyCase(body: EventBody, name: string) {
  const title = `${body.kind}: ${name}`
  const { input, output } = wireCase(title, bodyFields(body), encodeBody(body))
  return { name: title, input: { kind: body.kind, kindNumber: eventKinds[body.kind], ...input }, output }
}

export function bodyFields(body: EventBody): Notation[] {
  const entriesOf = (entries: readonly StatusEntry[]): Notation =>
    entries.map(({ handle, position }) => [byteString(handle), position])
  switch (body.kind) {
    case 'credential.issueBatch': {
      const { root, paddedSize, recordClass, credentialType, schemaDigest } = body
      const numbers = [paddedSize, recordClasses[recordClass], credentialTypes[credentialType]]
      return [byteString(root), ...numbers, byteString(schemaDigest)]
    }
    case 'status.lease':
      return [body.count]
    case 'status.revoke':
      return [entriesOf(body.entries), statusReasons[body.reason]]
    case 'status.suspend':
      return [entriesOf(body.entries), statusReasons[body.reason], body.untilMs]
    case 'status.reinstate':
      return [entriesOf(body.entries)]
    case 'evidence.fork':
      return [body.first, body.second].map((part) => [
        byteString(part.headerBytes),
        byteString(part.signature),
      ])
    case 'key.rotate':
      return [byteString(body.logKey), byteString(body.nextKeyHash)]
    case 'recovery.approve':
      return [byteString(body.author), { link: body.rotation }]
    case 'fork.salvage':
      return [runFields(body.run), byteString(body.bodyBytes)]
    case 'evidence.branches':
      return [runFields(body.first), runFields(body.second)]
    case 'member.apply': {
      const { profile, signature } = body.application
      const { name, type, logKey, nextKeyHash, assertionKeys, dids, peerId, consensusKey } = profile
      const vote = consensusKey && keyFields(consensusKey)
      const keys = [byteString(logKey), byteString(nextKeyHash), assertionKeys.map(byteString)]
      const fields = [name, organisationTypes[type], ...keys, [...dids], peerId, vote]
      return [[fields, byteString(signature)], body.probationMs]
    }
    case 'member.approve':
      return [{ link: body.application }]
    case 'member.evict':
      return [byteString(body.org)]
    case 'validator.join':
    case 'validator.leave':
      return []
    case 'validator.commit':
      return [byteString(body.nextKeyHash)]
    case 'validator.rotate':
      return keyFields(body)
    case 'key.compromised':
      return [byteString(body.org), byteString(body.key), body.sinceHeight]
    case 'credential.reaffirm':
      return [body.batches.map((link) => ({ link }))]
    case 'quorum.revoke':
    case 'custody.revoke':
      return [byteString(body.org), entriesOf(body.entries), statusReasons[body.reason]]
    case 'quorum.suspend':
    case 'custody.suspend':
      return [byteString(body.org), entriesOf(body.entries), statusReasons[body.reason], body.untilMs]
    case 'custody.reinstate':
      return [byteString(body.org), entriesOf(body.entries)]
    case 'quorum.annul':
      return [byteString(body.org), body.handles.map(byteString)]
    case 'quorum.close':
      return [byteString(body.org), body.custodian && byteString(body.custodian)]
    case 'quorum.recognise':
    case 'recognition.grant': {
      const classes = body.recordClasses.map((name) => recordClasses[name])
      return [byteString(body.org), classes, body.fromMs, body.untilMs]
    }
    case 'quorum.endRecognition':
    case 'recognition.end':
      return [byteString(body.org)]
    case 'quorum.approve':
    case 'quorum.withdraw':
    case 'quorum.execute':
      return [{ link: body.proposal }]
  }
}

function keyFields({ key, nextKeyHash, possession }: ConsensusKey): Notation[] {
  return [byteString(key), byteString(nextKeyHash), byteString(possession)]
}

export function runFields({ headerBytes, steps, signature }: SignedRun): Notation {
  const stepFields = steps.map(({ references, kind, bodyLength, bodyHash, timeMs }): Notation => {
    const links = references.map((link) => ({ link }))
    return [links, eventKinds[kind], bodyLength, byteString(bodyHash), timeMs]
  })
  return [byteString(headerBytes), stepFields, byteString(signature)]
}

interface BodyRefusal extends Refusal<{ readonly kind: EventKind; readonly bytes: string }> {}

function bodyRefusals(): BodyRefusal[] {
  const hash = byteString(bytes32('hash'))
  const [low, high] = [1, 2].map((index) => byteString(numberedHandle(index))) as [Notation, Notation] // two in, two out
  const batch = (paddedSize: number, recordClass: number, type: number): Notation => [
    hash,
    paddedSize,
    recordClass,
    type,
    hash,
  ]
  const [first, second] = [evidence.first, evidence.second].map((part): Notation => {
    return [byteString(part.headerBytes), byteString(part.signature)]
  }) as [Notation, Notation]
  const text: Notation = [
    byteString(Buffer.from('free text').toString('hex')),
    byteString(evidence.first.signature),
  ]
  const rows: [string, EventKind, Notation | Uint8Array, string][] = [
    ['nothing', 'status.lease', bytesOf(''), 'malformed-body'],
    ['no array', 'status.lease', 1_024, 'malformed-body'],
    ['a byte behind', 'status.lease', bytesOf('8119040000'), 'malformed-body'],
    ['a position too many', 'status.lease', [1_024, 0], 'malformed-body'],
    ['a count in five bytes', 'status.lease', bytesOf('811a00000400'), 'non-canonical'],
    ['a lease of none', 'status.lease', [0], 'malformed-body'],
    ['a lease of 1,025', 'status.lease', [1_025], 'malformed-body'],
    ['a lease of 132,096', 'status.lease', [132_096], 'malformed-body'],
    ['a padded size of 8', 'credential.issueBatch', batch(8, 1, 1), 'malformed-body'],
    ['a padded size of 24', 'credential.issueBatch', batch(24, 1, 1), 'malformed-body'],
    ['a padded size of 2^25', 'credential.issueBatch', batch(2 ** 25, 1, 1), 'malformed-body'],
    ['record class 0', 'credential.issueBatch', batch(16, 0, 1), 'malformed-body'],
    ['record class 11', 'credential.issueBatch', batch(16, 11, 1), 'malformed-body'],
    ['credential type 0', 'credential.issueBatch', batch(16, 1, 0), 'malformed-body'],
    ['credential type 7', 'credential.issueBatch', batch(16, 1, 7), 'malformed-body'],
    ['no entries', 'status.revoke', [[], 1], 'malformed-body'],
    [
      'entries out of order',
      'status.revoke',
      [
        [
          [high, 0],
          [low, 1],
        ],
        1,
      ],
      'malformed-body',
    ],
    [
      'a handle twice',
      'status.revoke',
      [
        [
          [low, 0],
          [low, 1],
        ],
        1,
      ],
      'malformed-body',
    ],
    ['a handle of 31 bytes', 'status.revoke', [[[byteString('00'.repeat(31)), 0]], 1], 'malformed-body'],
    ['a position of 2^40', 'status.revoke', [[[low, 2 ** 40]], 1], 'malformed-body'],
    ['reason 0', 'status.revoke', [[[low, 0]], 0], 'malformed-body'],
    ['reason 8', 'status.revoke', [[[low, 0]], 8], 'malformed-body'],
    ['a reason in text', 'status.revoke', [[[low, 0]], 'withdrawn'], 'malformed-body'],
    ['no end', 'status.suspend', [[[low, 0]], 1], 'malformed-body'],
    ['an end that is null', 'status.suspend', [[[low, 0]], 1, null], 'malformed-body'],
    ['the larger header first', 'evidence.fork', [second, first], 'malformed-body'],
    ['one header twice', 'evidence.fork', [first, first], 'malformed-body'],
    ['free text for a header', 'evidence.fork', [text, second], 'malformed-body'],
    ['one header', 'evidence.fork', [first], 'malformed-body'],
  ]
  return rows.map(([name, kind, body, reason]) => {
    const bytes = body instanceof Uint8Array ? body : encodeNotation(body)
    return { name: `${kind}: ${name}`, input: { kind, bytes: hexOf(bytes) }, reason }
  })
}
