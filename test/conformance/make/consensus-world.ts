/** Validator sets of three sizes with fixed seeds, and headers, votes and certificates by them. */
import { toHex } from '@chirograph/codec'
import {
  type Certificate,
  createCertificate,
  createHeader,
  createValidatorSet,
  type Header,
  quorumOf,
  type SignedVote,
  signVote,
  type ValidatorSet,
  type Verified,
  type VoteType,
} from '@chirograph/consensus'
import { nobleEd25519 } from '@chirograph/crypto'
import { bytes32, signer } from '../world.ts'

export interface Validators {
  readonly set: ValidatorSet
  /** Of the validators, in the order of the set. */
  readonly seeds: readonly Uint8Array[]
}

export function validatorsOf(size: number): Validators {
  const made = Array.from({ length: size }, (_, index) => {
    const seed = bytes32(`consensus seed ${index}`)
    return { org: toHex(bytes32(`organisation ${index}`)), key: toHex(nobleEd25519.publicKey(seed)), seed }
  })
  made.sort((a, b) => (a.org < b.org ? -1 : 1))
  const validators = made.map(({ org, key }) => ({ org, key }))
  const set = createValidatorSet({ networkId: toHex(bytes32('network')), epoch: 0, validators })
  return { set, seeds: made.map(({ seed }) => seed) }
}

export const four = validatorsOf(4)

export function headerOf(
  at: { readonly view: number; readonly height: number; readonly parent?: string },
  { set }: Validators = four,
): Header {
  const { view, height, parent = toHex(bytes32('parent')) } = at
  return createHeader(
    {
      networkId: set.networkId,
      epoch: set.epoch,
      view,
      height,
      timeMs: 1_700_000_000_000 + view,
      setHash: set.setHash,
      stateRoot: toHex(bytes32(`state ${height}`)),
      nextSetHash: set.setHash,
    },
    {
      parent,
      cutRoot: toHex(bytes32(`cut ${height}`)),
      logRoot: toHex(bytes32(`log ${height}`)),
      logSize: height * 10,
    },
  )
}

export function voteBy(
  index: number,
  what: { readonly type: VoteType; readonly view: number; readonly digest: string | null },
  { set, seeds }: Validators = four,
): Verified<SignedVote> {
  const { epoch, setHash } = set
  return signVote({ ...what, epoch, setHash }, { signer: index, sign: signer(seedOf(seeds, index)) })
}

/** By a quorum, from the last validator down, so that the order of signatures is not the order of arrival. */
export function certificateOf(
  what: {
    readonly type: VoteType
    readonly view: number
    readonly digest: string | null
    readonly height: number
  },
  by: Validators = four,
  signers?: readonly number[],
): Verified<Certificate> {
  const { height, ...vote } = what
  const quorum = Array.from({ length: quorumOf(by.set) }, (_, index) => by.seeds.length - 1 - index)
  const votes = (signers ?? quorum).map((index) => voteBy(index, vote, by))
  return createCertificate(votes, { set: by.set, height })
}

export function seedOf(seeds: readonly Uint8Array[], index: number): Uint8Array {
  const seed = seeds[index]
  if (seed === undefined) throw new Error(`no validator ${index}`)
  return seed
}
