/**
 * Writes the vector files that are missing, from fixed seeds. A file that exists is never changed: where it differs
 * from what is made now, this says so and exits with 1, because that is a change of the protocol or a bug.
 *
 *   node --import tsx test/conformance/generate.ts
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { makers, vectorNames } from './makers.ts'
import { jsonText } from './vector-file.ts'

for (const name of vectorNames) {
  const path = fileURLToPath(new URL(`vectors/${name}.json`, import.meta.url))
  const text = jsonText(makers[name]())
  if (!existsSync(path)) {
    writeFileSync(path, text)
    console.log(`${name}.json written`)
  } else if (readFileSync(path, 'utf8') !== text) {
    process.exitCode = 1
    console.log(`${name}.json is frozen, and what is made now differs from it`)
  }
}
