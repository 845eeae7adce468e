/** What kinds of institution take part, as organisation rows and a genesis name them. */
import { oneOf } from '@chirograph/codec'
import { organisationTypes as numbers, type OrganisationType } from '@chirograph/event'

export type { OrganisationType } from '@chirograph/event'

export const organisationTypeShape = oneOf(numbers)

/** All names, in the order of their numbers. */
export const organisationTypes = Object.keys(numbers) as OrganisationType[] // the table's own keys
