import { canonicalizeJson } from '@chirograph/codec'
import { verify } from '@chirograph/verifier'
import { is, ok, suite } from '../../workspace/kit.ts'
import { credentialOf, issueOnLog, optionsOf, sign, statusProof } from './issued.ts'

const document = credentialOf()
const credential = sign(document)
const restricted = issueOnLog(document, {
  later: [
    (handle) => ({ kind: 'status.revoke', entries: [{ handle, position: null }], reason: 'withdrawn' }),
  ],
})

suite('a status proof with one byte changed', (it) => {
  const proof = statusProof(issueOnLog(document))
  const flips = [0x01, 0x10, 0x80, 0xff]

  it('passes unchanged', () => {
    is(verify(credential, optionsOf(proof)).verdict, 'pass')
  })

  it(
    'never passes',
    () => {
      const passed: string[] = []
      for (let at = 0; at < proof.length; at++) {
        for (const flip of flips) {
          const mutated = proof.slice()
          mutated[at] = (mutated[at] ?? 0) ^ flip
          if (verify(credential, optionsOf(mutated)).verdict === 'pass') passed.push(`byte ${at} ^ ${flip}`)
        }
      }
      is(passed.join(', '), '')
      ok(proof.length > 1000)
    },
    { timeoutMs: 120_000 },
  )

  it('never passes cut short or with a byte more', () => {
    for (let length = 0; length < proof.length; length += 7) {
      is(verify(credential, optionsOf(proof.slice(0, length))).verdict, 'fail')
    }
    is(verify(credential, optionsOf(Uint8Array.from([...proof, 0]))).verdict, 'fail')
  })

  it(
    'never turns a revocation into a pass',
    () => {
      const revoked = statusProof(restricted)
      for (let at = 0; at < revoked.length; at++) {
        const mutated = revoked.slice()
        mutated[at] = (mutated[at] ?? 0) ^ 0x01
        is(verify(credential, optionsOf(mutated)).verdict, 'fail')
      }
    },
    { timeoutMs: 60_000 },
  )
})

suite('a credential with one character changed', (it) => {
  const proof = statusProof(issueOnLog(document))
  const text = canonicalizeJson(credential)

  it(
    'never passes',
    () => {
      is(verify(text, optionsOf(proof)).verdict, 'pass')
      const passed: string[] = []
      for (let at = 0; at < text.length; at++) {
        const changed = String.fromCharCode(text.charCodeAt(at) ^ 1)
        const mutated = text.slice(0, at) + changed + text.slice(at + 1)
        if (verify(mutated, optionsOf(proof)).verdict === 'pass')
          passed.push(`${at}: ${mutated.slice(at - 20, at + 20)}`)
      }
      is(passed.join('\n'), '')
    },
    { timeoutMs: 60_000 },
  )
})
