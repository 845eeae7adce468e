/** The contract suites are proven from the other side: an adapter with a fault in it fails the claim about it. */
import { equal, ok, suite } from '../../workspace/kit.ts'
import type {
  ContractKit,
  Network,
  NetworkHandlers,
  SignatureJob,
  SignatureVerifier,
  Store,
  StoreEntry,
} from '../src/index.js'
import {
  assertJobsFit,
  isChirographError,
  memoryDisk,
  memoryHub,
  networkContract,
  signaturesStopped,
  signatureVerifierContract,
  storeContract,
} from '../src/index.js'

const storeFaults: [fault: string, claim: string, break_: (store: Store) => Partial<Store>][] = [
  [
    'shares its memory',
    'gives values that the caller may change without changing the store',
    () => {
      const shared = new Uint8Array([7])
      return { get: async () => shared, range: () => entries([[Uint8Array.of(1), shared]]) }
    },
  ],
  [
    'writes a batch one by one',
    'lets nobody see half of a batch',
    (store) => ({
      batch: async (ops, options) => {
        const writes = ops.map((op, index) => later(index % 7, () => store.batch([op], options)))
        await Promise.allSettled(writes)
      },
    }),
  ],
  [
    'keeps references to what it was given',
    'reads the bytes of a batch before the call returns',
    (store) => ({ batch: (ops, options) => Promise.resolve().then(() => store.batch(ops, options)) }),
  ],
  [
    'includes the end of a range',
    'includes the start of a range and excludes its end, in both directions',
    (store) => ({ range: (bounds) => store.range({ ...bounds, to: Uint8Array.of(...bounds.to, 0) }) }),
  ],
  [
    'ignores the direction',
    'ends a range at its limit, counted from the side it starts on',
    (store) => ({ range: (bounds) => store.range({ ...bounds, reverse: false }) }),
  ],
  [
    'turns its pages one way only',
    'turns in pages the entries of the same range, in the same order',
    (store) => ({ pages: (bounds) => store.pages({ ...bounds, reverse: false }) }),
  ],
  [
    'turns an empty page',
    'has no empty page, and no page for an empty range',
    (store) => ({
      async *pages(bounds) {
        yield []
        yield* store.pages(bounds)
      },
    }),
  ],
  [
    'puts a whole range on one page',
    'turns every page of a range longer than one, which it never holds at once',
    (store) => ({
      async *pages(bounds) {
        const all: StoreEntry[] = []
        for await (const entry of store.range(bounds)) all.push(entry)
        if (all.length > 0) yield all
      },
    }),
  ],
  [
    'turns the pages of the past',
    'holds no view of the past: what is written where a range was not read yet is seen there',
    (store) => ({
      async *pages(bounds) {
        const all: (readonly StoreEntry[])[] = []
        for await (const page of store.pages(bounds)) all.push(page)
        yield* all
      },
    }),
  ],
  [
    'accepts batches of any size',
    'refuses a batch and a read above their limits, writing nothing',
    () => ({ batch: async () => {} }),
  ],
  [
    'goes on after closing',
    'fails with STORE_CLOSED after closing, and closes twice',
    () => ({ close: async () => {} }),
  ],
]

suite('the store contract', (it) => {
  for (const [fault, claim, break_] of storeFaults) {
    it(`fails a store that ${fault}`, async () => {
      const kit = oneClaim(claim)
      storeContract('faulty', async () => faultyDisk(break_), kit)
      equal(await kit.outcome(), 'failed')
    })
  }

  it('passes the same claims on a store without a fault', async () => {
    for (const [, claim] of storeFaults) {
      const kit = oneClaim(claim)
      storeContract('sound', async () => faultyDisk(() => ({})), kit)
      equal(await kit.outcome(), 'passed', claim)
    }
  })
})

const networkFaults: [fault: string, claim: string, break_: (network: Network) => Partial<Network>][] = [
  [
    'tells every connection',
    'tells both sides of a connection once, however often it is made',
    (network) => ({ start: (handlers) => network.start({ ...handlers, peer: twice(handlers.peer) }) }),
  ],
  [
    'reorders messages',
    'delivers direct messages whole, in order, both ways',
    (network) => {
      let held: Uint8Array | undefined
      return {
        send: (peerId, bytes) => {
          const before = held
          held = before === undefined ? bytes : undefined
          for (const each of before === undefined ? [] : [bytes, before]) network.send(peerId, each)
        },
      }
    },
  ],
  [
    'relays whatever arrives',
    'does not relay what was ignored or rejected',
    (network) => ({
      start: (handlers) =>
        network.start({
          ...handlers,
          gossip: async (topic, bytes, from) => {
            await handlers.gossip(topic, bytes, from)
            return 'accept'
          },
        }),
    }),
  ],
  [
    'reads answers faster than they are taken',
    'holds an eager answerer back when the asker does not read',
    (network) => ({
      request: async function* (request) {
        const answers: Uint8Array[] = []
        for await (const answer of network.request(request)) answers.push(answer)
        yield* answers
      },
    }),
  ],
  [
    'sends frames of any size',
    'delivers the largest message and refuses a larger one',
    (network) => ({
      send: (peerId, bytes) => network.send(peerId, bytes.subarray(0, 1024 * 1024)),
    }),
  ],
  [
    'does not drop whom it is told to',
    'keeps a dropped peer away, in both directions, and says until when',
    () => ({ drop: () => {} }),
  ],
  [
    'lists nobody whom it keeps away',
    'lists a peer that it keeps away, though they never met',
    (network) => ({
      peers: () => network.peers().filter(({ bannedUntilMs }) => bannedUntilMs === null),
    }),
  ],
  [
    'never takes back whom it dropped',
    'lets a later drop end an earlier one',
    (network) => ({ drop: (peerId, options) => network.drop(peerId, { ...options, forMs: 3_600_000 }) }),
  ],
  [
    'still hands over what a dropped peer had sent',
    'hands over nothing more of a peer once it was dropped',
    (network) => ({
      drop: (peerId, options) =>
        void setTimeout(() => {
          // The claim may have failed and stopped it by then.
          if (network.addresses().length > 0) network.drop(peerId, options)
        }, 50),
    }),
  ],
  [
    'tells no answerer that its answer is not wanted any more',
    'tells an answerer that is busy by its signal when the asker does not want the answer any more',
    (network) => ({
      start: (handlers) =>
        network.start({
          ...handlers,
          request: (from, protocol, bytes) =>
            handlers.request(from, protocol, bytes, new AbortController().signal),
        }),
    }),
  ],
  [
    'stops without telling',
    'fails with NETWORK_STOPPED after stopping, and stops twice',
    (network) => ({
      start: (handlers) => network.start({ ...handlers, peer: connectedOnly(handlers.peer) }),
    }),
  ],
]

suite('the network contract', (it) => {
  for (const [fault, claim, break_] of networkFaults) {
    it(`fails a network that ${fault}`, async () => {
      const kit = oneClaim(claim)
      networkContract('faulty', async (count) => faultyNetworks(count, break_), kit)
      equal(await kit.outcome(), 'failed')
    })
  }

  it('passes the same claims on a network without a fault', async () => {
    for (const [, claim] of networkFaults) {
      const kit = oneClaim(claim)
      networkContract('sound', async (count) => faultyNetworks(count, () => ({})), kit)
      equal(await kit.outcome(), 'passed', claim)
    }
  })
})

const verifierFaults: [
  fault: string,
  claim: string,
  break_: (verifier: SignatureVerifier) => Partial<SignatureVerifier>,
][] = [
  [
    'accepts everything',
    'gives every case the verdict of the rule, alone',
    () => ({ verify: async (jobs) => jobs.map(() => true) }),
  ],
  [
    'answers in another order',
    'gives it the same verdict among hundreds, in the order of the jobs',
    (verifier) => ({ verify: async (jobs) => (await verifier.verify(jobs)).reverse() }),
  ],
  [
    'mixes up batches',
    'answers batches of any size at once, each in its own order',
    (verifier) => {
      let before: Promise<boolean[]> = Promise.resolve([])
      return {
        verify: (jobs) => {
          const answer = before
          before = verifier.verify(jobs)
          before.catch(() => {}) // the last one nobody asks for
          return answer
        },
      }
    },
  ],
  [
    'takes a signature for right that has a byte too many',
    'answers false to bytes of any content and length',
    (verifier) => ({
      verify: (jobs) =>
        verifier.verify(jobs.map((job) => ({ ...job, signature: job.signature.subarray(0, 4) }))),
    }),
  ],
  [
    'takes the memory of its jobs away',
    'reads views and shared memory, and leaves them to the caller',
    (verifier) => ({
      verify: async (jobs) => {
        const verdicts = await verifier.verify(jobs)
        for (const { message } of jobs) message.fill(0)
        return verdicts
      },
    }),
  ],
  [
    'queues without a bound',
    'refuses more than may wait before it begins, and goes on afterwards',
    () => ({ verify: async (jobs) => jobs.map(isRight) }),
  ],
  [
    'stops without telling who waits',
    'rejects what waits when it is stopped, and everything after that',
    () => ({ stop: async () => {} }),
  ],
]

suite('the signature verifier contract', (it) => {
  for (const [fault, claim, break_] of verifierFaults) {
    it(`fails a verifier that ${fault}`, async () => {
      const kit = oneClaim(claim)
      signatureVerifierContract('faulty', { make: async () => faultyVerifier(break_), cases }, kit)
      equal(await kit.outcome(), 'failed')
    })
  }

  it('passes the same claims on a verifier without a fault', async () => {
    for (const [, claim] of verifierFaults) {
      const kit = oneClaim(claim)
      signatureVerifierContract('sound', { make: async () => faultyVerifier(() => ({})), cases }, kit)
      equal(await kit.outcome(), 'passed', claim)
    }
  })
})

/** A rule of its own, which is all that the contract asks: four bytes, of which the first is that of the message. */
function isRight({ publicKey, message, signature }: SignatureJob): boolean {
  return publicKey.length === 2 && signature.length === 4 && signature[0] === message[0]
}

const cases = [1, 2, 3, 4, 5].map((fill) => {
  const job = {
    publicKey: Uint8Array.of(fill, fill),
    message: Uint8Array.of(fill, 7),
    signature: new Uint8Array(4).fill(fill % 2 === 0 ? fill : 9),
  }
  return { ...job, accepted: isRight(job) }
})

function faultyVerifier(
  break_: (verifier: SignatureVerifier) => Partial<SignatureVerifier>,
): SignatureVerifier {
  let waiting = 0
  let isStopped = false
  const verifier: SignatureVerifier = {
    async verify(jobs) {
      if (isStopped) throw signaturesStopped()
      assertJobsFit({ waiting, more: jobs.length })
      waiting += jobs.length
      await new Promise((resolve) => setImmediate(resolve))
      waiting -= jobs.length
      if (isStopped) throw signaturesStopped()
      return jobs.map(isRight)
    },
    async stop() {
      isStopped = true
    },
  }
  return { ...verifier, ...break_(verifier) }
}

/** A kit that runs one claim of a suite and says how it went. */
function oneClaim(title: string): ContractKit & { outcome(): Promise<'passed' | 'failed'> } {
  let body: (() => unknown) | undefined
  return {
    equal,
    ok,
    failsWith: async (code, failing) => {
      // Not the kit's own, which remembers a failure even where it is expected, as here.
      const error: unknown = await Promise.resolve()
        .then(failing)
        .then(
          () => undefined,
          (thrown) => thrown,
        )
      ok(isChirographError(error, code) || (error instanceof Error && 'code' in error && error.code === code))
    },
    suite: (_name, define) =>
      define((claim, claimBody) => {
        if (claim === title) body = claimBody
      }),
    async outcome() {
      ok(body, `the suite has no claim "${title}"`)
      try {
        await body()
        return 'passed'
      } catch {
        return 'failed'
      }
    },
  }
}

function faultyDisk(break_: (store: Store) => Partial<Store>): {
  open(): Promise<Store>
  dispose(): Promise<void>
} {
  const disk = memoryDisk()
  const open = async () => {
    const store = await disk.open()
    return { ...store, ...break_(store) }
  }
  return { open, dispose: async () => {} }
}

function faultyNetworks(count: number, break_: (network: Network) => Partial<Network>) {
  const hub = memoryHub()
  const networks = Array.from({ length: count }, (_, index) => {
    const network = hub.network(`peer-${index}`)
    return { ...network, ...break_(network) }
  })
  return { networks, dispose: async () => {} }
}

function twice(peer: NetworkHandlers['peer']): NetworkHandlers['peer'] {
  return (peerId, change) => {
    peer(peerId, change)
    peer(peerId, change)
  }
}

function connectedOnly(peer: NetworkHandlers['peer']): NetworkHandlers['peer'] {
  return (peerId, change) => {
    if (change === 'connected') peer(peerId, change)
  }
}

async function later(turns: number, act: () => Promise<void>): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await null
  await act()
}

async function* entries(list: [Uint8Array, Uint8Array][]): AsyncIterable<[Uint8Array, Uint8Array]> {
  yield* list
}
