/** A registrar's file becomes rows, or every mistake in it is told by row and column. */
import { readFileSync } from 'node:fs'
import { equal, is, match, ok, seeded, suite } from '../../workspace/kit.ts'
import { type Cohort, cohortTemplate, parseCohort } from '../src/cohort.ts'
import type { CohortError, CohortRow } from '../src/cohort-row.ts'
import { cohortRowsMax } from '../src/limits.ts'

const header =
  'learner_id,learner_name,achievement_name,achievement_description,criteria,achievement_type,awarded_on,expires_on'
const line = 'S-1,Amber Quarry,Welding,Joins steel.,Six courses.,Certificate,2026-06-12,'

const file = (...lines: string[]): string => [header, ...lines].join('\n')

function rowsOf(cohort: Cohort): readonly CohortRow[] {
  if (cohort.kind === 'errors') throw new Error(`unexpected errors: ${JSON.stringify(cohort.errors)}`)
  return cohort.rows
}

function errorsOf(cohort: Cohort): readonly CohortError[] {
  if (cohort.kind === 'rows') throw new Error('unexpected rows')
  return cohort.errors
}

suite('a cohort file', (it) => {
  it('becomes one row for each person and achievement', () => {
    equal(rowsOf(parseCohort(file(line))), [
      {
        row: 2,
        learnerId: 'S-1',
        learnerName: 'Amber Quarry',
        achievement: {
          name: 'Welding',
          description: 'Joins steel.',
          criteria: 'Six courses.',
          type: 'Certificate',
        },
        recordClass: 'certificate-credit',
        awardedOn: '2026-06-12',
      },
    ])
  })

  it('keeps every optional column', () => {
    const text = [
      `${header},learner_email,learner_did,credits_available,record_class,achievement_id`,
      'S-1,Amber Quarry,Welding,Joins steel.,Six courses.,Certificate,2026-06-12,2031-06-30,a@b.example,did:example:1,12.5,certificate-noncredit,https://c.example/w',
    ].join('\n')
    const [row] = rowsOf(parseCohort(text))
    is(row?.learnerEmail, 'a@b.example')
    is(row?.learnerDid, 'did:example:1')
    is(row?.achievement.creditsAvailable, 12.5)
    is(row?.recordClass, 'certificate-noncredit')
    is(row?.achievement.id, 'https://c.example/w')
    is(row?.expiresOn, '2031-06-30')
  })

  it('reads the same with a byte order mark, any line ending, spaces around cells and columns in another order', () => {
    const plain = rowsOf(parseCohort(file(line)))
    equal(rowsOf(parseCohort(`\uFEFF${file(line)}`)), plain)
    equal(rowsOf(parseCohort(`${header}\r\n${line}\r\n`)), plain)
    equal(rowsOf(parseCohort(`${header}\r${line}\r`)), plain)
    equal(rowsOf(parseCohort(`${header}\r\n${line}\n`)), plain)
    equal(rowsOf(parseCohort(file(line.replaceAll(',', ' , ')))), plain)
    const reversed = (text: string): string => text.split(',').reverse().join(',')
    equal(rowsOf(parseCohort(`${reversed(header)}\n${reversed(line)}`)), plain)
    equal(rowsOf(parseCohort(`${header.toUpperCase()}\n${line}`)), plain)
  })

  it('takes quoted cells with commas, quotes and line breaks, and still counts rows as a spreadsheet does', () => {
    const quoted = 'S-1,"Quarry, Amber ""Bee""",Welding,Joins steel.,"One.\nTwo.",Certificate,2026-06-12,'
    const rows = rowsOf(
      parseCohort(file(quoted, line.replace('S-1', 'S-2').replace('Six courses.', '"One.\nTwo."'))),
    )
    is(rows[0]?.learnerName, 'Quarry, Amber "Bee"')
    is(rows[0]?.achievement.criteria, 'One.\nTwo.')
    is(rows[1]?.row, 3)
  })

  it('skips rows without content and counts them', () => {
    const rows = rowsOf(parseCohort(file('', line, ',,,,,,,', line.replace('S-1', 'S-2'), '', '')))
    equal(
      rows.map(({ row }) => row),
      [3, 5],
    )
  })

  it('takes what a spreadsheet would run as a formula for text', () => {
    for (const cell of ["=cmd|' /C calc'!A0", '+1+1', '-2', '@SUM(A1)']) {
      is(rowsOf(parseCohort(file(line.replace('Amber Quarry', cell))))[0]?.learnerName, cell)
    }
  })

  it('names the row and column of every mistake at once', () => {
    const errors = errorsOf(
      parseCohort(
        file(
          'S-1,,Welding,Joins steel.,Six courses.,Certificate,2026-06-31,',
          'S-2,Flint Meadow,Welding,Joins steel.,Six courses.,Certficate,12/06/2026,',
        ),
      ),
    )
    equal(
      errors.map(({ row, column, got }) => [row, column, got]),
      [
        [2, 'learner_name', 'nothing'],
        [2, 'awarded_on', '"2026-06-31"'],
        [3, 'achievement_type', '"Certficate"'],
        [3, 'awarded_on', '"12/06/2026"'],
      ],
    )
    match(errors[2]?.expected ?? '', 'did you mean Certificate?')
    match(errors[3]?.expected ?? '', 'YYYY-MM-DD')
  })

  it('tells at most fifty errors and how many there are', () => {
    const bad = Array.from({ length: 70 }, (_, i) =>
      line.replace('S-1', `S-${i}`).replace('2026-06-12', 'soon'),
    )
    const cohort = parseCohort(file(...bad))
    ok(cohort.kind === 'errors')
    is(cohort.errors.length, 50)
    is(cohort.count, 70)
    is(cohort.errors[0]?.row, 2)
  })

  it('names both rows when a learner gets one achievement twice', () => {
    const errors = errorsOf(parseCohort(file(line, line.replace('Amber Quarry', 'A. Quarry'))))
    equal(errors, [
      {
        row: 3,
        column: 'learner_id',
        expected: 'each learner once for an achievement',
        got: 'the learner and achievement of row 2',
      },
    ])
    const other = line.replace('Welding', 'Machining')
    is(rowsOf(parseCohort(file(line, other))).length, 2)
  })

  it('refuses one achievement that says two things', () => {
    const errors = errorsOf(
      parseCohort(file(line, line.replace('S-1', 'S-2').replace('Six courses.', 'Five courses.'))),
    )
    equal(
      errors.map(({ row, column }) => [row, column]),
      [[3, 'criteria']],
    )
    match(errors[0]?.expected ?? '', 'row 2')
  })

  it('asks whether a mistyped column meant the one it is near', () => {
    const errors = errorsOf(
      parseCohort(file(line).replace('learner_name', 'lerner name').replace('expires_on', 'shoe_size')),
    )
    equal(
      errors.map(({ column, expected }) => [column, expected.slice(0, 26)]),
      [
        ['lerner name', 'did you mean learner_name?'],
        ['shoe_size', 'only learner_id, learner_na'.slice(0, 26)],
        ['learner_name', 'a column learner_name'],
      ],
    )
  })

  it('refuses a column that comes twice', () => {
    const errors = errorsOf(parseCohort(`${header},Awarded_On\n${line},2026-06-12`))
    equal(errors, [
      { row: 1, column: 'awarded_on', expected: 'each column once', got: 'the same column again' },
    ])
  })

  it('refuses cells beyond the header', () => {
    const errors = errorsOf(parseCohort(file(`${line},extra`)))
    equal(
      errors.map(({ row, got }) => [row, got]),
      [[2, '"extra" in column 9']],
    )
  })

  it('reads semicolons, tabs and bars between the cells as the header has them', () => {
    const plain = rowsOf(parseCohort(file(line)))
    for (const delimiter of [';', '\t', '|'])
      equal(rowsOf(parseCohort(file(line).replaceAll(',', delimiter))), plain)
    equal(rowsOf(parseCohort(`"${header.replaceAll(',', '";"')}"\r\n${line.replaceAll(',', ';')}`)), plain)
  })

  it('takes the comma in a cell for text where semicolons part the cells, in quotes and without', () => {
    const apart = (text: string): string => text.replaceAll(',', ';')
    for (const cell of ['Six courses, one thesis.', '"Six courses, ""one"" thesis."']) {
      const text = [apart(header), apart(line).replace('Six courses.', cell)].join('\n')
      match(rowsOf(parseCohort(text))[0]?.achievement.criteria ?? '', /^Six courses, "?one"? thesis\.$/)
    }
    const stray = rowsOf(parseCohort(file(line.replace('Joins steel.', 'Joins; welds.'))))
    is(stray[0]?.achievement.description, 'Joins; welds.')
  })

  it('refuses a file without a header and a file without rows', () => {
    for (const empty of ['', '\n\n', '\uFEFF', ',,,']) is(errorsOf(parseCohort(empty))[0]?.got, 'nothing')
    equal(errorsOf(parseCohort(`${header}\n`)), [
      { row: 2, column: '', expected: 'at least one row below the header', got: 'nothing' },
    ])
  })

  it('tells where a quote is left open or misplaced', () => {
    const open = errorsOf(parseCohort(file(line, 'S-2,"Flint Meadow,Welding')))
    equal(
      open.map(({ row, expected }) => [row, expected]),
      [[3, 'a closing quote for every opening one']],
    )
    const misplaced = errorsOf(parseCohort(file(line, 'S-2,"Flint" Meadow,Welding')))
    equal(
      misplaced.map(({ row }) => row),
      [3],
    )
  })

  it('refuses cells that are too long', () => {
    const errors = errorsOf(parseCohort(file(line.replace('Amber Quarry', 'a'.repeat(201)))))
    equal(errors, [
      { row: 2, column: 'learner_name', expected: 'at most 200 characters', got: '201 characters' },
    ])
  })

  it('refuses control characters and what another encoding left behind', () => {
    for (const cell of ['Amber\u0000', 'Am\u001bber', 'Quarr\uFFFD', 'Quarr\uD800', '"Amber\nQuarry"']) {
      equal(
        errorsOf(parseCohort(file(line.replace('Amber Quarry', cell)))).map(({ column }) => column),
        ['learner_name'],
      )
    }
  })

  it('knows the calendar', () => {
    const verdict = (date: string): string => parseCohort(file(line.replace('2026-06-12', date))).kind
    for (const date of ['2024-02-29', '2000-02-29', '2026-12-31', '1900-01-01'])
      is(verdict(date), 'rows', date)
    for (const date of [
      '2025-02-29',
      '1900-02-29',
      '2026-13-01',
      '2026-00-10',
      '2026-04-31',
      '0026-06-12',
      '2026-6-12',
      '2026-06-12T00:00:00Z',
    ]) {
      is(verdict(date), 'errors', date)
    }
  })

  it('refuses an expiry that is not after the award', () => {
    for (const date of ['2026-06-12', '2026-06-11']) {
      equal(
        errorsOf(parseCohort(file(`${line}${date}`))).map(({ column }) => column),
        ['expires_on'],
      )
    }
    is(rowsOf(parseCohort(file(`${line}2026-06-13`)))[0]?.expiresOn, '2026-06-13')
  })

  it('refuses a record class that the type of achievement does not go with', () => {
    const text = `${header},record_class\n${line},degree`
    const [error] = errorsOf(parseCohort(text))
    is(error?.column, 'record_class')
    match(error?.expected ?? '', 'certificate-credit or certificate-noncredit')
  })

  it('refuses more rows than a batch may have', () => {
    const many = Array.from({ length: cohortRowsMax + 1 }, () => ',,,,,,,').join('\n')
    const [error] = errorsOf(parseCohort(`${header}\n${many}`))
    is(error?.expected, `at most ${cohortRowsMax} rows below the header`)
  })

  it('never throws, whatever the text', () => {
    const random = seeded(20_260_612)
    const pieces = [
      header,
      line,
      ',',
      '"',
      '""',
      '\n',
      '\r',
      '\r\n',
      '\uFEFF',
      '=',
      ';',
      '\u0000',
      'S-1',
      '2026-06-12',
      '\uD83D',
    ]
    for (let i = 0; i < 500; i++) {
      const text = Array.from({ length: random.int(30) }, () => random.pick(pieces)).join('')
      ok(['rows', 'errors'].includes(parseCohort(text).kind))
    }
  })
})

suite('the template', (it) => {
  it('is a file that this package accepts', () => {
    const [row] = rowsOf(parseCohort(cohortTemplate()))
    is(row?.achievement.criteria, 'Six courses with grade C or better, and 120 hours in the workshop.')
  })
})

suite('the sample cohort', (it) => {
  const rows = rowsOf(
    parseCohort(
      readFileSync(new URL('../../../examples/four-institutions/data/cohort.csv', import.meta.url), 'utf8'),
    ),
  )

  it('is one batch: 200 learners, three achievements, one record class', () => {
    is(new Set(rows.map(({ learnerId }) => learnerId)).size, 200)
    is(new Set(rows.map(({ achievement }) => achievement.name)).size, 3)
    is(new Set(rows.map(({ recordClass }) => recordClass)).size, 1)
  })

  it('says of every learner that it is a sample', () => {
    ok(rows.every(({ learnerId }) => learnerId.startsWith('SAMPLE-')))
    ok(rows.every(({ learnerEmail = '.example' }) => learnerEmail.endsWith('.example')))
  })
})
