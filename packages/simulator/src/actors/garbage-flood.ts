/** A member that sends bytes of every kind that are cut off, changed, or no more than random. */
import { encodeSegment } from '@chirograph/event'
import {
  decodeSyncOffer,
  encodeSyncOffer,
  encodeSyncRequest,
  segmentInput,
  sessionKeyBytes,
} from '@chirograph/replica'
import type { NodeInput } from '../simulated-node.js'
import type { ActorMaker } from './actor.js'

/** Frames of each kind that it remembers, to change them. */
const heardMax = 30

type FrameKind = 'message' | 'checkpoint' | 'evidence' | 'segment'

export const garbageFlood: ActorMaker = (means) => {
  const { random, victims, self, members } = means
  const from = members[self]?.peer ?? ''
  const heard: Record<FrameKind, Uint8Array[]> = { message: [], checkpoint: [], evidence: [], segment: [] }

  function keep(kind: FrameKind, bytes: Uint8Array): void {
    const list = heard[kind]
    if (list.length < heardMax) list.push(bytes)
    else list[random.int(heardMax)] = bytes
  }

  function spoil(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0 || random.chance(0.2)) return random.bytes(random.int(600))
    if (random.chance(0.3)) return bytes.slice(0, random.int(bytes.length))
    const changed = bytes.slice()
    for (let count = random.between(1, 4); count > 0; count--)
      changed[random.int(bytes.length)] = random.int(256)
    return changed
  }

  function frame(kind: FrameKind): NodeInput {
    const bytes = spoil(heard[kind].length > 0 ? random.pick(heard[kind]) : new Uint8Array())
    if (kind === 'segment') return segmentInput({ bytes, from, isGossip: random.chance(0.5) })
    return kind === 'checkpoint' ? { kind, bytes, from, isGossip: random.chance(0.5) } : { kind, bytes, from }
  }

  return {
    hears(input) {
      if (input.kind === 'message' || input.kind === 'checkpoint' || input.kind === 'evidence')
        keep(input.kind, input.bytes)
      if (input.kind === 'segment' && input.segment.kind === 'decoded') {
        const { events, signature } = input.segment.segment
        const items = events.map(({ headerBytes, bodyBytes }) => ({ headerBytes, bodyBytes }))
        keep('segment', encodeSegment({ items, signature }))
      }
      return true
    },
    answersSync(answer) {
      means.did('answers spoilt')
      const offer = decodeSyncOffer(spoil(encodeSyncOffer(answer.offer)))
      // What cannot be read ends the exchange, in the shell too.
      if (!offer.ok) return undefined
      return { offer: offer.value, segments: answer.segments.map(spoil) }
    },
    answersCheckpoints(checkpoints) {
      means.did('answers spoilt')
      return checkpoints.map((bytes) => (random.chance(0.3) ? spoil(bytes) : bytes))
    },
    acts() {
      for (const kind of ['message', 'checkpoint', 'evidence', 'segment'] as const)
        for (let count = 0; count < 3; count++) {
          means.did(`${kind} frames`)
          means.post([{ to: random.pick(victims), input: frame(kind) }])
        }
      const replica = means.replica()
      const member = random.pick(victims)
      if (!replica) return
      means.did('sync requests')
      const asked = { peer: members[member]?.peer ?? '', key: random.bytes(sessionKeyBytes) }
      means.askSync(member, spoil(encodeSyncRequest(replica, asked)))
    },
  }
}
