/** Two votes of one view: those that no honest validator casts both of (H17), and those that it may. */
import type { VoteType } from '@chirograph/consensus'

export const digest = 'ab'.repeat(32)
export const other = 'cd'.repeat(32)

export interface Said {
  readonly type: VoteType
  readonly digest: string | null
}

type Pair = readonly [Said, Said]

export const contradictions: readonly Pair[] = [
  [
    { type: 'notarize', digest },
    { type: 'notarize', digest: other },
  ],
  [
    { type: 'final', digest },
    { type: 'notarize', digest: other },
  ],
  [
    { type: 'final', digest },
    { type: 'final', digest: other },
  ],
  [
    { type: 'final', digest },
    { type: 'skip', digest: null },
  ],
]

export const harmless: readonly Pair[] = [
  [
    { type: 'notarize', digest },
    { type: 'skip', digest: null },
  ],
  [
    { type: 'notarize', digest },
    { type: 'final', digest },
  ],
  [
    { type: 'notarize', digest },
    { type: 'notarize', digest },
  ],
]
