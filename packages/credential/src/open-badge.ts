/** An Open Badges 3.0 credential on the W3C VC Data Model 2.0, before it is signed. SPEC.md, "The credential". */
import { chirographContext } from '@chirograph/verifier'
import { type Achievement, achievementObject } from './achievement.js'
import { openBadgesContextUrl, vcContextUrl } from './contexts.js'
import { type StatusSlot, statusEntries } from './credential-status.js'
import { identityObjects, type Learner } from './identity.js'
import { freeze, type JsonObject } from './json.js'
import { type CalendarDate, instantText, noonText } from './time.js'

/** The institution as the credential shows it. */
export interface Issuer {
  /** A DID that the organisation's record on the network lists. */
  readonly did: string
  readonly name: string
  readonly url?: string
}

export interface OpenBadge {
  /** A URI, `urn:uuid:…` as a rule. */
  readonly id: string
  readonly issuer: Issuer
  readonly learner: Learner
  readonly achievement: Achievement
  readonly validFromMs: number
  /** Later than `validFromMs`; without it the credential does not expire. */
  readonly validUntilMs?: number
  /** The day on which it was earned, when that is another than the day of issuing. */
  readonly awardedOn?: CalendarDate
  readonly creditsEarned?: number
  readonly status: StatusSlot
  /** With it, e-mail address and student id are salted and hashed; without, they are in clear. */
  readonly identitySalt?: string
}

/**
 * A fresh frozen credential without proof. It is typed `OpenBadgeCredential`: the other name that Open Badges 3.0
 * allows, `AchievementCredential`, is an alias of it in the context, and software looks for this one.
 */
export function buildOpenBadge(badge: OpenBadge): JsonObject {
  const { id, issuer, learner, achievement, status, identitySalt, creditsEarned } = badge
  const { validFromMs, validUntilMs, awardedOn } = badge
  return freeze({
    '@context': [vcContextUrl, openBadgesContextUrl, copyOfChirographContext()],
    id,
    type: ['VerifiableCredential', 'OpenBadgeCredential'],
    name: achievement.name,
    issuer: {
      id: issuer.did,
      type: ['Profile'],
      name: issuer.name,
      ...(issuer.url !== undefined && { url: issuer.url }),
    },
    validFrom: instantText(validFromMs),
    ...(validUntilMs !== undefined && { validUntil: instantText(validUntilMs) }),
    ...(awardedOn !== undefined && { awardedDate: noonText(awardedOn) }),
    credentialSubject: {
      ...(learner.id !== undefined && { id: learner.id }),
      type: ['AchievementSubject'],
      identifier: identityObjects(learner, identitySalt),
      achievement: achievementObject(achievement),
      ...(creditsEarned !== undefined && { creditsEarned }),
    },
    credentialStatus: statusEntries(status),
  })
}

/** Freezing must not reach into the verifier's own object. */
function copyOfChirographContext(): JsonObject {
  return structuredClone(chirographContext)
}
