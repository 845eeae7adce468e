import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type TempDir, tempDir } from '../kit.ts'

export interface Ended {
  readonly code: number | null
  readonly output: string
}

export const kitUrl = new URL('../kit.ts', import.meta.url).href
export const uvuUrl = import.meta.resolve('uvu')
export const tsxUrl = import.meta.resolve('tsx')

/** Writes a small repository of test files, by name; `suite` and the rest of the kit are imported for each. */
export async function writeFixtures(files: Readonly<Record<string, string>>): Promise<TempDir> {
  const dir = await tempDir()
  await writeFile(join(dir.path, 'package.json'), '{ "type": "module" }')
  for (const [name, body] of Object.entries(files)) {
    const path = join(dir.path, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, `import { equal, failsWith, ok, seeded, suite, tempDir } from '${kitUrl}'\n${body}`)
  }
  return dir
}

export function runNode(args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 })
  return { code: status, output: stdout + stderr }
}
