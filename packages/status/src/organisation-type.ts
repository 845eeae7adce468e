/** What kinds of institution take part; equity metrics compare them. Numbers stand in the organisation rows. */
import { oneOf } from '@chirograph/codec'

const numbers = {
  'community-college': 1,
  'four-year': 2,
  'secondary-school': 3,
  'training-provider-forprofit': 4,
  'training-provider-nonprofit': 5,
  'certification-body': 6,
  'industry-association': 7,
  business: 8,
  union: 9,
  government: 10,
  military: 11,
  accreditor: 12,
  'community-organisation': 13,
  tribal: 14,
  individual: 15,
} as const

export type OrganisationType = keyof typeof numbers

export const organisationTypeShape = oneOf(numbers)

/** All names, in the order of their numbers. */
export const organisationTypes = Object.keys(numbers) as OrganisationType[] // the table's own keys
