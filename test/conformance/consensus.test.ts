/** The implementation against the vectors of consensus, checkpoints and sync. */
import type { Decoded } from '@chirograph/codec'
import {
  checkCertificate,
  createHeader,
  createValidatorSet,
  decodeCertificate,
  decodeHeader,
  decodeMessage,
  decodeProposal,
  decodeVote,
  encodeCertificate,
  encodeMessage,
  encodeProposal,
  encodeVote,
  faultsOf,
  leaderOf,
  proposalSigningBytes,
  quorumOf,
  signersOf,
  signVote,
  type ValidatorSet,
  verifyProposal,
  verifyVote,
} from '@chirograph/consensus'
import { nobleEd25519 } from '@chirograph/crypto'
import { decodeEvent, type VerifiedEvent } from '@chirograph/event'
import { admit, apply } from '@chirograph/log'
import {
  answerSync,
  createReplica,
  decodeCheckpoint,
  decodeCheckpointRequest,
  decodeHistoryRequest,
  decodeSegmentFrame,
  decodeSyncOffer,
  emptyRestored,
  encodeCheckpoint,
  encodeCheckpointRequest,
  encodeHistoryRequest,
  encodeSegmentFrame,
  encodeSyncOffer,
  type Replica,
} from '@chirograph/replica'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { bytesOf, hexOf, joinParts } from './notation.ts'
import { readVectors } from './read-vectors.ts'
import { genesis, issuer, signer } from './world.ts'

const ed25519 = nobleEd25519
const sets = readVectors('validator-sets').cases
const setOf = (size: number): ValidatorSet => {
  const found = sets.find(({ input }) => input.seeds.length === size)
  ok(found)
  const [networkId, epoch, validators] = found.input.fields as [Bytes, number, [Bytes, Bytes][]] // the positions of a set
  const members = validators.map(([org, key]) => ({ org: org.bytes, key: key.bytes }))
  return createValidatorSet({ networkId: networkId.bytes, epoch, validators: members.reverse() })
}
const four = setOf(4)

suite('vectors: validators, votes, certificates', (it) => {
  it('hashes sets in any order of members, and draws their leaders', () => {
    for (const { input, output } of sets) {
      const set = setOf(input.seeds.length)
      is(set.setHash, output.setHash)
      equal(set.leaders, output.leaders)
      for (const view of [0, 1, 1_000, Number.MAX_SAFE_INTEGER])
        is(leaderOf(set, view), output.leaders[view % output.leaders.length])
      is(quorumOf(set), output.quorum)
      is(faultsOf(set), output.faults)
    }
  })

  it('signs votes, and believes them', () => {
    for (const { name, input, output } of readVectors('votes').cases) {
      const vote = decodedOf(decodeVote(bytesOf(output.bytes)), name)
      is(hexOf(encodeVote(vote)), output.bytes)
      is(
        hexOf(signVote(vote, { signer: input.signer, sign: signer(bytesOf(input.seed)) }).signature),
        output.signature,
      )
      is(verifyVote(vote, { set: four, ed25519 }).kind, 'verified')
    }
  })

  it('refuses votes with their reasons', () => {
    for (const { name, input, reason } of readVectors('votes').refused) {
      const decoded = decodeVote(bytesOf(input.bytes))
      is(
        decoded.ok ? reasonOf(verifyVote(decoded.value, { set: four, ed25519 })) : decoded.code,
        reason,
        name,
      )
    }
  })

  it('believes certificates of a quorum', () => {
    for (const { name, input, output } of readVectors('certificates').cases) {
      const certificate = decodedOf(decodeCertificate(bytesOf(output.bytes)), name)
      is(hexOf(encodeCertificate(certificate)), output.bytes)
      equal(signersOf(certificate), output.signerIndexes)
      is(checkCertificate(certificate, { set: setOf(input.validators), ed25519 }).kind, 'valid')
    }
  })

  it('refuses certificates with their reasons', () => {
    for (const { name, input, reason } of readVectors('certificates').refused) {
      const decoded = decodeCertificate(bytesOf(input.bytes))
      const context = { set: setOf(input.validators), ed25519 }
      is(decoded.ok ? reasonOf(checkCertificate(decoded.value, context)) : decoded.code, reason, name)
    }
  })
})

suite('vectors: headers, proposals, messages', (it) => {
  it('seals headers and reads them', () => {
    for (const { name, output } of readVectors('checkpoint-headers').cases) {
      const header = decodedOf(decodeHeader(bytesOf(output.coreBytes), bytesOf(output.restBytes)), name)
      is(header.digest, output.digest)
      equal(createHeader(header.core, header.rest), header)
    }
  })

  it('refuses headers with their codes', () => {
    for (const { name, input, reason } of readVectors('checkpoint-headers').refused) {
      is(codeOf(decodeHeader(bytesOf(input.coreBytes), bytesOf(input.restBytes))), reason, name)
    }
  })

  it('signs proposals, and believes them', () => {
    const { cases, genesisDigest } = readVectors('proposals')
    for (const { name, input, output } of cases) {
      const proposal = decodedOf(decodeProposal(bytesOf(output.bytes)), name)
      is(hexOf(encodeProposal(proposal)), output.bytes)
      is(leaderOf(four, proposal.header.core.view), output.leader)
      is(hexOf(signer(bytesOf(input.seed))(proposalSigningBytes(proposal.header))), output.signature)
      is(
        verifyProposal(proposal, { set: four, ed25519, base: { digest: genesisDigest, view: 0 } }).kind,
        'verified',
        name,
      )
    }
  })

  it('refuses proposals with their reasons', () => {
    const { refused, genesisDigest } = readVectors('proposals')
    for (const { name, input, reason } of refused) {
      const decoded = decodeProposal(bytesOf(input.bytes))
      const context = { set: four, ed25519, base: { digest: genesisDigest, view: 0 } }
      is(decoded.ok ? reasonOf(verifyProposal(decoded.value, context)) : decoded.code, reason, name)
    }
  })

  it('reads messages, and refuses others with their codes', () => {
    const { cases, refused } = readVectors('messages')
    for (const { name, input, output } of cases) {
      const message = decodedOf(decodeMessage(bytesOf(output.bytes)), name)
      is(message.kind, input.kind)
      is(hexOf(encodeMessage(message)), output.bytes)
    }
    for (const { name, input, reason } of refused)
      is(codeOf(decodeMessage(bytesOf(input.bytes))), reason, name)
  })
})

suite('vectors: checkpoints and sync', (it) => {
  it('reads checkpoints, and refuses others with their codes', () => {
    const { cases, refused } = readVectors('checkpoints')
    for (const { name, output } of cases) {
      const checkpoint = decodedOf(decodeCheckpoint(bytesOf(output.bytes)), name)
      is(hexOf(encodeCheckpoint(checkpoint)), output.bytes)
    }
    for (const { name, input, reason } of refused)
      is(codeOf(decodeCheckpoint(bytesOf(input.bytes))), reason, name)
  })

  it('reads offers, frames, and requests for history and checkpoints', () => {
    const { offers, frames, historyRequests, checkpointRequests } = readVectors('sync')
    for (const { name, output } of offers)
      is(hexOf(encodeSyncOffer(decodedOf(decodeSyncOffer(bytesOf(output.bytes)), name))), output.bytes)
    for (const { name, output } of frames)
      is(hexOf(encodeSegmentFrame(decodedOf(decodeSegmentFrame(bytesOf(output.bytes)), name))), output.bytes)
    for (const { name, output } of historyRequests) {
      const request = decodedOf(decodeHistoryRequest(bytesOf(output.bytes)), name)
      is(hexOf(encodeHistoryRequest(request)), output.bytes)
    }
    for (const { name, output } of checkpointRequests) {
      const { fromHeight } = decodedOf(decodeCheckpointRequest(bytesOf(output.bytes)), name)
      is(hexOf(encodeCheckpointRequest(fromHeight)), output.bytes)
    }
  })

  it('reads requests of every form', () => {
    for (const { name, input, output } of readVectors('sync').requests) {
      const answer = decodedOf(answerSync(emptyReplica(), 'peer', bytesOf(output.bytes)), name)
      // What changed cannot be told by who never heard what it is a change of.
      is(answer.offer.isBaseUnknown, input.stated !== null, name)
      is(answer.isBehind, input.key !== null && input.stated === null && input.frontier.length > 0, name)
      is(answer.locators.length, input.locators.length)
    }
  })

  it('answers with the offers and ranges of the vectors', () => {
    const { events, answers: cases } = readVectors('sync')
    for (const { name, input, output } of cases) {
      const replica = emptyReplica()
      for (const { id, bytes } of events) if (input.events.includes(id)) take(replica, bytesOf(bytes))
      const asker = genesis.organisations.find(({ id }) => id === input.asker?.bytes)?.peerId ?? 'peer'
      const answers = input.requests.map((bytes) => {
        const { offer, ranges, isBehind } = decodedOf(answerSync(replica, asker, bytesOf(bytes)), name)
        return {
          offer: hexOf(encodeSyncOffer(offer)),
          ranges: ranges.map((range) => [
            { bytes: range.author },
            range.generation,
            range.fromSequence,
            range.toSequence,
          ]),
          isBehind,
        }
      })
      equal(answers, output.answers, name)
    }
  })

  it('refuses what is no request, offer or frame with its code', () => {
    const refused = readVectors('sync')
    const decoders: [(wire: Uint8Array) => Decoded<unknown>, typeof refused.refusedOffers][] = [
      [(wire) => answerSync(emptyReplica(), 'peer', wire), refused.refusedRequests],
      [decodeSyncOffer, refused.refusedOffers],
      [decodeSegmentFrame, refused.refusedFrames],
      [decodeHistoryRequest, refused.refusedHistoryRequests],
      [decodeCheckpointRequest, refused.refusedCheckpointRequests],
    ]
    for (const [decoder, rows] of decoders)
      for (const { name, input, reason } of rows) is(codeOf(decoder(joinParts(input.bytes))), reason, name)
  })
})

function emptyReplica(): Replica {
  const signers = { event: signer(issuer.seeds.log), vote: signer(issuer.seeds.consensus) }
  return createReplica(
    { genesis, org: issuer.id, signers, ed25519, hasVoteRecord: true, nonce: '00'.repeat(16) },
    emptyRestored(),
  )
}

function take({ log }: Replica, wire: Uint8Array): void {
  const decoded = decodeEvent(wire)
  ok(decoded.kind === 'decoded')
  const event = decoded.event as VerifiedEvent // made and signed by the maker
  const verdict = admit(log, event)
  ok(verdict.kind === 'accept')
  apply(log, event)
}

type Bytes = { readonly bytes: string }

function decodedOf<T>(decoded: Decoded<T>, name: string): T {
  if (decoded.ok) return decoded.value
  throw new Error(`${name}: ${decoded.code}: ${decoded.detail}`)
}

function codeOf(decoded: Decoded<unknown>): string {
  return decoded.ok ? 'accepted' : decoded.code
}

function reasonOf(verdict: { readonly kind: string; readonly reason?: string }): string {
  return verdict.reason ?? verdict.kind
}
