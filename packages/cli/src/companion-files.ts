/** What lies beside a credential file: its receipt and its status proof, under the same name. */

/** The path without what says which of the three it is. */
export function companionBase(path: string): string {
  return path.replace(/(\.credential|\.receipt)?\.json$|\.proof\.cbor$/i, '')
}

export const companionEndings = {
  credential: '.credential.json',
  receipt: '.receipt.json',
  proof: '.proof.cbor',
} as const
