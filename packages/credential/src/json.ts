/** JSON documents as values: the types that a credential is made of, and the checks every reader starts with. */
import { quoteCharactersMax } from './limits.js'

export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

/** Something wrong in a document: where, what belongs there, and what was found (shortened). */
export interface Problem {
  /** A JSON Pointer (RFC 6901); empty for the document itself. */
  readonly path: string
  readonly expected: string
  readonly got: string
}

export function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Freezes a document that nobody else holds yet, all the way down, and returns it. */
export function freeze<T extends Json>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) freeze(part)
  }
  return value
}

/** A value as a person reads it in a message: on one line, cut short, text in quotes. */
export function quote(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return `"${shorten(value)}"`
  return shorten(JSON.stringify(value))
}

/** Text from outside on one line, cut short. */
export function shorten(text: string): string {
  const line = text.slice(0, 4 * quoteCharactersMax).replace(/\s+/gu, ' ')
  return line.length <= quoteCharactersMax ? line : `${line.slice(0, quoteCharactersMax - 1)}…`
}
