/** The Network port on libp2p. */

export type { Libp2pNetworkOptions } from './libp2p-network.js'
export { createLibp2pNetwork } from './libp2p-network.js'
export type { NetworkLimits } from './limits.js'
export { defaultLimits } from './limits.js'
export type { AllowedPeers } from './membership-gate.js'
export { peerIdOfSeed } from './peer-id.js'
