import { isBuiltin } from 'node:module'
import ts from 'typescript-api'
import { placeOf, walk } from '../../packages/workspace/packages.ts'

export interface Import {
  readonly specifier: string
  readonly place: string
}

/** Everything that a file imports: declarations, re-exports, types, dynamic imports and `require`. */
export function importsOf(file: ts.SourceFile): readonly Import[] {
  const found: Import[] = []
  walk(file, (node) => {
    const specifier = specifierOf(node)
    if (specifier !== undefined) found.push({ specifier, place: placeOf(node) })
  })
  return found
}

function specifierOf(node: ts.Node): string | undefined {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
    return textOf(node.moduleSpecifier)
  }
  if (ts.isCallExpression(node) && isLoader(node.expression)) {
    return textOf(node.arguments[0])
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return textOf(node.argument.literal)
  return undefined
}

/** `import`, `require`, or the `createRequire(here)` that takes its place in a module. */
function isLoader(called: ts.Expression): boolean {
  if (called.kind === ts.SyntaxKind.ImportKeyword) return true
  if (ts.isCallExpression(called)) return called.expression.getText() === 'createRequire'
  return ts.isIdentifier(called) && called.text === 'require'
}

/** A computed specifier is reported as its source text, which no manifest declares. */
function textOf(node: ts.Node | undefined): string {
  return node && ts.isStringLiteralLike(node) ? node.text : (node?.getText() ?? '')
}

/** `@noble/hashes/sha2.js` is of package `@noble/hashes`. Undefined for relative paths and what Node brings. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || isBuiltin(specifier)) return undefined
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]
}
