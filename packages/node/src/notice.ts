/** What a node tells its operator's log. Facts are plain; none of them is secret or personal. */
export interface Notice {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly what: string
  readonly facts: Readonly<Record<string, string | number | boolean | null>>
}
