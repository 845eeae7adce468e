/** One honest validator in a model: the reducer's state, its disk, and everything that it ever sent. */
import type { ConsensusState, FinalPoint, Hex, Proposal, Verified, VoteRecord } from '@chirograph/consensus'
import type { Breach } from './properties.js'

export interface LocalState {
  readonly consensus: ConsensusState
  readonly disk: Disk
  readonly sent: Sent
  /** The header that the reducer waits for; an answer to an older question is never given. */
  readonly asked: { readonly view: number; readonly parent: Hex } | null
  readonly crashes: number
  /** How often the disk was lost. */
  readonly losses: number
  /** What the validator was seen to do that none may. */
  readonly breaches: readonly Breach[]
}

/** What a power cut leaves. */
export interface Disk {
  readonly finalized: FinalPoint
  readonly records: ReadonlyMap<number, VoteRecord>
  readonly proposals: ReadonlyMap<Hex, Verified<Proposal>>
  readonly votesFrom: number | null
  /** What the others told when the disk was lost. What they tell later is no less. */
  readonly told: Told
}

/** Validators and the views that they say they are in. */
export type Told = readonly (readonly [validator: number, view: number])[]

/** Masks: votes by header, SKIP votes by view (above the FINAL votes), proposals by their bit. */
export interface Sent {
  readonly notarizes: number
  readonly closings: number
  readonly proposals: number
}

/**
 * What the future of a validator depends on, as text; two states of one text are one state. Left out is what no rule
 * reads: who signed a certificate and what height it repeats; timers and their lengths, as a timer may end at any
 * moment here; flags that no input of a model changes; the votes in a ballot that only repeat the own record; what was
 * reported, which only keeps a report from being repeated. Ballots hold nothing else where others' votes arrive as
 * certificates. Entries stand in the order of their views, as between views no rule prefers. Of the headers of one
 * view the first to come is notarized, so their order counts until then, or until the view is left: after that only
 * the one that a quorum notarized may be. The disk counts as long as the power may go.
 */
export function canonicalForm(
  local: LocalState,
  nameOf: (digest: Hex) => string,
  isDiskKept: boolean,
): string {
  const { consensus, disk, sent, asked, crashes, losses, breaches } = local
  const name = (digest: Hex | null | undefined) => (digest ? nameOf(digest) : '-')
  const byView = <V>(map: ReadonlyMap<number, V>) => [...map].sort(([a], [b]) => a - b)
  const parts = [
    `${consensus.view}${consensus.isOver ? 'over' : ''}@${name(consensus.finalized.digest)} ${sent.notarizes},${sent.closings},${sent.proposals}`,
    ...byView(consensus.views).map(([view, each]) => {
      const ballots = [each.notarizes, each.skips, each.finals].map((ballot) =>
        [...ballot]
          .filter(([signer]) => signer !== consensus.config.self)
          .sort(([a], [b]) => a - b)
          .map(([signer, vote]) => `${signer}=${name(vote.digest)}`),
      )
      const { notarization, skipped, finalization } = each
      return `${view}n${name(notarization?.digest)}${skipped ? 's' : ''}f${name(finalization?.digest)}(${ballots.join(';')})`
    }),
    proposalsText(consensus, name),
    recordsText(consensus.records, name),
    byView(consensus.ownProposals).map(
      ([, { header, parentCertificate }]) => `${name(header.digest)}${parentCertificate?.type}`,
    ),
    consensus.isProposalDue ? 'due' : '',
    consensus.isBuilding && asked ? `asked ${asked.view} ${name(asked.parent)}` : '',
    consensus.votesFrom === null ? `told ${[...consensus.recall.told]}` : `from ${consensus.votesFrom}`,
    `${crashes} ${losses} ${breaches.map(({ detail }) => detail)}`,
    isDiskKept
      ? `${name(disk.finalized.digest)} ${recordsText(disk.records, name)} ${[...disk.proposals.keys()].map(name)} ${disk.votesFrom} ${disk.told}`
      : '',
  ]
  return parts.join('|')
}

function proposalsText({ proposals, records, view }: ConsensusState, name: (digest: Hex) => string): string {
  const isOrderRead = (of: number) => of >= view && (records.get(of)?.notarize ?? null) === null
  return [...proposals.values()]
    .map(({ proposal: { header }, execution }) => ({
      view: header.core.view,
      name: name(header.digest),
      execution,
    }))
    .sort((a, b) => a.view - b.view || (isOrderRead(a.view) ? 0 : compare(a.name, b.name)))
    .map((each) => `${each.name}${each.execution}`)
    .join()
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function recordsText(records: ReadonlyMap<number, VoteRecord>, name: (digest: Hex | null) => string): string {
  return [...records.values()]
    .sort((a, b) => a.view - b.view)
    .map(({ view, notarize, skip, final }) => `${view}:${name(notarize)}${skip ? 's' : ''}${name(final)}`)
    .join()
}
