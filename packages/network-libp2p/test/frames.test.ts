import fc from 'fast-check'
import { equal, is, suite } from '../../workspace/kit.ts'
import { createFrameDecoder, encodeFrames, encodeVarintLength, varintLength } from '../src/frames.js'

const payloads = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 })

suite('frames', (it) => {
  it('come out as they went in, however the stream cuts them', () => {
    fc.assert(
      fc.property(payloads, fc.array(fc.nat(400)), fc.boolean(), (frames, cuts, asLists) => {
        const decoder = createFrameDecoder({ frameBytesMax: 40 })
        const out: Uint8Array[] = []
        for (const piece of cutAt(encodeFrames(frames), cuts)) {
          const data = asLists ? [piece.subarray(0, 1), piece.subarray(1)] : piece
          const batch = decoder.push(data)
          is(batch.oversize, false)
          out.push(...batch.frames)
        }
        equal(out, frames)
      }),
    )
  })

  it('may have varints for lengths, as gossip does', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), fc.array(fc.nat(400)), (frames, cuts) => {
        const decoder = createFrameDecoder({ frameBytesMax: 300, readLength: varintLength })
        const wire = frames.flatMap((frame) => [encodeVarintLength(frame.length), frame])
        const out = cutAt(new Uint8Array(Buffer.concat(wire)), cuts).flatMap((piece) => [
          ...decoder.push(piece).frames,
        ])
        equal(out, frames)
      }),
    )
    const decoder = createFrameDecoder({ frameBytesMax: 300, readLength: varintLength })
    is(decoder.push(Uint8Array.of(0xff, 0xff, 0xff, 0xff)).oversize, true)
  })

  it('are plain arrays of their own, whatever the socket hands over', () => {
    const decoder = createFrameDecoder({ frameBytesMax: 10 })
    const socket = Buffer.from(encodeFrames([Uint8Array.of(1, 2, 3)]))
    const { frames } = decoder.push(socket)
    socket.fill(9)
    equal(frames, [Uint8Array.of(1, 2, 3)])
  })

  it('above the limit end the stream after those before it, whatever follows', () => {
    const decoder = createFrameDecoder({ frameBytesMax: 3 })
    const fits = Uint8Array.of(1, 2, 3)
    equal(decoder.push(encodeFrames([fits, Uint8Array.of(1, 2, 3, 4), fits])), {
      frames: [fits],
      oversize: true,
    })
    equal(decoder.push(encodeFrames([fits])), { frames: [], oversize: true })
  })

  it('cost no more memory than arrived when a length is announced and nothing follows', () => {
    const decoder = createFrameDecoder({ frameBytesMax: 2 ** 31 })
    equal(decoder.push(Uint8Array.of(0x7f, 0xff, 0xff, 0xff)), { frames: [], oversize: false })
    for (let count = 0; count < 3; count++)
      equal(decoder.push(new Uint8Array(10)), { frames: [], oversize: false })
  })
})

function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length]
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end))
}
