/** Which peers are members: asked for every connection, and changed by few headers. */
import { type Genesis, type NetworkState, peerIdOf } from '@chirograph/status'

/** Computed anew when somebody has joined; of one network. */
export function rememberingPeerIds(genesis: Genesis): (state: NetworkState) => ReadonlySet<string> {
  let known = { count: -1, peerIds: new Set<string>() as ReadonlySet<string> }
  return (state) => {
    const { organisations } = state
    if (organisations.length !== known.count) {
      const peerIds = organisations.flatMap((org) => peerIdOf(state, { genesis, org }) ?? [])
      known = { count: organisations.length, peerIds: new Set(peerIds) }
    }
    return known.peerIds
  }
}
