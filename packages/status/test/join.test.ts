/** Two histories that were both final, joined: commutative, associative, idempotent, and never less restrictive than either. */
import fc from 'fast-check'
import { decode, encode, type Shape, toHex } from '@chirograph/codec'
import type { EventBody } from '@chirograph/event'
import {
  type BatchRow,
  batchRowShape,
  type Compromise,
  type CredentialRow,
  credentialRowKey,
  credentialRowShape,
  isBatchContested,
  joinBatches,
  joinCredentials,
  joinOrganisations,
  joinStates,
  type OrgRow,
  orgRowShape,
  quorumOrgOf,
  readOrg,
  restoreState,
  statusOf,
  statusOfRow,
} from '@chirograph/status'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { chainOf, dayMs, entries, fold, handle, headerTimeMs, issue, makeNetwork } from './network.ts'

const network = makeNetwork({ size: 4 })
const [college, other] = network.members
const orgs = [college.id, other.id, quorumOrgOf(network)] as const
const plain = readOrg(network.state, college.id) as OrgRow // of the genesis

// Few values each, so that two rows often agree in one thing and differ in another.
const few = (max: number) => fc.nat({ max })
const timesArbitrary = few(3).map((days) => headerTimeMs + days * dayMs)
const actArbitrary = fc.record({ height: few(4), byOrg: fc.constantFrom(...orgs), generation: few(2) })

const credentialArbitrary: fc.Arbitrary<CredentialRow> = fc.record({
  restriction: fc
    .tuple(actArbitrary, fc.option(timesArbitrary), fc.constantFrom('withdrawn', 'under-review'))
    .map(([act, untilMs, reason]) => {
      const kind = untilMs === null ? 'revoked' : 'suspended'
      return { ...act, kind, reason, timeMs: headerTimeMs, untilMs } as const
    }),
  lifted: fc.option(actArbitrary.map((act) => ({ ...act, timeMs: headerTimeMs }))),
  position: fc.option(few(3)),
})

const batchArbitrary: fc.Arbitrary<BatchRow> = fc
  .record({ height: few(4), timeMs: timesArbitrary, reaffirmed: fc.option(actArbitrary) })
  .map((part) => ({
    org: college.id,
    root: new Uint8Array(32),
    paddedSize: 16,
    recordClass: 'degree' as const,
    credentialType: 'open-badge-3' as const,
    generation: 0,
    ...part,
  }))

const compromisesArbitrary: fc.Arbitrary<Compromise[]> = fc
  .uniqueArray(fc.record({ org: fc.constantFrom(...orgs), generation: few(2), sinceHeight: few(4) }), {
    maxLength: 4,
    selector: ({ org, generation }) => `${org}/${generation}`,
  })
  .map((list) =>
    list.sort((a, b) => (a.org === b.org ? a.generation - b.generation : a.org < b.org ? -1 : 1)),
  )

const termArbitrary = fc.record({
  recordClasses: fc.constantFrom<['degree'] | ['licence']>(['degree'], ['licence']),
  fromMs: few(1),
  untilMs: fc.constant(null),
  grantedHeight: few(1),
})

const organisationArbitrary: fc.Arbitrary<OrgRow> = fc
  .record({
    name: fc.constantFrom('College', 'College, renamed'),
    rotations: few(2),
    state: fc.constantFrom<OrgRow['state']>('active', 'closed'),
    custodian: fc.option(fc.constantFrom(...orgs)),
    frozen: fc.option(fc.record({ generation: few(1), sequence: fc.option(few(2)), height: few(2) })),
    issuedPadded: few(3),
    restricted: few(3),
    recognitions: fc.array(termArbitrary, { maxLength: 3 }),
    compromises: compromisesArbitrary,
    grants: fc.array(
      fc.tuple(fc.constantFrom(...orgs), termArbitrary).map(([byOrg, term]) => ({ byOrg, ...term })),
      { maxLength: 3 },
    ),
  })
  .map(({ rotations, custodian, ...part }) => {
    const first = plain.logKeys[0] as OrgRow['logKeys'][number] // of the genesis
    const logKeys = Array.from({ length: rotations + 1 }, (_, generation) => ({ ...first, generation }))
    return { ...plain, ...part, logKeys, custodian: part.state === 'closed' ? custodian : null }
  })

interface Kind<T> {
  readonly name: string
  readonly shape: Shape<T>
  readonly rows: fc.Arbitrary<T>
  readonly join: (a: T, b: T) => T
}

const runs = { numRuns: 400 }

function lawsOf<T>({ name, shape, rows, join }: Kind<T>): void {
  const bytes = (row: T) => toHex(encode(shape, row))
  suite(`joined ${name} rows`, (it) => {
    it('do not depend on order, grouping or repetition', () => {
      fc.assert(
        fc.property(rows, rows, rows, (a, b, c) => {
          is(bytes(join(a, b)), bytes(join(b, a)))
          is(bytes(join(join(a, b), c)), bytes(join(a, join(b, c))))
          is(bytes(join(a, a)), bytes(a))
          is(bytes(join(join(a, b), b)), bytes(join(a, b)))
        }),
        runs,
      )
    })

    it('are rows of the same shape', () => {
      fc.assert(
        fc.property(rows, rows, (a, b) => {
          ok(decode(shape, encode(shape, join(a, b)), { bytesMax: 32_768 }).ok)
        }),
        runs,
      )
    })
  })
}

lawsOf({
  name: 'credential',
  shape: credentialRowShape,
  rows: credentialArbitrary,
  join: joinCredentials,
})
lawsOf({ name: 'batch', shape: batchRowShape, rows: batchArbitrary, join: joinBatches })
lawsOf({
  name: 'organisation',
  shape: orgRowShape,
  rows: organisationArbitrary,
  join: joinOrganisations,
})

const strictness = { active: 0, suspended: 1, revoked: 2 }

suite('joined states', (it) => {
  it('never un-revoke, and restrict a credential as much as either did, whichever keys were stolen', () => {
    fc.assert(
      fc.property(
        credentialArbitrary,
        credentialArbitrary,
        compromisesArbitrary,
        timesArbitrary,
        (a, b, compromises, atMs) => {
          const of = (row: CredentialRow) => strictness[statusOfRow(row, { atMs, compromises }).state]
          ok(of(joinCredentials(a, b)) >= Math.max(of(a), of(b)))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('contest a batch that either contests', () => {
    fc.assert(
      fc.property(batchArbitrary, batchArbitrary, compromisesArbitrary, (a, b, compromises) => {
        const isEither = isBatchContested(a, compromises) || isBatchContested(b, compromises)
        if (isEither) ok(isBatchContested(joinBatches(a, b), compromises))
      }),
      runs,
    )
  })

  it('close and freeze what either did, and recognise what both do', () => {
    fc.assert(
      fc.property(organisationArbitrary, organisationArbitrary, (a, b) => {
        const joined = joinOrganisations(a, b)
        is(joined.state === 'closed', a.state === 'closed' || b.state === 'closed')
        is(joined.frozen !== null, a.frozen !== null || b.frozen !== null)
        for (const one of joined.recognitions)
          ok([a, b].every(({ recognitions }) => JSON.stringify(recognitions).includes(JSON.stringify(one))))
        for (const one of [...a.compromises, ...b.compromises])
          ok(
            joined.compromises.some(
              ({ org, generation, sinceHeight }) =>
                org === one.org && generation === one.generation && sinceHeight <= one.sinceHeight,
            ),
          )
      }),
      runs,
    )
  })

  it('keep a revocation that one branch of a fork never heard of', () => {
    const revoke: EventBody = { kind: 'status.revoke', entries: entries(1), reason: 'withdrawn' }
    const next = chainOf(network, college)
    const [issued, revoked] = [next(issue()), next(revoke)]
    const { state: before } = fold(network.state, [issued])
    const { state: one } = fold(before, [revoked], { height: 2 })
    const { state: two } = fold(before, [chainOf(network, other)(issue())], { height: 2 })
    const joined = joinStates(one, two)
    equal(joined, joinStates(two, one))
    const state = restoreState({ genesis: network.genesis, rows: joined })
    is(statusOf(state, { org: college.id, handle: handle(1), atMs: headerTimeMs }).state, 'revoked')
    is(readOrg(state, other.id)?.issuedPadded, 16)
    const key = toHex(credentialRowKey({ org: college.id, handle: handle(1) }))
    is(joined.filter((row) => toHex(row.key) === key).length, 1)
    equal(joinStates(one, one), joinStates(one, before))
  })
})
