/** encoding.json: the data model of the wire and its one encoding. */
import { contentId, encode, utf8 } from '@chirograph/codec'
import { type EncodingShape, encodingShapes } from '../encoding-shapes.ts'
import { hexOf, type Notation } from '../notation.ts'
import { type Refusal, wireCase } from '../vector-file.ts'

interface EncodingRefusal extends Refusal<{ readonly as: EncodingShape; readonly bytes: string }> {}

export function makeEncoding() {
  return {
    description:
      'Canonical DAG-CBOR: whole numbers from 0 to 2^53 - 1, byte strings, texts, booleans, null, arrays and links. `fields` writes a byte string as {"bytes": hex} and a link as {"link": CID}; all else stands for itself. `as` is what the bytes are read as; bytes and texts hold at most 300 bytes, lists 300 numbers.',
    cases: accepted(),
    refused: refused(),
  }
}

function accepted() {
  const numbers = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]
  const id = contentId(utf8('chirograph'))
  const { uint, bytes, text, boolean, link } = encodingShapes
  const list = encodingShapes['list of uint']
  return [
    ...numbers.map((number) => as('uint', `the number ${number}`, number, encode(uint, number))),
    ...[0, 1, 23, 24, 255, 256].map((length) => {
      const value = new Uint8Array(length).fill(0x5a)
      return as('bytes', `${length} bytes`, { bytes: hexOf(value) }, encode(bytes, value))
    }),
    ...['', 'é e\u0301 學 🎓'].map((value) => as('text', `the text "${value}"`, value, encode(text, value))),
    ...[false, true].map((value) => as('boolean', `${value}`, value, encode(boolean, value))),
    as('uint or null', 'null', null, encode(encodingShapes['uint or null'], null)),
    ...[0, 23, 24, 256].map((length) => {
      const value = Array.from({ length }, (_, index) => index)
      return as('list of uint', `an array of ${length}`, value, encode(list, value))
    }),
    as('link', 'a link', { link: id }, encode(link, id)),
  ]
}

function as(shape: EncodingShape, name: string, fields: Notation, bytes: Uint8Array) {
  const { output } = wireCase(name, fields, bytes)
  return { name, input: { as: shape, fields }, output }
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
