/**
 * JSON text from outside, read strictly: I-JSON (RFC 7493), in which no two readers see different values. So no
 * member twice, no lone surrogates, no numbers beyond a double, besides bounds on size and nesting.
 */
import { hasLoneSurrogate, utf8 } from './bytes.js'
import { type Decoded, refuse } from './error.js'
import { jsonDepthMax } from './limits.js'

/** Never throws. `bytesMax` bounds the text in UTF-8. Refused text is OVERSIZE or MALFORMED. */
export function parseJson(text: string, limits: { readonly bytesMax: number }): Decoded<unknown> {
  // UTF-8 is never shorter than UTF-16 has units, so this spares the encoding of hostile text.
  if (text.length > limits.bytesMax) return refuse('OVERSIZE', `more than ${limits.bytesMax} bytes`)
  if (hasLoneSurrogate(text)) return refuse('MALFORMED', 'text holds a lone surrogate')
  if (utf8(text).length > limits.bytesMax) return refuse('OVERSIZE', `more than ${limits.bytesMax} bytes`)
  const outline = outlineOf(text)
  if (outline.depth > jsonDepthMax) return refuse('MALFORMED', `nested deeper than ${jsonDepthMax}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The engine's message quotes the text, which may be personal, so it is not passed on.
    return refuse('MALFORMED', 'the text is not JSON')
  }
  const found = inspect(value)
  if (found.flaw !== undefined) return refuse('MALFORMED', found.flaw)
  // JSON.parse keeps the last of members with one name, so then fewer are left than the text has.
  if (found.members !== outline.members) return refuse('MALFORMED', 'an object names a member twice')
  return { ok: true, value }
}

/** Counts what stands outside strings. Right for JSON; on other text it only has to end. */
function outlineOf(text: string): { readonly members: number; readonly depth: number } {
  let members = 0
  let depth = 0
  let deepest = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (inString) {
      if (character === '\\') i++
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === ':') members++
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth)
    else if (character === '}' || character === ']') depth--
  }
  return { members, depth: deepest }
}

/** Recursive, since the depth of the text is known to be bounded. */
function inspect(value: unknown): { readonly members: number; readonly flaw: string | undefined } {
  let members = 0
  let flaw: string | undefined
  const visit = (one: unknown): void => {
    if (typeof one === 'number' && !Number.isFinite(one)) flaw = 'a number is beyond a double'
    if (typeof one === 'string' && hasLoneSurrogate(one)) flaw = 'text holds an escaped lone surrogate'
    if (Array.isArray(one)) for (const item of one) visit(item)
    else if (typeof one === 'object' && one !== null) {
      for (const [name, member] of Object.entries(one)) {
        members++
        visit(name)
        visit(member)
      }
    }
  }
  visit(value)
  return { members, flaw }
}
