/**
 * Programs and tests as a few files each, so that a process does not spend its start on finding some hundred modules.
 * What is not an ES module stays where it is installed: it may ask for files beside it, such as native code.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, transform } from 'esbuild'

/**
 * Bundles files, with what they share once, into a new directory, which is the caller's to remove. `fileOf` gives the
 * bundle of an entry, or undefined where it has to run as it stands: a module that asks where others are would be told
 * of the bundle's place, and one that names TypeScript by its address needs a loader. Rejects with esbuild's errors where a file does not parse or one of our modules is not there.
 *
 * @param {string} root absolute; every entry is below it
 * @param {readonly string[]} entries absolute paths
 */
export async function bundle(root, entries) {
  const directory = await mkdtemp(join(tmpdir(), 'chirograph-bundle-'))
  try {
    return { directory, fileOf: await bundleInto(directory, { root, entries }) }
  } catch (error) {
    await rm(directory, { recursive: true })
    throw error
  }
}

async function bundleInto(directory, { root, entries }) {
  const asking = new Set()
  const { metafile } = await build({
    entryPoints: [...entries],
    outdir: directory,
    outbase: root,
    absWorkingDir: root,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'shared/[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'silent',
    define: { 'import.meta.url': 'urlOfModule__' },
    plugins: [modules(asking)],
  })
  const files = new Map()
  for (const [output, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (entryPoint === undefined) continue
    if (!inputsOf(output, metafile).some((input) => asking.has(join(root, input))))
      files.set(join(root, entryPoint), join(root, output))
  }
  return (entry) => files.get(entry)
}

/** What is in an output and in those that it imports. */
function inputsOf(output, { outputs }) {
  const reached = new Set([output])
  for (const one of reached)
    for (const { path, external } of outputs[one].imports) if (!external) reached.add(path)
  return [...reached].flatMap((one) => Object.keys(outputs[one].inputs))
}

/** Modules go in, each under its own address. */
function modules(asking) {
  return {
    name: 'modules',
    setup(context) {
      context.onResolve({ filter: /./ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind === 'entry-point' || pluginData === wasAsked) return undefined
        if (/^file:.*\.ts$/.test(path)) asking.add(importer)
        if (/^(node|file|data):/.test(path)) return { path, external: true }
        const found = await context.resolve(path, { kind, importer, resolveDir, pluginData: wasAsked })
        // What is not installed may never be asked for: whoever does is told then.
        if (found.errors.length > 0) return path.startsWith('.') ? found : { path, external: true }
        if (found.external) return found // a part of Node, named without "node:"
        if (!(await isModule(found.path))) return { path: pathToFileURL(found.path).href, external: true }
        const effects = await effectsOf(found.path)
        return effects === undefined ? found : { path: effects, external: true }
      })
      context.onLoad({ filter: /\.m?[jt]s$/ }, async ({ path }) => {
        const source = await readFile(path, 'utf8')
        if (/import\.meta\.(?!url\b)/.test(source)) asking.add(path)
        return {
          loader: path.endsWith('ts') ? 'ts' : 'js',
          resolveDir: dirname(path),
          contents: `const urlOfModule__ = ${JSON.stringify(pathToFileURL(path).href)};${source.replace(/^#!.*/, '')}`,
        }
      })
    },
  }
}

/** Marks a question that was asked already. */
const wasAsked = Symbol('asked by modules')

async function isModule(path) {
  if (/\.(ts|mjs|json)$/.test(path)) return true
  return path.endsWith('.js') && (await typeIn(dirname(path))) === 'module'
}

const types = new Map()

/** What the nearest package says of its files. */
function typeIn(directory) {
  if (!types.has(directory)) types.set(directory, readType(directory))
  return types.get(directory)
}

async function readType(directory) {
  try {
    return JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')).type ?? 'commonjs'
  } catch {
    return dirname(directory) === directory ? undefined : typeIn(dirname(directory))
  }
}

const effects = new Map()

/**
 * A module that gives nothing is there for its effects, which those imported after it count on. In a bundle it would run
 * behind all packages, so it stays a module of its own; undefined for every other one.
 */
function effectsOf(path) {
  if (!effects.has(path)) effects.set(path, readEffects(path))
  return effects.get(path)
}

async function readEffects(path) {
  if (!/\.m?[jt]s$/.test(path)) return undefined
  const source = await readFile(path, 'utf8')
  if (/^(?!export \{\};?$)(import|export)\b/m.test(source)) return undefined
  const { code } = await transform(source, { loader: path.endsWith('ts') ? 'ts' : 'js', target: 'node20' })
  return `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
}
