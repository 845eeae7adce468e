/** The small file that an offline verifier starts from: which network, and who vouches for its checkpoints. */
import { toHex } from '@chirograph/codec'
import { createValidatorSet, type ValidatorSet } from '@chirograph/consensus'
import { type Genesis, keyOfConsensusMultikey, networkIdOf } from './genesis.js'

/**
 * The trust anchor as JSON spells it. `key` is a multikey, of ed25519 or BLS for all members alike; `height` is the first
 * height of the validators' epoch.
 */
export interface Anchor {
  readonly version: 1
  readonly type: 'chirograph-anchor'
  readonly networkId: string
  readonly name: string
  readonly purpose: 'demo' | 'production'
  readonly validators: { readonly epoch: number; readonly members: readonly AnchorMember[] }
  readonly height: number
}

export interface AnchorMember {
  readonly org: string
  readonly name: string
  readonly key: string
}

/** The anchor of a network's first epoch. */
export function anchorOf(genesis: Genesis): Anchor {
  const members = genesis.organisations.flatMap(({ id, name, consensusKey }) =>
    consensusKey === null ? [] : [{ org: id, name, key: consensusKey }],
  )
  return {
    version: 1,
    type: 'chirograph-anchor',
    networkId: toHex(networkIdOf(genesis)),
    name: genesis.name,
    purpose: genesis.purpose,
    validators: { epoch: 0, members },
    height: 0,
  }
}

/** The validator set that an anchor names. */
export function validatorSetOfAnchor({ networkId, validators }: Anchor): ValidatorSet {
  return createValidatorSet({
    networkId,
    epoch: validators.epoch,
    validators: validators.members.map(({ org, key }) => ({ org, key: toHex(keyOfConsensusMultikey(key)) })),
  })
}
