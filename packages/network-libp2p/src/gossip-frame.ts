/**
 * Looks at a gossip frame before the library decodes it. The library skips a frame that it cannot decode and tells
 * nobody, so that garbage would be free. What follows is the shape of gossipsub's RPC (its `rpc.proto`), as far as a
 * node without gossip signatures sends it.
 */

import { gossipFrameMessagesMax } from './limits.js'

/** The number of messages in the frame; undefined when no honest node made it. */
export function countGossipMessages(frame: Uint8Array): number | undefined {
  const tally = { messages: 0 }
  return isWellFormed(frame, rpc, tally) && tally.messages <= gossipFrameMessagesMax
    ? tally.messages
    : undefined
}

type Field = 'varint' | 'bytes' | 'refused' | Shape
type Shape = ReadonlyMap<number, Field>

const shape = (fields: Readonly<Record<number, Field>>): Shape =>
  new Map(Object.entries(fields).map(([number, field]) => [Number(number), field]))

// Sequence number, signature and key come with gossip signatures, which this network does not use.
const message = shape({ 1: 'bytes', 2: 'bytes', 3: 'refused', 4: 'bytes', 5: 'refused', 6: 'refused' })
const peerInfo = shape({ 1: 'bytes', 2: 'bytes' })
const control = shape({
  1: shape({ 1: 'bytes', 2: 'bytes' }),
  2: shape({ 1: 'bytes' }),
  3: shape({ 1: 'bytes' }),
  4: shape({ 1: 'bytes', 2: peerInfo, 3: 'varint' }),
  5: shape({ 1: 'bytes' }),
})
const rpc = shape({ 1: shape({ 1: 'varint', 2: 'bytes' }), 2: message, 3: control })

/** Protocol Buffers, "Encoding": a field is its number and wire type in a varint, then a varint, 4 or 8 bytes, or a length and bytes. */
function isWellFormed(bytes: Uint8Array, fields: Shape, tally: { messages: number }): boolean {
  if (fields === message) tally.messages++
  let offset = 0

  /** A varint of at most 64 bits; NaN when it does not end. Only its low bits matter here. */
  function varint(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[offset++]
      if (byte === undefined) return Number.NaN
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    return Number.NaN
  }

  while (offset < bytes.length) {
    const tag = varint()
    const field = fields.get(Math.floor(tag / 8))
    if (field === 'refused') return false
    const wireType = tag % 8
    if (field !== undefined && wireType !== (field === 'varint' ? 0 : 2)) return false
    if (wireType === 0) {
      if (Number.isNaN(varint())) return false
    } else if (wireType === 2) {
      const length = varint()
      // NaN is not at most anything.
      if (!(length <= bytes.length - offset)) return false
      const isNested = field instanceof Map
      if (isNested && !isWellFormed(bytes.subarray(offset, offset + length), field, tally)) return false
      offset += length
    } else if (wireType === 1 || wireType === 5) {
      offset += wireType === 1 ? 8 : 4
      if (offset > bytes.length) return false
    } else return false
  }
  return true
}
