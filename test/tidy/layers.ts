/** The layer table: what each package may import, all arrows down. ARCHITECTURE.md draws it. */

/** Below the purity line: synchronous, deterministic, no Node, no clock. */
export const PURE = ['codec', 'crypto', 'event', 'log', 'consensus', 'status', 'replica', 'verifier'] as const

const EVERYTHING = '*'

/** In the order of the layers: a package may only name those above its own line. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[] | typeof EVERYTHING>> = {
  codec: [],
  crypto: ['codec'],
  event: ['codec', 'crypto'],
  log: ['codec', 'crypto', 'event'],
  consensus: ['codec', 'crypto', 'event'],
  status: ['codec', 'crypto', 'event', 'log', 'consensus'],
  replica: ['codec', 'crypto', 'event', 'log', 'consensus', 'status'],
  verifier: ['codec', 'crypto', 'event', 'consensus', 'status'],
  credential: ['codec', 'crypto', 'event', 'verifier'],
  interface: ['codec'],
  'crypto-native': ['codec', 'crypto', 'interface'],
  'store-level': ['codec', 'interface'],
  'network-libp2p': ['codec', 'interface'],
  simulator: [...PURE, 'interface', 'crypto-native'],
  'model-checker': ['codec', 'crypto', 'consensus', 'crypto-native'],
  node: [...PURE, 'credential', 'interface'],
  api: ['codec', 'event', 'status', 'verifier', 'credential', 'interface', 'node'],
  cli: EVERYTHING,
}

/** The only packages from outside that stand below the purity line; sub-paths included. */
export const PURE_EXTERNALS = ['@noble/hashes', '@noble/curves', 'multiformats', '@ipld/dag-cbor']

export function mayImport(from: string, to: string): boolean {
  const allowed = MAY_IMPORT[from]
  return allowed === EVERYTHING || (allowed?.includes(to) ?? false)
}
