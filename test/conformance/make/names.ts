/** content-ids.json, domains.json, organisations.json: how things are named and what is signed. */
import { contentId, contentIdBytes, contentIdOfDigest, sha256, toHex, utf8 } from '@chirograph/codec'
import {
  didKeyOf,
  didKeyVerificationMethod,
  domain,
  domains,
  hashDomain,
  multikeyOf,
  nobleEd25519,
  signingBytes,
} from '@chirograph/crypto'
import { nextKeyHashOf, orgIdOf } from '@chirograph/event'
import { byteString, hexOf } from '../notation.ts'
import { wireCase } from '../vector-file.ts'
import { bytes32, members } from '../world.ts'

export function makeContentIds() {
  const good = contentId(utf8('chirograph'))
  const refusals: [string, string][] = [
    ['uppercase', good.toUpperCase()],
    ['without its base', good.slice(1)],
    ['in base58', 'zdpuAyvkgEDQm9TenwGkd5eNaosSxjgEYd8QatfPetgB1CdEZ'],
    ['a CIDv0', 'QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n'],
    ['raw instead of dag-cbor', `bafkrei${good.slice(7)}`],
    ['one character short', good.slice(0, -1)],
    ['one character long', `${good}a`],
    ['bits behind the last byte', `${good.slice(0, -1)}${nextCharacter(good.slice(-1))}`],
    ['padding', `${good.slice(0, -1)}=`],
  ]
  return {
    description:
      'Content ids: CIDv1, codec dag-cbor (0x71), sha2-256 (0x12, 32 bytes). `binary` is what is sorted and hashed, `text` its base32 (lowercase, prefix b). Every refused text names no content id.',
    cases: [
      ['no bytes', new Uint8Array(0)] as const,
      ['text', utf8('chirograph')] as const,
      ['an encoded array', Uint8Array.of(0x82, 1, 2)] as const,
    ].map(([name, bytes]) => {
      const id = contentId(bytes)
      const output = { digest: hexOf(sha256(bytes)), binary: hexOf(contentIdBytes(id)), text: id }
      return { name, input: { bytes: hexOf(bytes) }, output }
    }),
    digests: ['00', 'ff'].map((byte) => {
      const digest = new Uint8Array(32).fill(Number.parseInt(byte, 16))
      return {
        name: `32 times ${byte}`,
        input: { digest: hexOf(digest) },
        output: { text: contentIdOfDigest(digest) },
      }
    }),
    refused: refusals.map(([name, text]) => ({ name, input: { text }, reason: 'not-a-content-id' })),
  }
}

/** The last character holds two bits that must be zero: the one after it is the same bytes and one bit. */
function nextCharacter(character: string): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
  return alphabet[alphabet.indexOf(character) + 1] ?? 'b'
}

export function makeDomains() {
  const seed = bytes32('domain seed')
  const message = utf8('message')
  return {
    description:
      'Domain separation. `domain` is UTF-8 "chirograph:1:" + name and a zero byte; `hash` is SHA-256(domain ‖ message); `signature` is ed25519 (RFC 8032) by the seed over `signingBytes` = domain ‖ message.',
    publicKey: hexOf(nobleEd25519.publicKey(seed)),
    // The file is frozen with the first fifteen; `state-recovery` stands in recovery-state.json.
    cases: domains.slice(0, 15).map((name) => {
      const signed = signingBytes(name, message)
      return {
        name,
        input: { seed: hexOf(seed), message: hexOf(message) },
        output: {
          domain: hexOf(domain(name)),
          hash: hexOf(hashDomain(name, message)),
          signingBytes: hexOf(signed),
          signature: hexOf(nobleEd25519.sign({ seed, message: signed })),
        },
      }
    }),
  }
}

export function makeOrganisations() {
  return {
    description:
      'Organisation ids and the text forms of keys. `id` is SHA-256(domain("organisation") ‖ cbor([log key, SHA-256(next log key)])), in hex; `preimage` is that array.',
    positions: { preimage: ['logKey', 'nextKeyHash'] },
    cases: members.map(({ id, organisation, seeds }) => {
      const logKey = nobleEd25519.publicKey(seeds.log)
      const nextKeyHash = nextKeyHashOf(nobleEd25519.publicKey(seeds.nextLog))
      if (orgIdOf({ logKey, nextKeyHash }) !== id) throw new Error('an id follows from its keys')
      const fields = [byteString(logKey), byteString(nextKeyHash)]
      const bytes = Uint8Array.of(0x82, 0x58, 32, ...logKey, 0x58, 32, ...nextKeyHash)
      return {
        name: organisation.name,
        input: { logSeed: hexOf(seeds.log), nextLogSeed: hexOf(seeds.nextLog) },
        output: {
          logKey: hexOf(logKey),
          multikey: multikeyOf(logKey),
          didKey: didKeyOf(logKey),
          verificationMethod: didKeyVerificationMethod(logKey),
          nextKeyHash: toHex(nextKeyHash),
          preimage: wireCase('preimage', fields, bytes).output.bytes,
          id,
        },
      }
    }),
    refused: [
      ['a key of 31 bytes', multikeyOf(bytes32('key')).slice(0, -1)],
      ['an x25519 key', 'z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc'],
      ['base64url', `u${Buffer.from([0xed, 1, ...bytes32('key')]).toString('base64url')}`],
      ['no prefix', multikeyOf(bytes32('key')).slice(1)],
    ].map(([name, multikey]) => ({ name, input: { multikey }, reason: 'not-an-ed25519-multikey' })),
  }
}
