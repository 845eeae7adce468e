/** Fetching the checkpoints that come next here, and finding out that no member has kept them. */
import { faultsOf } from '@chirograph/consensus'
import type { Network } from '@chirograph/interface'
import { decodeCheckpointFloor, type Replica, type ReplicaEffect } from '@chirograph/replica'
import { askInRound } from './floor-round.js'
import type { Joiner } from './joiner.js'
import { fetchCheckpoints } from './syncing.js'

export type Fetch = Extract<ReplicaEffect, { kind: 'fetch-checkpoints' }>

export interface CheckpointFetching {
  fetch(asked: Fetch, signal: AbortSignal): Promise<void>
  /** A checkpoint became final: other ones come next. */
  movedOn(): void
}

export function createCheckpointFetching(args: {
  readonly replica: Replica
  readonly network: Network
  readonly connectedPeers: () => string[]
  readonly joiner: () => Pick<Joiner, 'consider' | 'isJoining'>
  readonly dispatch: (
    input:
      | { kind: 'checkpoint'; bytes: Uint8Array; from: string; isGossip: false }
      | { kind: 'fetched'; peer: string },
  ) => void
  readonly drained: () => Promise<void>
  readonly noteFailure: (peer: string, error: unknown) => void
}): CheckpointFetching {
  const { replica, network, connectedPeers, joiner, dispatch, noteFailure } = args
  /** Members that have not kept the checkpoints which come next here. */
  const withoutNext = new Set<string>()

  async function fetch({ peer, fromHeight }: Fetch, signal: AbortSignal): Promise<void> {
    if (!joiner().isJoining) await take({ peer, fromHeight }, signal)
    dispatch({ kind: 'fetched', peer })
  }

  async function take(
    { peer, fromHeight }: Pick<Fetch, 'peer' | 'fromHeight'>,
    signal: AbortSignal,
  ): Promise<void> {
    for await (const bytes of fetchCheckpoints(network, { peerId: peer, fromHeight, signal })) {
      if (decodeCheckpointFloor(bytes).ok) {
        await takeFloor(peer, { fromHeight, signal })
        break
      }
      dispatch({ kind: 'checkpoint', bytes, from: peer, isGossip: false })
      // What is still to come of it is not wanted: another member is asked by now, it does not follow, or a snapshot
      // brings it.
      if (replica.fetching?.peer !== peer || joiner().isJoining) break
      await args.drained()
    }
  }

  /**
   * This member has not kept what comes next here. One may say so to make us skip what others have; when f + 1 do, or
   * all that are here, what they have kept is taken instead.
   */
  async function takeFloor(
    peer: string,
    { fromHeight, signal }: { readonly fromHeight: number; readonly signal: AbortSignal },
  ): Promise<void> {
    withoutNext.add(peer)
    const others = connectedPeers().filter((other) => other !== peer)
    const needed = Math.min(faultsOf(replica.set), others.length) + 1
    const isEnough = () => withoutNext.size >= needed
    await askInRound({
      peers: others.filter((other) => !withoutNext.has(other)),
      isEnough,
      async ask(peerId, asking) {
        for await (const frame of fetchCheckpoints(network, { peerId, fromHeight, signal: asking })) {
          if (decodeCheckpointFloor(frame).ok) withoutNext.add(peerId)
          break
        }
      },
      onFailure: noteFailure,
      signal,
    })
    if (isEnough()) joiner().consider({ peer, isOnlyWay: true })
  }

  return { fetch, movedOn: () => withoutNext.clear() }
}
