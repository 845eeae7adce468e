/**
 * What a Byzantine member is here: the production replica, which signs with its own keys only, and a small module between
 * it and the world that changes what it says, hears and answers.
 */
import { decodeMessage, encodeMessage, type Message, type ValidatorSet } from '@chirograph/consensus'
import type { Ed25519 } from '@chirograph/crypto'
import type { EventBody } from '@chirograph/event'
import type { Replica } from '@chirograph/replica'
import type { SyncAnswered } from '../exchange.js'
import type { Random } from '../random.js'
import type { SimulatedMember } from '../simulated-genesis.js'
import type { NodeInput } from '../simulated-node.js'

/** One thing on its way to one member. */
export interface Delivery {
  readonly to: number
  readonly input: NodeInput
  /** Virtual milliseconds that it is kept back first. */
  readonly delayMs?: number
  /** It comes before what anybody else sends: whoever means harm may have the better lines. */
  readonly isFirst?: boolean
}

export interface Actor {
  /** What leaves instead of what the replica says. */
  readonly says?: (deliveries: readonly Delivery[]) => readonly Delivery[]
  /** False: the replica never hears of it. */
  readonly hears?: (input: NodeInput, from: number) => boolean
  /** What others send comes to it before it comes to anybody else. */
  readonly hearsFirst?: boolean
  /** What a sync of somebody is answered with; undefined where the stream breaks. */
  readonly answersSync?: (answer: SyncAnswered) => SyncAnswered | undefined
  readonly answersCheckpoints?: (checkpoints: readonly Uint8Array[]) => readonly Uint8Array[]
  /** Called again and again, about twice in a second. */
  readonly acts?: () => void
  /** There are two copies of the replica: which of them this member talks to. */
  readonly facedBy?: (member: number) => readonly number[]
}

/** What an actor has in its hands. */
export interface ActorMeans {
  readonly self: number
  readonly members: readonly SimulatedMember[]
  /** All members but itself. */
  readonly others: readonly number[]
  /** Those of them that are honest: what Byzantine members say to each other is nobody's concern, and may never end. */
  readonly victims: readonly number[]
  readonly set: ValidatorSet
  readonly networkId: Uint8Array
  readonly viewTimeoutMs: number
  readonly cutBytesMax: number
  readonly ed25519: Ed25519
  /** Of its own, so that nothing else in a run depends on what it does. */
  readonly random: Random
  /** Undefined while it is down. */
  replica(): Replica | undefined
  /** Milliseconds of the virtual clock, as events bear them. */
  timeMs(): number
  /** With its consensus key. */
  sign(message: Uint8Array): Uint8Array
  /** With its log key of this generation. */
  signEvent(message: Uint8Array, generation: number): Uint8Array
  /** Signs and announces an event as its owner would. */
  publish(body: EventBody): void
  post(deliveries: readonly Delivery[]): void
  /** Hands something to its own replica. */
  tell(input: NodeInput): void
  /** Asks for a sync with these bytes, whatever they are. */
  askSync(member: number, request: Uint8Array): void
  /** Counts a misbehaviour. */
  did(what: string, times?: number): void
}

export type ActorMaker = (means: ActorMeans) => Actor

/** How often an actor is called, in virtual milliseconds. */
export const actEveryMs: readonly [from: number, to: number] = [300, 700]

const read = new WeakMap<Uint8Array, Message>()

/** The message of agreement in this; undefined when it is something else. */
export function messageIn(input: NodeInput): Message | undefined {
  if (input.kind !== 'message') return undefined
  const known = read.get(input.bytes)
  if (known) return known
  const decoded = decodeMessage(input.bytes)
  if (decoded.ok) read.set(input.bytes, decoded.value)
  return decoded.ok ? decoded.value : undefined
}

export function messageFrom({ members, self }: ActorMeans, message: Message): NodeInput {
  return { kind: 'message', bytes: encodeMessage(message), from: members[self]?.peer ?? '' }
}

/** The same to each of these members. */
export function toEach(members: readonly number[], input: NodeInput): Delivery[] {
  return members.map((to) => ({ to, input }))
}
