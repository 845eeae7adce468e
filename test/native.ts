/**
 * For tests that hash or sign much: both as running nodes do it, in a seventh and less of the time of the portable
 * implementations. Importing it puts the hash to work.
 */
import { useSha256 } from '@chirograph/codec'
import { fastestEd25519, fastestSha256 } from '@chirograph/crypto-native'

useSha256(fastestSha256())

export const ed25519 = fastestEd25519()
