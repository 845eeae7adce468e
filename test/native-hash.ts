/**
 * For tests that hash much: SHA-256 as running nodes compute it, in a seventh of the time of the portable one. Imported
 * for that effect.
 */
import { useSha256 } from '@chirograph/codec'
import { fastestSha256 } from '@chirograph/crypto-native'

useSha256(fastestSha256())
