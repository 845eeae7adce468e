/** The check of an Open Badge finds what is wrong and says it so that a person can mend it. */
import { canonicalizeJson, sha256, toHex, utf8 } from '@chirograph/codec'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import type { Problem } from '../src/json.ts'
import { openBadgeSchema, openBadgeSchemaDigest } from '../src/open-badge-schema.ts'
import { checkOpenBadge } from '../src/schema.ts'
import { copyOf, signedBadge } from './fixtures.ts'

function problemsIn(document: unknown): readonly Problem[] {
  const checked = checkOpenBadge(document)
  return checked.kind === 'valid' ? [] : checked.problems
}

/** A good badge with one value put elsewhere; `undefined` takes it away. Paths are JSON Pointers. */
function badgeWith(path: string, value: unknown): unknown {
  const document = copyOf(signedBadge())
  const parts = path.split('/').slice(1)
  const last = parts.pop() ?? ''
  let parent = document
  // Every part of a path in these tests names an object or a list.
  for (const part of parts) parent = parent[part] as Record<string, unknown>
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return document
}

suite('the check of an Open Badge', (it) => {
  it('passes a signed badge, as JSON and as text', () => {
    equal(problemsIn(signedBadge()), [])
    equal(problemsIn(JSON.stringify(signedBadge())), [])
  })

  it('says where, what belongs there and what was found', () => {
    equal(problemsIn(badgeWith('/credentialSubject/achievement/name', 7)), [
      { path: '/credentialSubject/achievement/name', expected: 'text', got: '7' },
    ])
    equal(problemsIn(badgeWith('/credentialSubject/achievement/criteria', undefined)), [
      {
        path: '/credentialSubject/achievement/criteria',
        expected: 'an object with a narrative, or the id of a page',
        got: 'nothing',
      },
    ])
    equal(problemsIn(badgeWith('/type', ['VerifiableCredential'])), [
      {
        path: '/type',
        expected: 'a list with "VerifiableCredential" and "OpenBadgeCredential" in it',
        got: '["VerifiableCredential"]',
      },
    ])
    equal(problemsIn(badgeWith('/credentialSubject/identifier/0/nickname', 'Bee')), [
      { path: '/credentialSubject/identifier/0/nickname', expected: 'no member of this name', got: '"Bee"' },
    ])
  })

  it('finds each thing that Open Badges 3.0 asks for', () => {
    const wrong: readonly (readonly [path: string, value: unknown])[] = [
      ['/@context', ['https://www.w3.org/2018/credentials/v1']],
      ['/id', undefined],
      ['/id', 'no uri'],
      ['/name', undefined],
      ['/name', { '@value': 'Welding' }],
      ['/issuer', 'the college'],
      ['/issuer/type', ['Organization']],
      ['/issuer/url', 'college'],
      ['/validFrom', undefined],
      ['/validFrom', '2026-06-20'],
      ['/validFrom', '2026-06-20 12:00:00Z'],
      ['/awardedDate', 'June'],
      ['/credentialSubject/type', 'Person'],
      ['/credentialSubject/achievement', undefined],
      ['/credentialSubject/achievement/id', 'welding'],
      ['/credentialSubject/achievement/type', ['Badge']],
      ['/credentialSubject/achievement/achievementType', 'Diplom'],
      ['/credentialSubject/achievement/creditsAvailable', '12'],
      ['/credentialSubject/achievement/criteria', {}],
      ['/credentialSubject/achievement/alignment/0/targetUrl', undefined],
      ['/credentialSubject/achievement/inLanguage', 'English, mostly'],
      ['/credentialSubject/creditsEarned', '12'],
      ['/credentialSubject/identifier/1/identityHash', 'sha256$123'],
      ['/credentialSubject/identifier/0/hashed', 'no'],
      ['/credentialSubject/identifier/0/identityType', 'nickname'],
      ['/evidence', { type: 'Evidence' }],
      ['/credentialStatus/0/type', undefined],
      ['/proof/0/type', undefined],
    ]
    for (const [path, value] of wrong) {
      const problems = problemsIn(badgeWith(path, value))
      is(problems.length, 1, `${path}: ${JSON.stringify(problems)}`)
      ok(
        problems[0]?.path.startsWith(path.split('/').slice(0, 2).join('/')),
        `${path} told as ${problems[0]?.path}`,
      )
    }
  })

  it('asks for a subject with an id or an identifier', () => {
    const without = (...names: string[]): unknown => {
      const document = copyOf(signedBadge())
      const subject = document.credentialSubject as Record<string, unknown> // the badge has one
      for (const name of names) delete subject[name]
      return document
    }
    equal(problemsIn(without('id')), [])
    equal(problemsIn(without('identifier')), [])
    equal(
      problemsIn(without('id', 'identifier')).map(({ path }) => path),
      ['/credentialSubject'],
    )
  })

  it('takes what Open Badges 3.0 allows beyond what is issued here', () => {
    const right: readonly (readonly [path: string, value: unknown])[] = [
      ['/type', ['VerifiableCredential', 'AchievementCredential']],
      ['/issuer', 'https://college.example/issuer'],
      ['/credentialSubject/achievement/achievementType', 'ext:Trade.Test'],
      ['/credentialSubject/achievement/image', { id: 'data:image/png;base64,AAAA', type: 'Image' }],
      [
        '/credentialSubject/achievement/creator',
        { id: 'did:example:1', type: 'Profile', parentOrg: { id: 'did:example:2', type: ['Profile'] } },
      ],
      ['/credentialSubject/result', [{ type: ['Result'], status: 'Completed', value: 'B+' }]],
      ['/credentialSubject/achievement/somethingOfOurs', { a: 1 }],
      [
        '/evidence',
        [{ type: ['Evidence'], id: 'https://college.example/portfolio', narrative: 'A *joint*.' }],
      ],
      ['/endorsementJwt', ['e30.e30.AAAA']],
    ]
    for (const [path, value] of right) equal(problemsIn(badgeWith(path, value)), [], path)
  })

  it('refuses a validity that ends before it begins', () => {
    equal(problemsIn(badgeWith('/validUntil', '2026-06-20T11:59:59Z')), [
      {
        path: '/validUntil',
        expected: 'an instant not before validFrom, 2026-06-20T12:00:00Z',
        got: '"2026-06-20T11:59:59Z"',
      },
    ])
  })

  it('tells at most fifty problems of a document that has more', () => {
    const many = Array.from({ length: 200 }, () => 1)
    is(problemsIn(badgeWith('/credentialSubject/identifier', many)).length, 50)
  })

  it('refuses text that is no JSON, says a member twice or is too long', () => {
    for (const text of ['', '{', '{"id":1,"id":2}', `"${'a'.repeat(300_000)}"`]) {
      equal(
        problemsIn(text).map(({ path }) => path),
        [''],
      )
    }
  })

  it('refuses what is no object', () => {
    for (const other of [null, 7, [], undefined]) ok(problemsIn(other).length > 0)
  })
})

suite('the schema', (it) => {
  it('is named by the SHA-256 of its canonical JSON', () => {
    equal(openBadgeSchemaDigest, sha256(utf8(canonicalizeJson(openBadgeSchema))))
  })

  it('has the digest of its first version, as in SPEC.md', () => {
    is(toHex(openBadgeSchemaDigest), '25f3a6d0e24cdc5e4f25a71379a048c8bf69038bb89fd6bbb6166341caaef263')
  })
})
