import { mapSize, sha256, toHex, utf8 } from '@chirograph/codec'
import type { Ed25519 } from '@chirograph/crypto'
import type { EventBody } from '@chirograph/event'
import {
  beginHead,
  createSnapshotAssembly,
  createSnapshotSource,
  decodeSnapshotRequest,
  encodeSnapshotRequest,
  finishSnapshot,
  progressOf,
  type SignedTip,
  type Snapshot,
  type SnapshotAssembly,
  type SnapshotSource,
  snapshotAskMax,
  takeChunkFrame,
  takeHeadFrame,
} from '@chirograph/replica'
import { proveStatus, readCredential, rowsOf, stateRoot } from '@chirograph/status'
import { equal, is, not, ok, seeded, suite } from '../../workspace/kit.ts'
import { createFour, ed25519, genesis, lease, memberAt } from './member.ts'

const handleOf = (index: number) => sha256(utf8(`handle ${index}`))
const entriesOf = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ handle: handleOf(from + index), position: null })).sort(
    (a, b) => (toHex(a.handle) < toHex(b.handle) ? -1 : 1),
  )
const batch: EventBody = {
  kind: 'credential.issueBatch',
  root: sha256(utf8('batch')),
  paddedSize: 8_192,
  recordClass: 'degree',
  credentialType: 'open-badge-3',
  schemaDigest: sha256(utf8('schema')),
}
const revocation = (from: number, count = 1_000): EventBody => ({
  kind: 'status.revoke',
  entries: entriesOf(from, count),
  reason: 'withdrawn',
})

/** The same answers, and none asked for twice: these tests read one certificate thousands of times. */
const remembering: Ed25519 = (() => {
  const known = new Map<string, boolean>()
  return {
    ...ed25519,
    verify(args) {
      const name = [args.publicKey, args.message, args.signature].map(toHex).join()
      const isValid = known.get(name) ?? ed25519.verify(args)
      known.set(name, isValid)
      return isValid
    },
  }
})()

/** Four members that agreed on these events, one after the other, and a snapshot at any time. */
function createNetwork() {
  const four = createFour()
  for (let node = 0; node < 4; node++) four.input(node, { kind: 'start' })
  const [first] = four.replicas
  ok(first)
  let request = 0
  return {
    publish: (node: number, body: EventBody) =>
      four.input(node, { kind: 'publish', request: ++request, body }),
    final: () => first.final,
    tips(): Map<string, SignedTip> {
      return new Map(four.announced.map((event) => [event.id as string, event]))
    },
    source(): SnapshotSource {
      return createSnapshotSource(first.final, this.tips())
    },
  }
}

const large = createNetwork()
large.publish(0, batch)
for (let from = 0; from < 4_000; from += 1_000) large.publish(0, revocation(from))
large.publish(1, lease)
const largeSource = large.source()

const small = createNetwork()
for (const node of [0, 1, 2, 3]) small.publish(node, lease)
const smallSource = small.source()

const newAssembly = (aboveHeight = 0) =>
  createSnapshotAssembly({ genesis, ed25519: remembering, aboveHeight })

function takeHead(assembly: SnapshotAssembly, frames: readonly Uint8Array[]): string {
  beginHead(assembly)
  for (const frame of frames) {
    const verdict = takeHeadFrame(assembly, frame)
    if (verdict.kind !== 'more') return verdict.kind === 'refused' ? verdict.reason : verdict.kind
  }
  return 'more'
}

function missingOf(assembly: SnapshotAssembly): readonly Uint8Array[] {
  return progressOf(assembly)?.missing ?? []
}

function chunkFrom(source: SnapshotSource, hash: Uint8Array): Uint8Array {
  const frame = source.chunkFrame(hash)
  ok(frame, `chunk ${toHex(hash)}`)
  return frame
}

function takeChunk(assembly: SnapshotAssembly, frame: Uint8Array): string {
  const verdict = takeChunkFrame(assembly, frame)
  return verdict.kind === 'refused' ? verdict.reason : verdict.kind
}

function finish(assembly: SnapshotAssembly): Snapshot {
  const finished = finishSnapshot(assembly)
  if (finished.kind !== 'complete') throw new Error(JSON.stringify(finished))
  return finished.snapshot
}

function takeAll(source: SnapshotSource): SnapshotAssembly {
  const assembly = newAssembly()
  is(takeHead(assembly, source.headFrames), 'planned')
  for (const hash of missingOf(assembly)) is(takeChunk(assembly, chunkFrom(source, hash)), 'taken')
  return assembly
}

function withByte(frame: Uint8Array, at: number, difference: number): Uint8Array {
  return frame.with(at, (frame[at] ?? 0) ^ difference)
}

suite('a snapshot', (it) => {
  it('brings checkpoint, state, cut, log tree and tips exactly', () => {
    for (const [network, source] of [
      [large, largeSource],
      [small, smallSource],
    ] as const) {
      const snapshot = finish(takeAll(source))
      const final = network.final()
      equal(snapshot.header, final.header)
      equal(snapshot.certificate, final.certificate)
      equal(stateRoot(snapshot.state), stateRoot(final.state))
      equal([...rowsOf(snapshot.state)], [...rowsOf(final.state)])
      equal(snapshot.state.organisations, final.state.organisations)
      equal(snapshot.cut, final.cut)
      equal(snapshot.logTree, final.logTree)
      equal(
        snapshot.tips.map(({ id, header }) => [header.author, id]),
        [...final.cut.values()].map(({ author, id }) => [author, id]).sort(),
      )
    }
  })

  it('proves at once what the peer that sent it proves', () => {
    const { state } = finish(takeAll(largeSource))
    const org = memberAt(0).org
    const entry = large.final().cut.get(org)
    ok(entry)
    for (const handle of [handleOf(17), sha256(utf8('a good one'))]) {
      const proven = { org, batch: entry.id, handle }
      equal(proveStatus(state, proven), proveStatus(large.final().state, proven))
    }
    is(readCredential(state, { org, handle: handleOf(17) })?.restriction.kind, 'revoked')
  })

  it('comes in chunks of at most 128 KiB in any order, with its length known up front', () => {
    const assembly = newAssembly()
    is(progressOf(assembly), undefined)
    takeHead(assembly, largeSource.headFrames)
    const progress = progressOf(assembly)
    ok(progress && progress.chunkCount > 3 && progress.missing.length === progress.chunkCount)
    is(progress.height, large.final().header.core.height)
    for (const hash of seeded(3).shuffle(progress.missing)) {
      is(finishSnapshot(assembly).kind, 'incomplete')
      const frame = chunkFrom(largeSource, hash)
      ok(frame.length <= 131_136)
      is(takeChunk(assembly, frame), 'taken')
      is(takeChunk(assembly, frame), 'known')
    }
    is(missingOf(assembly).length, 0)
    is(mapSize(finish(assembly).state.map), mapSize(large.final().state.map))
  })

  it('is of the state that was, while the replica goes on', () => {
    const network = createNetwork()
    network.publish(0, lease)
    const { height } = network.final().header.core
    const source = network.source()
    network.publish(1, lease)
    const snapshot = finish(takeAll(source))
    is(snapshot.header.core.height, height)
    ok(network.final().header.core.height > height)
  })

  it('is not taken before anything is certified, nor without the header of a tip', () => {
    const fresh = createNetwork()
    not(fresh.final().certificate)
    const noCertificate = () => createSnapshotSource(fresh.final(), new Map())
    const noTip = () => createSnapshotSource(small.final(), new Map())
    for (const take of [noCertificate, noTip]) {
      let message = ''
      try {
        take()
      } catch (error) {
        message = String(error)
      }
      ok(/certificate|header/.test(message), message)
    }
  })

  it('is asked for by hashes, or by none for the head', () => {
    const hashes = missingOf(takeHeadOf(largeSource))
    for (const chunks of [[], hashes]) {
      const decoded = decodeSnapshotRequest(encodeSnapshotRequest(chunks))
      ok(decoded.ok)
      equal(decoded.value.chunks, chunks)
    }
    const most = Array.from({ length: snapshotAskMax }, (_, index) => handleOf(index))
    ok(decodeSnapshotRequest(encodeSnapshotRequest(most)).ok)
    not(decodeSnapshotRequest(new Uint8Array(10_000)).ok)
  })
})

function takeHeadOf(source: SnapshotSource): SnapshotAssembly {
  const assembly = newAssembly()
  is(takeHead(assembly, source.headFrames), 'planned')
  return assembly
}

suite('J8: a snapshot goes on with another peer', (it) => {
  it('from the chunks that the first one sent', () => {
    const assembly = takeHeadOf(largeSource)
    const before = missingOf(assembly)
    for (const hash of before.slice(0, 2)) takeChunk(assembly, chunkFrom(largeSource, hash))
    is(takeHead(assembly, largeSource.headFrames), 'planned')
    equal(missingOf(assembly), before.slice(2))
  })

  it('from those that a newer snapshot has too, and drops the others', () => {
    const assembly = takeAll(largeSource)
    const network = createNetwork()
    network.publish(0, batch)
    for (let from = 0; from < 4_000; from += 1_000) network.publish(0, revocation(from))
    network.publish(1, lease)
    network.publish(2, lease)
    const newer = network.source()
    is(takeHead(assembly, newer.headFrames), 'planned')
    const missing = missingOf(assembly)
    const { chunkCount } = progressOf(assembly) ?? { chunkCount: 0 }
    ok(missing.length > 0 && missing.length <= 2, 'the leases changed, and the next free position')
    is(assembly.chunks.size, chunkCount - missing.length)
    for (const hash of missing) is(takeChunk(assembly, chunkFrom(newer, hash)), 'taken')
    is(finish(assembly).header.digest, network.final().header.digest)
  })

  it('after a head that ended early, and keeps the older one until the newer is whole', () => {
    const assembly = takeHeadOf(smallSource)
    const [head = new Uint8Array()] = largeSource.headFrames
    is(takeHead(assembly, [head]), 'more')
    is(progressOf(assembly)?.height, small.final().header.core.height)
    is(takeHead(assembly, largeSource.headFrames), 'planned')
    is(progressOf(assembly)?.height, large.final().header.core.height)
  })
})

suite('a snapshot is refused', (it) => {
  const [head = new Uint8Array(), tips = new Uint8Array(), manifest = new Uint8Array()] =
    smallSource.headFrames
  is(smallSource.headFrames.length, 3)

  it('J1: when it is no news: not-newer', () => {
    const height = small.final().header.core.height
    is(takeHead(newAssembly(height), smallSource.headFrames), 'not-newer')
    is(takeHead(newAssembly(height - 1), smallSource.headFrames), 'planned')
  })

  it('J1: when it is of another network: wrong-network', () => {
    const elsewhere = { ...genesis, name: 'Five' }
    const assembly = createSnapshotAssembly({ genesis: elsewhere, ed25519, aboveHeight: 0 })
    is(takeHead(assembly, smallSource.headFrames), 'wrong-network')
  })

  it('J1: when its certificate is of another header or no quorum signed it', () => {
    const { header, certificate } = small.final()
    const other = large.final().certificate
    ok(certificate && other)
    const sourceWith = (changed: typeof certificate) =>
      createSnapshotSource({ ...small.final(), certificate: changed }, small.tips()).headFrames
    is(takeHead(newAssembly(), sourceWith(other)), 'other-certificate')
    is(takeHead(newAssembly(), sourceWith({ ...certificate, type: 'notarize' })), 'other-certificate')
    const height = header.core.height + 1
    is(takeHead(newAssembly(), sourceWith({ ...certificate, height })), 'other-certificate')
    const signers = Uint8Array.of(1)
    is(takeHead(newAssembly(), sourceWith({ ...certificate, signers })), 'below-quorum')
    const signatures = certificate.signatures.map((one) => withByte(one, 5, 1))
    is(takeHead(newAssembly(), sourceWith({ ...certificate, signatures })), 'bad-signature')
  })

  it('J2: when the log tree is another: wrong-log-root', () => {
    const { logTree } = small.final()
    for (const peaks of [[], [...logTree.peaks, sha256()], logTree.peaks.map((peak) => sha256(peak))]) {
      const point = { ...small.final(), logTree: { ...logTree, peaks } }
      is(takeHead(newAssembly(), createSnapshotSource(point, small.tips()).headFrames), 'wrong-log-root')
    }
  })

  it('J3, J4: when tips are missing, repeated, another event or more than announced', () => {
    const entries = [...small.final().cut.values()]
    const other = large.tips().get(large.final().cut.get(memberAt(0).org)?.id ?? '')
    const [first, ...rest] = entries
    ok(first && other)
    const framesOf = (cut: typeof entries, known = small.tips()) => {
      const point = { ...small.final(), cut: new Map(cut.map((entry, index) => [`${index}`, entry])) }
      return createSnapshotSource({ ...point, cut: point.cut as never }, known).headFrames // any cut, as a liar would
    }
    is(takeHead(newAssembly(), framesOf(rest)), 'wrong-cut-root')
    is(takeHead(newAssembly(), framesOf([first, ...entries])), 'unsorted-tips')
    const replaced = new Map([...small.tips(), [first.id, other] as const])
    is(takeHead(newAssembly(), framesOf(entries, replaced)), 'wrong-cut-root')
    const broken = new Map([...small.tips(), [first.id, { ...other, headerBytes: utf8('x') }] as const])
    is(takeHead(newAssembly(), framesOf(entries, broken)), 'bad-tip')
    const [shorter = new Uint8Array()] = framesOf(rest)
    is(takeHead(newAssembly(), [shorter, tips]), 'too-many-tips')
    const [none = new Uint8Array()] = framesOf([])
    is(takeHead(newAssembly(), [none, manifest]), 'wrong-cut-root')
  })

  it('J3: not because its tips come in several frames', () => {
    const entries = [...small.final().cut.values()]
    const tipsOf = (part: typeof entries) => {
      const cut = new Map(part.map((entry) => [entry.author, entry]))
      return createSnapshotSource({ ...small.final(), cut }, small.tips()).headFrames[1] ?? new Uint8Array()
    }
    const parts = [tipsOf(entries.slice(0, 1)), tipsOf(entries.slice(1, 3)), tipsOf(entries.slice(3))]
    is(takeHead(newAssembly(), [head, ...parts, manifest]), 'planned')
    is(takeHead(newAssembly(), [head, ...parts.slice(1), manifest]), 'malformed')
    is(takeHead(newAssembly(), [head, ...parts.toReversed(), manifest]), 'unsorted-tips')
  })

  it('J5: when the manifest is of another state: manifest-wrong-root', () => {
    const [, , other = new Uint8Array()] = largeSource.headFrames
    is(takeHead(newAssembly(), [head, tips, other]), 'manifest-wrong-root')
  })

  it('J6: when a chunk was not asked for, or there is no manifest yet: unasked-chunk', () => {
    const [hash = new Uint8Array()] = missingOf(takeHeadOf(smallSource))
    const frame = chunkFrom(smallSource, hash)
    is(takeChunk(newAssembly(), frame), 'unasked-chunk')
    is(takeChunk(takeHeadOf(largeSource), frame), 'unasked-chunk')
  })

  it('J7: when a tip carries a signature that is not its own; its chunks serve the next head', () => {
    const entry = small.final().cut.get(memberAt(2).org)
    const tip = small.tips().get(entry?.id ?? '')
    ok(entry && tip?.signature)
    const sourceWith = (signature: Uint8Array | null) =>
      createSnapshotSource(
        small.final(),
        new Map([...small.tips(), [entry.id, { ...tip, signature }] as const]),
      )
    const assembly = takeAll(sourceWith(withByte(tip.signature, 9, 4)))
    const refused = finishSnapshot(assembly)
    is(refused.kind === 'refused' && refused.reason, 'bad-tip-signature')
    is(progressOf(assembly), undefined)
    // Whoever got the tip in bulk holds no signature of it, and says so.
    is(takeHead(assembly, sourceWith(null).headFrames), 'planned')
    equal(missingOf(assembly), [])
    is(finish(assembly).tips.find(({ id }) => id === entry.id)?.signature, null)
  })

  it(
    'when any single byte of head, tips or manifest was changed, with a reason',
    () => {
      const random = seeded(12)
      const frames = [head, tips, manifest]
      const reasons = new Set<string>()
      for (const [index, frame] of frames.entries()) {
        for (let at = 0; at < frame.length; at++) {
          const hostile = frames.with(index, withByte(frame, at, 1 + random.int(255)))
          const assembly = newAssembly()
          let outcome = takeHead(assembly, hostile)
          if (outcome === 'planned') {
            // A tip's signature is no part of its id; the keys that it is checked with come with the state.
            for (const hash of missingOf(assembly)) takeChunk(assembly, chunkFrom(smallSource, hash))
            const finished = finishSnapshot(assembly)
            outcome = finished.kind === 'refused' ? finished.reason : finished.kind
          }
          ok(
            !['planned', 'complete', 'incomplete', 'more'].includes(outcome),
            `frame ${index}, byte ${at}: ${outcome}`,
          )
          reasons.add(outcome)
        }
      }
      for (const reason of [
        'malformed',
        'wrong-network',
        'bad-signature',
        'wrong-log-root',
        'wrong-cut-root',
      ])
        ok(reasons.has(reason), `${reason} among ${[...reasons].join()}`)
    },
    { timeoutMs: 60_000 },
  )

  it(
    'when any single byte of a chunk was changed, with a reason',
    () => {
      const random = seeded(13)
      for (const source of [smallSource, largeSource]) {
        const assembly = takeHeadOf(source)
        const [hash = new Uint8Array()] = missingOf(assembly)
        const frame = chunkFrom(source, hash)
        const places = Array.from({ length: Math.min(frame.length, 400) }, (_, index) =>
          frame.length <= 400 ? index : random.int(frame.length),
        )
        for (const at of places) {
          const outcome = takeChunk(assembly, withByte(frame, at, 1 + random.int(255)))
          ok(!['taken', 'known'].includes(outcome), `byte ${at}: ${outcome}`)
        }
        is(takeChunk(assembly, frame), 'taken')
      }
    },
    { timeoutMs: 60_000 },
  )

  it('without throwing, whatever comes in the place of any frame', () => {
    const random = seeded(14)
    const frames = smallSource.headFrames
    const chunk = chunkFrom(smallSource, missingOf(takeHeadOf(smallSource))[0] ?? head)
    for (let round = 0; round < 2_000; round++) {
      const known = random.pick([...frames, chunk])
      const hostile = random.chance(0.3)
        ? random.bytes(random.int(300))
        : known.slice(0, random.int(known.length + 1))
      for (let flips = random.int(4); flips > 0 && hostile.length > 0; flips--)
        hostile[random.int(hostile.length)] = random.int(256)
      const assembly = newAssembly()
      const at = random.int(3)
      const outcome = takeHead(assembly, [...frames.slice(0, at), hostile])
      ok(outcome !== 'planned' || toHex(hostile) === toHex(manifest))
      is(takeChunk(takeHeadOf(largeSource), hostile) === 'taken', false)
    }
  })
})
