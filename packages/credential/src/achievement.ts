/**
 * What is awarded: the Achievement of Open Badges 3.0, its type vocabulary, and how that relates to the record
 * class of a batch, which is what institutions are recognised for.
 *
 * Source: 1EdTech Open Badges 3.0, Achievement, Criteria, Alignment and AchievementType.
 */
import { canonicalizeJson, utf8 } from '@chirograph/codec'
import type { RecordClass } from '@chirograph/event'
import type { JsonObject } from './json.js'
import { namedUuidUrn } from './uuid.js'

/** Open Badges 3.0 AchievementType, the values without the `ext:` prefix. */
export const achievementTypes = [
  'Achievement',
  'ApprenticeshipCertificate',
  'Assessment',
  'Assignment',
  'AssociateDegree',
  'Award',
  'Badge',
  'BachelorDegree',
  'Certificate',
  'CertificateOfCompletion',
  'Certification',
  'CommunityService',
  'Competency',
  'Course',
  'CoCurricular',
  'Degree',
  'Diploma',
  'DoctoralDegree',
  'Fieldwork',
  'GeneralEducationDevelopment',
  'JourneymanCertificate',
  'LearningProgram',
  'License',
  'Membership',
  'ProfessionalDoctorate',
  'QualityAssuranceCredential',
  'MasterCertificate',
  'MasterDegree',
  'MicroCredential',
  'ResearchDoctorate',
  'SecondarySchoolDiploma',
] as const

export type AchievementType = (typeof achievementTypes)[number]

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

export function isAchievementType(text: string): boolean {
  return isListed(text) || /^ext:[A-Za-z0-9._-]+$/.test(text)
}

/**
 * The record classes that an achievement of this type may be issued under, the usual one first. Recognition is
 * granted per record class, so a degree must not travel in a batch of training records.
 */
export function recordClassesOf(achievementType: string): readonly RecordClass[] {
  return isListed(achievementType) ? classes[achievementType] : extensionClasses
}

function isListed(text: string): text is AchievementType {
  return achievementTypes.some((type) => type === text)
}

/** An institution's own type may be anything but what the public relies on most. */
const extensionClasses: readonly RecordClass[] = [
  'micro-credential',
  'training-noncredentialed',
  'certificate-noncredit',
  'certificate-credit',
  'skill-assertion',
  'work-experience',
]
const degree = ['degree'] as const
const school = ['certificate-credit', 'certificate-noncredit', 'degree'] as const
const certificate = ['certificate-credit', 'certificate-noncredit'] as const
const participation = ['training-noncredentialed', 'certificate-noncredit', 'micro-credential'] as const
const merit = ['micro-credential', 'skill-assertion', 'training-noncredentialed'] as const
const skill = ['skill-assertion', 'micro-credential'] as const
const experience = ['work-experience', 'training-noncredentialed'] as const
const certification = ['certification'] as const
const apprenticeship = ['apprenticeship'] as const

const classes: Readonly<Record<AchievementType, readonly RecordClass[]>> = {
  Achievement: merit,
  ApprenticeshipCertificate: apprenticeship,
  Assessment: skill,
  Assignment: skill,
  AssociateDegree: degree,
  Award: merit,
  Badge: merit,
  BachelorDegree: degree,
  Certificate: certificate,
  CertificateOfCompletion: ['certificate-noncredit', 'certificate-credit', 'training-noncredentialed'],
  Certification: certification,
  CommunityService: experience,
  Competency: skill,
  Course: ['training-noncredentialed', 'certificate-credit', 'certificate-noncredit', 'micro-credential'],
  CoCurricular: participation,
  Degree: degree,
  Diploma: school,
  DoctoralDegree: degree,
  Fieldwork: experience,
  GeneralEducationDevelopment: school,
  JourneymanCertificate: apprenticeship,
  LearningProgram: participation,
  License: ['licence'],
  Membership: merit,
  ProfessionalDoctorate: degree,
  QualityAssuranceCredential: certification,
  MasterCertificate: ['certification', 'apprenticeship'],
  MasterDegree: degree,
  MicroCredential: ['micro-credential'],
  ResearchDoctorate: degree,
  SecondarySchoolDiploma: school,
}
