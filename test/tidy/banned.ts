/** Words that a file may not use, found in its syntax: comments, strings and the names of members do not count. */
import ts from 'typescript-api'
import { placeOf, walk } from '../../packages/workspace/packages.ts'

/** What reads a clock, chance or the outside world, or waits for it. */
const IMPURE_GLOBALS = new Set([
  'Date',
  'Promise',
  'console',
  'process',
  'performance',
  'crypto',
  'fetch',
  'globalThis',
  'Intl',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
])
/** What depends on the machine or the language it is set to, whatever it is a member of. */
const IMPURE_MEMBERS = new Set(['localeCompare', 'toLocaleString', 'toLocaleLowerCase', 'toLocaleUpperCase'])
const VAGUE_FILE = /(^|[-/])(utils?|helpers?|managers?)(-|\.|\/|$)/

export function impureWords(file: ts.SourceFile): readonly string[] {
  return wordsOf(file, (node) => {
    if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async'
    if (node.kind === ts.SyntaxKind.AwaitKeyword || ts.isAwaitExpression(node)) return 'await'
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return 'import()'
    if (!ts.isIdentifier(node)) return undefined
    if (IMPURE_MEMBERS.has(node.text)) return node.text
    if (IMPURE_GLOBALS.has(node.text) && !isMemberName(node)) return node.text
    if (node.text === 'random' && isMemberOf(node, 'Math')) return 'Math.random'
    return undefined
  })
}

export function unclearWords(file: ts.SourceFile): readonly string[] {
  return wordsOf(file, (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) return 'any'
    if (node.kind === ts.SyntaxKind.DefaultKeyword && !ts.isDefaultClause(node.parent))
      return 'export default'
    if (ts.isExportAssignment(node) && !isForeign(node)) return 'export default'
    if (ts.isEnumDeclaration(node)) return 'enum'
    if (ts.isExportDeclaration(node) && !(node.exportClause && ts.isNamedExports(node.exportClause)))
      return 'export *'
    return undefined
  })
}

export function isVagueFileName(path: string): boolean {
  return VAGUE_FILE.test(path)
}

function wordsOf(file: ts.SourceFile, wordAt: (node: ts.Node) => string | undefined): readonly string[] {
  const found: string[] = []
  walk(file, (node) => {
    const word = wordAt(node)
    if (word !== undefined) found.push(`${placeOf(node)} ${word}`)
  })
  return found
}

/** Whether an identifier names a member (`event.process`, `{ process: 1 }`, a method) and not a variable. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  if (ts.isQualifiedName(parent)) return parent.right === node
  if (ts.isShorthandPropertyAssignment(parent)) return false
  if (ts.isPropertyAssignment(parent)) return parent.name === node
  return (
    (ts.isTypeElement(parent) || ts.isClassElement(parent) || ts.isMethodDeclaration(parent)) &&
    parent.name === node
  )
}

function isMemberOf(node: ts.Identifier, object: string): boolean {
  const { parent } = node
  return (
    ts.isPropertyAccessExpression(parent) && parent.name === node && parent.expression.getText() === object
  )
}

/** Whether a statement describes another's module, whose shape is not ours: `declare module 'x' { … }`. */
function isForeign(node: ts.Node): boolean {
  return ts.isModuleBlock(node.parent) && ts.isStringLiteral(node.parent.parent.name)
}
