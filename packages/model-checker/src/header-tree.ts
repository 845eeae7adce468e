/** The headers of a model: everything that leaders can propose, as a tree over the genesis. */
import { createHeader, createTail, type Header, leaderOf, type ValidatorSet } from '@chirograph/consensus'
import { filled } from './filled.js'
import { headersMax } from './limits.js'

export interface ModelHeader {
  readonly index: number
  /** `2b<1a` is the second header of view 2 on the first of view 1. */
  readonly name: string
  readonly view: number
  readonly mark: Mark
  /** Null for a child of the genesis. */
  readonly parent: number | null
  /** Masks of headers: this one and those below it. */
  readonly ancestry: number
  readonly header: Header
}

/** The leader's first and second; a bad one; and what an honest leader proposes against H0. */
type Mark = 'a' | 'b' | 'x' | 'r'

/** What is wrong with a bad header: it does not execute, or its height or its time does not follow its parent's. */
export type Flaw = 'execution' | 'height' | 'time'

/** Within everybody's clock bound, and increasing with the view: clocks are not in the model. */
export const nowMs = 1_000_000

/**
 * Every header on every possible parent. An honest leader makes one on each, and where power cuts are another one if it
 * proposes again; H0 is broken then, so nothing has to follow from it. A Byzantine leader makes two on each, and a bad one
 * on the genesis. A third would add nothing: of those of one parent a quorum notarizes one at most, and all
 * others are alike, as none is built on.
 */
export function growTree(
  {
    views,
    crashes,
    flaw,
    closes = false,
  }: { views: number; crashes: number; flaw: Flaw; closes?: boolean | undefined },
  { set, genesis, byzantine }: { set: ValidatorSet; genesis: Header; byzantine: number },
): ModelHeader[] {
  const headers: ModelHeader[] = []
  for (let view = 1; view <= views; view++) {
    const honestMarks: readonly Mark[] = crashes > 0 ? ['a', 'r'] : ['a']
    const marks: readonly Mark[] = leaderOf(set, view) === byzantine ? ['a', 'b', 'x'] : honestMarks
    const parents = [
      null,
      ...headers.filter((lower) => lower.view < view && (lower.mark === 'a' || lower.mark === 'b')),
    ]
    for (const parent of parents) {
      for (const mark of marks.filter((each) => each !== 'x' || isBadOn(parent, closes))) {
        const index = headers.length
        const name = `${view}${mark}${parent ? `<${parent.name}` : ''}`
        const header = closes
          ? headerAtEnd(set, parent?.header ?? null, { genesis, view, mark })
          : headerOn(set, parent?.header ?? genesis, { view, mark, ...(mark === 'x' && { flaw }) })
        const ancestry = (parent?.ancestry ?? 0) | (1 << index)
        headers.push({ index, name, view, mark, parent: parent?.index ?? null, ancestry, header })
      }
    }
  }
  if (headers.length > headersMax)
    throw new RangeError(
      `the model has ${headers.length} headers, and room for ${headersMax}: take fewer views`,
    )
  return headers
}

/** A bad header stands on the genesis; where the epoch ends, on the first header that ends it, and goes on all the same. */
function isBadOn(parent: ModelHeader | null, closes: boolean): boolean {
  return closes ? parent?.parent === null && parent.mark === 'a' : parent === null
}

/** Where the epoch ends: each header on the genesis closes it, for other validators each, and all others are tails. */
function headerAtEnd(
  set: ValidatorSet,
  parent: Header | null,
  { genesis, view, mark }: { genesis: Header; view: number; mark: Mark },
): Header {
  if (mark === 'x') return headerOn(set, parent ?? genesis, { view, mark })
  if (parent !== null) return createTail(parent, { view, timeMs: mark === 'a' ? nowMs : nowMs + 50 })
  const { core, rest } = headerOn(set, genesis, { view, mark })
  const { version: _, restHash: __, ...open } = core
  return createHeader({ ...open, nextSetHash: filled(mark.charCodeAt(0)) }, rest)
}

/** The header of height 0, or a child of another one. */
export function headerOn(
  set: ValidatorSet,
  parent: Header | null,
  { view, mark, flaw }: { view: number; mark: Mark; flaw?: Flaw },
): Header {
  const { networkId, epoch, setHash } = set
  const height = parent === null ? 0 : parent.core.height + (flaw === 'height' ? 2 : 1)
  const timeMs = flaw === 'time' && parent ? parent.core.timeMs : nowMs + view
  const stateRoot = filled(mark.charCodeAt(0))
  return createHeader(
    { networkId, epoch, setHash, nextSetHash: setHash, view, height, timeMs, stateRoot },
    { parent: parent?.digest ?? filled(0), cutRoot: filled(1), logRoot: filled(2), logSize: 0 },
  )
}
