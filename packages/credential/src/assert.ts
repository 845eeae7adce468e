/** Mistakes of the program, never of its input: they are thrown, and nobody catches them. */

/** Throws when a caller broke what the function asks of it. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`@chirograph/credential: ${message}`)
}
