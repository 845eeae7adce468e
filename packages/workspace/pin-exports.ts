/**
 * The public names of every package. `npm run pin` writes them to test/tidy/exports.json, where a tidy test
 * compares them: a name enters or leaves the public interface only in a change that says so.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript-api'
import { type Package, packages, parse, root } from './packages.ts'

export const PINNED = 'test/tidy/exports.json'

/** Entry point to exported names, types too, both sorted. */
export function publicExports(): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    packages().flatMap((each) => entryPoints(each).map(([name, path]) => [name, namesOf(path)])),
  )
}

/** `./dist/x.js` in a manifest is built from `src/x.ts`. */
function entryPoints({ dir, manifest }: Package): readonly [name: string, path: string][] {
  return Object.entries(manifest.exports ?? {}).flatMap(([key, target]): [string, string][] => {
    const built = typeof target === 'string' ? target : target.default
    const source = /^\.\/dist\/(.+)\.js$/.exec(built)?.[1]
    return source === undefined ? [] : [[manifest.name + key.slice(1), `${dir}/src/${source}.ts`]]
  })
}

/** Read off the syntax: a tidy test bans `export *`, so that the file itself says all of its names. */
function namesOf(path: string): readonly string[] {
  const names = new Set<string>()
  for (const statement of parse(path).statements) {
    if (
      ts.isExportDeclaration(statement) &&
      statement.exportClause &&
      ts.isNamedExports(statement.exportClause)
    ) {
      for (const { name } of statement.exportClause.elements) names.add(name.text)
    }
    const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined
    if (!modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue
    if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) names.add(name.getText())
    } else if ('name' in statement && statement.name !== undefined) {
      names.add((statement.name as ts.Identifier).text) // an exported declaration's name is an identifier
    }
  }
  return [...names].sort()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(join(root, PINNED), `${JSON.stringify(publicExports(), null, 2)}\n`)
  console.log(`wrote ${PINNED}`)
}
