/** The implementation against the vectors of events and the log. */
import { contentIdBytes, decode, encode, leafHash, parseContentId } from '@chirograph/codec'
import { nobleEd25519, signingBytes } from '@chirograph/crypto'
import {
  assembleEvent,
  credentialDigest,
  decodeBody,
  decodeEvent,
  decodeHeader,
  decodeSegment,
  type EventKind,
  encodeBody,
  encodeEvent,
  encodeHeader,
  encodeSegment,
  handleOf,
  isSignedBy,
  leafOf,
  type OrgId,
  parseOrgId,
  runBytes,
  runBytesMax,
  verifyEvent,
  verifySegment,
  wholeEvents,
} from '@chirograph/event'
import {
  checkForkEvidence,
  cutEntryShape,
  cutOf,
  cutRoot,
  decodeChanges,
  decodeForkEvidence,
  decodeFrontier,
  encodeChanges,
  encodeForkEvidence,
  encodeFrontier,
  frontierDigest,
  orderEvents,
} from '@chirograph/log'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { bytesOf, decodeNotation, encodeNotation, hexOf, joinParts } from './notation.ts'
import { readVectors } from './read-vectors.ts'
import { segmentOfLeases } from './second-implementation.ts'

suite('vectors: headers and bodies', (it) => {
  it('reads every field of a header at its position', () => {
    const { cases, positions } = readVectors('event-headers')
    const numbers = new Map(Object.entries(readVectors('event-bodies').vocabularies.kinds))
    for (const { name, input, output } of cases) {
      const decoded = decodeHeader(bytesOf(output.bytes))
      ok(decoded.kind === 'decoded', name)
      is(decoded.id, output.id)
      const { header } = decoded
      const { fields: values } = input
      ok(Array.isArray(values))
      const fields = new Map<string, unknown>(positions.map((position, i) => [position, values[i]]))
      const { version, generation, sequence, bodyLength, timeMs } = header
      for (const [position, value] of Object.entries({ version, generation, sequence, bodyLength, timeMs }))
        is(fields.get(position), value, position)
      is(fields.get('kind'), numbers.get(header.kind))
      equal(fields.get('author'), { bytes: header.author })
      equal(fields.get('networkId'), { bytes: hexOf(header.networkId) })
      equal(fields.get('bodyHash'), { bytes: hexOf(header.bodyHash) })
      equal(fields.get('prev'), header.prev === null ? null : { link: header.prev })
      equal(
        fields.get('references'),
        header.references.map((link) => ({ link })),
      )
      is(hexOf(encodeHeader(header)), output.bytes)
    }
  })

  it('refuses headers with their reasons', () => {
    for (const { name, input, reason } of readVectors('event-headers').refused)
      is(outcomeOf(decodeHeader(joinParts(input.bytes))), reason, name)
  })

  it('reads bodies of every kind, and writes them back', () => {
    const { cases, vocabularies } = readVectors('event-bodies')
    equal(new Set(cases.map(({ input }) => input.kind)), new Set(Object.keys(vocabularies.kinds)))
    for (const { name, input, output } of cases) {
      const decoded = decodeBody(input.kind, bytesOf(output.bytes))
      ok(decoded.kind === 'decoded', name)
      is(decoded.body.kind, input.kind)
      is(hexOf(encodeBody(decoded.body)), output.bytes)
    }
  })

  it('decodes and encodes bodies of every kind from 8 on, and refuses what is none', () => {
    const { cases, refused, vocabularies } = readVectors('later-bodies')
    equal(new Set(cases.map(({ input }) => input.kind)), new Set(Object.keys(vocabularies.kinds)))
    for (const { name, input, output } of cases) {
      const decoded = decodeBody(input.kind, bytesOf(output.bytes))
      ok(decoded.kind === 'decoded', name)
      is(decoded.body.kind, input.kind)
      is(hexOf(encodeBody(decoded.body)), output.bytes)
    }
    for (const { name, input, reason } of refused)
      is(outcomeOf(decodeBody(input.kind, bytesOf(input.bytes))), reason, name)
  })

  it('takes 1,000 entries and not one more', () => {
    const body = (count: number) => {
      const entries = Array.from({ length: count }, (_, i) => [
        { bytes: i.toString(16).padStart(64, '0') },
        null,
      ])
      return encodeNotation([entries])
    }
    is(decodeBody('status.reinstate', body(1_000)).kind, 'decoded')
    is(outcomeOf(decodeBody('status.reinstate', body(1_001))), 'malformed-body')
  })

  it('refuses bodies with their reasons', () => {
    for (const { name, input, reason } of readVectors('event-bodies').refused) {
      is(outcomeOf(decodeBody(input.kind satisfies EventKind, bytesOf(input.bytes))), reason, name)
    }
  })
})

suite('vectors: signed events', (it) => {
  const vectors = readVectors('events')
  const networkId = bytesOf(vectors.networkId)

  it('signs, assembles, encodes and verifies them', () => {
    for (const { name, input, output } of vectors.cases) {
      const [seed, headerBytes, bodyBytes] = [input.seed, input.headerBytes, input.bodyBytes].map(
        bytesOf,
      ) as [Uint8Array, Uint8Array, Uint8Array] // three in, three out
      const signature = nobleEd25519.sign({ seed, message: signingBytes('event', headerBytes) })
      is(hexOf(signature), output.signature)
      const made = assembleEvent({ headerBytes, signature, bodyBytes })
      ok(made.kind === 'decoded', name)
      is(hexOf(encodeEvent(made.event)), output.bytes)
      const decoded = decodeEvent(bytesOf(output.bytes))
      equal(decoded, made)
      is(made.event.id, output.id)
      const logKey = bytesOf(output.logKey)
      is(verifyEvent({ event: made.event, networkId, logKey, ed25519: nobleEd25519 }).kind, 'verified')
    }
  })

  it('refuses events with their reasons', () => {
    for (const { name, input, reason } of vectors.refused) {
      const decoded = decodeEvent(joinParts(input.bytes))
      if (input.stage === 'decode') {
        is(outcomeOf(decoded), reason, name)
        continue
      }
      ok(decoded.kind === 'decoded', name)
      const logKey = input.logKey ? bytesOf(input.logKey) : undefined
      is(
        outcomeOf(verifyEvent({ event: decoded.event, networkId, logKey, ed25519: nobleEd25519 })),
        reason,
        name,
      )
    }
  })

  it('binds credentials to the log', () => {
    const { handles, digests, leaves } = readVectors('credential-binding')
    for (const { input, output } of handles) {
      is(hexOf(handleOf({ issuer: orgOf(input.org), nonce: bytesOf(input.nonce) })), output.handle)
    }
    for (const { input, output } of digests) is(hexOf(credentialDigest(input.credential)), output.digest)
    for (const { input, output } of leaves) {
      is(hexOf(leafOf({ handle: bytesOf(input.handle), digest: bytesOf(input.digest) })), output.leaf)
    }
  })
})

suite('vectors: segments', (it) => {
  const vectors = readVectors('segments')
  const context = { networkId: bytesOf(vectors.networkId), ed25519: nobleEd25519 }
  /** The first reason to refuse it, as far as that goes: to decode, to verify, to admit. */
  const judge = (
    bytes: Uint8Array,
    { logKey = vectors.logKey, anchor = null }: { logKey?: string | null; anchor?: string | null },
  ) => {
    const decoded = decodeSegment(bytes)
    if (decoded.kind === 'reject') return { stage: 'decode', reason: decoded.reason }
    const verified = verifySegment({
      ...context,
      segment: decoded.segment,
      logKey: logKey === null ? undefined : bytesOf(logKey),
      anchor: anchor === null ? null : (parseContentId(anchor) ?? null),
    })
    if (verified.kind === 'reject') return { stage: 'verify', reason: verified.reason }
    const whole = wholeEvents(verified.events)
    if (whole.kind === 'reject') return { stage: 'admit', reason: whole.reason, events: verified.events }
    return { stage: 'whole', reason: 'accepted', events: verified.events }
  }

  it('finds them authentic, and gives no event a signature that was not checked', () => {
    for (const { name, input, output } of vectors.cases) {
      const [items, signature] = input.fields as [
        [{ bytes: string }, { bytes: string } | null][],
        { bytes: string } | null,
      ] // by its positions
      const judged = judge(bytesOf(output.bytes), input)
      ok(judged.events, `${name}: ${judged.reason}`)
      equal(
        judged.events.map(({ id }) => id),
        output.ids,
      )
      const signatures = judged.events.map((event) => event.signature && { bytes: hexOf(event.signature) })
      equal(signatures, [...output.ids.slice(1).map(() => null), signature])
      is(judged.stage, items.some(([, body]) => body === null) ? 'admit' : 'whole')
      const parts = items.map(([header, body]) => {
        return { headerBytes: bytesOf(header.bytes), bodyBytes: body && bytesOf(body.bytes) }
      })
      is(
        hexOf(encodeSegment({ items: parts, signature: signature && bytesOf(signature.bytes) })),
        output.bytes,
      )
    }
  })

  it('refuses segments where and why the vectors say', () => {
    for (const { name, input, reason } of vectors.refused) {
      const judged = judge(joinParts(input.bytes), input)
      equal([judged.stage, judged.reason], [input.stage, reason], name)
    }
  })

  it('takes the longest run that a proof has room for, and not one event more', () => {
    for (const { name, input, output } of [...vectors.runs, ...vectors.refusedRuns]) {
      const decoded = decodeSegment(segmentOfLeases({ ...vectors, ...input }))
      is(outcomeOf(decoded), output.runBytes <= runBytesMax ? 'accepted' : 'oversize', name)
      if (decoded.kind === 'reject') continue
      const { events } = decoded.segment
      is(
        events.reduce((sum, { header }) => sum + runBytes(header), 0),
        output.runBytes,
      )
      is(judge(encodeSegment({ items: events, signature: decoded.segment.signature }), {}).stage, 'whole')
    }
  })
})

suite('vectors: cuts, frontiers, forks', (it) => {
  it('reads cut entries and changes, and computes cut roots', () => {
    const { entries, changes, roots } = readVectors('cuts')
    const entryAt = (hex: string) => {
      const decoded = decode(cutEntryShape, bytesOf(hex), { bytesMax: 128 })
      ok(decoded.ok)
      return decoded.value
    }
    for (const { output } of entries) is(hexOf(encode(cutEntryShape, entryAt(output.bytes))), output.bytes)
    for (const { output } of changes) {
      const decoded = decodeChanges(bytesOf(output.bytes))
      ok(decoded.ok)
      is(hexOf(encodeChanges(decoded.value)), output.bytes)
    }
    for (const { input, output } of roots) {
      is(hexOf(cutRoot(cutOf(input.entries.map(entryAt).reverse()))), output.root)
      equal(
        input.entries.map((entry) => hexOf(leafHash(bytesOf(entry)))),
        output.leaves,
      )
    }
  })

  it('puts events into their final order', () => {
    for (const { name, input, output } of readVectors('cuts').orders) {
      const events = input.events.map(({ id, prev, references, ...header }) => {
        return {
          id: idOf(id),
          header: { ...header, prev: prev === null ? null : idOf(prev), references: references.map(idOf) },
        }
      })
      equal(
        orderEvents(events).map(({ id }) => id),
        output.order,
        name,
      )
      equal(
        orderEvents(events.reverse()).map(({ id }) => id),
        output.order,
        name,
      )
    }
  })

  it('reads frontiers and computes their digests', () => {
    for (const { name, output } of readVectors('frontiers').cases) {
      const decoded = decodeFrontier(bytesOf(output.bytes))
      ok(decoded.ok, name)
      is(hexOf(encodeFrontier(decoded.value)), output.bytes)
      is(hexOf(frontierDigest(decoded.value)), output.digest)
    }
  })

  it('refuses changes and frontiers with their codes', () => {
    for (const { name, input, reason } of readVectors('cuts').refused)
      is(outcomeOf(decodeChanges(joinParts(input.bytes))), reason, name)
    for (const { name, input, reason } of readVectors('frontiers').refused)
      is(outcomeOf(decodeFrontier(bytesOf(input.bytes))), reason, name)
  })

  it('believes the proof of a fork', () => {
    for (const { input, output } of readVectors('fork-evidence').cases) {
      const evidence = decodeForkEvidence(bytesOf(output.bytes))
      ok(evidence)
      is(hexOf(encodeForkEvidence(evidence)), output.bytes)
      const { author, generation, sequence } = output
      const context = {
        networkId: bytesOf(input.networkId),
        logKey: bytesOf(input.logKey),
        ed25519: nobleEd25519,
      }
      equal(checkForkEvidence({ evidence, ...context }), { kind: 'valid', author, generation, sequence })
      for (const signed of [evidence.first, evidence.second]) ok(isSignedBy({ signed, ...context }))
    }
  })

  it('refuses proofs of forks with their reasons', () => {
    for (const { name, input, reason } of readVectors('fork-evidence').refused) {
      const [first, second] = (
        decodeNotation(bytesOf(input.bytes)) as [{ bytes: string }, { bytes: string }][]
      ).map(([header, signature]) => {
        return { headerBytes: bytesOf(header.bytes), signature: bytesOf(signature.bytes) }
      }) // two headers, each with its signature
      ok(first && second)
      const context = {
        networkId: bytesOf(input.networkId),
        logKey: bytesOf(input.logKey),
        ed25519: nobleEd25519,
      }
      const evidence = { kind: 'evidence.fork', first, second } as const
      is(outcomeOf(checkForkEvidence({ evidence, ...context })), reason, name)
      const isBody = reason === 'wrong-network' || reason === 'bad-signature'
      is(decodeForkEvidence(bytesOf(input.bytes)) !== undefined, isBody, name)
    }
  })
})

type Outcome = {
  readonly ok?: boolean
  readonly code?: string
  readonly kind?: string
  readonly reason?: string
}

/** The reason or code of a refusal, or that there was none. */
function outcomeOf(outcome: Outcome): string {
  return outcome.code ?? outcome.reason ?? 'accepted'
}

function idOf(text: string) {
  const id = parseContentId(text)
  ok(id)
  is(contentIdBytes(id).length, 36)
  return id
}

function orgOf(text: string): OrgId {
  const org = parseOrgId(text)
  ok(org)
  return org
}
