/** The form that all vector files share, and its text. README.md says what each file holds. */
import { type ByteParts, encodeNotation, hexOf, type Notation } from './notation.ts'

/** Everything in `input` is given; everything in `output` must come out. */
export interface Case<Input, Output> {
  readonly name: string
  readonly input: Input
  readonly output: Output
}

/** Bytes, or a claim about them, that must be refused, and the reason code. */
export interface Refusal<Input = { readonly bytes: ByteParts }> {
  readonly name: string
  readonly input: Input
  readonly reason: string
}

export type WireCase = Case<{ readonly fields: Notation }, { readonly bytes: string }>

/** A value in its one encoding. Asserts that dag-cbor writes `fields`, spelled out by hand, to the same bytes. */
export function wireCase(name: string, fields: Notation, bytes: Uint8Array): WireCase {
  const hex = hexOf(bytes)
  const other = hexOf(encodeNotation(fields))
  if (other !== hex)
    throw new Error(`${name}: the fields encode to ${other}, the implementation wrote ${hex}`)
  return { name, input: { fields }, output: { bytes: hex } }
}

const lineWidth = 110

/** JSON text that people can read: what fits on one line stands on one line. */
export function jsonText(value: unknown): string {
  return `${layOut(value, '')}\n`
}

function layOut(value: unknown, indent: string): string {
  const line = oneLine(value)
  if (typeof value !== 'object' || value === null || indent.length + line.length <= lineWidth) return line
  const inner = `${indent}  `
  const rows = Array.isArray(value)
    ? value.map((item: unknown) => `${inner}${layOut(item, inner)}`)
    : Object.entries(value).map(([name, item]) => `${inner}${JSON.stringify(name)}: ${layOut(item, inner)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${rows.join(',\n')}\n${indent}${close}`
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${oneLine(item)}`)
  return `{${members.join(', ')}}`
}
