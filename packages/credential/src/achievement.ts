/**
 * What is awarded: the Achievement of Open Badges 3.0. Its type vocabulary is the verifier's, which judges by it.
 *
 * Source: 1EdTech Open Badges 3.0, Achievement, Criteria and Alignment.
 */
import { canonicalizeJson, utf8 } from '@chirograph/codec'
import type { JsonObject } from './json.js'
import { namedUuidUrn } from './uuid.js'

/** A link from an achievement to a skill, competency or credential that a framework defines. */
export interface Alignment {
  readonly targetName: string
  readonly targetUrl: string
  readonly targetFramework?: string
  readonly targetCode?: string
  readonly targetDescription?: string
}

export interface Achievement {
  /** A URI. `achievementIdOf` makes one for an achievement without a page of its own. */
  readonly id: string
  readonly name: string
  readonly description: string
  /** What had to be done to earn it; Markdown is allowed. */
  readonly criteria: string
  /** One of `achievementTypes`, or an extension that starts with `ext:`. */
  readonly type: string
  /** Credit hours. */
  readonly creditsAvailable?: number
  readonly alignments?: readonly Alignment[]
}

/** The Achievement object of a credential's subject. */
export function achievementObject(achievement: Achievement): JsonObject {
  const { id, name, description, criteria, type, creditsAvailable, alignments = [] } = achievement
  return {
    id,
    type: ['Achievement'],
    achievementType: type,
    name,
    description,
    criteria: { narrative: criteria },
    ...(creditsAvailable !== undefined && { creditsAvailable }),
    ...(alignments.length > 0 && {
      alignment: alignments.map((target) => ({ type: ['Alignment'], ...target })),
    }),
  }
}

/**
 * A stable id for an achievement without a page of its own: a UUID over its issuer and what it says, so that two
 * cohorts of one programme name the same achievement, and a changed text names another.
 */
export function achievementIdOf(definition: { readonly issuer: string } & Omit<Achievement, 'id'>): string {
  const { issuer, name, description, criteria, type, creditsAvailable = null, alignments = [] } = definition
  const targets = alignments.map(({ targetUrl }) => targetUrl)
  return namedUuidUrn(
    utf8(canonicalizeJson([issuer, name, description, criteria, type, creditsAvailable, targets])),
  )
}
