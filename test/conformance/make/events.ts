/** events.json: signed events as they travel, and every reason to refuse one. */
import { nobleEd25519, signingBytes } from '@chirograph/crypto'
import { encodeEvent, type VerifiedEvent } from '@chirograph/event'
import { type ByteParts, byteString, bytesOf, encodeNotation, hexOf, type Notation } from '../notation.ts'
import { story } from '../story.ts'
import { type Refusal, wireCase } from '../vector-file.ts'
import { bytes32, members, networkId } from '../world.ts'

export function makeEvents() {
  return {
    description:
      'Signed events on the wire: [header bytes, signature, body bytes], at most 67,659 bytes. `signature` is ed25519 over domain("event") ‖ header bytes, by the log key of `seed`. Refusals at `decode` need nothing but the bytes; those at `verify` the network id and the log key (null where none is known for author and generation). Refused bytes may be given in parts, to be joined.',
    positions: ['headerBytes', 'signature', 'bodyBytes'],
    networkId: hexOf(networkId),
    cases: story.flatMap(({ events }) => events.map(eventCase)),
    refused: [...decodeRefusals(), ...verifyRefusals()],
  }
}

const seedOf = (event: VerifiedEvent): Uint8Array => {
  const author = members.find(({ id }) => id === event.header.author)
  if (author === undefined) throw new Error('every author is a member')
  return author.seeds.log
}

function eventCase(event: VerifiedEvent) {
  const fields = [event.headerBytes, event.signature, event.bodyBytes].map((part) => byteString(part))
  const { output } = wireCase(event.header.kind, fields, encodeEvent(event))
  const seed = seedOf(event)
  const { id, headerBytes, bodyBytes } = event
  return {
    name: `${event.header.kind}, sequence ${event.header.sequence}`,
    input: { seed: hexOf(seed), headerBytes: hexOf(headerBytes), bodyBytes: hexOf(bodyBytes) },
    output: {
      logKey: hexOf(nobleEd25519.publicKey(seed)),
      signingBytes: hexOf(signingBytes('event', headerBytes)),
      signature: hexOf(event.signature),
      id,
      ...output,
    },
  }
}

const good: VerifiedEvent = firstLease()

function firstLease(): VerifiedEvent {
  const found = story[0]?.events.find(({ header }) => header.kind === 'status.lease' && header.sequence === 0)
  if (found === undefined) throw new Error('the story has a first event that is a lease')
  return found
}

function wireOf(parts: { header?: Uint8Array; signature?: Uint8Array; body?: Uint8Array }): string {
  const { header = good.headerBytes, signature = good.signature, body = good.bodyBytes } = parts
  const fields: Notation = [header, signature, body].map((part) => byteString(part))
  return hexOf(encodeNotation(fields))
}

interface EventRefusal
  extends Refusal<{
    readonly stage: 'decode' | 'verify'
    readonly bytes: ByteParts
    readonly logKey?: string | null
  }> {}

function decodeRefusals(): EventRefusal[] {
  const wire = wireOf({})
  const { headerBytes, bodyBytes } = good
  const zero = { repeat: '00', times: 65_537 }
  // The other lease, of as many bytes.
  const otherBody = Uint8Array.from([...bodyBytes.subarray(0, 2), 0x0c, 0x00])
  const rows: [string, string, ByteParts][] = [
    ['nothing', 'malformed', ''],
    ['67,660 bytes', 'oversize', [{ repeat: '00', times: 67_660 }]],
    ['a body of 65,537 bytes', 'oversize', [wire.slice(0, -2 * (bodyBytes.length + 1)), '5a00010001', zero]],
    ['a header of 2,049 bytes', 'oversize', wireOf({ header: new Uint8Array(2_049) })],
    ['two positions', 'malformed', `82${wire.slice(2)}`],
    ['four positions', 'malformed', `84${wire.slice(2)}00`],
    ['a byte behind', 'malformed', `${wire}00`],
    ['cut short', 'malformed', wire.slice(0, -2)],
    ['a signature of 63 bytes', 'malformed', wireOf({ signature: good.signature.subarray(1) })],
    ['an array length in two bytes', 'non-canonical', `9803${wire.slice(2)}`],
    [
      'a body length in two bytes',
      'non-canonical',
      `${wire.slice(0, -2 * (bodyBytes.length + 1))}5804${hexOf(bodyBytes)}`,
    ],
    ['a header of version 2', 'unknown-version', wireOf({ header: withByte(headerBytes, 1, 2) })],
    [
      'a header that is not canonical',
      'non-canonical',
      wireOf({ header: bytesOf(`8b1801${hexOf(headerBytes).slice(4)}`) }),
    ],
    ['a header that is no array', 'malformed', wireOf({ header: Uint8Array.of(0x01) })],
    ['a body of another length', 'body-mismatch', wireOf({ body: bytesOf(`${hexOf(bodyBytes)}00`) })],
    ['a body of another hash', 'body-mismatch', wireOf({ body: otherBody })],
  ]
  return rows.map(([name, reason, bytes]) => ({ name, input: { stage: 'decode', bytes }, reason }))
}

function verifyRefusals(): EventRefusal[] {
  const seed = seedOf(good)
  const key = hexOf(nobleEd25519.publicKey(seed))
  const sign = (message: Uint8Array) => nobleEd25519.sign({ seed, message })
  const strange = bytesOf(
    hexOf(good.headerBytes).replace(hexOf(networkId), hexOf(bytes32('another network'))),
  )
  const elsewhere = wireOf({ header: strange, signature: sign(signingBytes('event', strange)) })
  const neutral = `01${'00'.repeat(63)}`
  const rows: [string, string, string, string | null][] = [
    ['another network', 'wrong-network', elsewhere, key],
    ['no key is known', 'unknown-author', wireOf({}), null],
    [
      'the key of another',
      'bad-signature',
      wireOf({}),
      hexOf(nobleEd25519.publicKey(bytes32('another seed'))),
    ],
    [
      'a bit of the signature',
      'bad-signature',
      wireOf({ signature: withByte(good.signature, 0, (good.signature[0] ?? 0) ^ 1) }),
      key,
    ],
    ['signed without its domain', 'bad-signature', wireOf({ signature: sign(good.headerBytes) }), key],
    [
      'signed as a vote',
      'bad-signature',
      wireOf({ signature: sign(signingBytes('vote', good.headerBytes)) }),
      key,
    ],
    ['R is the neutral point, S is 0', 'bad-signature', wireOf({ signature: bytesOf(neutral) }), key],
    [
      'key and R are the neutral point, S is 0',
      'bad-signature',
      wireOf({ signature: bytesOf(neutral) }),
      neutral.slice(0, 64),
    ],
  ]
  return rows.map(([name, reason, bytes, logKey]) => ({
    name,
    input: { stage: 'verify', bytes, logKey },
    reason,
  }))
}

function withByte(bytes: Uint8Array, index: number, value: number): Uint8Array {
  return bytes.map((byte, at) => (at === index ? value : byte))
}
