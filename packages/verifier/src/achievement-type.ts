/**
 * Which class of records an achievement may be issued as. Recognition is granted per class, so the verifier holds what a
 * credential says of itself against the class of the batch that it came in.
 *
 * Source of the names: 1EdTech Open Badges 3.0, AchievementType.
 */
import type { RecordClass } from '@chirograph/event'

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
