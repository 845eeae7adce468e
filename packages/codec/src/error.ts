/** What codec throws, always for a mistake of the program, and what it returns for a mistake in the bytes. */

export type CodecErrorCode =
  /** A value does not fit the shape it is written with. */
  | 'SHAPE'
  /** A shape was declared wrongly. */
  | 'SHAPE_DECLARATION'
  /** Text with a lone surrogate has no UTF-8 form. */
  | 'TEXT'
  /** A digest, key, id or path that is not one, or a key that occurs twice. */
  | 'TREE'
  /** What was to become SHA-256 computes something else. */
  | 'HASH'
  /** JSON has no NaN and no infinities. */
  | 'JCS_NUMBER'
  /** JSON text cannot hold a lone surrogate. */
  | 'JCS_TEXT'
  /** The value is not JSON: undefined, a function, a bigint, an instance of a class. */
  | 'JCS_TYPE'
  /** Nested deeper than `jsonDepthMax`, or cyclic. */
  | 'JCS_DEPTH'

export class CodecError extends Error {
  readonly code: CodecErrorCode

  constructor(code: CodecErrorCode, detail: string) {
    super(`${code}: ${detail}`)
    this.name = 'CodecError'
    this.code = code
  }
}

/** Why bytes or text from outside were refused: the first flaw found. */
export type DecodeCode =
  /** Longer than the caller's limit; nothing was read. */
  | 'OVERSIZE'
  /** Not in the data model: truncated, trailing bytes, too deep, a map, a float, a tag other than a CID. */
  | 'MALFORMED'
  /** In the data model, but not its one encoding. */
  | 'NON_CANONICAL'
  /** Canonical, but not what this shape declares. */
  | 'SHAPE'

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: DecodeCode; readonly detail: string }

export function refuse(code: DecodeCode, detail: string): { ok: false; code: DecodeCode; detail: string } {
  return { ok: false, code, detail }
}
