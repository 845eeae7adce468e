/** genesis.json and state.json: where a network begins, and what finalised events make of it. */
import { canonicalizeJson, toHex } from '@chirograph/codec'
import { encodeEvent } from '@chirograph/event'
import { cutEntries } from '@chirograph/log'
import { genesisChainState } from '@chirograph/replica'
import {
  anchorOf,
  batchRowKey,
  credentialRowKey,
  type Genesis,
  genesisState,
  leaseRowKey,
  networkRowKey,
  orgRowKey,
  rowKindOf,
  rowsOf,
  type StateRow,
  stateRoot,
  validatorSetOf,
} from '@chirograph/status'
import { decodeNotation, hexOf } from '../notation.ts'
import { batchEvent, handles, story } from '../story.ts'
import { wireCase } from '../vector-file.ts'
import { bytes32, forker, genesis, handle, issuer, members, networkId, observer } from '../world.ts'
import { coreFields, restFields } from './proposals.ts'

export function makeGenesis() {
  const { header } = genesisChainState(genesis)
  const state = genesisState(genesis)
  return {
    description:
      'A genesis document. `canonical` is its JCS text (RFC 8785), `networkId` SHA-256(domain("genesis") ‖ UTF-8 of it), `setHash` that of the organisations with a consensus key (validator-sets.json), `rows` the state at height 0 (state.json), `stateRoot` their root (merkle-maps.json). `header` is the header of height 0, which nobody signs. Refused documents break one rule; `reason` is the path at which it shows.',
    cases: [
      {
        name: genesis.name,
        input: { document: genesis },
        output: {
          canonical: canonicalizeJson(genesis),
          networkId: hexOf(networkId),
          setHash: validatorSetOf(genesis).setHash,
          rows: [...rowsOf(state)].map(rowText),
          stateRoot: toHex(stateRoot(state)),
          header: {
            core: coreFields(header),
            rest: restFields(header),
            coreBytes: hexOf(header.coreBytes),
            restBytes: hexOf(header.restBytes),
            digest: header.digest,
          },
          anchor: anchorOf(genesis),
        },
      },
    ],
    refused: genesisRefusals(),
  }
}

function genesisRefusals() {
  const [first, second, ...others] = genesis.organisations
  if (first === undefined || second === undefined) throw new Error('five organisations')
  const withFirst = (changes: object) => ({
    ...genesis,
    organisations: [{ ...first, ...changes }, second, ...others],
  })
  const [recognised] = members
    .map(({ organisation }) => organisation)
    .filter(({ recognitions }) => recognitions.length > 0)
  if (recognised === undefined) throw new Error('the issuer is recognised')
  const { name: _name, ...nameless } = genesis
  const rows: [string, string, object][] = [
    ['version 2', 'version', { ...genesis, version: 2 }],
    ['no name', 'name', nameless],
    ['an unknown member', 'motto', { ...genesis, motto: 'x' }],
    ['a purpose that is none', 'purpose', { ...genesis, purpose: 'test' }],
    [
      'production without https',
      '',
      { ...genesis, purpose: 'production', statusListBase: 'http://lists.example/status-lists' },
    ],
    [
      'a status list base that ends in a slash',
      'statusListBase',
      { ...genesis, statusListBase: `${genesis.statusListBase}/` },
    ],
    [
      'organisations out of order',
      'organisations',
      { ...genesis, organisations: [second, first, ...others] },
    ],
    [
      'an organisation twice',
      'organisations',
      { ...genesis, organisations: [first, first, second, ...others] },
    ],
    [
      'nobody votes',
      'organisations',
      { ...genesis, organisations: genesis.organisations.map((one) => ({ ...one, consensusKey: null })) },
    ],
    ['a peer id twice', 'organisations', withFirst({ peerId: second.peerId })],
    [
      'an id that does not follow from the keys',
      'organisations[0]',
      withFirst({ nextKeyHash: hexOf(bytes32('hash')) }),
    ],
    ['an id in capitals', 'organisations[0].id', withFirst({ id: first.id.toUpperCase() })],
    ['a did:key of another', 'organisations[0]', withFirst({ dids: second.dids })],
    ['a type that is none', 'organisations[0].type', withFirst({ type: 'academy' })],
    [
      'a recognition that ends before it begins',
      'organisations[0].recognitions[0]',
      withFirst({ recognitions: [{ recordClasses: ['degree'], fromMs: 2, untilMs: 1 }] }),
    ],
    [
      'a timeout of 0',
      'parameters.viewTimeoutMs',
      { ...genesis, parameters: { ...genesis.parameters, viewTimeoutMs: 0 } },
    ],
    [
      'cuts too small for the largest event',
      'parameters.cutBytesMax',
      { ...genesis, parameters: { ...genesis.parameters, cutBytesMax: 67_647 } },
    ],
    ['a time that is no whole number', 'timeMs', { ...genesis, timeMs: 0.5 }],
  ]
  return rows.map(([name, reason, document]) => ({ name, input: { document }, reason }))
}

/** What a key says is hashed away, so the vectors name it. */
export function rowText({ key, value }: StateRow) {
  const kind = rowKindOf(value)
  if (kind === undefined) throw new Error('a row of no kind')
  const fields = decodeNotation(value)
  return { kind, key: hexOf(key), ...wireCase(kind, fields, value).input, value: hexOf(value) }
}

export function makeState() {
  return {
    description:
      'The fold: each header makes events (wire bytes, in final order) final, upon the state of genesis.json. `rows` are all rows after it, ascending by key; `stateRoot` is their root (merkle-maps.json). `cut` is the header’s cut. `keys` says how row keys come about: organisation SHA-256(domain("state-org") ‖ org); batch SHA-256(domain("state-batch") ‖ 36 bytes of the event id); credential SHA-256(domain("state-credential") ‖ org ‖ handle); lease SHA-256(domain("state-lease") ‖ org); network SHA-256(domain("state-network") ‖ UTF-8 "positions").',
    positions: rowPositions,
    vocabularies: { state: { active: 1, closed: 2 }, restriction: { revoked: 1, suspended: 2 } },
    keys: [
      ...members.map(({ id }) => ({ kind: 'organisation', input: { org: id }, key: hexOf(orgRowKey(id)) })),
      { kind: 'batch', input: { event: batchEvent.id }, key: hexOf(batchRowKey(batchEvent.id)) },
      ...[handle, ...handles].map((one) => {
        const key = credentialRowKey({ org: issuer.id, handle: one })
        return { kind: 'credential', input: { org: issuer.id, handle: hexOf(one) }, key: hexOf(key) }
      }),
      ...[issuer, observer, forker].map(({ id }) => ({
        kind: 'lease',
        input: { org: id },
        key: hexOf(leaseRowKey(id)),
      })),
      { kind: 'network', input: {}, key: hexOf(networkRowKey()) },
    ],
    genesis: networkName(genesis),
    headers: story.map(({ height, timeMs, events, cut, outcomes, state }) => ({
      name: `height ${height}`,
      input: {
        height,
        timeMs,
        events: events.map((event) => hexOf(encodeEvent(event))),
        cut: cutEntries(cut).map(({ author, generation, sequence, id }) => ({
          author,
          generation,
          sequence,
          id,
        })),
      },
      output: { outcomes, rows: [...rowsOf(state)].map(rowText), stateRoot: toHex(stateRoot(state)) },
    })),
  }
}

const networkName = ({ name }: Genesis): string => name

const rowPositions = {
  organisation: [
    'name',
    'type',
    'logKeys',
    'nextKeyHash',
    'assertionKeys',
    'dids',
    'recognitions',
    'custodian',
    'state',
    'frozen',
    'issuedPadded',
    'restricted',
  ],
  logKey: ['generation', 'key', 'fromHeight', 'untilHeight'],
  assertionKey: ['key', 'fromHeight', 'untilHeight'],
  recognition: ['recordClasses', 'fromMs', 'untilMs', 'grantedHeight'],
  frozen: ['generation', 'sequence', 'height'],
  batch: [
    'org',
    'root',
    'paddedSize',
    'recordClass',
    'credentialType',
    'height',
    'timeMs',
    'generation',
    'reaffirmedHeight',
  ],
  credential: ['restriction', 'lifted', 'position'],
  restriction: ['kind', 'reason', 'height', 'timeMs', 'untilMs', 'byOrg', 'generation'],
  lifted: ['height', 'timeMs', 'byOrg', 'generation'],
  lease: 'a list of [start, count, height]',
  network: ['nextPosition'],
}
