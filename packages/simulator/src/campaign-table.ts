/** A campaign as a table for people: what happened, what was checked, and what each actor did. */
import type { CampaignReport } from './campaign.js'

export function campaignTable(report: CampaignReport): string {
  const { sum, seeds, failed, repeated, seconds, slowestCalmMs } = report
  const happened: readonly (readonly [string, number | undefined])[] = [
    ['runs with BLS certificates', sum.withBls],
    ['nodes', sum.size],
    ['crashes', sum.crashes],
    ['partitions', sum.partitions],
    ['old backups put back', sum.restores],
    ['unsynced writes lost', sum.lostBatches],
    ['messages delivered', sum.delivered],
    ['messages lost', sum.lost],
    ['messages duplicated', sum.duplicated],
    ['messages cut off', sum.partitioned],
    ['events acknowledged', sum.published],
    ['log keys used by somebody else', sum.forgers],
    ['log keys rotated', sum.rotations],
    ['changes of the validators', sum.epochs],
    ['of these, by a tail', sum.tails],
    ['Byzantine members', sum.actors],
    ['votes checked (H1, H2, H4, H5)', sum.votes],
    ['proposals checked (H0)', sum.proposals],
    ['final headers checked', sum.checkpoints],
    ['certificates checked', sum.certificates],
    ['signatures verified', sum.signatures],
    ['contradictory validators proven', sum.equivocationsProven],
    ['forked authors proven', sum.forksProven],
    ['frames of theirs refused', sum.framesRefused],
    ['seeds run twice, with the same course', repeated],
    ['virtual seconds', Math.round((sum.virtualMs ?? 0) / 1000)],
    ['slowest recovery, virtual ms', slowestCalmMs],
  ]
  const did = Object.entries(report.misdeeds).flatMap(([name, counts]) => {
    const runs = `${name}, in ${report.runsWith[name] ?? 0} runs`
    return Object.entries(counts).map(([what, times]) => [`${runs}: ${what}`, times] as const)
  })
  const width = Math.max(...[...happened, ...did].map(([label]) => label.length))
  const line = ([label, value = 0]: readonly [string, number | undefined]) =>
    `  ${label.padEnd(width)}  ${value.toLocaleString('en-US')}`
  return [
    ...happened.map(line),
    ...(did.length > 0 ? ['', ...did.map(line)] : []),
    '',
    `${seeds - failed} of ${seeds} seeds hold, ${failed} do not; ${(seeds / seconds).toFixed(1)} seeds a second`,
    '',
  ].join('\n')
}
