/** Bodies about stolen keys, measures, recognitions and custody: each comes back as it was, and what is not one is refused. */
import { contentId, contentIdBytes, utf8 } from '@chirograph/codec'
import { equal, is, suite } from '../../workspace/kit.ts'
import { decodeBody, type EventKind, encodeBody, isMeasureKind } from '../src/index.ts'
import { authorOf, bodies, bytes32 } from './author.ts'
import { encodeCbor, Link } from './cbor.ts'

const org = Buffer.from(authorOf(1).org, 'hex')
const [low, high] = [bytes32(1), bytes32(2)]
const ids = [1, 2]
  .map((index) => contentIdBytes(contentId(utf8(`batch ${index}`))))
  .sort(Buffer.compare)
  .map((id) => new Link(id))
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const handle = new Uint8Array(32)
    new DataView(handle.buffer).setUint32(0, index)
    return handle
  })

suite('governance bodies', (it) => {
  it('come back from their bytes as they were', () => {
    const later = bodies.slice(17)
    is(later.length, 16)
    for (const body of later) equal(decodeBody(body.kind, encodeBody(body)), { kind: 'decoded', body })
  })

  it('propose a measure in six kinds', () => {
    const measures = bodies.map(({ kind }) => kind).filter(isMeasureKind)
    equal(measures.length, 6)
  })

  const refused: [string, EventKind, unknown][] = [
    ['a key of 31 bytes', 'key.compromised', [org, low.subarray(1), 0]],
    ['a height below zero', 'key.compromised', [org, low, -1]],
    ['no organisation', 'key.compromised', [low, 0]],
    ['no batch', 'credential.reaffirm', [[]]],
    ['batches out of order', 'credential.reaffirm', [ids.toReversed()]],
    ['a batch twice', 'credential.reaffirm', [[ids[0], ids[0]]]],
    ['257 credentials', 'quorum.revoke', [org, many(257).map((handle) => [handle, null]), 1]],
    ['an unknown reason', 'quorum.revoke', [org, [[low, null]], 8]],
    ['free text for a reason', 'quorum.revoke', [org, [[low, null]], 'fraud']],
    ['a suspension without an end', 'quorum.suspend', [org, [[low, null]], 7]],
    ['handles out of order', 'quorum.annul', [org, [high, low]]],
    ['257 handles', 'quorum.annul', [org, many(257)]],
    ['its own custodian', 'quorum.close', [org, org]],
    ['no word about a custodian', 'quorum.close', [org]],
    ['classes out of order', 'quorum.recognise', [org, [5, 1], 0, null]],
    ['a class twice', 'recognition.grant', [org, [1, 1], 0, null]],
    ['no class', 'recognition.grant', [org, [], 0, null]],
    ['a recognition that ends before it begins', 'recognition.grant', [org, [1], 5, 5]],
    ['a recognition by a quorum that does', 'quorum.recognise', [org, [1], 5, 4]],
    ['a proposal in text', 'quorum.approve', ['bafyrei']],
    ['two proposals', 'quorum.execute', [ids[0], ids[1]]],
    ['a custodian’s act about nobody', 'custody.revoke', [[[low, null]], 1]],
    ['a custodian’s act about no credential', 'custody.reinstate', [org, []]],
  ]
  for (const [why, kind, body] of refused) {
    it(`are refused: ${kind} with ${why}`, () => {
      const decoded = decodeBody(kind, encodeCbor(body))
      is(decoded.kind === 'reject' ? decoded.reason : 'accepted', 'malformed-body')
    })
  }
})
