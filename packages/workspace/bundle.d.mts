export interface Bundle {
  readonly directory: string
  fileOf(entry: string): string | undefined
}

export function bundle(root: string, entries: readonly string[]): Promise<Bundle>
