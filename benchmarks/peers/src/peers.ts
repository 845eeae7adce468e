/** Everything that is compared, in the order of the table. */
import { autobase } from './drivers/autobase.js'
import { chirograph } from './drivers/chirograph.js'
import { hypercore } from './drivers/hypercore.js'
import { orbitdb } from './drivers/orbitdb.js'
import type { Peer } from './peer.js'

export const peers: readonly Peer[] = [chirograph, hypercore, autobase, orbitdb]
