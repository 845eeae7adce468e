/** What the repository consists of, as the tidy tests see it: packages, their manifests and their source files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript-api'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface Manifest {
  readonly name: string
  readonly exports?: Readonly<Record<string, string | { readonly default: string }>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export interface Package {
  /** The folder's name: `codec`. */
  readonly id: string
  /** The folder, from the root: `packages/codec`. */
  readonly dir: string
  readonly manifest: Manifest
}

/** The published packages in the order of their names; not `workspace`, which is tooling. */
export function packages(): readonly Package[] {
  return readdirSync(join(root, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'workspace')
    .map(({ name }) => ({
      id: name,
      dir: `packages/${name}`,
      manifest: readJson<Manifest>(`packages/${name}/package.json`),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

export function readJson<T>(path: string): T {
  return JSON.parse(readText(path)) as T // the caller names the file's shape; a tidy test fails on another
}

/** The TypeScript files below a folder, without build output, from the root and in the order of their names. */
export function sourceFiles(dir: string): readonly string[] {
  if (!existsSync(join(root, dir))) return []
  return readdirSync(join(root, dir), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${dir}/${entry.name}`
      if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) ? [] : sourceFiles(path)
      return /\.tsx?$/.test(entry.name) ? [path] : []
    })
    .sort()
}

export function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readText(path), ts.ScriptTarget.ES2022, true)
}

/** Calls `visit` on every node; comments and the insides of strings are none. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}

/** `packages/codec/src/bytes.ts:12`, for messages. */
export function placeOf(node: ts.Node): string {
  const file = node.getSourceFile()
  return `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
}
