/** Credentials of another institution, as a person names them for a measure: by file, or by handle. */
import { toHex } from '@chirograph/codec'
import { credentialReference } from '@chirograph/credential'
import { usage } from './failure.js'
import { readJson } from './files.js'
import { resolvePath } from './paths.js'

/** As an event names it, the handle in hex. */
export interface NamedCredential {
  readonly handle: string
  /** Null where it was named by its handle: the status lists then do not show what happens to it. */
  readonly position: number | null
}

/** All are of this issuer: a file of another one is refused, because its handle would name nothing. */
export async function readCredentials(named: readonly string[], org: string): Promise<NamedCredential[]> {
  const credentials: NamedCredential[] = []
  for (const text of named) {
    if (/^[0-9a-f]{64}$/.test(text)) {
      credentials.push({ handle: text, position: null })
      continue
    }
    const reading = credentialReference(await readJson(resolvePath(text)))
    if (reading.kind === 'reject')
      throw usage(
        `${text} was not issued on a network like this: ${reading.detail}`,
        'give its credential.json',
      )
    const { issuerOrg, handle, position } = reading.reference
    if (issuerOrg !== org)
      throw usage(`${text} was issued by another institution`, `name that one: ${issuerOrg.slice(0, 16)}`)
    credentials.push({ handle: toHex(handle), position })
  }
  return credentials
}
