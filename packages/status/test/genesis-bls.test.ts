/** A genesis whose certificates are sums of BLS signatures: SPEC G1, G7, G11, G12. */
import { toHex } from '@chirograph/codec'
import { checkCertificate, provePossession, signVote, voteSigningBytes } from '@chirograph/consensus'
import {
  blsMultikeyOf,
  blsSecretKeyOf,
  nobleBls,
  nobleEd25519,
  publicKeyOfBlsMultikey,
  signingBytes,
} from '@chirograph/crypto'
import { anchorOf, networkIdOf, parseGenesis, validatorSetOf, validatorSetOfAnchor } from '@chirograph/status'
import { infinityG1, infinityG2, refusedKeys, refusedSignatures } from '../../crypto/test/bls-vectors.ts'
import { rogueKey } from '../../crypto/test/rogue-key.ts'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { bls, makeMember, makeNetwork } from './network.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test document is changed in ways that its type forbids
type Loose = any

const { genesis, members } = makeNetwork({ observers: 1, certificates: 'bls12-381' })
const voter = genesis.organisations.findIndex(({ consensusKey }) => consensusKey !== null)
const observer = genesis.organisations.findIndex(({ consensusKey }) => consensusKey === null)
const plain = makeNetwork().genesis

function parseChanged(
  change: (document: Loose) => void,
  from = genesis,
): { path: string; detail: string } | 'accepted' {
  const document: Loose = JSON.parse(JSON.stringify(from))
  change(document)
  const parsed = parseGenesis(document, { bls })
  return parsed.kind === 'genesis' ? 'accepted' : { path: parsed.path, detail: parsed.detail }
}

function refuses(change: (document: Loose) => void, path: string, detail: string, from = genesis): void {
  const result = parseChanged(change, from)
  ok(result !== 'accepted', `accepted, expected ${path}: ${detail}`)
  is(result.path, path)
  ok(result.detail.includes(detail), `${result.path}: ${result.detail}, expected ${detail}`)
}

const possessionOfVoter = `organisations[${voter}].possession`
const keyOfVoter = `organisations[${voter}].consensusKey`

suite('a genesis with BLS certificates', (it) => {
  it('reads its own text back, with noble and with the native back end', () => {
    for (const options of [{ bls }, { bls: nobleBls }, {}]) {
      const parsed = parseGenesis(JSON.stringify(genesis, null, 2), options)
      ok(parsed.kind === 'genesis')
      equal(parsed.genesis, genesis)
      equal(networkIdOf(parsed.genesis), networkIdOf(genesis))
    }
  })

  it('names validators by their BLS keys, and so does its anchor', () => {
    const set = validatorSetOf(genesis)
    is(set.scheme, 'bls12-381')
    is(set.validators.length, 3)
    is(validatorSetOf(plain).scheme, 'ed25519')
    equal(validatorSetOfAnchor(anchorOf(genesis)), set)
    ok(anchorOf(genesis).validators.members.every(({ key }) => publicKeyOfBlsMultikey(key) !== undefined))
  })

  it('G1: says so with one word, which is not there otherwise', () => {
    refuses((d) => (d.certificates = 'ed25519'), 'certificates', 'must be one of bls12-381')
    refuses((d) => (d.certificates = null), 'certificates', 'must be one of bls12-381')
    refuses((d) => (d.certificates = 'ed25519'), 'certificates', 'must be one of bls12-381', plain)
  })

  it('G7: uses no key twice', () => {
    const [one, other] = genesis.organisations.flatMap(({ consensusKey }, at) =>
      consensusKey === null ? [] : [at],
    )
    refuses(
      (d) => {
        d.organisations[other ?? 0].consensusKey = d.organisations[one ?? 0].consensusKey
        d.organisations[other ?? 0].possession = d.organisations[one ?? 0].possession
      },
      'organisations',
      'use a key twice',
    )
  })

  it('G11: has consensus keys of that scheme only', () => {
    const ed25519Key = plain.organisations[0]?.consensusKey
    refuses(
      (d) => (d.organisations[voter].consensusKey = ed25519Key),
      keyOfVoter,
      'must be a BLS12-381 multikey',
    )
    refuses((d) => delete d.certificates, keyOfVoter, 'must be an ed25519 multikey')
    refuses(
      (d) => (d.certificates = 'bls12-381'),
      'organisations[0].consensusKey',
      'must be a BLS12-381',
      plain,
    )
    refuses(
      (d) => (d.organisations[0].consensusKey = genesis.organisations[voter]?.consensusKey),
      'organisations[0].consensusKey',
      'must be an ed25519 multikey',
      plain,
    )
    refuses(
      (d) => (d.organisations[voter].consensusKey = 'z3tE'),
      keyOfVoter,
      'must be an ed25519 multikey (z6Mk…) or a BLS12-381',
    )
    refuses(
      (d) => (d.organisations[voter].logKey = d.organisations[voter].consensusKey),
      `organisations[${voter}].logKey`,
      'must',
    )
  })

  it('G12: proves each key, and nothing where there is none', () => {
    refuses((d) => delete d.organisations[voter].possession, possessionOfVoter, 'is missing')
    const { possession } = genesis.organisations[voter] ?? {}
    refuses(
      (d) => (d.organisations[observer].possession = possession),
      `organisations[${observer}].possession`,
      'beside a BLS consensus key only',
    )
    refuses(
      (d) => (d.organisations[0].possession = possession),
      'organisations[0].possession',
      'beside a BLS consensus key only',
      plain,
    )
    for (const text of ['', 'ab', `${possession}00`, possession?.toUpperCase(), null, 7])
      is(parseChanged((d) => (d.organisations[voter].possession = text)) === 'accepted', false)
  })

  it('G12: refuses the proof of another organisation, of another key, and a signature of something else', () => {
    const member = members.find(({ id }) => id === genesis.organisations[voter]?.id)
    ok(member)
    const secretKey = blsSecretKeyOf(member.consensusSeed)
    const org = Buffer.from(member.id, 'hex')
    const key = bls.publicKey(secretKey)
    const right = provePossession({ org, secretKey, bls })
    is(
      parseChanged((d) => (d.organisations[voter].possession = toHex(right))),
      'accepted',
    )
    const wrong = [
      genesis.organisations.find(({ id, possession }) => id !== member.id && possession !== undefined)
        ?.possession,
      toHex(provePossession({ org: new Uint8Array(32), secretKey, bls })),
      toHex(provePossession({ org, secretKey: blsSecretKeyOf(member.logSeed), bls })),
      toHex(bls.sign({ secretKey, message: key })),
      toHex(bls.sign({ secretKey, message: signingBytes('vote', key) })),
      toHex(infinityG2),
      ...Object.values(refusedSignatures)
        .filter((one) => one.length === 96)
        .map(toHex),
    ]
    for (const proof of wrong)
      refuses((d) => (d.organisations[voter].possession = proof), possessionOfVoter, 'does not prove')
  })

  it('G12: refuses a key that is no finite point of the subgroup, whatever is said to prove it', () => {
    for (const key of [...Object.values(refusedKeys), infinityG1]) {
      if (key.length !== 48) continue
      for (const proof of [genesis.organisations[voter]?.possession, toHex(infinityG2)])
        refuses(
          (d) => {
            d.organisations[voter].consensusKey = blsMultikeyOf(key)
            d.organisations[voter].possession = proof
          },
          possessionOfVoter,
          'does not prove',
        )
    }
  })

  it('G12: keeps out a rogue key, made of the others’, whose holder could certify alone', () => {
    const others = genesis.organisations.flatMap(({ consensusKey }, at) =>
      consensusKey === null || at === voter ? [] : [publicKeyOfBlsMultikey(consensusKey) ?? new Uint8Array()],
    )
    const secretKey = new Uint8Array(32).fill(0, 0, 31)
    secretKey[31] = 99
    const rogue = rogueKey(99n, others)
    // What the attack would give: with the rogue key in the set, one signature is a certificate of everybody.
    const set = validatorSetOf({
      ...genesis,
      organisations: genesis.organisations.map((one, at) =>
        at === voter ? { ...one, consensusKey: blsMultikeyOf(rogue) } : one,
      ),
    })
    const vote = { type: 'final', epoch: 0, setHash: set.setHash, view: 1, digest: 'ab'.repeat(32) } as const
    const { signature } = signVote(vote, { signer: 0, sign: (message) => bls.sign({ secretKey, message }) })
    ok(bls.verify({ publicKeys: set.keys, message: voteSigningBytes(vote), signature }))
    const forged = { ...vote, scheme: 2, height: 0, signers: Uint8Array.of(0b111), signatures: [signature] }
    is(checkCertificate(forged, { set, ed25519: nobleEd25519, bls }).kind, 'valid')
    const org = Buffer.from(genesis.organisations[voter]?.id ?? '', 'hex')
    for (const proof of [provePossession({ org, secretKey, bls }), bls.sign({ secretKey, message: rogue })])
      refuses(
        (d) => {
          d.organisations[voter].consensusKey = blsMultikeyOf(rogue)
          d.organisations[voter].possession = toHex(proof)
        },
        possessionOfVoter,
        'does not prove',
      )
  })

  it('holds for 200 validators', () => {
    const many = Array.from({ length: 200 }, (_, index) => makeMember(index, true, 'bls12-381').organisation)
    many.sort((a, b) => (a.id < b.id ? -1 : 1))
    const parsed = parseGenesis({ ...genesis, organisations: many }, { bls })
    ok(parsed.kind === 'genesis')
    is(validatorSetOf(parsed.genesis).validators.length, 200)
  })
})
