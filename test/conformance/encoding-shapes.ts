/** The shapes that encoding.json names: what its bytes are read as. */
import { boolean, bytesUpTo, link, list, nullable, text, uint } from '@chirograph/codec'

export const encodingShapes = {
  uint: uint(),
  bytes: bytesUpTo(300),
  text: text({ max: 300 }),
  boolean: boolean(),
  'uint or null': nullable(uint()),
  'list of uint': list(uint(), { max: 300 }),
  link: link(),
} as const

export type EncodingShape = keyof typeof encodingShapes
