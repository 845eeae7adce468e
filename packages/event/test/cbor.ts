/** A CBOR writer (RFC 8949) of its own, so that the tests can write what the codec refuses to. */

/** A CID as dag-cbor writes it: tag 42 around a byte string with a zero byte in front. */
export class Link {
  readonly binary: Uint8Array

  constructor(binary: Uint8Array) {
    this.binary = binary
  }
}

export function encodeCbor(value: unknown): Uint8Array {
  if (value === null) return Uint8Array.of(0xf6)
  if (typeof value === 'bigint') return head(0, value)
  if (typeof value === 'number' && !Number.isInteger(value)) {
    const float = Buffer.alloc(9, 0xfb)
    float.writeDoubleBE(value, 1)
    return float
  }
  if (typeof value === 'number') return value < 0 ? head(1, BigInt(-1 - value)) : head(0, BigInt(value))
  if (value instanceof Uint8Array) return Buffer.concat([head(2, BigInt(value.length)), value])
  if (value instanceof Link) {
    return Buffer.concat([
      Uint8Array.of(0xd8, 42),
      encodeCbor(Buffer.concat([Uint8Array.of(0), value.binary])),
    ])
  }
  if (typeof value === 'string') {
    const text = Buffer.from(value)
    return Buffer.concat([head(3, BigInt(text.length)), text])
  }
  if (Array.isArray(value)) return Buffer.concat([head(4, BigInt(value.length)), ...value.map(encodeCbor)])
  throw new Error(`the tests write no ${typeof value}`)
}

function head(major: number, argument: bigint): Uint8Array {
  const type = major << 5
  if (argument < 24n) return Uint8Array.of(type | Number(argument))
  const width = argument < 2n ** 8n ? 0 : argument < 2n ** 16n ? 1 : argument < 2n ** 32n ? 2 : 3
  const bytes = Buffer.alloc(9)
  bytes.writeBigUInt64BE(argument, 1)
  return Buffer.concat([Uint8Array.of(type | (24 + width)), bytes.subarray(9 - 2 ** width)])
}
