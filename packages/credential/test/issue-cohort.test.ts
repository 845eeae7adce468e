/** A cohort becomes credentials and one batch, in which every credential is found and nobody is counted. */
import { contentId, equalBytes, toHex, utf8 } from '@chirograph/codec'
import { credentialDigest, handleOf, leafOf, rootOfLeaf } from '@chirograph/event'
import { equal, is, match, ok, seeded, suite } from '../../workspace/kit.ts'
import { credentialReference } from '../src/credential-status.ts'
import {
  type BatchInput,
  type IssuedCredential,
  prepareBatch,
  receiptOf,
  splitByRecordClass,
} from '../src/issue-cohort.ts'
import { isObject } from '../src/json.ts'
import { openBadgeSchemaDigest } from '../src/open-badge-schema.ts'
import { readReceipt, receiptJson } from '../src/receipt.ts'
import { checkOpenBadge } from '../src/schema.ts'
import { drawDistinct } from '../src/shuffle.ts'
import { batchInput, did, issuerOrg, nowMs, rowsFor } from './fixtures.ts'

function prepared(input: BatchInput) {
  const result = prepareBatch(input)
  ok(result.kind === 'prepared')
  return result
}

const reasonOf = (input: BatchInput): string => {
  const result = prepareBatch(input)
  return result.kind === 'reject' ? result.reason : result.kind
}

suite('a prepared batch', (it) => {
  it('binds every credential to its root by handle, digest and path', () => {
    const { credentials, batch } = prepared(batchInput(rowsFor(20)))
    is(batch.paddedSize, 32)
    is(credentials.length, 20)
    for (const { credential, nonce, handle, digest, leaf, index, path } of credentials) {
      equal(handle, handleOf({ issuer: issuerOrg, nonce }))
      equal(digest, credentialDigest(credential))
      equal(leaf, leafOf({ handle, digest }))
      equal(rootOfLeaf({ leaf, index, path, paddedSize: batch.paddedSize }), batch.root)
    }
  })

  it('holds one valid credential for each row, in the order of the rows', () => {
    const rows = rowsFor(5)
    const { credentials } = prepared(batchInput(rows))
    equal(
      credentials.map(({ row }) => row.learnerId),
      rows.map(({ learnerId }) => learnerId),
    )
    for (const { credential, row } of credentials) {
      is(checkOpenBadge(credential).kind, 'valid')
      match(JSON.stringify(credential), row.learnerName)
    }
  })

  it('says what it is a batch of', () => {
    const { batch } = prepared(batchInput(rowsFor(1)))
    is(batch.recordClass, 'certificate-credit')
    is(batch.credentialType, 'open-badge-3')
    equal(batch.schemaDigest, openBadgeSchemaDigest)
  })

  it('names for revocation what it put into the credential', () => {
    const { credentials } = prepared(batchInput(rowsFor(3)))
    for (const { credential, handle, nonce, position } of credentials) {
      const reading = credentialReference(credential)
      ok(reading.kind === 'found')
      equal(
        [reading.reference.handle, reading.reference.nonce, reading.reference.position],
        [handle, nonce, position],
      )
    }
  })

  it('is the same bytes for the same randomness and time, and others for other randomness', () => {
    const rows = rowsFor(3)
    equal(prepared(batchInput(rows, seeded(5))), prepared(batchInput(rows, seeded(5))))
    is.not(
      toHex(prepared(batchInput(rows, seeded(6))).batch.root),
      toHex(prepared(batchInput(rows, seeded(5))).batch.root),
    )
  })

  it('never uses an id, a nonce, a leaf or a position twice', () => {
    const { credentials } = prepared(batchInput(rowsFor(100)))
    const distinct = (of: (issued: IssuedCredential) => unknown): number => new Set(credentials.map(of)).size
    is(
      distinct(({ credential }) => credential.id),
      100,
    )
    is(
      distinct(({ nonce }) => toHex(nonce)),
      100,
    )
    is(
      distinct(({ leaf }) => toHex(leaf)),
      100,
    )
    is(
      distinct(({ position }) => position),
      100,
    )
    is(
      distinct(({ index }) => index),
      100,
    )
  })

  it('scatters leaves over the padded tree and positions over the lease', () => {
    const { credentials } = prepared(batchInput(rowsFor(17)))
    ok(
      credentials.some(({ index }) => index >= 17),
      'an index above the number of rows',
    )
    const ordered = (values: readonly number[]): boolean =>
      values.every((value, i) => i === 0 || value > (values[i - 1] ?? 0))
    ok(!ordered(credentials.map(({ index }) => index)))
    ok(!ordered(credentials.map(({ position }) => position)))
    ok(credentials.every(({ position }) => position >= 4_096 && position < 5_120))
  })

  it('hides e-mail addresses and student ids unless asked not to', () => {
    const inClear = (identities?: 'plain'): boolean => {
      const [issued] = prepared({ ...batchInput(rowsFor(1)), ...(identities && { identities }) }).credentials
      return JSON.stringify(issued?.credential).includes('learner0@students.example')
    }
    ok(!inClear())
    ok(inClear('plain'))
  })

  it('salts each learner’s hashes anew', () => {
    const saltOf = ({ credential }: IssuedCredential): unknown => {
      const subject = credential.credentialSubject
      return isObject(subject) && Array.isArray(subject.identifier) ? subject.identifier[1]?.salt : undefined
    }
    const salts = prepared(batchInput(rowsFor(10))).credentials.map(saltOf)
    is(new Set(salts).size, 10)
    ok(!salts.includes(undefined))
  })

  it('makes credentials valid from issuing, or from the award when that is still to come', () => {
    const [first] = rowsFor(1)
    ok(first !== undefined)
    const validFrom = (awardedOn: string): unknown =>
      prepared(batchInput([{ ...first, awardedOn }])).credentials[0]?.credential.validFrom
    is(validFrom('2026-06-12'), '2026-06-20T12:00:00Z')
    is(validFrom('2026-07-01'), '2026-07-01T00:00:00Z')
    const expiring = prepared(batchInput([{ ...first, expiresOn: '2031-06-30' }]))
    is(expiring.credentials[0]?.credential.validUntil, '2031-06-30T23:59:59Z')
  })

  it('gives holders receipts that lead to its root', () => {
    const { credentials, batch } = prepared(batchInput(rowsFor(20)))
    const event = contentId(utf8('a batch'))
    for (const issued of credentials) {
      const receipt = receiptOf(issued, { networkId: 'ab'.repeat(32), issuerOrg, batch: event })
      const reading = readReceipt(JSON.stringify(receiptJson(receipt)))
      ok(reading.kind === 'decoded')
      const { index, path, paddedSize } = reading.receipt
      const root = rootOfLeaf({ leaf: issued.leaf, index, path, paddedSize })
      ok(root !== undefined && equalBytes(root, batch.root))
    }
  })
})

suite('a batch is refused', (it) => {
  const [first] = rowsFor(1)
  ok(first !== undefined)

  it('without rows, and with more rows than free positions', () => {
    is(reasonOf(batchInput([])), 'no-rows')
    is(reasonOf({ ...batchInput(rowsFor(3)), positions: [1, 2] }), 'too-few-positions')
    is(reasonOf({ ...batchInput(rowsFor(3)), positions: [1, 2, 3] }), 'prepared')
  })

  it('when rows are of several record classes, until it is split by them', () => {
    const rows = [
      ...rowsFor(2),
      { ...first, learnerId: 'S-9', recordClass: 'certificate-noncredit' as const },
    ]
    is(reasonOf(batchInput(rows)), 'mixed-record-classes')
    const classes = splitByRecordClass(rows)
    equal(
      [...classes].map(([name, { length }]) => [name, length]),
      [
        ['certificate-credit', 2],
        ['certificate-noncredit', 1],
      ],
    )
    for (const part of classes.values()) is(reasonOf(batchInput(part)), 'prepared')
  })

  it('when the record class is not one that the achievement is issued under', () => {
    is(reasonOf(batchInput([{ ...first, recordClass: 'degree' }])), 'wrong-record-class')
  })

  it('when a credential would not have the shape that the batch promises', () => {
    const result = prepareBatch({
      ...batchInput(rowsFor(1)),
      issuer: { did, name: 'College', url: 'college' },
    })
    ok(result.kind === 'reject')
    is(result.reason, 'not-an-open-badge')
    match(result.detail, 'row 2: /issuer/url should be a URI')
    is(reasonOf(batchInput([{ ...first, learnerDid: 'did:example:%zz' }])), 'not-an-open-badge')
  })

  it('when a credential would have expired before it is issued', () => {
    is(reasonOf(batchInput([{ ...first, expiresOn: '2026-06-19' }])), 'already-expired')
    is(reasonOf(batchInput([{ ...first, expiresOn: '2026-06-20' }])), 'prepared')
    is(
      reasonOf({ ...batchInput([{ ...first, expiresOn: '2026-06-20' }]), nowMs: nowMs + 86_400_000 }),
      'already-expired',
    )
  })
})

suite('drawing', (it) => {
  it('gives as many different numbers as asked for, all below the bound', () => {
    const random = seeded(11)
    for (let i = 0; i < 200; i++) {
      const below = 1 + random.int(300)
      const count = random.int(below + 1)
      const drawn = drawDistinct({ count, below, randomBytes: random.bytes })
      is(new Set(drawn).size, count)
      ok(drawn.every((number) => number >= 0 && number < below))
    }
  })

  it('favours no number', () => {
    const random = seeded(12)
    const counts = [0, 0, 0, 0, 0]
    for (let i = 0; i < 5_000; i++) {
      const [number = 0] = drawDistinct({ count: 1, below: 5, randomBytes: random.bytes })
      counts[number] = (counts[number] ?? 0) + 1
    }
    // Binomial with mean 1,000 and deviation 28: five deviations, on a fixed seed.
    ok(
      counts.every((count) => Math.abs(count - 1_000) < 142),
      counts.join(' '),
    )
  })

  it('throws away words that would favour small numbers', () => {
    // The words below 2³² that are left over when 3 is divided out: only 0xffffffff.
    const words = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 2]
    const randomBytes = (length: number): Uint8Array =>
      Uint8Array.from({ length }, (_, i) => words[i % 8] ?? 0)
    equal(drawDistinct({ count: 1, below: 3, randomBytes }), [2])
  })
})
