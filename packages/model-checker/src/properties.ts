/** What must hold in every state, judged from what was said and never from what a validator believes. */
import type { ModelHeader } from './header-tree.js'
import { finalsOf, type Needs, type Scenario, skipsOf } from './scenario.js'

export interface Breach {
  readonly property: Property
  readonly detail: string
}

export type Property =
  | 'agreement'
  | 'exclusion'
  | 'certainty'
  | 'validity'
  | 'honesty'
  | 'succession'
  | 'rules'

export const properties: Readonly<Record<Property, string>> = {
  agreement: 'no FINAL certificates of headers of which neither descends from the other',
  exclusion: 'no SKIP certificate and FINAL certificate of one view',
  certainty: 'no FINAL vote of an honest validator for a header that no quorum notarized',
  validity: 'no notarization of a bad header, or of one on a parent that is not notarized',
  honesty: 'no evidence against an honest validator, and none that one reports against another',
  succession: 'no epoch that ends for a validator elsewhere than at the base of what is final (H13)',
  rules: 'H0, H1, H2 and H4 in what each honest validator says',
}

/** What does not hold of what is certified. */
export function judge(certified: Needs, { headers }: Scenario): readonly Breach[] {
  const notarized = among(headers, certified.notarizations)
  const finals = among(headers, finalsOf(certified.closings))
  const rivalsOf = (header: ModelHeader) => finals.filter((other) => areInConflict(header, other))
  const forked = finals.find((header) => rivalsOf(header).length > 0)
  const skipped = finals.find(({ view }) => (skipsOf(certified.closings) >> (view - 1)) & 1)
  const invalid = notarized.find(
    (header) =>
      header.mark === 'x' || (header.parent !== null && !((certified.notarizations >> header.parent) & 1)),
  )
  return [
    ...(forked
      ? [breach('agreement', `${forked.name} is final, and so is ${rivalsOf(forked)[0]?.name}`)]
      : []),
    ...(skipped
      ? [breach('exclusion', `${skipped.name} is final, and view ${skipped.view} is skipped`)]
      : []),
    ...(invalid ? [breach('validity', `${invalid.name} is notarized`)] : []),
    ...[uncertaintyOf(finalsOf(certified.closings), certified, { headers })].filter((each) => each !== null),
  ]
}

/** A header with an honest FINAL vote and without a notarization. */
export function uncertaintyOf(
  finalVotes: number,
  { notarizations }: Needs,
  { headers }: Pick<Scenario, 'headers'>,
): Breach | null {
  const uncertain = among(headers, finalVotes & ~notarizations)[0]
  return uncertain ? breach('certainty', `a FINAL vote for ${uncertain.name}, which is not notarized`) : null
}

function breach(property: Property, detail: string): Breach {
  return { property, detail }
}

function among(headers: readonly ModelHeader[], mask: number): ModelHeader[] {
  return headers.filter(({ index }) => (mask >> index) & 1)
}

function areInConflict(a: ModelHeader, b: ModelHeader): boolean {
  return ((a.ancestry >> b.index) & 1) === 0 && ((b.ancestry >> a.index) & 1) === 0
}
