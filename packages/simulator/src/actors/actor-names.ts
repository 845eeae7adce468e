/** The Byzantine members that a run may have, by name. */
import type { ActorMaker } from './actor.js'
import { censoringLeader } from './censoring-leader.js'
import { doubleVoter } from './double-voter.js'
import { equivocatingLeader } from './equivocating-leader.js'
import { forger } from './forger.js'
import { forkedIssuer } from './forked-issuer.js'
import { framer } from './framer.js'
import { garbageFlood } from './garbage-flood.js'
import { silentLeader, slowLeader } from './leaders.js'
import { lyingLeader } from './lying-leader.js'
import { selectiveDelivery } from './selective-delivery.js'
import { staleTips } from './stale-tips.js'
import { twins } from './twins.js'
import { withholder } from './withholder.js'

const makers = {
  'equivocating-leader': equivocatingLeader,
  'silent-leader': silentLeader,
  'slow-leader': slowLeader,
  'censoring-leader': censoringLeader,
  'double-voter': doubleVoter,
  'selective-delivery': selectiveDelivery,
  withholder,
  'forked-issuer': forkedIssuer,
  'stale-tips': staleTips,
  framer,
  forger,
  'lying-leader': lyingLeader,
  'garbage-flood': garbageFlood,
  twins,
} satisfies Record<string, ActorMaker>

export type ActorName = keyof typeof makers

/** In the order in which a table names them. */
export const actorNames = Object.keys(makers) as readonly ActorName[] // the keys written above

export function isActorName(name: string): name is ActorName {
  return Object.hasOwn(makers, name)
}

export function makerOf(name: ActorName): ActorMaker {
  return makers[name]
}

/** A Byzantine member of a run. */
export interface ActorPlace {
  readonly name: ActorName
  readonly node: number
}
