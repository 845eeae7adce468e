import fc from 'fast-check'
import { equal, is, match, not, ok, suite } from '../../workspace/kit.ts'
import { canonicalizeJson, jsonDepthMax, parseJson } from '../src/index.js'

const limits = { bytesMax: 10_000 }

function codeOf(text: string, bytesMax = limits.bytesMax): string {
  const result = parseJson(text, { bytesMax })
  return result.ok ? 'ok' : result.code
}

suite('parseJson', (it) => {
  it('reads what JSON.stringify writes, and has a canonical text for it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value)
        const result = parseJson(text, { bytesMax: 1_000_000 })
        // JSON.stringify escapes lone surrogates, which no canonical text can hold.
        if (/\\ud[89a-f]/.test(text)) return
        ok(result.ok)
        equal(result.value, JSON.parse(text))
        is(canonicalizeJson(result.value), canonicalizeJson(JSON.parse(text)))
      }),
    )
  })

  it('never throws, and whatever it accepts has a canonical text', () => {
    const nearJson = fc.string({ unit: fc.constantFrom(...'{}[]:,"\\ua1e9-.0td8 '), maxLength: 24 })
    fc.assert(
      fc.property(nearJson, (text) => {
        const result = parseJson(text, limits)
        if (result.ok) canonicalizeJson(result.value)
      }),
      { numRuns: 3000 },
    )
  })

  it('refuses what is not JSON as MALFORMED, without quoting it', () => {
    const bad = [
      '',
      ' ',
      'undefined',
      "{'a':1}",
      '{"a":1,}',
      '[1',
      '01',
      '+1',
      'NaN',
      '1 2',
      '\uFEFF1',
      '"\n"',
      '{"a"}',
    ]
    for (const text of bad) is(codeOf(text), 'MALFORMED', text)
    const result = parseJson('{"name": secret}', limits)
    ok(!result.ok)
    not(result.detail.includes('secret'))
  })

  it('refuses more bytes than the caller allows, counted in UTF-8', () => {
    is(codeOf('"aaaa"', 6), 'ok')
    is(codeOf('"aaaa"', 5), 'OVERSIZE')
    is(codeOf('"éé"', 6), 'ok')
    is(codeOf('"éé"', 5), 'OVERSIZE')
  })

  it('refuses an object that names a member twice, at any depth and in any spelling', () => {
    const twice = [
      '{"a":1,"a":1}',
      '{"a":1,"b":2,"a":3}',
      String.raw`{"a":1,"\u0061":2}`,
      '[{"x":{"a":1,"a":2}}]',
      '{"":1,"":2}',
      '{"__proto__":1,"__proto__":2}',
      String.raw`{"\"":1,"\u0022":2}`,
    ]
    for (const text of twice) {
      const result = parseJson(text, limits)
      ok(!result.ok, text)
      is(result.code, 'MALFORMED')
      match(result.detail, 'twice')
    }
  })

  it('takes the same name in different objects, and colons and quotes inside text', () => {
    const once = [
      '[{"a":1},{"a":2}]',
      '{"a":{"a":1}}',
      '{"A":1,"a":2}',
      String.raw`{"a:b":"c:d","e":"\":\\","f":["\\",":"]}`,
      '{"__proto__":1}',
      '{"\u00e9":1,"e\u0301":2}',
    ]
    for (const text of once) {
      const result = parseJson(text, limits)
      ok(result.ok, text)
      equal(result.value, JSON.parse(text))
    }
  })

  it('refuses a lone surrogate, raw or escaped, in a text or a name', () => {
    const bad = ['"\ud800"', String.raw`"\ud800"`, String.raw`{"\udc00":1}`, String.raw`["\udc00\ud800"]`]
    for (const text of bad) is(codeOf(text), 'MALFORMED', text)
    is(codeOf(String.raw`"\ud83d\ude02"`), 'ok')
  })

  it('refuses a number beyond a double', () => {
    for (const text of ['1e999', '[-1e400]', '{"a":1e309}']) is(codeOf(text), 'MALFORMED', text)
    is(codeOf('1.7976931348623157e308'), 'ok')
  })

  it('refuses to nest deeper than the limit, before anything is built', () => {
    const nest = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
    is(codeOf(nest(jsonDepthMax)), 'ok')
    is(codeOf(nest(jsonDepthMax + 1)), 'MALFORMED')
    is(codeOf(`${'{"a":'.repeat(jsonDepthMax + 1)}1${'}'.repeat(jsonDepthMax + 1)}`), 'MALFORMED')
    is(codeOf('['.repeat(1_000_000), 1_000_000), 'MALFORMED')
    is(codeOf(`"${'['.repeat(500)}"`), 'ok')
  })

  it('agrees on depth with the canonical text', () => {
    const deepest = parseJson(`${'['.repeat(jsonDepthMax)}${']'.repeat(jsonDepthMax)}`, limits)
    ok(deepest.ok)
    is(canonicalizeJson(deepest.value).length, 2 * jsonDepthMax)
  })
})
