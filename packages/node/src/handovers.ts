/** What closed epochs left, as notes of the store: one for each, from the first on or from where a snapshot began. */
import { decodeHandover, followHandover, type ValidatorSet, type VoteVerifiers } from '@chirograph/consensus'
import { type Store, type StoreOp, spaceRange } from '@chirograph/interface'
import { type Genesis, validatorSetOf } from '@chirograph/status'
import { put } from './meta.js'

const namePattern = /^handover-(0|[1-9][0-9]{0,15})$/

/** The epoch whose hand-over a note is; undefined for any other note. */
export function epochOfNote(name: string): number | undefined {
  const digits = namePattern.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

export function handoverOp({
  epoch,
  bytes,
}: {
  readonly epoch: number
  readonly bytes: Uint8Array
}): StoreOp {
  return put(`handover-${epoch}`, bytes)
}

export async function loadHandovers(store: Pick<Store, 'range'>): Promise<Map<number, Uint8Array>> {
  const handovers = new Map<number, Uint8Array>()
  for await (const [key, value] of store.range(spaceRange('meta'))) {
    const epoch = epochOfNote(new TextDecoder().decode(key.subarray(1)))
    if (epoch !== undefined) handovers.set(epoch, value)
  }
  return handovers
}

/** The validators of every epoch that the hand-overs lead to from the genesis, by its number. */
export function setsAfter(
  handovers: ReadonlyMap<number, Uint8Array>,
  { genesis, ...verifiers }: { readonly genesis: Genesis } & VoteVerifiers,
): ReadonlyMap<number, ValidatorSet> {
  let set = validatorSetOf(genesis)
  const sets = new Map([[set.epoch, set]])
  for (;;) {
    const bytes = handovers.get(set.epoch)
    const decoded = bytes && decodeHandover(bytes)
    if (!decoded?.ok) return sets
    const followed = followHandover(decoded.value, { set, ...verifiers })
    if (followed.kind === 'invalid') return sets
    set = followed.next
    sets.set(set.epoch, set)
  }
}
