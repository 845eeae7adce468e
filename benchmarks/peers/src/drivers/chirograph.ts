/** Chirograph: members' nodes on LevelDB and libp2p, through what an embedding program uses. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type EventId, fromHex, toHex, useSha256 } from '@chirograph/codec'
import { fastestEd25519, fastestSha256 } from '@chirograph/crypto-native'
import { foundInstitutions, genesisOf } from '@chirograph/example-four-institutions/institutions'
import type { Store } from '@chirograph/interface'
import { createLibp2pNetwork } from '@chirograph/network-libp2p'
import { createNode, type InstitutionSeeds, initialiseStore, orgIdOfSeeds } from '@chirograph/node'
import { type Genesis, networkIdOf } from '@chirograph/status'
import { openLevelStore } from '@chirograph/store-level'
import type { Peer, Seat } from '../peer.js'

/** The whole network, as everyone in it is given it; `from` is the seat whose process made the ticket. */
interface Ticket {
  readonly from: Seat
  readonly genesis: Genesis
  readonly members: readonly Member[]
}

interface Member {
  readonly seeds: Readonly<Record<keyof InstitutionSeeds, string>>
  readonly peerId: string
  readonly address: string
}

/** The fourth member stays away, so that no quorum runs: agreement has a benchmark of its own. */
const seats: readonly Seat[] = ['first-writer', 'second-writer', 'reader']

export const chirograph: Peer<Ticket> = {
  name: 'chirograph',
  packages: [],
  nodeMajorMin: 20,
  variants: [
    { label: 'one by one', writers: 1, batch: 1 },
    { label: 'a thousand in flight', writers: 1, batch: 1_000 },
    { label: 'two writers, a thousand in flight', writers: 2, batch: 1_000 },
  ],
  remarks: [
    'a record is one signed event of 315 bytes, header, signature and body together; elsewhere the 300 bytes are content, to which the peer adds its own',
    'signs each event; the reader checks each, by its own signature or by one that follows it in the same chain',
    'an append resolves when it is synced to the disk, and the reader counts what its store has written; two of four members run, so nothing becomes final meanwhile',
  ],
  async load() {
    useSha256(fastestSha256())
    const ed25519 = fastestEd25519()
    return {
      async open({ directory, seat, ticket }) {
        const { genesis, members } = ticket ?? (await found())
        const self = memberOf(members, seat)
        const seeds = bytesOf(self.seeds)
        const isNew = !existsSync(join(directory, 'log'))
        const [disk, registrar] = await Promise.all(
          ['log', 'registrar'].map((name) =>
            openLevelStore(join(directory, name), { createIfMissing: isNew }),
          ),
        )
        if (!disk || !registrar) throw new Error('two stores were opened')
        if (isNew) await initialiseStore(disk, { org: orgIdOfSeeds(seeds, ed25519) })
        const { store, isWriting } = watched(disk)
        const network = createLibp2pNetwork({
          seed: seeds.transport,
          networkId: toHex(networkIdOf(genesis)),
          allowedPeers: new Set(members.map(({ peerId }) => peerId)),
          listen: [self.address],
        })
        const node = await createNode({ genesis, seeds, store, registrar, network, ed25519 })
        const ids: string[] = []
        let held = 0
        return {
          ticket: async () => ({ from: seat, genesis, members }),
          async follow(other) {
            const { address, peerId } = memberOf(other.members, other.from)
            await network.connect(`${address}/p2p/${peerId}`)
          },
          async admit() {},
          async admitted() {},
          async append(records) {
            const published = await Promise.all(records.map((record) => node.change(revocationOf(record))))
            ids.push(...published.map(({ id }) => id))
          },
          held() {
            // An event that is known may still be on its way to the disk.
            if (!isWriting()) held = node.status().events.known
            return held
          },
          ids: () => ids,
          async read(id) {
            const event = await node.event(id as EventId) // one that `append` was given
            return event ? event.bodyBytes : null
          },
          async close() {
            await node.stop()
            await Promise.all([disk.close(), registrar.close()])
          },
        }
      },
    }
  },
}

async function found(): Promise<Omit<Ticket, 'from'>> {
  const institutions = await foundInstitutions()
  const hexOf = (seeds: InstitutionSeeds): Member['seeds'] => ({
    log: toHex(seeds.log),
    nextLog: toHex(seeds.nextLog),
    consensus: toHex(seeds.consensus),
    assertion: toHex(seeds.assertion),
    transport: toHex(seeds.transport),
  })
  const members = institutions.map(({ seeds, peerId, address }) => ({ seeds: hexOf(seeds), peerId, address }))
  return { genesis: genesisOf(institutions), members }
}

function memberOf(members: readonly Member[], seat: Seat): Member {
  const member = members[seats.indexOf(seat)]
  if (!member) throw new Error(`nobody sits at ${seat}`)
  return member
}

function bytesOf(seeds: Member['seeds']): InstitutionSeeds {
  const bytes = (hex: string) => {
    const seed = fromHex(hex)
    if (!seed) throw new Error('a seed in a ticket is not hex')
    return seed
  }
  const { log, nextLog, consensus, assertion, transport } = seeds
  return {
    log: bytes(log),
    nextLog: bytes(nextLog),
    consensus: bytes(consensus),
    assertion: bytes(assertion),
    transport: bytes(transport),
  }
}

/** A revocation of two credentials is an event of 315 bytes; the record's bytes serve as their handles. */
function revocationOf(record: Uint8Array) {
  const credentials = [record.slice(0, 32), record.slice(32, 64)].map((handle, index) => ({
    handle,
    position: 70_000 + index,
  }))
  return { kind: 'revoke', credentials, reason: 'withdrawn' } as const
}

/** The same store, and whether a batch is on its way to the disk. */
function watched(disk: Store): { store: Store; isWriting: () => boolean } {
  let batches = 0
  const store: Store = {
    ...disk,
    async batch(ops, options) {
      batches++
      await disk.batch(ops, options).finally(() => batches--)
    },
  }
  return { store, isWriting: () => batches > 0 }
}
