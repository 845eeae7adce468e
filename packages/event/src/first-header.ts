/**
 * The first header in untrusted bytes, without reading what follows it: enough to see whom they are about, for those who
 * may not need the rest.
 */
import { enterBytes, notThere, type Reading, takeView } from '@chirograph/codec'
import { decodeHeader, type EventHeader } from './header.js'

/** The header in the byte string that stands at the position; undefined where there is none. */
export function takeHeader(reading: Reading): EventHeader | undefined {
  const length = enterBytes(reading)
  const headerBytes = length === notThere ? undefined : takeView(reading, length)
  const decoded = headerBytes && decodeHeader(headerBytes)
  return decoded?.kind === 'decoded' ? decoded.header : undefined
}
