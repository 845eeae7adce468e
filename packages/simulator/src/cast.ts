/** The Byzantine members of one run: what each may do, and how often it did. */
import type { ValidatorSet } from '@chirograph/consensus'
import type { Bls, Ed25519 } from '@chirograph/crypto'
import type { EventBody } from '@chirograph/event'
import type { Replica } from '@chirograph/replica'
import { type Genesis, networkIdOf, voteSignerOfSeed } from '@chirograph/status'
import { type Actor, actEveryMs, type Delivery } from './actors/actor.js'
import { type ActorName, type ActorPlace, makerOf } from './actors/actor-names.js'
import type { AnswerFilter } from './exchange.js'
import { createRandom } from './random.js'
import type { Schedule } from './schedule.js'
import { genesisTimeMs, type SimulatedMember } from './simulated-genesis.js'
import type { NodeInput } from './simulated-node.js'

/** Random streams of actors, apart from all others of a run. */
const firstStream = 1_000

/** How often each actor did what it is for, by the name of the actor and of the misbehaviour. */
export type Misdeeds = Readonly<Partial<Record<ActorName, Readonly<Record<string, number>>>>>

export interface Cast extends AnswerFilter {
  isByzantine(member: number): boolean
  readonly size: number
  misdeeds(): Misdeeds
  /** What leaves a node instead of what its replica says. */
  says(node: number, deliveries: readonly Delivery[]): readonly Delivery[]
  hears(node: number, input: NodeInput, from: number): boolean
  hearsFirst(node: number): boolean
  /** Which copies of a member another one talks to; the only one, 0, but of twins. */
  facedBy(member: number, other: number): readonly number[]
  hasTwin(member: number): boolean
}

export interface Stage {
  readonly seed: number
  readonly genesis: Genesis
  readonly set: ValidatorSet
  readonly members: readonly SimulatedMember[]
  readonly ed25519: Ed25519
  readonly bls: Bls | undefined
  readonly schedule: Schedule
  readonly replica: (member: number) => Replica | undefined
  readonly publish: (member: number, body: EventBody) => void
  readonly post: (member: number, deliveries: readonly Delivery[]) => void
  readonly tell: (member: number, input: NodeInput) => void
  readonly askSync: (member: number, asked: number, request: Uint8Array) => void
}

const onlyCopy: readonly number[] = [0]

export function createCast(places: readonly ActorPlace[], stage: Stage): Cast {
  const misdeeds: Partial<Record<ActorName, Record<string, number>>> = {}
  const actors = new Map<number, Actor>()
  for (const place of places) actors.set(place.node, perform(place))

  function perform({ name, node }: ActorPlace): Actor {
    const { seed, genesis, set, members, ed25519, bls, schedule } = stage
    const member = members[node]
    if (!member || actors.has(node)) throw new Error(`no member ${node} to be ${name}`)
    const random = createRandom(seed, firstStream + node)
    const counts = misdeeds[name] ?? {}
    misdeeds[name] = counts
    const signWith = (key: Uint8Array | undefined, message: Uint8Array) => {
      if (key === undefined) throw new Error(`a ${name} has no such key`)
      return ed25519.sign({ seed: key, message })
    }
    const actor = makerOf(name)({
      self: node,
      members,
      others: members.flatMap((_, index) => (index === node ? [] : [index])),
      victims: members.flatMap((_, index) => (places.some((place) => place.node === index) ? [] : [index])),
      set,
      networkId: networkIdOf(genesis),
      viewTimeoutMs: genesis.parameters.viewTimeoutMs,
      cutBytesMax: genesis.parameters.cutBytesMax,
      ed25519,
      random,
      replica: () => stage.replica(node),
      timeMs: () => genesisTimeMs + schedule.nowMs(),
      sign: voteSignerOfSeed(member.voteSeed, { certificates: genesis.certificates, ed25519, bls }),
      signEvent: (message, generation) => signWith(member.logSeeds[generation], message),
      publish: (body) => stage.publish(node, body),
      post: (deliveries) => stage.post(node, deliveries),
      tell: (input) => stage.tell(node, input),
      askSync: (asked, request) => stage.askSync(node, asked, request),
      did(what, times = 1) {
        counts[what] = (counts[what] ?? 0) + times
      },
    })
    const actInTurn = () => {
      if (stage.replica(node)) actor.acts?.()
      schedule.after(random.between(...actEveryMs), actInTurn)
    }
    if (actor.acts) schedule.after(random.between(...actEveryMs), actInTurn)
    return actor
  }

  return {
    size: places.length,
    isByzantine: (member) => actors.has(member),
    misdeeds: () => misdeeds,
    says: (node, deliveries) => actors.get(node)?.says?.(deliveries) ?? deliveries,
    hears: (node, input, from) => actors.get(node)?.hears?.(input, from) ?? true,
    hearsFirst: (node) => actors.get(node)?.hearsFirst ?? false,
    facedBy: (member, other) => actors.get(member)?.facedBy?.(other) ?? onlyCopy,
    hasTwin: (member) => actors.get(member)?.facedBy !== undefined,
    sync(answerer, answer) {
      const actor = actors.get(answerer)
      return actor?.answersSync ? actor.answersSync(answer) : answer
    },
    checkpoints: (answerer, checkpoints) =>
      actors.get(answerer)?.answersCheckpoints?.(checkpoints) ?? checkpoints,
  }
}
