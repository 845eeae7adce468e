/** The native back ends against the pinned rule: the claims that noble is held to, word for word. */
import { ed25519Claims } from '../../crypto/test/ed25519-claims.ts'
import { nodeEd25519, sodiumEd25519 } from '../src/index.ts'

ed25519Claims(sodiumEd25519)
ed25519Claims(nodeEd25519)
