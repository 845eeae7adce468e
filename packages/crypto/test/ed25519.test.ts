/** The portable back end against the pinned rule. */
import { nobleEd25519 } from '../src/index.ts'
import { ed25519Claims } from './ed25519-claims.ts'

ed25519Claims(nobleEd25519)
