import type { CheckCode, Tri } from '@chirograph/verifier'
import { is, match, not, suite } from '../../workspace/kit.ts'
import { createTerminal } from '../src/terminal.ts'
import { outcomeOf, renderVerdict, verdictExitCode } from '../src/verdict-view.ts'
import { verdictOf } from './samples.ts'

const silent = { write: () => {} }
const { colours } = createTerminal({}, { stdout: silent, stderr: silent }, {})

suite('the outcome of a verdict', (it) => {
  it('is one of four', () => {
    is(outcomeOf(verdictOf()), 'Verified')
    is(outcomeOf(verdictOf({}, ['demo-network'])), 'Verified with a warning')
    is(outcomeOf(verdictOf({ status: ['indeterminate', 'proof-too-old'] })), 'Could not check')
    is(outcomeOf(verdictOf({ status: ['fail', 'revoked'] }, ['demo-network'])), 'Not valid')
  })

  it('comes first, with the reason that decided', () => {
    const [first] = renderVerdict(verdictOf({ status: ['fail', 'revoked'] }), colours).split('\n')
    is(first, '✘ Not valid: Told of status.')
    const [passed] = renderVerdict(verdictOf(), colours).split('\n')
    is(passed, '✔ Verified')
  })

  it('is followed by issuer, time and every check', () => {
    const text = renderVerdict(verdictOf({ validity: ['fail', 'expired'] }, ['demo-network']), colours)
    match(text, 'issued by Sample College')
    match(text, 'as of height 9, 2026-06-30T12:00:00.000Z, 3 min old')
    for (const line of [
      '✔ Signature: Told of proof.',
      '✘ Dates: Told of validity.',
      '! This is a demonstration',
    ])
      match(text, line)
  })

  it('shows no control characters of what it judged', () => {
    const verdict = verdictOf()
    const { issuer } = verdict
    const hostile = { ...verdict, issuer: issuer && { ...issuer, name: 'A\u001b[2J' } }
    not(renderVerdict(hostile, colours).includes('\u001b'))
  })
})

suite('the exit code of a verdict', (it) => {
  const cases: readonly [number, string, readonly [Tri, CheckCode], string][] = [
    [21, 'status', ['fail', 'revoked'], 'revoked'],
    [21, 'status', ['fail', 'suspended'], 'suspended'],
    [22, 'validity', ['fail', 'expired'], 'expired'],
    [22, 'validity', ['fail', 'not-yet-valid'], 'not yet valid'],
    [20, 'validity', ['fail', 'malformed-date'], 'a date that is none'],
    [20, 'proof', ['fail', 'bad-signature'], 'a false signature'],
    [20, 'recognition', ['fail', 'not-recognised'], 'an issuer without recognition'],
    [23, 'status', ['indeterminate', 'proof-too-old'], 'an old proof'],
    [24, 'status', ['indeterminate', 'other-network'], 'another network'],
    [24, 'issuerKey', ['fail', 'did-not-listed'], 'an issuer that the organisation does not list'],
  ]
  for (const [code, check, deviation, what] of cases)
    it(`is ${code} for ${what}`, () => is(verdictExitCode(verdictOf({ [check]: deviation })), code))

  it('is 0 for what is verified, with or without a warning', () => {
    is(verdictExitCode(verdictOf()), 0)
    is(verdictExitCode(verdictOf({}, ['demo-network'])), 0)
  })

  it('lets a false signature weigh more than a revocation, and a revocation more than an expiry', () => {
    is(verdictExitCode(verdictOf({ status: ['fail', 'revoked'], proof: ['fail', 'bad-signature'] })), 20)
    is(verdictExitCode(verdictOf({ status: ['fail', 'revoked'], validity: ['fail', 'expired'] })), 21)
  })
})
