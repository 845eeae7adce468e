/** "Did you mean": the known name that a mistyped one is nearest to. */

/** The nearest of a few short names, or undefined when none is within a third of its length. Capitals are ignored. */
export function nearestName<Name extends string>(typed: string, names: readonly Name[]): Name | undefined {
  const plain = normal(typed).slice(0, typedCharactersMax)
  let nearest: { readonly name: Name; readonly distance: number } | undefined
  for (const name of names) {
    const distance = editDistance(plain, normal(name))
    if (distance <= name.length / 3 && (nearest === undefined || distance < nearest.distance))
      nearest = { name, distance }
  }
  return nearest?.name
}

/** Longer than any name here, and it bounds the work. */
const typedCharactersMax = 64

function normal(text: string): string {
  return text.toLowerCase().replace(/[^a-z]+/g, '_')
}

/** Levenshtein, "Binary codes capable of correcting deletions, insertions and reversals", 1966. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(substitution, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    above = row
  }
  return above[b.length] ?? 0
}
