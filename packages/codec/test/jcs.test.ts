import fc from 'fast-check'
import { failsWith, is, ok, suite } from '../../workspace/kit.ts'
import { canonicalizeJson, jsonDepthMax, parseJson, toHex, utf8 } from '../src/index.js'

/**
 * Input and canonical text of the test data that the authors of RFC 8785 publish,
 * https://github.com/cyberphone/json-canonicalization (testdata).
 */
const published: Record<string, readonly [input: string, output: string]> = {
  arrays: ['[56, {"d": true, "10": null, "1": [ ]}]', '[56,{"1":[],"10":null,"d":true}]'],
  french: [
    `{"peach": "This sorting order", "péché": "is wrong according to French",
      "pêche": "but canonicalization MUST", "sin": "ignore locale"}`,
    '{"peach":"This sorting order","péché":"is wrong according to French",' +
      '"pêche":"but canonicalization MUST","sin":"ignore locale"}',
  ],
  structures: [
    String.raw`{"1": {"f": {"f": "hi","F": 5} ,"\n": 56.0}, "10": { }, "": "empty", "a": { },
      "111": [ {"e": "yes","E": "no" } ], "A": { }}`,
    String.raw`{"":"empty","1":{"\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],"A":{},"a":{}}`,
  ],
  unicode: [String.raw`{"Unnormalized Unicode":"A\u030a"}`, '{"Unnormalized Unicode":"A\u030a"}'],
  values: [
    String.raw`{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`,
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  ],
  weird: [
    String.raw`{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\u000a": "Newline", "1": "One",
      "\u0080": "Control\u007f", "\ud83d\ude02": "Smiley", "\u00f6": "Latin Small Letter O With Diaeresis",
      "\ufb33": "Hebrew Letter Dalet With Dagesh", "</script>": "Browser Challenge"}`,
    String.raw`{"\n":"Newline","\r":"Carriage Return","1":"One","</script>":"Browser Challenge",` +
      '"\u0080":"Control\u007f","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign",' +
      '"😂":"Smiley","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
  ],
}

/** RFC 8785 appendix B: the bits of a double and its text; null where it has none. */
const numbers: readonly (readonly [bits: string, text: string | null])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['7fffffffffffffff', null],
  ['7ff0000000000000', null],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
]

function nested(depth: number): unknown {
  return depth === 0 ? 1 : depth % 2 === 0 ? [nested(depth - 1)] : { a: nested(depth - 1) }
}

suite('RFC 8785', (it) => {
  for (const [name, [input, output]] of Object.entries(published)) {
    it(`gives the published text of "${name}", from its own text too`, () => {
      for (const text of [input, output]) {
        const parsed = parseJson(text, { bytesMax: 1000 })
        ok(parsed.ok)
        is(canonicalizeJson(parsed.value), output)
      }
    })
  }

  it('gives the published bytes of "weird"', () => {
    const [, output] = published.weird as (typeof published)[string]
    const head =
      '7b225c6e223a224e65776c696e65222c225c72223a2243617272696167652052657475726e222c2231223a224f6e65222c22'
    const tail =
      'f09f9882223a22536d696c6579222c22efacb3223a22486562726577204c65747465722044616c6574205769746820446167657368227d'
    ok(toHex(utf8(output)).startsWith(head))
    ok(toHex(utf8(output)).endsWith(tail))
  })

  it('gives the published text of every number, and none to NaN and Infinity', () => {
    for (const [bits, text] of numbers) {
      const value = Buffer.from(bits, 'hex').readDoubleBE()
      if (text === null) failsWith('JCS_NUMBER', () => canonicalizeJson(value))
      else is(canonicalizeJson(value), text, bits)
    }
  })

  it('sorts by UTF-16 code units, not by code points or locale', () => {
    is(
      canonicalizeJson({ '\ufb33': 1, '😂': 2, b: 3, a: 4, B: 5, é: 6 }),
      '{"B":5,"a":4,"b":3,"é":6,"😂":2,"\ufb33":1}',
    )
    is(canonicalizeJson({ 10: 1, 9: 2, 1: 3 }), '{"1":3,"10":1,"9":2}')
  })
})

suite('canonical JSON', (it) => {
  it('does not depend on the order of members, and is its own canonical text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = canonicalizeJson(value)
        const backwards = JSON.parse(text, (_, one: unknown) => {
          return typeof one === 'object' && one !== null && !Array.isArray(one)
            ? Object.fromEntries(Object.entries(one).reverse())
            : one
        })
        is(canonicalizeJson(backwards), text)
        is(JSON.stringify(JSON.parse(text)).length, text.length)
      }),
    )
  })

  it('refuses a lone surrogate in a text or a name', () => {
    for (const value of ['\ud800', ['a\udc00'], { '\udfff': 1 }, { a: '\udc00\ud800' }]) {
      failsWith('JCS_TEXT', () => canonicalizeJson(value))
    }
  })

  it('refuses NaN and the infinities at any depth', () => {
    for (const value of [Number.NaN, [Number.POSITIVE_INFINITY], { a: Number.NEGATIVE_INFINITY }]) {
      failsWith('JCS_NUMBER', () => canonicalizeJson(value))
    }
  })

  it('refuses what JSON.stringify would leave out or turn into something else', () => {
    const values = [
      undefined,
      { a: undefined },
      [undefined],
      new Array(1),
      () => 1,
      Symbol('s'),
      1n,
      new Date(0),
      new Map(),
      new Uint8Array(1),
      new Number(1),
      { toJSON: () => 1 },
    ]
    for (const value of values) failsWith('JCS_TYPE', () => canonicalizeJson(value))
  })

  it('takes plain objects however they were made', () => {
    const bare: unknown = Object.assign(Object.create(null), { b: 1, a: 2 })
    is(canonicalizeJson(bare), '{"a":2,"b":1}')
    is(canonicalizeJson(JSON.parse('{"__proto__":1,"a":2}')), '{"__proto__":1,"a":2}')
  })

  it('refuses to nest deeper than the limit, and so any cycle', () => {
    is(canonicalizeJson(nested(jsonDepthMax)).includes('1'), true)
    failsWith('JCS_DEPTH', () => canonicalizeJson(nested(jsonDepthMax + 1)))
    const cycle: unknown[] = []
    cycle.push(cycle)
    failsWith('JCS_DEPTH', () => canonicalizeJson(cycle))
  })
})
