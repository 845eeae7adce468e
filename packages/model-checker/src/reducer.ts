/** What is checked: the reducer of production, or a copy of it out of which a rule was taken. */
import { createConsensus, step, verifyProposal } from '@chirograph/consensus'

/** The three functions through which a validator acts: what it restores, what it lets in, and what it does. */
export interface Reducer {
  readonly createConsensus: typeof createConsensus
  readonly verifyProposal: typeof verifyProposal
  readonly step: typeof step
}

export const productionReducer: Reducer = Object.freeze({ createConsensus, verifyProposal, step })
