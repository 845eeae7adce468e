/** checkpoints.json and sync.json: what nodes hand each other to come to hold the same. */
import { contentId, utf8 } from '@chirograph/codec'
import { nobleEd25519 } from '@chirograph/crypto'
import { encodeEvent } from '@chirograph/event'
import { admit, apply, type FrontierEntry } from '@chirograph/log'
import {
  type Chain,
  createReplica,
  emptyRestored,
  encodeCheckpoint,
  encodeCheckpointRequest,
  encodeEventFrame,
  encodeSyncOffer,
  encodeSyncRequest,
  type Replica,
} from '@chirograph/replica'
import { byteString, encodeNotation, hexOf, type Notation } from '../notation.ts'
import { batchEvent, forked, leaseEvent, revokeEvent } from '../story.ts'
import { type Refusal, wireCase } from '../vector-file.ts'
import { forker, genesis, issuer, signer } from '../world.ts'
import { certificateOf, headerOf } from './consensus-world.ts'
import { certificateFields } from './votes.ts'

export function makeCheckpoints() {
  const header = headerOf({ view: 5, height: 3 })
  const certificate = certificateOf({ type: 'final', view: 5, digest: header.digest, height: 3 })
  const changes = Uint8Array.of(0x80)
  const fields = [header.coreBytes, header.restBytes, changes].map((part) => byteString(part))
  const whole = [...fields, certificateFields(certificate)]
  const good = encodeCheckpoint({ header, changes, certificate })
  const other = headerOf({ view: 6, height: 4 })
  const refused: [string, string, Notation | string][] = [
    ['three positions', 'SHAPE', whole.slice(0, 3)],
    ['a rest that its core does not name', 'SHAPE', whole.with(1, byteString(other.restBytes))],
    ['a certificate of nothing', 'SHAPE', whole.with(3, [])],
    ['a byte behind', 'MALFORMED', `${hexOf(good)}00`],
    ['an array length in two bytes', 'NON_CANONICAL', `9804${hexOf(good).slice(2)}`],
  ]
  return {
    description:
      'Checkpoints: a final header as it is stored, served and gossiped, with its cut’s changes (as in cuts.json) and its final certificate, or null where it became final with a later header.',
    positions: ['coreBytes', 'restBytes', 'changes', 'certificate'],
    cases: [
      wireCase('with its certificate', whole, good),
      wireCase(
        'final with a later header',
        [...fields, null],
        encodeCheckpoint({ header, changes, certificate: null }),
      ),
    ],
    refused: refused.map(refusalOf),
  }
}

function refusalOf([name, reason, wire]: [string, string, Notation | string]): Refusal<{
  readonly bytes: string
}> {
  return { name, input: { bytes: typeof wire === 'string' ? wire : hexOf(encodeNotation(wire)) }, reason }
}

/** A replica of the issuer that holds three events of its own and both first events of the forker. */
function replicaWithEvents(): Replica {
  const signers = { event: signer(issuer.seeds.log), vote: signer(issuer.seeds.consensus) }
  const config = { genesis, org: issuer.id, signers, ed25519: nobleEd25519, hasVoteRecord: true }
  const replica = createReplica(config, emptyRestored())
  for (const event of [batchEvent, leaseEvent, revokeEvent, ...forked]) {
    const verdict = admit(replica.log, event)
    if (verdict.kind !== 'accept') throw new Error(`not admitted: ${verdict.kind}`)
    apply(replica.log, event, verdict)
  }
  return replica
}

function frontierFields(entries: readonly FrontierEntry[]): Notation {
  return entries.map(({ author, generation, sequence, id, branches }) => {
    return [byteString(author), generation, sequence, { link: id }, branches && byteString(branches)]
  })
}

export function makeSync() {
  const replica = replicaWithEvents()
  const entry: FrontierEntry = {
    author: issuer.id,
    generation: 0,
    sequence: 65_536,
    id: contentId(utf8('head')),
    branches: null,
  }
  const chain: Chain = { author: forker.id, generation: 0 }
  const offer = { version: 1, frontier: [entry], eventCount: 70_000, probes: [chain] } as const
  const offerFields: Notation = [1, frontierFields([entry]), 70_000, [[byteString(forker.id), 0]]]
  const wires = [batchEvent, leaseEvent].map(encodeEvent)
  const refusedOffers: [string, string, Notation][] = [
    ['version 2', 'SHAPE', [2, [], 0, []]],
    ['three positions', 'SHAPE', [1, [], 0]],
    ['seventeen probes', 'SHAPE', [1, [], 0, Array.from({ length: 17 }, () => [byteString(forker.id), 0])]],
  ]
  const refusedRequests: [string, string, Notation][] = [
    ['version 2', 'SHAPE', [2, [], []]],
    ['two positions', 'SHAPE', [1, []]],
    [
      '97 ids in a locator',
      'SHAPE',
      [1, [], [[byteString(forker.id), 0, Array.from({ length: 97 }, () => ({ link: entry.id }))]]],
    ],
  ]
  return {
    description:
      'Sync: a request with a frontier (as in frontiers.json) and locators of forked authors, the offer that answers it, frames of events (as in events.json), and the request for checkpoints from a height on. `state` says which events the asking node of the first cases holds.',
    positions: {
      request: ['version', 'frontier', 'locators'],
      locator: ['author', 'generation', 'ids'],
      offer: ['version', 'frontier', 'eventCount', 'probes'],
      probe: ['author', 'generation'],
      'checkpoint request': ['version', 'fromHeight'],
    },
    requests: [
      requestCase('a node without events', emptyReplica(), []),
      requestCase('a node with events', replica, []),
      requestCase('asking for branches', replica, [chain]),
    ],
    offers: [
      wireCase(
        'nothing to bring',
        [1, [], 0, []],
        encodeSyncOffer({ version: 1, frontier: [], eventCount: 0, probes: [] }),
      ),
      wireCase('events and a probe', offerFields, encodeSyncOffer(offer)),
    ],
    frames: [
      wireCase(
        'two events',
        wires.map((wire) => byteString(wire)),
        encodeEventFrame(wires),
      ),
      wireCase('no event', [], encodeEventFrame([])),
    ],
    checkpointRequests: [0, 1, 65_536].map((height) => {
      return wireCase(`from height ${height}`, [1, height], encodeCheckpointRequest(height))
    }),
    refusedRequests: refusedRequests.map(refusalOf),
    refusedOffers: refusedOffers.map(refusalOf),
    refusedCheckpointRequests: [
      ['version 2', 'SHAPE', [2, 0]],
      ['65 bytes', 'OVERSIZE', '00'.repeat(65)],
    ].map((row) => refusalOf(row as [string, string, Notation])), // three of a kind
  }
}

function emptyReplica(): Replica {
  const signers = { event: signer(issuer.seeds.log), vote: signer(issuer.seeds.consensus) }
  const config = { genesis, org: issuer.id, signers, ed25519: nobleEd25519, hasVoteRecord: true }
  return createReplica(config, emptyRestored())
}

function requestCase(name: string, replica: Replica, probes: readonly Chain[]) {
  const bytes = encodeSyncRequest(replica, probes)
  const held = [...replica.log.entries.keys()]
  return { name, input: { events: held }, output: { bytes: hexOf(bytes) } }
}
