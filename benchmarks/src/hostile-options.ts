/** How the eighth member misbehaves, and what its process is told. */
export const hostileKinds = ['garbage', 'valid-flood', 'stall'] as const
export type HostileKind = (typeof hostileKinds)[number]

export interface HostileOptions {
  readonly kind: HostileKind
  readonly genesis: unknown
  /** The index of the member that it is. */
  readonly member: number
  /** Of the honest ones. */
  readonly addresses: readonly string[]
}
