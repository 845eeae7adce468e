/** A leader whose headers say what is not so: of the state, the log, their height or their time, or of what was skipped. */
import { toHex } from '@chirograph/codec'
import {
  createHeader,
  type Header,
  type HeaderCore,
  type HeaderRest,
  type Proposal,
  proposalSigningBytes,
} from '@chirograph/consensus'
import { cutRoot, encodeChanges } from '@chirograph/log'
import { stateRoot } from '@chirograph/status'
import { type ActorMaker, type ActorMeans, type Delivery, messageFrom, toEach } from './actor.js'
import { ownProposalIn, remade } from './own-proposal.js'

/** Far beyond every clock. */
const hourMs = 3_600_000

/** Proposals of one view at once: more than anybody keeps. */
const floodSize = 8

type Lie = (means: ActorMeans, proposal: Proposal) => Proposal | undefined

const lies: Readonly<Record<string, Lie>> = {
  'false state roots': (means, proposal) =>
    resigned(means, proposal, { core: { stateRoot: toHex(means.random.bytes(32)) } }),
  'false log roots': (means, proposal) =>
    resigned(means, proposal, { rest: { logRoot: toHex(means.random.bytes(32)) } }),
  'false next sets': (means, proposal) =>
    resigned(means, proposal, { core: { nextSetHash: toHex(means.random.bytes(32)) } }),
  'false heights': (means, proposal) => remade(means, proposal, { higher: 1 }),
  'times of the parent': (means, proposal) => {
    const parent = means.replica()?.chain.get(proposal.header.rest.parent)
    return parent && resigned(means, proposal, { core: { timeMs: parent.header.core.timeMs } })
  },
  'times to come': (means, proposal) => remade(means, proposal, { laterMs: hourMs }),
  'headers beside a notarized one': besideNotarized,
}

export const lyingLeader: ActorMaker = (means) => {
  /** What is said instead, by the digest of what its replica proposed; the same to all, and whenever it is said. */
  const told = new Map<string, Proposal>()

  function lieInsteadOf(proposal: Proposal): Proposal {
    const { digest } = proposal.header
    const known = told.get(digest)
    if (known) return known
    const [name, lie] = means.random.pick(Object.entries(lies))
    const other = lie(means, proposal)
    if (other) means.did(name)
    else means.did('proposals as they should be')
    told.set(digest, other ?? proposal)
    return other ?? proposal
  }

  return {
    says(deliveries) {
      const [own] = deliveries.flatMap((delivery) => ownProposalIn(means, delivery) ?? [])
      const extra = own && !told.has(own.header.digest) && means.random.chance(0.2) ? flood(own) : []
      const changed = deliveries.map((delivery): Delivery => {
        const proposal = ownProposalIn(means, delivery)
        if (!proposal) return delivery
        const input = messageFrom(means, { kind: 'proposal', proposal: lieInsteadOf(proposal) })
        return { ...delivery, input }
      })
      return [...changed, ...extra]
    },
  }

  function flood(proposal: Proposal): Delivery[] {
    const others = Array.from({ length: floodSize }, (_, index) =>
      remade(means, proposal, { laterMs: index + 1 }),
    )
    means.did('floods of proposals')
    return others.flatMap((other) =>
      other ? toEach(means.victims, messageFrom(means, { kind: 'proposal', proposal: other })) : [],
    )
  }
}

/** An empty header on the final one, as if nothing had been notarized since; there is no proof that it was skipped. */
function besideNotarized(means: ActorMeans, proposal: Proposal): Proposal | undefined {
  const final = means.replica()?.final
  const { core, rest } = proposal.header
  if (!final || rest.parent === final.header.digest) return undefined
  const header = createHeader(
    {
      ...bare(core),
      height: final.header.core.height + 1,
      timeMs: Math.max(core.timeMs, final.header.core.timeMs + 1),
      stateRoot: toHex(stateRoot(final.state)),
    },
    {
      parent: final.header.digest,
      cutRoot: toHex(cutRoot(final.cut)),
      logRoot: final.header.rest.logRoot,
      logSize: final.header.rest.logSize,
    },
  )
  return {
    header,
    changes: encodeChanges([]),
    parentCertificate: final.certificate,
    skips: [],
    signature: means.sign(proposalSigningBytes(header)),
  }
}

function resigned(
  means: ActorMeans,
  proposal: Proposal,
  { core, rest }: { readonly core?: Partial<HeaderCore>; readonly rest?: Partial<HeaderRest> },
): Proposal {
  const { header } = proposal
  const other: Header = createHeader({ ...bare(header.core), ...core }, { ...header.rest, ...rest })
  return { ...proposal, header: other, signature: means.sign(proposalSigningBytes(other)) }
}

function bare({ version: _, restHash: __, ...core }: HeaderCore) {
  return core
}
