/** bls-genesis.json: a network that chooses BLS certificates, and what it must refuse. */
import { canonicalizeJson, concatBytes } from '@chirograph/codec'
import {
  nobleBls as bls,
  blsMultikeyOf,
  blsSecretKeyOf,
  nobleEd25519,
  signingBytes,
} from '@chirograph/crypto'
import { anchorOf, consensusKeyOfSeed, type Genesis, networkIdOf, validatorSetOf } from '@chirograph/status'
import { blsKeys, infinityG1, infinityG2, mixedKey } from '../../../packages/crypto/test/bls-vectors.ts'
import { rogueKey } from '../../../packages/crypto/test/rogue-key.ts'
import { hexOf } from '../notation.ts'
import { genesis, members } from '../world.ts'

/** The network of genesis.json with the keys that the same seeds make of the other scheme. */
const blsGenesis: Genesis = {
  ...genesis,
  certificates: 'bls12-381',
  organisations: members.map(({ id: org, organisation, seeds }) =>
    organisation.consensusKey === null
      ? organisation
      : {
          ...organisation,
          ...consensusKeyOfSeed(seeds.consensus, {
            org,
            certificates: 'bls12-381',
            ed25519: nobleEd25519,
            bls,
          }),
        },
  ),
}

export function makeBlsGenesis() {
  return {
    description:
      'A genesis document that chooses BLS certificates: `certificates` is there, each consensus key is a BLS key, and `possession` is its signature over domain("possession") ‖ organisation id (32 bytes) ‖ public key (48 bytes). All else is as in genesis.json. Refused documents break one rule; `reason` is the path at which it shows.',
    cases: [
      {
        name: blsGenesis.name,
        input: { document: blsGenesis },
        output: {
          canonical: canonicalizeJson(blsGenesis),
          networkId: hexOf(networkIdOf(blsGenesis)),
          setHash: validatorSetOf(blsGenesis).setHash,
          anchor: anchorOf(blsGenesis),
        },
      },
    ],
    possessions: members
      .filter(({ organisation }) => organisation.consensusKey !== null)
      .map(({ id, organisation, seeds }) => {
        const secretKey = blsSecretKeyOf(seeds.consensus)
        const publicKey = bls.publicKey(secretKey)
        const message = signingBytes('possession', concatBytes(Buffer.from(id, 'hex'), publicKey))
        const output = {
          publicKey: hexOf(publicKey),
          message: hexOf(message),
          possession: hexOf(bls.sign({ secretKey, message })),
        }
        return { name: organisation.name, input: { org: id, seed: hexOf(seeds.consensus) }, output }
      }),
    refused: genesisRefusals(),
  }
}

function genesisRefusals() {
  const at = blsGenesis.organisations.findIndex(({ consensusKey }) => consensusKey !== null)
  const voter = blsGenesis.organisations[at]
  const other = blsGenesis.organisations.find((one, index) => index > at && one.consensusKey !== null)
  const observer = blsGenesis.organisations.findIndex(({ consensusKey }) => consensusKey === null)
  const member = members[at]
  if (!voter || !other || !member || voter.possession === undefined) throw new Error('voters and an observer')
  const withOne = (index: number, changes: object) => ({
    ...blsGenesis,
    organisations: blsGenesis.organisations.map((one, place) =>
      place === index ? { ...one, ...changes } : one,
    ),
  })
  const { certificates: _, ...unsaid } = blsGenesis
  const { possession: __, ...unproven } = voter
  const secretKey = blsSecretKeyOf(member.seeds.consensus)
  const key = bls.publicKey(secretKey)
  const rogue = rogueKey(7n, [blsKeys.a.publicKey])
  const seven = new Uint8Array(32)
  seven[31] = 7
  const org = Buffer.from(voter.id, 'hex')
  const rows: [string, string, object][] = [
    ['certificates of ed25519, by name', 'certificates', { ...blsGenesis, certificates: 'ed25519' }],
    ['BLS keys without certificates', `organisations[${at}].consensusKey`, unsaid],
    [
      'an ed25519 key',
      `organisations[${at}].consensusKey`,
      withOne(at, { consensusKey: member.organisation.consensusKey }),
    ],
    [
      'no proof',
      `organisations[${at}].possession`,
      {
        ...blsGenesis,
        organisations: blsGenesis.organisations.map((one, place) => (place === at ? unproven : one)),
      },
    ],
    [
      'a proof of who does not vote',
      `organisations[${observer}].possession`,
      withOne(observer, { possession: voter.possession }),
    ],
    [
      'the proof of another organisation',
      `organisations[${at}].possession`,
      withOne(at, { possession: other.possession }),
    ],
    [
      'a signature over the key alone',
      `organisations[${at}].possession`,
      withOne(at, { possession: hexOf(bls.sign({ secretKey, message: key })) }),
    ],
    [
      'infinity for a proof',
      `organisations[${at}].possession`,
      withOne(at, { possession: hexOf(infinityG2) }),
    ],
    [
      'a key out of the subgroup',
      `organisations[${at}].possession`,
      withOne(at, { consensusKey: blsMultikeyOf(mixedKey) }),
    ],
    [
      'infinity for key and proof',
      `organisations[${at}].possession`,
      withOne(at, { consensusKey: blsMultikeyOf(infinityG1), possession: hexOf(infinityG2) }),
    ],
    [
      'a rogue key, and what its maker can sign',
      `organisations[${at}].possession`,
      withOne(at, {
        consensusKey: blsMultikeyOf(rogue),
        possession: hexOf(
          bls.sign({ secretKey: seven, message: signingBytes('possession', concatBytes(org, rogue)) }),
        ),
      }),
    ],
  ]
  return rows.map(([name, reason, document]) => ({ name, input: { document }, reason }))
}
