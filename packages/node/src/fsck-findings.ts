/** What can be wrong with a store, each kind with a name that stays, what it means, and who can put it right. */
import type { EventId } from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import type { StoreOp } from '@chirograph/interface'

interface KindOfDamage {
  readonly title: string
  readonly consequence: string
  /** What `--repair` does; null where it must not or cannot do anything. */
  readonly repair: string | null
  /** What a person does where a repair does not. */
  readonly advice: string | null
}

const refetch = 'removes the event and notes a hole; at its next start the node fetches it from members'
const rebuild = 'rebuilds it from the events and checkpoints here'
const remove = 'removes it'
const compute = 'computes it anew from the log'
const startAfresh =
  'keep a copy of the log folder, move it away and start again: the other members hold the same log, and the node votes again once enough of them have said which view they are in'
const bringKeyForward =
  'make sure no copy of this folder runs elsewhere, start the node and let it connect; if it then refuses to sign, begin a new log key: chirograph key rotate'

export const kindsOfDamage = {
  'database-damaged': {
    title: 'the database does not open, or has lost what it held',
    consequence: 'a node refuses to start on it, or knows nothing of its own votes and events',
    repair: null,
    advice: startAfresh,
  },
  'unknown-row': {
    title: 'a row that no version of this format writes',
    consequence: 'nothing reads it',
    repair: remove,
    advice: null,
  },
  'note-damaged': {
    title: 'a note about the store is damaged',
    consequence: 'a node may refuse to start, or take the store for another one',
    repair: null,
    advice: startAfresh,
  },
  'note-rebuildable': {
    title: 'a note about the store is damaged or missing',
    consequence: 'a node may refuse to start, or not know how far it was',
    repair: rebuild,
    advice: null,
  },
  'author-row': {
    title: "an author's number is damaged or missing",
    consequence: 'its events are not found',
    repair: rebuild,
    advice: null,
  },
  'checkpoint-damaged': {
    title: 'a checkpoint is damaged',
    consequence: 'members that are behind cannot be served from it',
    repair: 'removes it; members that are behind get it elsewhere, or take a snapshot',
    advice: null,
  },
  'checkpoint-missing': {
    title: 'checkpoints are missing',
    consequence: 'members that are behind cannot be served from them',
    repair: 'notes that the checkpoints here begin behind them',
    advice: null,
  },
  'certificate-damaged': {
    title: "a checkpoint's certificate is damaged",
    consequence: 'the checkpoint still stands by those that follow it; this proof of it is lost',
    repair: 'removes the certificate; a later checkpoint certifies this one too',
    advice: null,
  },
  'checkpoint-index': {
    title: 'the index of checkpoints by digest is wrong',
    consequence: 'a checkpoint is not found by its digest',
    repair: rebuild,
    advice: null,
  },
  'newest-checkpoint': {
    title: 'the newest checkpoint is damaged or missing',
    consequence: 'a node does not start from this store',
    repair: null,
    advice: startAfresh,
  },
  'newest-certificate': {
    title: "the newest checkpoint's certificate is damaged",
    consequence: 'a node starts, but cannot prove its newest height until the next one is final',
    repair: null,
    advice:
      'start the node: the next checkpoint certifies this one too, and fsck --repair then removes the damage',
  },
  'frontier-row': {
    title: "an author's final tip is damaged, missing or surplus",
    consequence: 'a node does not start from this store',
    repair: rebuild,
    advice: null,
  },
  'frontier-lost': {
    title: 'the final tips do not hash to the root that the newest checkpoint names',
    consequence: 'a node does not start from this store',
    repair: compute,
    advice: startAfresh,
  },
  'state-rows': {
    title: 'pages of the state do not hash to the root that the newest checkpoint names',
    consequence: 'a node stops when it comes upon what is damaged, or does not start from this store',
    repair: compute,
    advice: startAfresh,
  },
  'log-tree': {
    title: "the log's tree does not hash to the root that the newest checkpoint names",
    consequence: 'the node could agree to no further checkpoint',
    repair: compute,
    advice: startAfresh,
  },
  'past-pages': {
    title: 'a note of pages that are of no use any more is damaged, or names some that are',
    consequence: 'a start refuses it, or would remove what the state is made of',
    repair: remove,
    advice: null,
  },
  'leftover-rows': {
    title: 'pages of a state that nothing reads',
    consequence: 'they take room, as after a snapshot that was broken off',
    repair: remove,
    advice: null,
  },
  'event-damaged': {
    title: 'an event is damaged',
    consequence: 'it cannot be read, proven or served',
    repair: refetch,
    advice: null,
  },
  'event-missing': {
    title: 'an event is missing',
    consequence: 'what follows it hangs in the air',
    repair: 'notes a hole; at its next start the node fetches it from members',
    advice: null,
  },
  'body-damaged': {
    title: "an event's body is not the one that its header names",
    consequence: 'its content cannot be read or served',
    repair: refetch,
    advice: null,
  },
  'body-missing': {
    title: "an event's body is missing, and it was not pruned",
    consequence: 'its content cannot be read or served',
    repair: refetch,
    advice: null,
  },
  'signature-damaged': {
    title: "a stored signature is not the author's",
    consequence: 'members would refuse what ends with it',
    repair: refetch,
    advice: null,
  },
  'event-unsigned': {
    title: 'no signature stands behind an event that is not final',
    consequence: 'it cannot be served, and may be anybody’s',
    repair: 'removes it; sync brings it again if it is real',
    advice: null,
  },
  'stray-mark': {
    title: 'the mark of an event that was passed over is wrong or missing',
    consequence: 'it may be taken for final, or not be looked at',
    repair: rebuild,
    advice: null,
  },
  'position-index': {
    title: 'the index of events by id is wrong',
    consequence: 'an event is not found by its id',
    repair: rebuild,
    advice: null,
  },
  'arrival-order': {
    title: 'the order of arrival is wrong',
    consequence: 'subscribers miss an event, or are told of it twice',
    repair: 'rebuilds it; an event that had lost its place is told of once more, as the last',
    advice: null,
  },
  'body-dangling': {
    title: 'a body without an event',
    consequence: 'nothing reads it',
    repair: remove,
    advice: null,
  },
  'history-note': {
    title: 'the note of what is still to be fetched of a chain is damaged',
    consequence: 'a node may refuse to start, or not fetch what it lacks',
    repair: rebuild,
    advice: null,
  },
  'body-floor': {
    title: 'the note of up to where bodies were pruned is damaged',
    consequence: 'bodies that were pruned are taken for lost',
    repair: 'corrects it, or removes it; bodies that lack are then fetched again',
    advice: null,
  },
  'evidence-damaged': {
    title: 'the proof of a fork is damaged',
    consequence: 'it proves nothing',
    repair: 'removes it; it is made anew from the events, or comes from members',
    advice: null,
  },
  'evidence-missing': {
    title: 'two events of one author stand at one place, and the proof of that is missing',
    consequence: 'the fork may go on unnoticed',
    repair: 'makes the proof from the two events',
    advice: null,
  },
  'vote-damaged': {
    title: 'the record of own votes is damaged',
    consequence: 'this node could vote twice in one view, which is held against the institution',
    repair: null,
    advice: startAfresh,
  },
  'signing-record': {
    title: 'the note of what this institution signed last is damaged or missing',
    consequence: 'it could sign one place of its log twice, which freezes it',
    repair: null,
    advice: `make sure no copy of this folder runs elsewhere; then ${startAfresh}, and signs once members told it what it had signed`,
  },
  'own-event-missing': {
    title: 'the last event that this institution signed is not here',
    consequence: 'nothing is signed until members bring it back',
    repair: null,
    advice: bringKeyForward,
  },
} as const satisfies Record<string, KindOfDamage>

export type DamageCode = keyof typeof kindsOfDamage

/** Whether it follows from the log, and can be computed anew where all of that is here. */
export function isComputable(code: DamageCode): boolean {
  return describeDamage(code).repair === compute
}

/** Why what follows from the log cannot be computed anew; null where nothing is known to stand in the way. */
export function whyNotComputable({
  pruned,
  toFetch,
}: {
  readonly pruned: number
  readonly toFetch: number
}): string | null {
  if (pruned > 0) return `the bodies of ${pruned} final events were pruned`
  if (toFetch === 0) return null
  return toFetch === 1 ? '1 final event is not here' : `${toFetch} final events are not here`
}

export function describeDamage(code: DamageCode): KindOfDamage {
  return kindsOfDamage[code]
}

/** Why a finding is not what the words of its kind say: the event was not final, or was passed over. */
export type Standing = 'final' | 'pending' | 'stray'

export interface Finding {
  readonly code: DamageCode
  readonly standing: Standing
  /** What is damaged, in words. */
  readonly what: string
  readonly author: OrgId | null
  readonly generation: number | null
  readonly sequence: number | null
  readonly id: EventId | null
  /** Whether a repair puts it right; then the operations that do. */
  readonly fix: readonly StoreOp[] | null
}

/** What a repair does about it, and what it did; what a person does where it can do nothing. */
function remedyOf(
  { code, standing, fix }: Finding,
  whyNotComputed: string | null,
): { readonly todo: string; readonly done: string } {
  const { repair, advice } = describeDamage(code)
  if (isComputable(code)) {
    const todo =
      whyNotComputed === null
        ? `--repair ${compute}, if all of that is here; if not: ${startAfresh}`
        : `a repair cannot compute it anew from the log: ${whyNotComputed}; ${startAfresh}`
    return { todo, done: 'computed anew from the log' }
  }
  if (fix === null) return { todo: `a repair cannot put it right; ${advice ?? startAfresh}`, done: '' }
  const isEvent = /^(event|body|signature)-(damaged|missing)$/.test(code)
  const todo =
    isEvent && standing !== 'final'
      ? `--repair removes it, with what follows it; ${standing === 'pending' ? 'sync brings it again from members that hold it' : 'it is of no effect, and nobody needs it'}`
      : `--repair ${repair ?? ''}`
  const done =
    isEvent && standing === 'final' ? 'removed; the node fetches it from members at its next start' : 'done'
  return { todo, done }
}

export interface DamageGroup {
  readonly code: DamageCode
  readonly title: string
  readonly consequence: string
  readonly remedy: { readonly todo: string; readonly done: string }
  readonly members: readonly Finding[]
}

/** Findings of one kind with one remedy together, in the order in which they were found. */
export function groupFindings(
  findings: readonly Finding[],
  whyNotComputed: string | null = null,
): DamageGroup[] {
  const groups = new Map<string, Finding[]>()
  for (const finding of findings) {
    const name = `${finding.code}/${remedyOf(finding, whyNotComputed).todo}`
    groups.set(name, [...(groups.get(name) ?? []), finding])
  }
  return [...groups.values()].flatMap((members) => {
    const [first] = members
    if (first === undefined) return []
    const { title, consequence } = describeDamage(first.code)
    return [{ code: first.code, title, consequence, remedy: remedyOf(first, whyNotComputed), members }]
  })
}

/** Findings as a program reads them: without the operations, with the words. */
export function listFindings(findings: readonly Finding[], whyNotComputed: string | null = null): object[] {
  return findings.map(({ fix, ...finding }) => ({
    ...finding,
    isRepairable: fix !== null || (isComputable(finding.code) && whyNotComputed === null),
    consequence: describeDamage(finding.code).consequence,
    remedy: remedyOf({ fix, ...finding }, whyNotComputed).todo,
  }))
}

/** More are counted, and found again once these are repaired. */
export const findingsMax = 4_096

export type NewFinding = Pick<Finding, 'code' | 'what'> & Partial<Omit<Finding, 'code' | 'what'>>

export interface Findings {
  readonly list: Finding[]
  /** Rows that hang on what is removed: no damage of their own. */
  readonly followUps: StoreOp[]
  /** All, the unlisted included. */
  total: number
  readonly counts: Partial<Record<DamageCode, number>>
  /** Rows that one finding speaks of, and that take more than one repair. */
  surplus: number
  add(finding: NewFinding): void
}

export function createFindings({ listed = findingsMax } = {}): Findings {
  const findings: Findings = {
    list: [],
    followUps: [],
    total: 0,
    counts: {},
    surplus: 0,
    add(finding) {
      findings.total++
      findings.counts[finding.code] = (findings.counts[finding.code] ?? 0) + 1
      if (findings.list.length >= listed) return
      const nowhere = {
        standing: 'final',
        author: null,
        generation: null,
        sequence: null,
        id: null,
        fix: null,
      } as const
      findings.list.push({ ...nowhere, ...finding })
    },
  }
  return findings
}
