/**
 * A bug that somebody could write into the protocol: one small change of one file of production. It is made while the file
 * is loaded, so production itself has no switch for it.
 */
export interface Bug {
  /** Lowercase words with dashes. */
  readonly name: string
  /** What goes wrong, in one line. */
  readonly title: string
  /** The rule that it breaks, by its number in a SPEC.md where it has one. */
  readonly rule: string
  /** A built file, as `package/file.js`. */
  readonly file: string
  /** A piece of that file, without line ends; it stands there exactly once. */
  readonly from: string
  readonly to: string
}

/** The bug is not what it was written for: production has changed. */
export class BugMisfit extends Error {
  override readonly name = 'BugMisfit'
}

/** The source with the bug in it. Throws where the piece to change is not there exactly once. */
export function applyBug({ name, file, from, to }: Bug, source: string): string {
  const parts = source.split(from)
  if (parts.length === 2) return parts.join(to)
  const count = parts.length - 1
  const found = count === 0 ? 'is nowhere' : `stands ${count} times`
  throw new BugMisfit(
    `${name}: \`${from}\` ${found} in packages/${file.replace('/', '/dist/')}. The source of that file has changed: ` +
      `read what stands there now, and give this bug another \`from\` and \`to\` in packages/simulator/src/zoo/`,
  )
}

/** Where a package's built file is, by the entry of the package. */
export function urlOfFile({ file }: Pick<Bug, 'file'>, entryOf: (specifier: string) => string): string {
  const [scope = '', ...path] = file.split('/')
  return new URL(path.join('/'), entryOf(`@chirograph/${scope}`)).href
}
