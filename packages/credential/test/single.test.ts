/** One person written as JSON is read by the same rules as a row of a file. */
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { type Cohort, parseCohort } from '../src/cohort.ts'
import { parseSingle } from '../src/single.ts'

const person = {
  learner_id: 'S-1',
  learner_name: 'Amber Quarry',
  achievement_name: 'Welding',
  achievement_description: 'Joins steel.',
  criteria: 'Six courses.',
  achievement_type: 'Certificate',
  awarded_on: '2026-06-12',
}

const read = (value: unknown): Cohort => parseSingle(JSON.stringify(value))

function columnsInError(cohort: Cohort): string[] {
  ok(cohort.kind === 'errors')
  return cohort.errors.map(({ column }) => column)
}

suite('a person as JSON', (it) => {
  it('gives the row that a file with the same cells gives', () => {
    const file = parseCohort(`${Object.keys(person).join(',')}\n${Object.values(person).join(',')}`)
    ok(file.kind === 'rows')
    equal(read(person), { kind: 'rows', rows: file.rows.map((row) => ({ ...row, row: 1 })) })
  })

  it('takes credit hours as a number or as text', () => {
    for (const credits of [12.5, '12.5']) {
      const cohort = read({ ...person, credits_available: credits })
      is(cohort.kind === 'rows' && cohort.rows[0]?.achievement.creditsAvailable, 12.5)
    }
  })

  it('takes alignments to skill frameworks', () => {
    const alignments = [
      {
        targetName: 'Shielded metal arc welding',
        targetUrl: 'https://skills.example/smaw',
        targetCode: 'W1',
      },
    ]
    const cohort = read({ ...person, alignments })
    ok(cohort.kind === 'rows')
    equal(cohort.rows[0]?.achievement.alignments, alignments)
  })

  it('refuses alignments of another shape', () => {
    const good = { targetName: 'a', targetUrl: 'https://a.example' }
    for (const bad of [
      'all of them',
      [1],
      [{ targetName: 'a' }],
      [{ ...good, targetUrl: 'javascript:alert(1)' }],
      [{ ...good, targetName: 'a\u0000' }],
      [{ ...good, type: 'Skill' }],
      [{ ...good, targetCode: 7 }],
      Array.from({ length: 101 }, () => good),
    ]) {
      equal(columnsInError(read({ ...person, alignments: bad })), ['alignments'])
    }
  })

  it('tells every mistake at once, and what a mistyped member meant', () => {
    const { learner_name: _, ...nameless } = person
    const cohort = read({ ...nameless, lerner_name: 'Amber Quarry', awarded_on: 20260612 })
    ok(cohort.kind === 'errors')
    equal(columnsInError(cohort), ['awarded_on', 'lerner_name', 'learner_name', 'awarded_on'])
    is(cohort.errors[1]?.expected, 'did you mean learner_name?')
    ok(cohort.errors.every(({ row }) => row === 1))
  })

  it('refuses what is no JSON object, and a member that comes twice', () => {
    for (const text of [
      '',
      '[]',
      '"S-1"',
      'null',
      '{',
      '{"learner_id":"a","learner_id":"b"}',
      ' '.repeat(200_000),
    ]) {
      equal(columnsInError(parseSingle(text)), [''])
    }
  })
})
