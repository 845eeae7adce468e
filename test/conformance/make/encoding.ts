/** encoding.json: the data model of the wire and its one encoding. */
import {
  boolean,
  bytesUpTo,
  contentId,
  encode,
  link,
  list,
  nullable,
  type Shape,
  text,
  uint,
  utf8,
} from '@chirograph/codec'
import { hexOf, type Notation } from '../notation.ts'
import { type Refusal, type WireCase, wireCase } from '../vector-file.ts'

/** What the refused bytes are read as. */
export const encodingShapes = {
  uint: uint(),
  bytes: bytesUpTo(300),
  text: text({ max: 300 }),
  boolean: boolean(),
  'uint or null': nullable(uint()),
  'list of uint': list(uint(), { max: 300 }),
  link: link(),
} satisfies Record<string, Shape<never> | Shape<unknown>>

export type EncodingShape = keyof typeof encodingShapes

interface EncodingRefusal extends Refusal<{ readonly as: EncodingShape; readonly bytes: string }> {}

export function makeEncoding() {
  return {
    description:
      'Canonical DAG-CBOR: whole numbers from 0 to 2^53 - 1, byte strings, texts, booleans, null, arrays and links. `fields` writes a byte string as {"bytes": hex} and a link as {"link": CID}; all else stands for itself.',
    cases: accepted(),
    refused: refused(),
  }
}

function accepted(): WireCase[] {
  const numbers = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]
  const id = contentId(utf8('chirograph'))
  return [
    ...numbers.map((number) => wireCase(`the number ${number}`, number, encode(uint(), number))),
    ...[0, 1, 23, 24, 255, 256].map((length) => {
      const value = new Uint8Array(length).fill(0x5a)
      return wireCase(`${length} bytes`, { bytes: hexOf(value) }, encode(encodingShapes.bytes, value))
    }),
    wireCase('no text', '', encode(encodingShapes.text, '')),
    wireCase(
      'text is UTF-8, not normalised',
      'é e\u0301 學 🎓',
      encode(encodingShapes.text, 'é e\u0301 學 🎓'),
    ),
    wireCase('false', false, encode(boolean(), false)),
    wireCase('true', true, encode(boolean(), true)),
    wireCase('null', null, encode(encodingShapes['uint or null'], null)),
    wireCase('an empty array', [], encode(encodingShapes['list of uint'], [])),
    ...[23, 24, 256].map((length) => {
      const value: Notation[] = Array.from({ length }, (_, index) => index)
      return wireCase(
        `an array of ${length}`,
        value,
        encode(encodingShapes['list of uint'], value as number[]),
      ) // numbers only
    }),
    wireCase('a link', { link: id }, encode(link(), id)),
  ]
}

function refused(): EncodingRefusal[] {
  const cid = '01711220ed79bd1b8a40cb6b7b4d0e1bb9b5f9bdcb6cf2a5ad3e3ba2bf6a0a3d5c3e9d11'
  const rows: [string, EncodingShape, string, string][] = [
    ['nothing', 'uint', '', 'MALFORMED'],
    ['a number that ends early', 'uint', '1901', 'MALFORMED'],
    ['a byte after the end', 'uint', '0000', 'MALFORMED'],
    ['23 in two bytes', 'uint', '1817', 'NON_CANONICAL'],
    ['255 in three bytes', 'uint', '1900ff', 'NON_CANONICAL'],
    ['65,535 in five bytes', 'uint', '1a0000ffff', 'NON_CANONICAL'],
    ['2^32 - 1 in nine bytes', 'uint', '1b00000000ffffffff', 'NON_CANONICAL'],
    ['2^53', 'uint', '1b0020000000000000', 'MALFORMED'],
    ['2^64 - 1', 'uint', '1bffffffffffffffff', 'MALFORMED'],
    ['a reserved head', 'uint', '1c', 'MALFORMED'],
    ['-1', 'uint', '20', 'MALFORMED'],
    ['1.0 in half precision', 'uint', 'f93c00', 'MALFORMED'],
    ['1.0 in double precision', 'uint', 'fb3ff0000000000000', 'MALFORMED'],
    ['undefined', 'uint or null', 'f7', 'MALFORMED'],
    ['another simple value', 'boolean', 'f820', 'MALFORMED'],
    ['a number where a boolean stands', 'boolean', '01', 'SHAPE'],
    ['bytes whose length takes two bytes', 'bytes', '580100', 'NON_CANONICAL'],
    ['bytes of indefinite length', 'bytes', '5f4100ff', 'NON_CANONICAL'],
    ['bytes that end early', 'bytes', '4200', 'MALFORMED'],
    ['bytes of a length of 2^32', 'bytes', '5b0000000100000000', 'MALFORMED'],
    ['more bytes than the shape allows', 'bytes', `59012d${'00'.repeat(301)}`, 'SHAPE'],
    ['text where bytes stand', 'bytes', '6161', 'SHAPE'],
    ['text that is not UTF-8', 'text', '61ff', 'MALFORMED'],
    ['text with a surrogate in UTF-8', 'text', '63eda080', 'MALFORMED'],
    ['text in overlong UTF-8', 'text', '62c0af', 'MALFORMED'],
    ['an array whose length takes two bytes', 'list of uint', '980100', 'NON_CANONICAL'],
    ['an array of indefinite length', 'list of uint', '9f00ff', 'NON_CANONICAL'],
    ['an array that ends early', 'list of uint', '8200', 'MALFORMED'],
    ['an array of 2^32', 'list of uint', '9b0000000100000000', 'MALFORMED'],
    ['an array with null for a number', 'list of uint', '81f6', 'SHAPE'],
    ['arrays nested 17 deep', 'list of uint', `${'81'.repeat(17)}00`, 'MALFORMED'],
    ['a map', 'list of uint', 'a0', 'MALFORMED'],
    ['another tag', 'link', `d82b582500${cid}`, 'MALFORMED'],
    ['a tag in its long form', 'link', `d9002a582500${cid}`, 'NON_CANONICAL'],
    ['a link without its zero byte', 'link', `d82a5824${cid}`, 'MALFORMED'],
    ['a link of text', 'link', 'd82a6161', 'MALFORMED'],
    ['a link of 35 bytes', 'link', `d82a582400${cid.slice(0, -2)}`, 'SHAPE'],
    ['a link to raw bytes', 'link', `d82a58250001551220${cid.slice(8)}`, 'SHAPE'],
    ['a link with another hash', 'link', `d82a58250001711b20${cid.slice(8)}`, 'SHAPE'],
    ['a CIDv0', 'link', `d82a582300${cid.slice(4)}`, 'SHAPE'],
    ['bytes where a link stands', 'link', `5824${cid}`, 'SHAPE'],
  ]
  return rows.map(([name, as, bytes, reason]) => ({ name, input: { as, bytes }, reason }))
}
