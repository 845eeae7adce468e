/**
 * Who a credential is about: the IdentityObjects of Open Badges 3.0, in clear or as salted hashes.
 *
 * A hash keeps an e-mail address or a student number out of sight of whoever is shown the credential, and lets
 * someone who already knows the value confirm it. It does not resist guessing: the salt is in the credential, and
 * student numbers can be counted through. What must stay unknown does not belong in a credential.
 */
import { sha256, toHex, utf8 } from '@chirograph/codec'
import { isObject, type JsonObject } from './json.js'

export interface Learner {
  readonly name: string
  /** The learner's own DID, if they have one: then it is the subject's `id`. */
  readonly id?: string
  readonly email?: string
  /** The number or code by which the issuer's own system knows the learner. */
  readonly studentId?: string
}

/** The name in clear; e-mail address and student id in clear too, or salted and hashed when a salt is given. */
export function identityObjects(learner: Learner, salt?: string): readonly JsonObject[] {
  const { name, email, studentId } = learner
  return [
    plain('name', name),
    ...(studentId === undefined ? [] : [identity('sisSourcedId', studentId, salt)]),
    ...(email === undefined ? [] : [identity('emailAddress', email, salt)]),
  ]
}

/** Whether an IdentityObject stands for this value, hashed (SHA-256 only) or not. Exact: case and spaces count. */
export function identityMatches(identityObject: unknown, value: string): boolean {
  if (!isObject(identityObject)) return false
  const { hashed, identityHash, salt } = identityObject
  if (hashed !== true) return identityHash === value
  return identityHash === hashOf(value, typeof salt === 'string' ? salt : '')
}

function identity(identityType: string, value: string, salt: string | undefined): JsonObject {
  if (salt === undefined) return plain(identityType, value)
  return { type: 'IdentityObject', hashed: true, identityHash: hashOf(value, salt), identityType, salt }
}

function plain(identityType: string, value: string): JsonObject {
  return { type: 'IdentityObject', hashed: false, identityHash: value, identityType }
}

/** Open Badges 3.0 IdentityHash: the algorithm's name, a dollar sign, and the hash of value and salt in hex. */
function hashOf(value: string, salt: string): string {
  return `sha256$${toHex(sha256(utf8(value + salt)))}`
}
