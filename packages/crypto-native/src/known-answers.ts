/**
 * What a back end must answer before a node trusts it: a handful of signatures on which libraries are known
 * to differ. It guards against a library that changes under us; the tests, not this, show that a back end is
 * right.
 */
import { equalBytes, fromHex } from '@chirograph/codec'
import type { Ed25519 } from '@chirograph/crypto'

/** Whether the back end signs as RFC 8032 does and verifies by the cofactorless equation. */
export function keepsPinnedRule(ed25519: Ed25519): boolean {
  return (
    equalBytes(ed25519.publicKey(rfc8032.seed), rfc8032.publicKey) &&
    equalBytes(ed25519.sign(rfc8032), rfc8032.signature) &&
    accepted.every((signed) => ed25519.verify(signed)) &&
    !cofactoredOnly.some((signed) => ed25519.verify(signed))
  )
}

/** RFC 8032, 7.1, TEST 2. */
const rfc8032 = {
  seed: bytes('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'),
  publicKey: bytes('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'),
  message: bytes('72'),
  signature: bytes(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ),
}

/**
 * Case 3 of ed25519-speccheck: A and R of mixed order, and the equation holds. A library may refuse such an
 * A.
 */
const accepted = [
  rfc8032,
  {
    publicKey: bytes('cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d'),
    message: bytes('9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79'),
    signature: bytes(
      '9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f' +
        '87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009',
    ),
  },
]

/**
 * R + k·A − S·B is a point of order 2, 4 and 8: only a library that multiplies by the cofactor takes it for
 * zero.
 */
const cofactoredOnly = [
  {
    // Order 2: case 4 of ed25519-speccheck.
    publicKey: bytes('cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d'),
    message: bytes('e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c'),
    signature: bytes(
      '160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512' +
        '5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09',
    ),
  },
  {
    // Order 4: case 5 of ed25519-speccheck.
    publicKey: bytes('cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d'),
    message: bytes('e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c'),
    signature: bytes(
      '21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7' +
        'e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405',
    ),
  },
  {
    // Order 8: A = B, R = 2·B + T₈ with T₈ = 26e8…fc05, S = 2 + k, over the UTF-8 text `chirograph`.
    publicKey: bytes('5866666666666666666666666666666666666666666666666666666666666666'),
    message: bytes('636869726f6772617068'),
    signature: bytes(
      '543ac908ca97124ab06caab11552257e53aba22a4e66b769175823a19a0452e0' +
        '350bfd674a47da8f23aa86a561895b373a070330219c9a9a3d6c6328a920970a',
    ),
  },
]

function bytes(hex: string): Uint8Array {
  const read = fromHex(hex)
  if (read === undefined) throw new Error(`not hex: ${hex}`)
  return read
}
