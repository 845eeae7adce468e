/** The vector files are what the makers make, to the byte, and every encoding in them is dag-cbor's. */
import { readdirSync } from 'node:fs'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { makers, vectorNames } from './makers.ts'
import { bytesOf, decodeNotation, encodeNotation, hexOf, type Notation } from './notation.ts'
import { vectorText } from './read-vectors.ts'
import { jsonText } from './vector-file.ts'

suite('frozen vectors', (it) => {
  for (const name of vectorNames) {
    it(`${name}.json is made to the byte by the implementation of today`, () => {
      ok(vectorText(name) === jsonText(makers[name]()), `${name}.json differs from what is made now`)
    })
  }

  it('has a maker for every file', () => {
    const files = readdirSync(new URL('vectors', import.meta.url))
    equal(files.sort(), vectorNames.map((name) => `${name}.json`).sort())
  })
})

suite('fields and bytes', (it) => {
  it('say the same wherever both stand, by dag-cbor in both directions', () => {
    const pairs = vectorNames.flatMap((name) => pairsIn(JSON.parse(vectorText(name))))
    for (const [fields, bytes] of pairs) {
      is(hexOf(encodeNotation(fields)), bytes)
      equal(decodeNotation(bytesOf(bytes)), fields)
    }
    // Losing sight of the cases would be silent otherwise.
    ok(pairs.length > 150, `only ${pairs.length} pairs`)
  })
})

/** Cases have `fields` in their input and `bytes` in their output; rows and proofs have both side by side. */
function pairsIn(value: unknown): [Notation, string][] {
  if (Array.isArray(value)) return value.flatMap(pairsIn)
  if (!isObject(value)) return []
  const { input, output, fields } = value
  const own: [unknown, unknown][] = [[fields, value.bytes ?? value.value]]
  // A vote's fields are its first five positions, whose bytes are called `message`.
  if (isObject(input) && isObject(output))
    own.push([input.fields, 'message' in output && 'signer' in input ? output.message : output.bytes])
  const found = own.filter(
    (pair): pair is [Notation, string] => pair[0] !== undefined && typeof pair[1] === 'string',
  )
  return [...found, ...Object.values(value).flatMap(pairsIn)]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
