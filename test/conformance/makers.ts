/** Every vector file and what makes it. */
import { makeBls, makeBlsCertificates } from './make/bls.ts'
import { makeBlsGenesis } from './make/bls-genesis.ts'
import { makeCredentialBinding, makeCredentialStatus, makeDataIntegrity } from './make/credentials.ts'
import { makeEncoding } from './make/encoding.ts'
import { makeEventBodies } from './make/event-bodies.ts'
import { makeEventHeaders } from './make/event-headers.ts'
import { makeEvents } from './make/events.ts'
import { makeGovernanceState, makeLaterBodies } from './make/governance.ts'
import { makeCuts, makeForkEvidence, makeFrontiers } from './make/log.ts'
import { makeContentIds, makeDomains, makeOrganisations } from './make/names.ts'
import { makeCheckpointHeaders, makeMessages, makeProposals } from './make/proposals.ts'
import { makeSegments } from './make/segments.ts'
import { makeSignatures } from './make/signatures.ts'
import { makeGenesis, makeState } from './make/status.ts'
import { makeStatusProofs } from './make/status-proofs.ts'
import { makeCheckpoints, makeSync } from './make/sync.ts'
import { makeBatchTrees, makeMerkleMaps, makeMerkleTrees } from './make/trees.ts'
import { makeCertificates, makeValidatorSets, makeVotes } from './make/votes.ts'

/** The names of the files, without `.json`, in the order in which they build on each other. */
export const makers = {
  encoding: makeEncoding,
  'content-ids': makeContentIds,
  domains: makeDomains,
  ed25519: makeSignatures,
  organisations: makeOrganisations,
  'merkle-trees': makeMerkleTrees,
  'merkle-maps': makeMerkleMaps,
  'event-headers': makeEventHeaders,
  'event-bodies': makeEventBodies,
  'later-bodies': makeLaterBodies,
  events: makeEvents,
  segments: makeSegments,
  'credential-binding': makeCredentialBinding,
  'batch-trees': makeBatchTrees,
  cuts: makeCuts,
  frontiers: makeFrontiers,
  'fork-evidence': makeForkEvidence,
  'validator-sets': makeValidatorSets,
  votes: makeVotes,
  certificates: makeCertificates,
  'checkpoint-headers': makeCheckpointHeaders,
  proposals: makeProposals,
  messages: makeMessages,
  checkpoints: makeCheckpoints,
  sync: makeSync,
  genesis: makeGenesis,
  state: makeState,
  'governance-state': makeGovernanceState,
  'credential-status': makeCredentialStatus,
  'data-integrity': makeDataIntegrity,
  'status-proofs': makeStatusProofs,
  bls: makeBls,
  'bls-certificates': makeBlsCertificates,
  'bls-genesis': makeBlsGenesis,
} as const

export type VectorName = keyof typeof makers
export const vectorNames = Object.keys(makers) as VectorName[] // the table's own keys
