import { parseJson } from '@chirograph/codec'
import { quorumOf } from '@chirograph/consensus'
import {
  anchorOf,
  genesisState,
  networkIdOf,
  orgOfDid,
  parseGenesis,
  readOrg,
  validatorSetOf,
  validatorSetOfAnchor,
} from '@chirograph/status'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { makeMember, makeNetwork } from './network.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test document is changed in ways that its type forbids
type Loose = any

const { genesis } = makeNetwork()

/** A copy of the valid document with one change, parsed. */
function parseChanged(change: (document: Loose) => void): { path: string; detail: string } | 'accepted' {
  const document: Loose = JSON.parse(JSON.stringify(genesis))
  change(document)
  const parsed = parseGenesis(document)
  return parsed.kind === 'genesis' ? 'accepted' : { path: parsed.path, detail: parsed.detail }
}

function refuses(change: (document: Loose) => void, path: string, detail: string): void {
  const result = parseChanged(change)
  ok(result !== 'accepted', `accepted, expected ${path}: ${detail}`)
  is(result.path, path)
  ok(result.detail.includes(detail), `${result.path}: ${result.detail}, expected ${detail}`)
}

function silence(organisations: Loose[]): void {
  for (const organisation of organisations) organisation.consensusKey = null
}

suite('genesis', (it) => {
  it('reads its own text back as the same document and the same network id', () => {
    const parsed = parseGenesis(JSON.stringify(genesis, null, 2))
    ok(parsed.kind === 'genesis')
    equal(parsed.genesis, genesis)
    equal(networkIdOf(parsed.genesis), networkIdOf(genesis))
  })

  it('G2: changes the network id with any field', () => {
    const before = networkIdOf(genesis)
    const others = [
      { ...genesis, name: 'Another network' },
      { ...genesis, timeMs: genesis.timeMs + 1 },
      { ...genesis, parameters: { ...genesis.parameters, heartbeatMs: 1 } },
      { ...genesis, organisations: genesis.organisations.slice(1) },
    ]
    for (const other of others) ok(Buffer.compare(networkIdOf(other), before) !== 0)
  })

  it('G1: refuses unknown, missing and ill-typed fields, and says where', () => {
    refuses((d) => (d.comment = 'hello'), 'comment', 'not a known field')
    refuses((d) => (d.organisations[1].email = 'x'), 'organisations[1].email', 'not a known field')
    refuses((d) => delete d.parameters.heartbeatMs, 'parameters.heartbeatMs', 'is missing')
    refuses((d) => (d.version = 2), 'version', 'must be one of 1')
    refuses((d) => (d.version = '1'), 'version', 'must be one of 1')
    refuses((d) => (d.timeMs = 1.5), 'timeMs', 'whole number')
    refuses((d) => (d.timeMs = -1), 'timeMs', 'from 0')
    refuses((d) => (d.timeMs = 8.64e15 + 1), 'timeMs', 'from 0')
    refuses((d) => (d.organisations = {}), 'organisations', 'must be a list')
    refuses((d) => (d.parameters = []), 'parameters', 'must be an object')
    refuses((d) => (d.purpose = 'test'), 'purpose', 'must be one of demo, production')
    refuses((d) => (d.organisations[0].type = 'school'), 'organisations[0].type', 'must be one of')
    equal(parseGenesis(null), { kind: 'invalid', path: '', detail: 'must be an object' })
    equal(parseGenesis(undefined), { kind: 'invalid', path: '', detail: 'must be an object' })
  })

  it('G1: refuses text that is not strict JSON', () => {
    const text = JSON.stringify(genesis)
    is(parseGenesis(`${text}x`).kind, 'invalid')
    is(parseGenesis(text.replace('"version":1', '"version":1,"version":1')).kind, 'invalid')
    ok(parseJson(text, { bytesMax: 1_000_000 }).ok)
  })

  it('G3: bounds every text, list and number', () => {
    refuses((d) => (d.name = ''), 'name', 'must not be empty')
    refuses((d) => (d.name = 'x'.repeat(121)), 'name', 'at most 120')
    is(
      parseChanged((d) => (d.name = '—'.repeat(120))),
      'accepted',
    )
    for (const name of [
      'two\nlines',
      'turned \u202e around',
      '\ufeffmark',
      'lone \ud800 half',
      'bell \u0007',
    ]) {
      refuses((d) => (d.name = name), 'name', 'one line of plain text')
    }
    refuses((d) => (d.organisations = []), 'organisations', 'at least 1')
    refuses((d) => (d.organisations[0].peerId = 'a b'), 'organisations[0].peerId', 'peer id')
    refuses((d) => (d.organisations[0].peerId = 'a'.repeat(129)), 'organisations[0].peerId', 'at most 128')
    refuses((d) => (d.parameters.viewTimeoutMs = 0), 'parameters.viewTimeoutMs', 'from 1')
    refuses((d) => (d.parameters.clockBoundMs = 3_600_001), 'parameters.clockBoundMs', 'to 3600000')
    const seventeen = Array.from({ length: 17 }, (_, i) => makeMember(100 + i).organisation.assertionKeys[0])
    refuses(
      (d) => (d.organisations[0].assertionKeys = seventeen),
      'organisations[0].assertionKeys',
      'at most 16',
    )
  })

  it('G4: refuses an organisation whose id does not follow from its keys', () => {
    const detail = 'does not follow from its keys'
    refuses((d) => (d.organisations[0].id = 'ff'.repeat(32)), 'organisations[0]', detail)
    refuses((d) => (d.organisations[2].nextKeyHash = '00'.repeat(32)), 'organisations[2]', detail)
    refuses((d) => (d.organisations[0].id = 'FF'.repeat(32)), 'organisations[0].id', 'lowercase hex')
    refuses((d) => (d.organisations[0].logKey = 'z6Mk'), 'organisations[0].logKey', 'multikey')
  })

  it('G5: refuses a did:key that is no key of its organisation, and other DID methods', () => {
    const foreign = makeMember(9).member.did
    refuses((d) => d.organisations[0].dids.push(foreign), 'organisations[0]', 'none of its assertion keys')
    refuses((d) => (d.organisations[0].dids = ['did:ion:abc']), 'organisations[0].dids[0]', 'did:web')
    refuses(
      (d) => (d.organisations[0].dids = ['did:web:a.example#key']),
      'organisations[0].dids[0]',
      'did:web',
    )
  })

  it('G6: refuses organisations out of order or twice', () => {
    refuses((d) => d.organisations.reverse(), 'organisations', 'ascending order')
    refuses((d) => d.organisations.splice(1, 0, d.organisations[0]), 'organisations', 'ascending order')
  })

  it('G7: refuses a key, a peer id or a DID that is used twice', () => {
    const path = 'organisations'
    refuses(
      (d) => (d.organisations[1].consensusKey = d.organisations[0].consensusKey),
      path,
      'use a key twice',
    )
    refuses((d) => (d.organisations[1].consensusKey = d.organisations[0].logKey), path, 'use a key twice')
    refuses((d) => d.organisations[1].assertionKeys.push(d.organisations[1].logKey), path, 'use a key twice')
    refuses((d) => (d.organisations[1].peerId = d.organisations[0].peerId), path, 'use a peer id twice')
    refuses((d) => d.organisations[1].dids.push(d.organisations[0].dids[0]), path, 'use a DID twice')
  })

  it('G8: takes 1 to 200 voting organisations', () => {
    const path = 'organisations'
    refuses((d) => silence(d.organisations), path, 'at least one consensus key')
    is(
      parseChanged((d) => silence(d.organisations.slice(1))),
      'accepted',
    )
    const many = Array.from({ length: 201 }, (_, index) => makeMember(index).organisation)
    many.sort((a, b) => (a.id < b.id ? -1 : 1))
    refuses((d) => (d.organisations = many), path, 'at most 200')
    const parsed = parseGenesis({ ...genesis, organisations: many.slice(0, 200) })
    ok(parsed.kind === 'genesis')
    is(quorumOf(validatorSetOf(parsed.genesis)), 134)
  })

  it('G9: refuses a recognition that ends before it begins or names a class twice', () => {
    const path = 'organisations[0].recognitions[0]'
    refuses((d) => (d.organisations[0].recognitions[0].untilMs = 0), path, 'ends before it begins')
    refuses(
      (d) => (d.organisations[0].recognitions[0].recordClasses = []),
      `${path}.recordClasses`,
      'at least 1',
    )
    refuses(
      (d) => (d.organisations[0].recognitions[0].recordClasses = ['degree', 'degree']),
      `${path}.recordClasses`,
      'names a class twice',
    )
    refuses(
      (d) => (d.organisations[0].recognitions[0].recordClasses = ['diploma']),
      `${path}.recordClasses[0]`,
      'must be one of',
    )
  })

  it('G10: takes plain http for a demonstration only', () => {
    const base = 'http://127.0.0.1:8080/status-lists'
    is(
      parseChanged((d) => (d.statusListBase = base)),
      'accepted',
    )
    refuses(
      (d) => {
        d.statusListBase = base
        d.purpose = 'production'
      },
      '',
      'by https',
    )
    refuses((d) => (d.statusListBase = 'https://lists.example/'), 'statusListBase', 'without a slash')
    refuses((d) => (d.statusListBase = 'https://a.example/x?y'), 'statusListBase', 'web address')
  })

  it('gives every organisation a row with its keys from height 0 on, classes in the order of their numbers', () => {
    const network = makeNetwork()
    const state = genesisState(network.genesis)
    const [first] = network.members
    const row = readOrg(state, first.id)
    ok(row !== undefined)
    is(row.logKeys.length, 1)
    is(row.logKeys[0]?.untilHeight, null)
    equal(row.recognitions, [
      { recordClasses: ['degree', 'certificate-noncredit'], fromMs: 0, untilMs: null, grantedHeight: 0 },
    ])
    is(row.frozen, null)
    is(orgOfDid(state, first.did), first.id)
    is(orgOfDid(state, 'did:web:nobody.example'), undefined)
  })

  it('names in the anchor exactly the validators of the genesis', () => {
    equal(validatorSetOfAnchor(anchorOf(genesis)), validatorSetOf(genesis))
  })
})
