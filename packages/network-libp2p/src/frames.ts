/** Frames on a stream: four bytes of length, big-endian, then that many bytes. */

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

export const headerBytes = 4

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
export function createFrameDecoder({ frameBytesMax }: { readonly frameBytesMax: number }): FrameDecoder {
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

  let announced: number | undefined

  function next(): Uint8Array | undefined {
    if (announced === undefined) {
      if (held < headerBytes) return undefined
      announced = new DataView(take(headerBytes).buffer).getUint32(0)
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
