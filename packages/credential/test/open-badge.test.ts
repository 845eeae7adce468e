/** The credential that is built: its shape, what never moves its digest, and who it names. */
import { toHex } from '@chirograph/codec'
import { credentialDigest } from '@chirograph/event'
import { achievementTypes, recordClassesOf } from '@chirograph/verifier'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { achievementIdOf } from '../src/achievement.ts'
import { identityMatches } from '../src/identity.ts'
import { isObject } from '../src/json.ts'
import { buildOpenBadge } from '../src/open-badge.ts'
import { checkOpenBadge } from '../src/schema.ts'
import { badge, did, signedBadge } from './fixtures.ts'

const everythingIsFrozen = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (Object.isFrozen(value) && Object.values(value).every(everythingIsFrozen))

suite('an Open Badge', (it) => {
  it('says who issued what to whom, when, and where its status is', () => {
    const credential = buildOpenBadge(badge)
    equal(credential.type, ['VerifiableCredential', 'OpenBadgeCredential'])
    equal(credential.issuer, {
      id: did,
      type: ['Profile'],
      name: 'Sample Community College',
      url: 'https://college.example',
    })
    is(credential.name, 'Certificate in Welding')
    is(credential.validFrom, '2026-06-20T12:00:00Z')
    is(credential.validUntil, '2031-06-20T12:00:00Z')
    is(credential.awardedDate, '2026-06-12T12:00:00Z')
    const subject = credential.credentialSubject
    ok(isObject(subject))
    is(subject.id, 'did:example:amber')
    is(subject.creditsEarned, 12.5)
    equal(subject.achievement, {
      id: 'https://college.example/achievements/welding',
      type: ['Achievement'],
      achievementType: 'Certificate',
      name: 'Certificate in Welding',
      description: 'Joins steel.',
      criteria: { narrative: 'Six courses.' },
      creditsAvailable: 12.5,
      alignment: [
        {
          type: ['Alignment'],
          targetName: 'Arc welding',
          targetUrl: 'https://skills.example/arc',
          targetCode: 'W1',
        },
      ],
    })
  })

  it('passes the check, with everything optional and with nothing optional', () => {
    is(checkOpenBadge(buildOpenBadge(badge)).kind, 'valid')
    const { id, issuer, achievement, validFromMs, status } = badge
    const { alignments: _, creditsAvailable: __, ...plain } = achievement
    const least = buildOpenBadge({
      id,
      issuer: { did: issuer.did, name: issuer.name },
      learner: { name: 'Amber Quarry' },
      achievement: plain,
      validFromMs,
      status,
    })
    is(checkOpenBadge(least).kind, 'valid')
    equal(
      ['validUntil', 'awardedDate'].filter((name) => name in least),
      [],
    )
  })

  it('is frozen all the way down, and leaves what it was made from as it was', () => {
    ok(everythingIsFrozen(buildOpenBadge(badge)))
    ok(!Object.isFrozen(badge.achievement))
  })

  it('keeps its digest through signing, through further proofs and through JSON', () => {
    const unsigned = buildOpenBadge(badge)
    const digest = toHex(credentialDigest(unsigned))
    const signed = signedBadge()
    is(toHex(credentialDigest(signed)), digest)
    is(toHex(credentialDigest({ ...signed, proof: [{ type: 'DataIntegrityProof' }, signed.proof] })), digest)
    is(toHex(credentialDigest(JSON.parse(JSON.stringify(signed, null, 2)))), digest)
  })

  it('changes its digest with every fact', () => {
    const digests = [
      {},
      { id: 'urn:uuid:2' },
      { learner: { ...badge.learner, name: 'Flint Meadow' } },
      { achievement: { ...badge.achievement, name: 'Certificate in Machining' } },
      { validFromMs: badge.validFromMs + 1000 },
      { status: { ...badge.status, position: 1 } },
      { status: { ...badge.status, nonce: new Uint8Array(32).fill(4) } },
    ].map((change) => toHex(credentialDigest(buildOpenBadge({ ...badge, ...change }))))
    is(new Set(digests).size, digests.length)
  })
})

suite('the identifiers of a learner', (it) => {
  const identifiersOf = (salted: boolean): readonly Record<string, unknown>[] => {
    const { identitySalt: _, ...plain } = badge
    const subject = buildOpenBadge(salted ? badge : plain).credentialSubject
    ok(isObject(subject) && Array.isArray(subject.identifier))
    return subject.identifier
  }

  it('show the name, and hide e-mail address and student id behind salted hashes', () => {
    const identifiers = identifiersOf(true)
    equal(
      identifiers.map(({ identityType, hashed }) => [identityType, hashed]),
      [
        ['name', false],
        ['sisSourcedId', true],
        ['emailAddress', true],
      ],
    )
    is(JSON.stringify(identifiers).includes('amber@'), false)
    // SHA-256 of "amber@students.examplec2FsdA", made with sha256sum.
    is(
      identifiers[2]?.identityHash,
      'sha256$230a3974a1de900a03da0bad8732e44d7f543c62306f1fcb5f220dd6128bb95f',
    )
  })

  it('are in clear without a salt', () => {
    equal(
      identifiersOf(false).map(({ hashed, identityHash, salt }) => [hashed, identityHash, salt]),
      [
        [false, 'Amber Quarry', undefined],
        [false, 'S-1', undefined],
        [false, 'amber@students.example', undefined],
      ],
    )
  })

  it('match the value they were made from and no other', () => {
    for (const identity of [identifiersOf(true)[2], identifiersOf(false)[2]]) {
      ok(identityMatches(identity, 'amber@students.example'))
      ok(!identityMatches(identity, 'Amber@students.example'))
    }
    for (const other of [null, 'amber', {}, { hashed: true, identityHash: 'sha256$' }])
      ok(!identityMatches(other, 'amber'))
  })
})

suite('an achievement', (it) => {
  const definition = {
    issuer: did,
    name: 'Welding',
    description: 'Joins steel.',
    criteria: 'Six.',
    type: 'Certificate',
  }

  it('has the same id in every cohort that says the same, and another when anything differs', () => {
    const id = achievementIdOf(definition)
    is(achievementIdOf({ ...definition }), id)
    ok(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))
    const changes = [
      { issuer: 'did:example:2' },
      { name: 'x' },
      { description: 'x' },
      { criteria: 'x' },
      { type: 'Course' },
      { creditsAvailable: 1 },
    ]
    const ids = changes.map((change) => achievementIdOf({ ...definition, ...change }))
    is(new Set([id, ...ids]).size, changes.length + 1)
  })

  it('of every type has a record class, and only degrees and schools give degrees', () => {
    for (const type of achievementTypes) ok(recordClassesOf(type).length > 0, type)
    equal(
      achievementTypes.filter((type) => recordClassesOf(type)[0] === 'degree'),
      [
        'AssociateDegree',
        'BachelorDegree',
        'Degree',
        'DoctoralDegree',
        'ProfessionalDoctorate',
        'MasterDegree',
        'ResearchDoctorate',
      ],
    )
    for (const type of ['ext:Anything', 'Certificate', 'MicroCredential'])
      ok(!recordClassesOf(type).includes('degree'), type)
  })
})
