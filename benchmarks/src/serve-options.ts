/** What a serving process is told. */
export interface ServeOptions {
  readonly directory: string
  readonly genesis: unknown
  /** The index of the member that it runs. */
  readonly member: number
  readonly addresses: readonly string[]
}
