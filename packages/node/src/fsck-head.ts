/** Where the store says that this node is: checkpoints, the cut, and the state that the newest one commits to. */
import { decode, encode, toHex, treeRoot } from '@chirograph/codec'
import { metaKey, type StoreOp, spaceRange } from '@chirograph/interface'
import type { Cut, CutEntry } from '@chirograph/log'
import type { Checkpoint } from '@chirograph/replica'
import { type NetworkState, readClosedGenerations } from '@chirograph/status'
import { heightShape, logTreeShape } from './facts.js'
import type { Check } from './fsck.js'
import { type CheckpointChain, checkCheckpoints, checkDigests } from './fsck-checkpoints.js'
import type { AuthorNumbers } from './fsck-notes.js'
import { checkState } from './fsck-state.js'
import { checkFrontier, checkOldTips } from './fsck-tips.js'
import { put } from './meta.js'

/** What the checks of events go by. */
export interface Head {
  readonly newest: Checkpoint | null
  readonly cut: Cut
  readonly state: NetworkState
  readonly isStateSound: boolean
  /** Where closed generations ended; undefined where that is not known. */
  closedEnd(org: CutEntry['author'], generation: number): CutEntry | null | undefined
}

export async function checkHead(check: Check, authors: AuthorNumbers): Promise<Head> {
  const chain = await checkCheckpoints(check, authors)
  const newestHeight = chain.newest?.header.core.height ?? 0
  const told = await toldHeight(check, chain)
  // What was final is not there any more. Its state does not tell: a heartbeat has that of the one before.
  const isNewestMissing = told > newestHeight
  if (isNewestMissing && !chain.isHeadLost)
    check.findings.add({ code: 'newest-checkpoint', what: `checkpoint ${told} is missing` })
  const isHeadLost = chain.isHeadLost || isNewestMissing
  const { state, isStateSound } = await checkState(check, { newest: chain.newest, isHeadLost })
  await checkDigests(check, chain, { lostFrom: isHeadLost ? newestHeight + 1 : Number.POSITIVE_INFINITY })
  const tips = await checkFrontier(check, { chain, isHeadLost })
  if (!isHeadLost) await checkHeadNotes(check, chain.newest)
  const closedEnd: Head['closedEnd'] = (org, generation) => {
    if (isStateSound) {
      const end = readClosedGenerations(state, org).find((one) => one.generation === generation)
      if (end === undefined) return undefined
      return end.last === null ? null : { author: org, generation, ...end.last }
    }
    return tips.all.get(`${org}/${generation}`)
  }
  if (isStateSound && !isHeadLost) checkOldTips(check, { all: tips.all, cut: tips.cut, closedEnd })
  return { newest: chain.newest, cut: tips.cut, state, isStateSound, closedEnd }
}

/**
 * The greatest height that the store says was final, by its note or by a digest that no checkpoint here has. A node that
 * went back behind it would vote once more where it has voted, so a repair never makes it forget one.
 */
async function toldHeight({ store }: Check, { heights }: CheckpointChain): Promise<number> {
  const value = await store.get(metaKey('final-height'))
  const note = value && decode(heightShape, value, { bytesMax: 16 })
  let told = note?.ok ? note.value : 0
  for await (const [key, bytes] of store.range(spaceRange('checkpointDigest'))) {
    const height = decode(heightShape, bytes, { bytesMax: 16 })
    if (height.ok && !heights.has(toHex(key.subarray(1)))) told = Math.max(told, height.value)
  }
  return told
}

async function checkHeadNotes({ store, findings }: Check, newest: Checkpoint | null): Promise<void> {
  const [heightBytes, treeBytes] = await store.getMany(['final-height', 'log-tree'].map(metaKey))
  const rebuild = (what: string, fix: StoreOp[]) => findings.add({ code: 'note-rebuildable', what, fix })
  if (newest === null) {
    if (heightBytes !== undefined && treeBytes !== undefined)
      findings.add({
        code: 'newest-checkpoint',
        what: 'no checkpoint is here, and the notes say that there was one',
      })
    else {
      if (heightBytes) rebuild('the note final-height', [{ kind: 'delete', key: metaKey('final-height') }])
      if (treeBytes) rebuild('the note log-tree', [{ kind: 'delete', key: metaKey('log-tree') }])
    }
    return
  }
  const { core, rest } = newest.header
  const height = heightBytes && decode(heightShape, heightBytes, { bytesMax: 16 })
  if (!height?.ok || height.value !== core.height)
    rebuild(`the note final-height, which should say ${core.height}`, [
      put('final-height', encode(heightShape, core.height)),
    ])
  const tree = treeBytes && decode(logTreeShape, treeBytes, { bytesMax: 4_096 })
  const isTree = tree?.ok && tree.value.size === rest.logSize && toHex(rootOf(tree.value)) === rest.logRoot
  if (!isTree) findings.add({ code: 'log-tree', what: `the tree at height ${core.height}` })
}

function rootOf(tree: Parameters<typeof treeRoot>[0]): Uint8Array {
  try {
    return treeRoot(tree)
  } catch {
    // A number of peaks that no tree of this size has.
    return new Uint8Array()
  }
}
