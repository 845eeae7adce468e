/**
 * Every chain from its last event down: what is above names what is below by its hash, so one look at each event tells
 * whether it is the one that was agreed on. What is not final is held together, as a node that runs does.
 */
import type { EventId } from '@chirograph/codec'
import { type ChainPlace, chainRange, readEventKey, type StoreOp, spaceRange } from '@chirograph/interface'
import type { Check } from './fsck.js'
import { type ChainCheck, chainCheckOf, isClosedGeneration, type Walked } from './fsck-chain.js'
import { type Good, judge, noteFork } from './fsck-chain-events.js'
import { checkChainNotes, readChainNotes } from './fsck-chain-notes.js'
import { type Slot, slotsDown } from './fsck-chain-rows.js'
import { createFinalWalk } from './fsck-final.js'
import type { Head } from './fsck-head.js'
import { type AuthorNumbers, behind, padded } from './fsck-notes.js'
import { judgePending } from './fsck-pending.js'
import { removeStray, takeStray } from './fsck-strays.js'
import { createPlaceSet } from './place-set.js'

export async function checkChains(check: Check, authors: AuthorNumbers, head: Head): Promise<Walked> {
  const walked: Walked = {
    held: createPlaceSet(),
    arrived: createPlaceSet(),
    gone: createPlaceSet(),
    missing: new Set(),
    indexed: createPlaceSet(),
    forks: [],
    open: new Set(),
    events: { count: 0, pruned: 0, toFetch: 0 },
  }
  const notes = await readChainNotes(check, authors)
  const chains = await chainsOf(check, authors, head)
  for (const place of chains) {
    const org = authors.orgOf(place.author)
    if (org === undefined) await nameForeign(check, place, walked)
    else await checkChain(await chainCheckOf({ check, head, org, place, walked, notes: notes.of(place) }))
  }
  notes.checkOthers(chains, head.cut)
  return walked
}

/** Chains of which something is here, and those of which something must be; of each author the latest first, which tell of the earlier ones. */
async function chainsOf({ store }: Check, authors: AuthorNumbers, head: Head): Promise<ChainPlace[]> {
  const chains = new Map<string, ChainPlace>()
  const note = (place: ChainPlace) => void chains.set(`${place.author}/${place.generation}`, place)
  for (const space of ['event', 'body'] as const) {
    const all = spaceRange(space)
    for (let from: Uint8Array | undefined = all.from; from !== undefined; ) {
      const bounds = { from, to: all.to, limit: 1 }
      from = undefined
      for await (const [key] of store.range(bounds)) {
        const { author, generation } = readEventKey(padded(key))
        note({ author, generation })
        from = chainRange(space, { author, generation }).to
        if (key.length < 9) from = behind(key)
      }
    }
  }
  for (const { author: org, generation } of head.cut.values()) {
    const author = authors.numberOf(org)
    if (author === undefined) continue
    for (let at = 0; at <= generation; at++) note({ author, generation: at })
  }
  return [...chains.values()].sort((a, b) => a.author - b.author || b.generation - a.generation)
}

/** Events under a number that is nobody's, or under a key that is none. */
async function nameForeign({ store, findings }: Check, place: ChainPlace, walked: Walked): Promise<void> {
  const fix: StoreOp[] = []
  for (const space of ['event', 'body'] as const)
    for await (const [key] of store.range(chainRange(space, place))) {
      fix.push({ kind: 'delete', key })
      if (key.length === 18) walked.gone.add(readEventKey(key))
    }
  findings.add({
    code: 'unknown-row',
    what: `events under the number ${place.author}, which is no author's`,
    generation: place.generation,
    fix,
  })
}

async function checkChain(chain: ChainCheck): Promise<void> {
  const { check, org, place, walked, tip } = chain
  const final = createFinalWalk(chain)
  const pending: Good[] = []
  const brokenPending: Slot[] = []
  let above: ReadonlySet<EventId> = new Set()
  for await (const { sequence, slots } of slotsDown(check, place)) {
    for (const slot of slots) if (slot.value !== undefined) walked.held.add(slot.place)
    const isFinal = tip != null && sequence <= tip.sequence
    const expected = isFinal ? final.expectedAt(sequence) : undefined
    const { good, broken } = await judge(chain, slots, { expected, above })
    above = new Set(good.flatMap(({ header: { prev } }) => prev ?? []))
    noteFork(chain, sequence, good)
    if (isFinal) final.take(sequence, { good, broken })
    else if (tip === null && isClosedGeneration(chain)) {
      for (const one of good) takeStray(chain, one)
      for (const slot of broken) removeStray(chain, slot, 'it was passed over, and is read by nobody')
    } else {
      pending.push(...good)
      brokenPending.push(...broken)
    }
  }
  const met = final.end()
  checkChainNotes(chain, met)
  if (met.isOpen) walked.open.add(org)
  else walked.open.delete(org)
  judgePending(chain, { pending, broken: brokenPending })
}
