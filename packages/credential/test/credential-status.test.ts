/** The three status entries, and the way back from them to what revokes a credential. */
import { handleOf, type OrgId, orgIdOf, positionMax } from '@chirograph/event'
import { equal, is, ok, seeded, suite } from '../../workspace/kit.ts'
import { credentialReference, type StatusSlot, statusEntries } from '../src/credential-status.ts'

const issuerOrg: OrgId = orgIdOf({
  logKey: new Uint8Array(32).fill(1),
  nextKeyHash: new Uint8Array(32).fill(2),
})
const slot: StatusSlot = {
  statusListBase: 'https://status.example/status-lists',
  position: 131_072 + 7,
  networkId: 'ab'.repeat(32),
  issuerOrg,
  nonce: new Uint8Array(32).fill(3),
}

const credentialWith = (credentialStatus: unknown): unknown => ({ id: 'urn:uuid:1', credentialStatus })

const reasonOf = (credential: unknown): string => {
  const reading = credentialReference(credential)
  return reading.kind === 'reject' ? reading.reason : reading.kind
}

suite('the status entries', (it) => {
  it('are revocation, suspension and the network, in that order', () => {
    equal(statusEntries(slot), [
      {
        id: 'https://status.example/status-lists/revocation/1#7',
        type: 'BitstringStatusListEntry',
        statusPurpose: 'revocation',
        statusListIndex: '7',
        statusListCredential: 'https://status.example/status-lists/revocation/1',
      },
      {
        id: 'https://status.example/status-lists/suspension/1#7',
        type: 'BitstringStatusListEntry',
        statusPurpose: 'suspension',
        statusListIndex: '7',
        statusListCredential: 'https://status.example/status-lists/suspension/1',
      },
      {
        type: 'ChirographStatusEntry',
        network: 'ab'.repeat(32),
        issuer: issuerOrg,
        nonce: 'AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM',
      },
    ])
  })

  it('lead back to what a status event names, for every position', () => {
    const random = seeded(7)
    const positions = [
      0,
      1,
      131_071,
      131_072,
      positionMax,
      ...Array.from({ length: 50 }, () => random.int(2 ** 32)),
    ]
    for (const position of positions) {
      const nonce = random.bytes(32)
      const credential = credentialWith(statusEntries({ ...slot, position, nonce }))
      equal(credentialReference(credential), {
        kind: 'found',
        reference: {
          id: 'urn:uuid:1',
          networkId: slot.networkId,
          issuerOrg,
          nonce,
          handle: handleOf({ issuer: issuerOrg, nonce }),
          position,
        },
      })
    }
  })
})

suite('a reference', (it) => {
  it('needs a credential with an id', () => {
    for (const other of [null, 'text', [], {}, { id: 1 }]) is(reasonOf(other), 'not-a-credential')
  })

  it('needs an entry of the network', () => {
    const [revocation, suspension] = statusEntries(slot)
    for (const status of [undefined, {}, [], [revocation, suspension], 'list']) {
      is(reasonOf(credentialWith(status)), 'no-network-entry')
    }
  })

  it('needs exactly the three entries of one position in their order', () => {
    const [revocation, suspension, network] = statusEntries(slot)
    const [, otherSuspension] = statusEntries({ ...slot, position: 8 })
    for (const status of [
      [network],
      [revocation, network],
      [suspension, revocation, network],
      [network, revocation, suspension],
      [revocation, otherSuspension, network],
      [revocation, suspension, network, network],
      [{ ...revocation, statusListIndex: '131072' }, suspension, network],
      [{ ...revocation, statusListIndex: '07' }, suspension, network],
      [{ ...revocation, statusListIndex: 7 }, suspension, network],
      [{ ...revocation, statusSize: '1' }, suspension, network],
      [
        { ...revocation, statusListCredential: 'https://elsewhere.example/revocation/1' },
        suspension,
        network,
      ],
    ]) {
      is(reasonOf(credentialWith(status)), 'status-entries', JSON.stringify(status))
    }
  })

  it('is refused when the entry of the network is altered', () => {
    const [revocation, suspension, network] = statusEntries(slot)
    for (const alteration of [
      { nonce: 'AwM' },
      { nonce: `${network.nonce}=` },
      { issuer: 'college' },
      { network: 'AB'.repeat(32) },
      { note: 'x' },
    ]) {
      is(reasonOf(credentialWith([revocation, suspension, { ...network, ...alteration }])), 'status-entries')
    }
  })

  it('survives a credential that says nothing but nonsense', () => {
    const random = seeded(3)
    const words = [
      null,
      1,
      'ChirographStatusEntry',
      'x'.repeat(5000),
      [],
      {},
      'https://a.example/revocation/99999999',
    ]
    for (let i = 0; i < 300; i++) {
      const entry = (): unknown => ({
        type: random.pick(words),
        network: random.pick(words),
        statusListCredential: random.pick(words),
        statusListIndex: random.pick(words),
        nonce: random.pick(words),
      })
      ok(reasonOf(credentialWith([entry(), entry(), entry()])) !== 'found')
    }
  })
})
