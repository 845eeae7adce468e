/** File names out of what people are called in other systems: the same on every system, and leading nowhere else. */

/** Letters, digits, dots, dashes and underscores of the text; `x` when nothing is left. */
export function safeName(text: string, max = 48): string {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, max)
    .replace(/[.-]+$/, '')
  // Names that Windows keeps for devices, with any ending.
  const isDevice = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(plain)
  return plain === '' || isDevice ? `x${plain}` : plain
}

/** One name for a credential and what goes with it: learner, achievement, and enough of its id to be unique. */
export function credentialFileBase(credential: {
  readonly credentialId: string
  readonly learnerId: string
  readonly achievement: string | null
}): string {
  const { credentialId, learnerId, achievement } = credential
  const id = credentialId.replace(/[^0-9A-Za-z]/g, '').slice(-12)
  return [learnerId, achievement ?? 'credential', id].map((part) => safeName(part, 40)).join('--')
}
