/** A receipt survives the way to a file and back, and nothing but a receipt is read as one. */
import { contentId, utf8 } from '@chirograph/codec'
import { orgIdOf } from '@chirograph/event'
import { equal, is, ok, seeded, suite } from '../../workspace/kit.ts'
import { type Receipt, readReceipt, receiptJson } from '../src/receipt.ts'

function receiptFrom(seed: number): Receipt {
  const random = seeded(seed)
  return {
    networkId: 'ab'.repeat(32),
    issuerOrg: orgIdOf({ logKey: random.bytes(32), nextKeyHash: random.bytes(32) }),
    batch: contentId(utf8('a batch')),
    index: 200,
    paddedSize: 256,
    path: Array.from({ length: 8 }, () => random.bytes(32)),
  }
}

const reasonOf = (source: unknown): string => {
  const reading = readReceipt(source)
  return reading.kind === 'reject' ? reading.reason : reading.kind
}

suite('a receipt', (it) => {
  it('comes back from JSON as it was', () => {
    const receipt = receiptFrom(1)
    equal(readReceipt(JSON.stringify(receiptJson(receipt))), { kind: 'decoded', receipt })
    equal(readReceipt(receiptJson(receipt)), { kind: 'decoded', receipt })
  })

  it('is frozen and names its type and version', () => {
    const json = receiptJson(receiptFrom(1))
    ok(Object.isFrozen(json) && Object.isFrozen(json.path))
    is(json.type, 'ChirographReceipt')
    is(json.version, 1)
  })

  it('is refused by a named reason when it is no receipt of this version', () => {
    const json = receiptJson(receiptFrom(1))
    is(reasonOf('{'), 'malformed')
    is(reasonOf(' '.repeat(10_000)), 'oversize')
    for (const other of [null, [], 'null', {}, { ...json, type: 'Receipt' }])
      is(reasonOf(other), 'not-a-receipt')
    for (const version of [0, 2, '1', null]) is(reasonOf({ ...json, version }), 'unknown-version')
  })

  it('is refused when a member has another shape, is missing or is one too many', () => {
    const json = receiptJson(receiptFrom(1))
    const path = receiptFrom(1).path.map((digest) => Buffer.from(digest).toString('hex'))
    const wrong: Record<string, readonly unknown[]> = {
      network: ['AB'.repeat(32), 'ab', 7],
      issuer: ['', 'zz'.repeat(32), null],
      batch: ['bafy', '', 1],
      index: [-1, 256, 1.5, '200', null],
      paddedSize: [8, 255, 2 ** 25, '256', 512],
      path: [
        [],
        path.slice(1),
        [...path, path[0]],
        [...path.slice(1), 'ab'],
        [...path.slice(1), 1],
        'path',
        null,
      ],
      holder: ['someone'],
    }
    for (const [name, values] of Object.entries(wrong)) {
      for (const value of values)
        is(reasonOf({ ...json, [name]: value }), 'shape', `${name}: ${JSON.stringify(value)}`)
    }
    for (const name of Object.keys(json).filter((known) => !['type', 'version'].includes(known))) {
      const { [name]: _, ...rest } = json
      is(reasonOf(rest), 'shape', `without ${name}`)
    }
  })
})
