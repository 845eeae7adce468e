/** For a scan of bytes for what must not be in them. */

/** A text as it may lie among bytes (Latin-1): plain, UTF-16, hex, and base64 at each of the three offsets. */
export function formsOf(text: string): string[] {
  const bytes = Buffer.from(text)
  const hex = bytes.toString('hex')
  const utf16 = Buffer.from(text, 'utf16le')
  const base64 = [0, 1, 2].flatMap((offset) => {
    const whole = bytes.subarray((3 - offset) % 3)
    const inner = whole.subarray(0, whole.length - (whole.length % 3))
    return [inner.toString('base64'), inner.toString('base64url')]
  })
  const wide = [utf16, Buffer.from(utf16).swap16()].map((one) => one.toString('latin1'))
  return [bytes.toString('latin1'), ...wide, hex, hex.toUpperCase(), ...base64]
}
