/** A batch of credentials against its one event: every leaf hashed, the root compared, one signature checked. */
import { equalBytes, sha256, utf8 } from '@chirograph/codec'
import { fastestEd25519 } from '@chirograph/crypto-native'
import { buildBatch, createEvent, leafOf, verifyEvent } from '@chirograph/event'
import type { Limits } from './limits.js'
import { type Report, ratePerSecond } from './measure.js'
import { benchMember } from './members.js'

const credentials = 10_000

export async function benchBatchVerify(limits: Limits): Promise<Report> {
  const ed25519 = fastestEd25519()
  const issuer = benchMember(0)
  const networkId = new Uint8Array(32)
  const parts = Array.from({ length: credentials }, (_, index) => ({
    handle: sha256(utf8(`handle ${index}`)),
    digest: sha256(utf8(`credential ${index}`)),
  }))
  const blinds = Array.from({ length: 2 ** 14 }, (_, index) => sha256(utf8(`blind ${index}`)))
  const treeOf = () =>
    buildBatch({ leaves: parts.map(leafOf), blind: (index) => blinds[index] ?? new Uint8Array(32) })
  const { root, paddedSize } = treeOf()
  const body = {
    kind: 'credential.issueBatch',
    root,
    paddedSize,
    recordClass: 'certificate-credit',
    credentialType: 'open-badge-3',
    schemaDigest: new Uint8Array(32),
  } as const
  const place = {
    networkId,
    author: issuer.org,
    generation: 0,
    sequence: 0,
    prev: null,
    references: [],
    timeMs: 1,
  }
  const event = createEvent({ ...place, body }, (message) =>
    ed25519.sign({ seed: issuer.seeds.log, message }),
  )
  const logKey = ed25519.publicKey(issuer.seeds.log)
  const perSecond = await ratePerSecond(() => {
    const verdict = verifyEvent({ event, networkId, logKey, ed25519 })
    if (verdict.kind !== 'verified' || !equalBytes(treeOf().root, root)) throw new Error('must verify')
    return 1
  }, 1_500)
  const hashes = credentials + paddedSize - 1
  const floorMs = 1_000 / limits.v1 + (hashes * 1_000) / limits.h65
  return {
    name: 'batch-verify',
    workload: `${credentials.toLocaleString('en-US')} credentials in a tree of ${paddedSize.toLocaleString('en-US')}: ${hashes.toLocaleString('en-US')} hashes of 65 bytes and one signature`,
    rows: [
      {
        what: 'one batch, every leaf',
        value: 1_000 / perSecond,
        unit: 'ms',
        limit: { name: `1/V1 + ${hashes}/H65`, value: floorMs },
      },
      {
        what: 'credentials verified',
        value: perSecond * credentials,
        unit: '/s',
        limit: { name: 'V1', value: limits.v1 },
      },
    ],
  }
}
