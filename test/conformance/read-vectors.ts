/** Reads a vector file. It imports types alone, so a test that reads vectors makes none. */
import { readFileSync } from 'node:fs'
import type { makers, VectorName } from './makers.ts'

export function vectorText(name: VectorName): string {
  return readFileSync(new URL(`vectors/${name}.json`, import.meta.url), 'utf8')
}

export function readVectors<N extends VectorName>(name: N): ReturnType<(typeof makers)[N]> {
  // frozen.test.ts holds each file against its maker, so this is the type of what it says.
  return JSON.parse(vectorText(name)) as ReturnType<(typeof makers)[N]>
}
