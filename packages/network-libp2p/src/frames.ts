/** Frames on a stream: four bytes of length, big-endian, then that many bytes. Gossip has a varint for the length. */

/** Frames one after another in one array, to be written at once. */
export function encodeFrames(payloads: readonly Uint8Array[]): Uint8Array {
  let size = 0
  for (const payload of payloads) size += headerBytes + payload.length
  const encoded = new Uint8Array(size)
  const view = new DataView(encoded.buffer)
  let offset = 0
  for (const payload of payloads) {
    view.setUint32(offset, payload.length)
    encoded.set(payload, offset + headerBytes)
    offset += headerBytes + payload.length
  }
  return encoded
}

const headerBytes = 4

/** Reads the length in front of a frame; undefined while bytes of it are missing. */
type ReadLength = (byteAt: (index: number) => number | undefined) =>
  | {
      readonly length: number
      /** Bytes of the length itself. */
      readonly headerBytes: number
    }
  | undefined

const fourByteLength: ReadLength = (byteAt) => {
  let length = 0
  for (let index = 0; index < headerBytes; index++) {
    const byte = byteAt(index)
    if (byte === undefined) return undefined
    length = length * 256 + byte
  }
  return { length, headerBytes }
}

/** As libp2p writes lengths: seven bits a byte, the lowest first. More than four bytes are above any limit. */
export const varintLength: ReadLength = (byteAt) => {
  let length = 0
  for (let index = 0; index < 4; index++) {
    const byte = byteAt(index)
    if (byte === undefined) return undefined
    length += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return { length, headerBytes: index + 1 }
  }
  return { length: Number.POSITIVE_INFINITY, headerBytes: 4 }
}

export function encodeVarintLength(length: number): Uint8Array {
  const encoded: number[] = []
  let rest = length
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) encoded.push((rest % 128) | 0x80)
  return Uint8Array.from([...encoded, rest])
}

/** What a stream hands over: one array, or a list of them. */
export type StreamData = Uint8Array | Iterable<Uint8Array>

export interface FrameDecoder {
  /**
   * Takes the next bytes of the stream. Frames are plain arrays of their own.
   * After `oversize` the stream is not to be read any further.
   */
  push(data: StreamData): FrameBatch
}

export interface FrameBatch {
  readonly frames: readonly Uint8Array[]
  /** A frame was announced that is above the limit; those before it are in `frames`. */
  readonly oversize: boolean
}

/** Decodes frames of at most `frameBytesMax`; what it holds is at most what has arrived of one frame. */
export function createFrameDecoder({
  frameBytesMax,
  readLength = fourByteLength,
}: {
  readonly frameBytesMax: number
  readonly readLength?: ReadLength
}): FrameDecoder {
  let parts: Uint8Array[] = []
  let held = 0
  let oversize = false

  /** Takes exactly so many bytes off the front. */
  function take(count: number): Uint8Array {
    const taken = new Uint8Array(count)
    let filled = 0
    let used = 0
    while (filled < count) {
      const part = parts[used]
      if (part === undefined) throw new Error('fewer bytes held than counted')
      const piece = part.subarray(0, count - filled)
      taken.set(piece, filled)
      filled += piece.length
      if (piece.length === part.length) used++
      else parts[used] = part.subarray(piece.length)
    }
    parts = used === 0 ? parts : parts.slice(used)
    held -= count
    return taken
  }

  function byteAt(index: number): number | undefined {
    let before = 0
    for (const part of parts) {
      if (index < before + part.length) return part[index - before]
      before += part.length
    }
    return undefined
  }

  let announced: number | undefined

  function next(): Uint8Array | undefined {
    if (announced === undefined) {
      const header = readLength(byteAt)
      if (header === undefined) return undefined
      take(header.headerBytes)
      announced = header.length
      if (announced > frameBytesMax) {
        oversize = true
        parts = []
        return undefined
      }
    }
    if (held < announced) return undefined
    const frame = take(announced)
    announced = undefined
    return frame
  }

  return {
    push(data) {
      if (oversize) return { frames: [], oversize }
      for (const part of data instanceof Uint8Array ? [data] : data) {
        if (part.length > 0) parts.push(part)
        held += part.length
      }
      const frames: Uint8Array[] = []
      for (let frame = next(); frame !== undefined; frame = next()) frames.push(frame)
      return { frames, oversize }
    },
  }
}
