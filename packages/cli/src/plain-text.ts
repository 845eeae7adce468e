/** Text from outside on a terminal: nothing in it may move the cursor, change colours or turn the writing direction. */

export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\ufeff\p{Cs}]/gu, '\ufffd')
}
