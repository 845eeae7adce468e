/** A rule that did not hold; thrown by an oracle at the moment it happens. */
export class OracleBreach extends Error {
  override readonly name = 'OracleBreach'
}

export function breach(rule: string, detail: string): never {
  throw new OracleBreach(`${rule}: ${detail}`)
}
