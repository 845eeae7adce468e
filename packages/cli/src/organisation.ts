/** Which member a person means: by id, by the beginning of it, or by name. */
import type { OrgId } from '@chirograph/event'
import { parseOrgId } from '@chirograph/event'
import type { GenesisOrganisation } from '@chirograph/status'
import { failure } from './failure.js'

/** As many characters of an id as a person reads off a table. */
const idBeginning = 8

export interface NamedOrganisation {
  readonly org: OrgId
  readonly name: string
}

/** `CLI_NO_SUCH_MEMBER` when nobody, or more than one, is meant. */
export function findOrganisation(
  genesis: { readonly organisations: readonly Pick<GenesisOrganisation, 'id' | 'name'>[] },
  text: string,
): NamedOrganisation {
  const wanted = text.toLowerCase().replace(/…$/, '')
  const all = genesis.organisations.flatMap(({ id, name }): NamedOrganisation[] => {
    const org = parseOrgId(id)
    return org === undefined ? [] : [{ org, name }]
  })
  const meant = all.filter(({ org, name }) => {
    return (
      org === wanted ||
      name.toLowerCase() === wanted ||
      (wanted.length >= idBeginning && org.startsWith(wanted))
    )
  })
  const [found, another] = meant
  if (found !== undefined && another === undefined) return found
  const what =
    found === undefined ? `no member is called ${text}` : `${meant.length} members are called ${text}`
  throw failure(
    'CLI_NO_SUCH_MEMBER',
    what,
    `give the name as chirograph network show has it, or ${idBeginning} or more characters of the id`,
  )
}
