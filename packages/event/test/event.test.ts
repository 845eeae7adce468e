/** What an event is: its bytes, its id, its round trip. */
import { readFileSync } from 'node:fs'
import { contentId, toHex } from '@chirograph/codec'
import { nobleEd25519 } from '@chirograph/crypto'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import {
  assembleEvent,
  createEvent,
  decodeEvent,
  encodeEvent,
  eventKinds,
  kindOfNumber,
  orgIdBytes,
  parseOrgId,
  restoreEvent,
  verifyEvent,
} from '../src/index.ts'
import { authorOf, bodies, bytes32, lease, networkId } from './author.ts'

const college = authorOf(1)

suite('event', (it) => {
  it('comes back from its wire bytes as it was made, for every kind', () => {
    equal(new Set(bodies.map((body) => body.kind)), new Set(Object.keys(eventKinds)))
    for (const body of bodies) {
      const event = college.make(body)
      const decoded = decodeEvent(encodeEvent(event))
      ok(decoded.kind === 'decoded', body.kind)
      equal(decoded.event, event)
      equal(decoded.event.body, body)
    }
  })

  it('verifies under its author’s key and network', () => {
    for (const body of bodies) {
      const decoded = decodeEvent(encodeEvent(college.make(body)))
      ok(decoded.kind === 'decoded')
      const args = { event: decoded.event, networkId, logKey: college.logKey, ed25519: nobleEd25519 }
      is(verifyEvent(args).kind, 'verified', body.kind)
    }
  })

  it('is named by its header alone: another signature is the same event', () => {
    const event = college.make(lease)
    is(event.id, contentId(event.headerBytes))
    const other = assembleEvent({ ...event, signature: new Uint8Array(64) })
    ok(other.kind === 'decoded')
    is(other.event.id, event.id)
  })

  it('has the bytes that SPEC.md shows', () => {
    const spec = readFileSync(new URL('../SPEC.md', import.meta.url), 'utf8')
    const event = college.make(lease, { timeMs: 1_700_000_000_000 })
    const { headerBytes, bodyBytes, signature } = event
    for (const shown of [headerBytes, bodyBytes, signature].map(toHex))
      ok(spec.includes(`\`${shown}\``), shown)
    for (const shown of [college.org, toHex(college.logKey), event.id])
      ok(spec.includes(`\`${shown}\``), shown)
  })

  it('sorts references by bytes and drops repeats', () => {
    const ids = [3, 1, 2].map((timeMs) => college.make(lease, { timeMs }).id)
    const event = college.make(lease, { references: [...ids, ...ids] })
    is(event.header.references.length, 3)
    const again = college.make(lease, { references: [...ids].reverse() })
    is(again.id, event.id)
  })

  it('refuses to make an event that others would reject', () => {
    const place = {
      networkId,
      author: college.org,
      generation: 0,
      sequence: 0,
      prev: null,
      references: [],
      timeMs: 0,
    }
    let made = 0
    for (const sign of [() => new Uint8Array(63), () => new Uint8Array(65)]) {
      try {
        createEvent({ ...place, body: lease }, sign)
        made++
      } catch (thrown) {
        ok(thrown instanceof Error && thrown.message.includes('malformed'))
      }
    }
    is(made, 0)
  })

  it('comes back from the own store without a signature check, but not damaged', () => {
    const event = college.make(lease)
    const restored = restoreEvent(event)
    ok(restored.kind === 'authentic')
    equal(restored.event, event)
    const unsigned = restoreEvent({ ...event, signature: null })
    ok(unsigned.kind === 'authentic' && unsigned.event.signature === null)
    const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
      bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))
    const damagedBody = restoreEvent({
      ...event,
      bodyBytes: flipped(event.bodyBytes, event.bodyBytes.length - 1),
    })
    is(damagedBody.kind === 'reject' && damagedBody.reason, 'body-mismatch')
    // The tenth byte lies inside the network id.
    const damagedHeader = restoreEvent({ ...event, headerBytes: flipped(event.headerBytes, 10) })
    ok(damagedHeader.kind === 'authentic')
    is.not(damagedHeader.event.id, event.id)
  })
})

suite('organisation id', (it) => {
  it('commits to the first key and to the hash of the next', () => {
    is(new Set([1, 2, 3].map((fill) => authorOf(fill).org)).size, 3)
  })

  it('is 64 lowercase hex characters and nothing else', () => {
    is(parseOrgId(college.org), college.org)
    for (const text of [
      '',
      college.org.slice(1),
      `${college.org}0`,
      college.org.toUpperCase(),
      `${college.org}\n`,
    ])
      is(parseOrgId(text), undefined)
    equal(orgIdBytes(college.org).length, 32)
    const zero = parseOrgId('00'.repeat(32))
    ok(zero)
    equal(orgIdBytes(zero), bytes32(0))
  })
})

suite('vocabulary', (it) => {
  it('knows exactly the kinds 1 to 6 and 8 to 34 by number', () => {
    const named = Object.entries(eventKinds)
    equal(
      named.map(([, number]) => number),
      [...Array(35).keys()].filter((number) => number !== 0 && number !== 7),
    )
    for (const [name, number] of named) is(kindOfNumber(number), name)
    for (const number of [0, 7, 35]) is(kindOfNumber(number), undefined)
  })
})
