/** What the replica wants on disk, as operations on the store's key spaces. */
import {
  bytes,
  concatBytes,
  digestOfContentId,
  encode,
  field,
  fromHex,
  type LogTree,
  list,
  struct,
  uint,
} from '@chirograph/codec'
import { encodeProposal, leaderOf, type ValidatorSet } from '@chirograph/consensus'
import {
  arrivalKey,
  bodyKey,
  checkpointDigestKey,
  checkpointHeightKey,
  eventKey,
  evidenceKey,
  frontierKey,
  positionKey,
  positionValue,
  type StoreOp,
  stateRowKey,
  voteKey,
} from '@chirograph/interface'
import { cutEntryShape, decodeChanges, encodeForkEvidence, placeOfForkEvidence } from '@chirograph/log'
import { encodeCheckpoint, type Fact } from '@chirograph/replica'
import { put } from './meta.js'

/** What lies under a vote key: the own proposal, each type of vote, and the proposal that was notarized. */
export const voteKinds = { ownProposal: 0, notarize: 1, skip: 2, final: 3, notarizedProposal: 4 } as const

export const logTreeShape = struct('log tree', [
  field('size', uint()),
  field('peaks', list(bytes(32), { max: 64 })),
])
export const heightShape = uint()

export interface FactWriter {
  opsOf(fact: Fact): StoreOp[]
}

/** Counts arrivals on from `nextOrdinal`, and forgets votes of views that are final. */
export function createFactWriter({
  set,
  self,
  nextOrdinal,
  openVoteKeys,
}: {
  readonly set: ValidatorSet
  readonly self: number | undefined
  readonly nextOrdinal: number
  readonly openVoteKeys: readonly { readonly view: number; readonly key: Uint8Array }[]
}): FactWriter {
  let ordinal = nextOrdinal
  let voteKeys = [...openVoteKeys]

  function voteOp(view: number, kind: number, value: Uint8Array): StoreOp {
    const key = voteKey({ epoch: set.epoch, view, kind })
    voteKeys.push({ view, key })
    return { kind: 'put', key, value }
  }

  function forgetVotes(view: number): StoreOp[] {
    const past = voteKeys.filter((one) => one.view <= view)
    voteKeys = voteKeys.filter((one) => one.view > view)
    return past.map(({ key }) => ({ kind: 'delete', key }))
  }

  function opsOf(fact: Fact): StoreOp[] {
    switch (fact.kind) {
      case 'event': {
        const { id, header, headerBytes, signature, bodyBytes } = fact.event
        const position = {
          author: header.author,
          generation: header.generation,
          sequence: header.sequence,
          id,
        }
        return [
          {
            kind: 'put',
            key: eventKey(position),
            value: concatBytes(headerBytes, signature ?? new Uint8Array(64)),
          },
          { kind: 'put', key: bodyKey(position), value: bodyBytes },
          { kind: 'put', key: positionKey(id), value: positionValue(position) },
          { kind: 'put', key: arrivalKey(ordinal++), value: digestOfContentId(id) },
        ]
      }
      case 'last-signed': {
        const { generation, sequence, id } = fact.tip
        return [put('last-signed', encodeTip({ generation, sequence, digest: digestOfContentId(id) }))]
      }
      case 'votes': {
        const { view, notarize, skip, final } = fact.record
        const ops: StoreOp[] = []
        if (notarize !== null) ops.push(voteOp(view, voteKinds.notarize, hexBytesOf(notarize)))
        if (skip) ops.push(voteOp(view, voteKinds.skip, new Uint8Array()))
        if (final !== null) ops.push(voteOp(view, voteKinds.final, hexBytesOf(final)))
        return ops
      }
      case 'proposal': {
        const { view } = fact.proposal.header.core
        const kind = leaderOf(set, view) === self ? voteKinds.ownProposal : voteKinds.notarizedProposal
        return [voteOp(view, kind, encodeProposal(fact.proposal))]
      }
      case 'evidence': {
        const slot = placeOfForkEvidence(fact.evidence)
        return slot ? [{ kind: 'put', key: evidenceKey(slot), value: encodeForkEvidence(fact.evidence) }] : []
      }
      case 'checkpoint':
        return [...checkpointOps(fact), ...forgetVotes(fact.checkpoint.header.core.view)]
    }
  }
  return { opsOf }
}

const tipShape = struct('chain tip', [
  field('generation', uint()),
  field('sequence', uint()),
  field('digest', bytes(32)),
])

export { tipShape }

function encodeTip(tip: { generation: number; sequence: number; digest: Uint8Array }): Uint8Array {
  return encode(tipShape, tip)
}

function checkpointOps({ checkpoint, logTree, rows }: Extract<Fact, { kind: 'checkpoint' }>): StoreOp[] {
  const { header, changes } = checkpoint
  const { height } = header.core
  const entries = decodeChanges(changes)
  if (!entries.ok) throw new Error(`final changes do not decode: ${entries.detail}`)
  return [
    { kind: 'put', key: checkpointHeightKey(height), value: encodeCheckpoint(checkpoint) },
    { kind: 'put', key: checkpointDigestKey(hexBytesOf(header.digest)), value: encode(heightShape, height) },
    ...entries.value.map(
      (entry): StoreOp => ({ kind: 'put', key: frontierKey(entry), value: encode(cutEntryShape, entry) }),
    ),
    ...rows.map((row): StoreOp => ({ kind: 'put', key: stateRowKey(row.key), value: row.value })),
    put('final-height', encode(heightShape, height)),
    put('log-tree', encodeTree(logTree)),
  ]
}

function encodeTree({ size, peaks }: LogTree): Uint8Array {
  return encode(logTreeShape, { size, peaks: [...peaks] })
}

function hexBytesOf(hex: string): Uint8Array {
  const decoded = fromHex(hex)
  if (decoded === undefined) throw new TypeError(`not hex: ${hex}`)
  return decoded
}
