/**
 * After a fault above f two histories may both be final. Whoever goes on from there takes the most restrictive of both:
 * joining never un-revokes, and it does not matter in which order, how often or in which grouping states are joined.
 * SPEC S55.
 */
import { compareBytes, encode, type Shape, toHex } from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import { withCompromises } from './fold-compromise.js'
import { compromisesMax } from './limits.js'
import {
  type BatchRow,
  batchRowShape,
  type CredentialRow,
  credentialRowShape,
  decodeRow,
  grantShape,
  type OrgRow,
  orgRowShape,
  recognitionShape,
  rowKindOf,
} from './rows.js'
import { type NetworkState, rowsOf, type StateRow } from './state.js'

/**
 * The rows of organisations, batches and credentials that two states say together, ascending by key. Who votes, leases and
 * proposals are not joined: whoever goes on decides that anew.
 */
export function joinStates(a: NetworkState, b: NetworkState): StateRow[] {
  const rows = new Map<string, StateRow>()
  for (const row of [...rowsOf(a), ...rowsOf(b)]) {
    const kind = rowKindOf(row.value)
    const join =
      kind !== undefined && Object.hasOwn(joins, kind) ? joins[kind as keyof typeof joins] : undefined
    if (join === undefined) continue
    const known = rows.get(toHex(row.key))
    rows.set(toHex(row.key), known ? { key: row.key, value: join(known.value, row.value) } : row)
  }
  return [...rows].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row)
}

const joins = {
  organisation: joining(orgRowShape, joinOrganisations),
  batch: joining(batchRowShape, joinBatches),
  credential: joining(credentialRowShape, joinCredentials),
} as const

function joining<T>(shape: Shape<T>, join: (a: T, b: T) => T) {
  return (a: Uint8Array, b: Uint8Array): Uint8Array => {
    const [one, other] = [decodeRow(shape, a), decodeRow(shape, b)]
    if (one === undefined || other === undefined) throw new Error(`a state row is no ${shape.name}`)
    return encode(shape, join(one, other))
  }
}

/**
 * The stricter restriction, lifted only where both say so of the same one. So what one branch annulled or lifted and the
 * other did not stays restricted, whichever keys turn out to have been stolen.
 */
export function joinCredentials(a: CredentialRow, b: CredentialRow): CredentialRow {
  const isSame = compareRestrictions(a, b) === 0 && compareLiftings(a, b) === 0
  const { restriction } = greater(a, b, compareRestrictions)
  // Two bits of two branches: either is in one of the lists. The higher, so that the order plays no part.
  const positions = [a.position, b.position].filter((position) => position !== null)
  const position = positions.length === 0 ? null : Math.max(...positions)
  return { restriction, lifted: isSame ? a.lifted : null, position }
}

/** Issued when the later of both says, and reaffirmed only where both say so alike. */
export function joinBatches(a: BatchRow, b: BatchRow): BatchRow {
  const bare = (row: BatchRow): BatchRow => ({ ...row, height: 0, timeMs: 0, reaffirmed: null })
  // All else is what the event says, and the same in both.
  const base = greater(a, b, (one, other) => compareRows(batchRowShape, bare(one), bare(other)))
  const height = Math.max(a.height, b.height)
  const timeMs = Math.max(a.timeMs, b.timeMs)
  const said = (row: BatchRow): BatchRow => ({ ...base, reaffirmed: row.reaffirmed })
  const isSame = compareRows(batchRowShape, said(a), said(b)) === 0
  return { ...base, height, timeMs, reaffirmed: isSame ? a.reaffirmed : null }
}

/**
 * What two rows of one organisation say together: closed or frozen where it is in either, every compromise from the lower
 * height on, and only what both recognise. Names, keys and counts are those of the row with more key generations.
 */
export function joinOrganisations(a: OrgRow, b: OrgRow): OrgRow {
  const base = greater(a, b, compareOrganisations)
  const isClosed = a.state === 'closed' || b.state === 'closed'
  const compromises = withCompromises(a.compromises, b.compromises)
  // Two branches of one history differ in few; a row has room for as many again as one of them needs.
  if (compromises.length > compromisesMax) throw new Error(`${compromises.length} compromises in one row`)
  return {
    ...base,
    state: isClosed ? 'closed' : 'active',
    custodian: joinCustodians(a, b),
    frozen: greater(a.frozen, b.frozen, compareFrozen),
    issuedPadded: Math.max(a.issuedPadded, b.issuedPadded),
    restricted: Math.max(a.restricted, b.restricted),
    recognitions: inBoth(recognitionShape, a.recognitions, b.recognitions),
    compromises,
    grants: inBoth(grantShape, a.grants, b.grants),
  }
}

/** Revoked above suspended, then the later end, the earlier height, and bytes: every two different ones have an order. */
function compareRestrictions({ restriction: a }: CredentialRow, { restriction: b }: CredentialRow): number {
  return (
    numberOf(a.kind === 'revoked') - numberOf(b.kind === 'revoked') ||
    (a.untilMs ?? Number.MAX_SAFE_INTEGER) - (b.untilMs ?? Number.MAX_SAFE_INTEGER) ||
    b.height - a.height ||
    compareRows(credentialRowShape, alone(a), alone(b))
  )
}

function alone(restriction: CredentialRow['restriction']): CredentialRow {
  return { restriction, lifted: null, position: null }
}

function compareLiftings(a: CredentialRow, b: CredentialRow): number {
  const lifted = (row: CredentialRow): CredentialRow => ({ ...alone(a.restriction), lifted: row.lifted })
  return compareRows(credentialRowShape, lifted(a), lifted(b))
}

/** By what is not joined apart: whatever else the rows say, the same one is chosen. */
function compareOrganisations(a: OrgRow, b: OrgRow): number {
  return a.logKeys.length - b.logKeys.length || compareRows(orgRowShape, identityOf(a), identityOf(b))
}

function identityOf(row: OrgRow): OrgRow {
  return {
    ...row,
    state: 'active',
    custodian: null,
    frozen: null,
    issuedPadded: 0,
    restricted: 0,
    recognitions: [],
    compromises: [],
    grants: [],
  }
}

/** A custodian that only one branch knows acts on; of two that differ none does, until a quorum says who. */
function joinCustodians(a: OrgRow, b: OrgRow): OrgId | null {
  const named = [a, b].filter(({ state }) => state === 'closed').map(({ custodian }) => custodian)
  const [first, second] = named
  if (first === undefined) return null
  return second === undefined || first === second ? first : null
}

function compareFrozen(a: OrgRow['frozen'], b: OrgRow['frozen']): number {
  if (a === null || b === null) return numberOf(a !== null) - numberOf(b !== null)
  return (
    a.generation - b.generation ||
    // The freeze that lets less of it be final.
    (b.sequence ?? -1) - (a.sequence ?? -1) ||
    b.height - a.height
  )
}

/** What stands in both lists, in the order of its bytes; a list joined with itself stays as it is. */
function inBoth<T>(shape: Shape<T>, a: readonly T[], b: readonly T[]): readonly T[] {
  const hex = (term: T) => toHex(encode(shape, term))
  const [first, second] = [a.map(hex), b.map(hex)]
  if (first.join() === second.join()) return a
  const common = new Map(
    a.map((term) => [hex(term), term] as const).filter(([text]) => second.includes(text)),
  )
  return [...common].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, term]) => term)
}

function greater<T>(a: T, b: T, compare: (a: T, b: T) => number): T {
  return compare(a, b) >= 0 ? a : b
}

function compareRows<T>(shape: Shape<T>, a: T, b: T): number {
  return compareBytes(encode(shape, a), encode(shape, b))
}

function numberOf(isTrue: boolean): number {
  return isTrue ? 1 : 0
}
