import { anchorOf, validatorSetOf, validatorSetOfAnchor } from '@chirograph/status'
import { parseAnchor } from '@chirograph/verifier'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { anchor, network } from './issued.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test document is changed in ways that its type forbids
type Loose = any

function refuses(change: (document: Loose) => void, path: string, detail: string): void {
  const document: Loose = JSON.parse(JSON.stringify(anchor))
  change(document)
  const parsed = parseAnchor(document)
  ok(parsed.kind === 'invalid', `accepted, expected ${path}: ${detail}`)
  is(parsed.path, path)
  ok(parsed.detail.includes(detail), `${parsed.detail}, expected ${detail}`)
}

suite('anchor', (it) => {
  it('reads what the genesis gives, as text or value, and stands for the same validators', () => {
    for (const source of [
      anchor,
      JSON.stringify(anchor),
      JSON.stringify(anchorOf(network.genesis), null, 2),
    ]) {
      const parsed = parseAnchor(source)
      ok(parsed.kind === 'anchor')
      equal(parsed.anchor, anchor)
      equal(validatorSetOfAnchor(parsed.anchor), validatorSetOf(network.genesis))
    }
  })

  it('V7: refuses every document that is not exactly an anchor', () => {
    refuses((d) => (d.comment = ''), 'comment', 'not a known field')
    refuses((d) => delete d.height, 'height', 'is missing')
    refuses((d) => (d.type = 'genesis'), 'type', 'must be one of chirograph-anchor')
    refuses((d) => (d.version = 2), 'version', 'must be one of 1')
    refuses((d) => (d.networkId = 'ab'), 'networkId', 'hex')
    refuses((d) => (d.validators.epoch = -1), 'validators.epoch', 'from 0')
    refuses((d) => (d.validators.members = []), 'validators.members', 'at least 1')
    refuses((d) => (d.validators.members[0].key = 'z6Mk'), 'validators.members[0].key', 'multikey')
    refuses((d) => (d.validators.members[1].org = d.validators.members[0].org), 'validators.members', 'twice')
    refuses((d) => (d.validators.members[1].key = d.validators.members[0].key), 'validators.members', 'twice')
    const member = anchor.validators.members[0]
    refuses((d) => (d.validators.members = Array(201).fill(member)), 'validators.members', 'at most 200')
    for (const source of [null, 7, '', '[]', `{"version":1`, ' '.repeat(262_145)]) {
      is(parseAnchor(source).kind, 'invalid')
    }
  })
})
