/** The rules of a genesis that compare fields with each other: ids follow from keys, and nothing stands in it twice. */
import { fromHex } from '@chirograph/codec'
import { provesPossession } from '@chirograph/consensus'
import { type Bls, didKeyOf, publicKeyOfBlsMultikey, publicKeyOfMultikey } from '@chirograph/crypto'
import { orgIdOf } from '@chirograph/event'
import type { Genesis, GenesisOrganisation } from './genesis.js'
import { validatorsMax } from './limits.js'

/** SPEC G4, G5: the id commits to the log key, and a did:key DID is one of the organisation's own keys. */
export function complaintAboutOrganisation(organisation: GenesisOrganisation): string | undefined {
  const logKey = publicKeyOfMultikey(organisation.logKey)
  const nextKeyHash = fromHex(organisation.nextKeyHash)
  if (logKey === undefined || nextKeyHash === undefined) return 'has no valid log key'
  if (orgIdOf({ logKey, nextKeyHash }) !== organisation.id)
    return 'has an id that does not follow from its keys'
  const own = new Set(organisation.assertionKeys.map(didKeyOfMultikey))
  const foreign = organisation.dids.find((did) => did.startsWith('did:key:') && !own.has(did))
  return foreign === undefined ? undefined : 'lists a did:key that is none of its assertion keys'
}

/**
 * SPEC G11, G12: consensus keys are of the network's scheme, and a BLS key comes with the proof that its organisation
 * holds the secret. Asked last, since a proof takes a while to check.
 */
export function complaintAboutConsensusKey(
  { id, consensusKey, possession }: GenesisOrganisation,
  { certificates, bls }: { readonly certificates: Genesis['certificates']; readonly bls: Bls | undefined },
): { readonly field: 'consensusKey' | 'possession'; readonly detail: string } | undefined {
  const about = (field: 'consensusKey' | 'possession', detail: string) => ({ field, detail })
  const key = consensusKey === null ? undefined : publicKeyOfBlsMultikey(consensusKey)
  if (consensusKey !== null && (key !== undefined) !== (certificates === 'bls12-381'))
    return about(
      'consensusKey',
      certificates === 'bls12-381'
        ? 'must be a BLS12-381 multikey (z3tE…), as the certificates of this network'
        : 'must be an ed25519 multikey (z6Mk…), as the certificates of this network',
    )
  if (key === undefined)
    return possession === undefined
      ? undefined
      : about('possession', 'stands beside a BLS consensus key only')
  if (possession === undefined) return about('possession', 'is missing')
  const org = fromHex(id)
  const proof = fromHex(possession)
  if (org === undefined || proof === undefined || !provesPossession({ org, key, proof, bls }))
    return about('possession', 'does not prove that this organisation holds the secret of its consensus key')
  return undefined
}

/** SPEC G6 to G8: ascending ids, one use for each key and name on the network, and 1 to 200 that vote. */
export function complaintAboutOrganisations(
  organisations: readonly GenesisOrganisation[],
): string | undefined {
  const isAscending = organisations.every((organisation, index) => {
    const next = organisations[index + 1]
    return next === undefined || compareHex(organisation.id, next.id) < 0
  })
  if (!isAscending) return 'must be in ascending order of their ids, without repeats'
  const keys = organisations.flatMap(({ logKey, assertionKeys, consensusKey }) =>
    consensusKey === null ? [logKey, ...assertionKeys] : [logKey, ...assertionKeys, consensusKey],
  )
  if (hasRepeats(keys)) return 'use a key twice: log, assertion and consensus keys all differ'
  if (hasRepeats(organisations.map((organisation) => organisation.nextKeyHash)))
    return 'commit to the same next key'
  if (hasRepeats(organisations.map((organisation) => organisation.peerId))) return 'use a peer id twice'
  if (hasRepeats(organisations.flatMap((organisation) => organisation.dids))) return 'use a DID twice'
  const voters = organisations.filter((organisation) => organisation.consensusKey !== null).length
  if (voters < 1) return 'need at least one consensus key'
  return voters > validatorsMax ? `may have at most ${validatorsMax} consensus keys` : undefined
}

function didKeyOfMultikey(multikey: string): string | undefined {
  const key = publicKeyOfMultikey(multikey)
  return key === undefined ? undefined : didKeyOf(key)
}

// Lowercase hex of one length sorts as its bytes do.
function compareHex(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function hasRepeats(texts: readonly string[]): boolean {
  return new Set(texts).size !== texts.length
}
