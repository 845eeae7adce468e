/**
 * Where the agreed log stands for those who ask this node: what is on disk. In memory more may be final already, but until
 * the disk has it, a crash could take back a vote that its certificate counts.
 */
import type { ChainState, ReplicaEffect } from '@chirograph/replica'

export type FinalView = Pick<ChainState, 'header' | 'certificate' | 'tail' | 'state' | 'cut' | 'logTree'>

export function finalViewOf({
  checkpoint: { header, certificate, tail },
  state,
  cut,
  logTree,
}: Extract<ReplicaEffect, { kind: 'final' | 'joined' }>): FinalView {
  return { header, certificate, tail, state, cut, logTree }
}
