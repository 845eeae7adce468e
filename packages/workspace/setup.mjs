#!/usr/bin/env node
/**
 * Installs and builds with nothing but Node and npm. Safe to run again: it does nothing where nothing changed.
 *
 *   node packages/workspace/setup.mjs [--quiet] [--apart DIRECTORY]
 *
 * `--apart` also installs a package that is no member of the workspace and has a lock file of its own.
 * `--from-npm` marks the call from npm's postinstall. All talk goes to stderr, so that `npm run --silent` of a
 * command that sets up first prints that command's output and nothing else.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** What `tsc -b` is given; every other project is reached by reference. */
const PROJECTS = ['packages', 'examples/four-institutions', 'benchmarks', 'benchmarks/peers', 'test/chaos']
/** Directories that the build does not read; `workspace` runs from source. */
const SKIPPED = ['node_modules', 'dist', 'test', 'workspace']
const INSTALL_STAMP = 'node_modules/.chirograph-setup'
/** A build that is over sooner is not told of; a log of one has a line for each further stretch. */
const QUIET_MS = 2_000
const TELL_EVERY_MS = 10_000
const BUILD_STAMP = 'node_modules/.chirograph-build'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
process.chdir(root)
const quiet = process.argv.includes('--quiet')
const apart = process.argv.includes('--apart') ? process.argv[process.argv.indexOf('--apart') + 1] : undefined
const agent = process.env.npm_config_user_agent ?? ''
// Under pnpm's own postinstall pnpm is already doing the work.
if (!process.argv.includes('--from-npm') || agent.startsWith('npm/')) await setUp()

async function setUp() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`Node ${process.version} is too old: install Node 24 (20.19 is the oldest that works).`)
  }
  const pin = JSON.parse(readFileSync('package.json', 'utf8')).config.pnpm
  let manifests = hashOfManifests(pin)
  if (!existsSync('node_modules/.modules.yaml') || stampOf(INSTALL_STAMP) !== manifests) {
    if (major === 20)
      say('Node 20 is past its end of life. It works here, but use Node 22 or 24 in production.')
    install({ what: 'dependencies', pin, directory: root })
    manifests = hashOfManifests(pin) // pnpm may have added to the lock file
    writeStamp(INSTALL_STAMP, manifests)
  }
  if (apart) installApart(apart, pin)

  // Taken before the build, so that an edit made during it is built next time.
  const sources = hashOfSources(manifests)
  if (stampOf(BUILD_STAMP) !== sources || !isBuilt()) {
    await build()
    writeStamp(BUILD_STAMP, sources)
  }
}

function install({ what, pin, directory }) {
  say(`Installing ${what} with pnpm ${pin} …`)
  const startedMs = performance.now()
  const frozen = existsSync(join(directory, 'pnpm-lock.yaml')) ? '--frozen-lockfile' : '--no-frozen-lockfile'
  const level = quiet ? ['--loglevel=warn'] : []
  run('npx', ['--yes', `pnpm@${pin}`, 'install', frozen, '--reporter=append-only', ...level], directory)
  say(`Installed in ${secondsSince(startedMs)} s.`)
}

function installApart(directory, pin) {
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((name) => join(directory, name))
  const stamp = join(directory, INSTALL_STAMP)
  const manifests = hashOfFiles(pin, files)
  if (stampOf(stamp) === manifests) return
  install({ what: `what ${directory} needs`, pin, directory: join(root, directory) })
  writeStamp(stamp, manifests)
}

async function build() {
  sayUnlessQuiet('Building …')
  const startedMs = performance.now()
  const command = ['node_modules/typescript/bin/tsc', '-b', '--verbose', '--pretty', 'false', ...PROJECTS]
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const progress = buildProgress(startedMs)
  for await (const line of createInterface({ input: child.stdout })) progress.heard(line)
  progress.clear()
  const status = await ended
  if (status !== 0) fail(`The build failed (exit ${status}). Nothing after it was run.`)
  sayUnlessQuiet(`Built in ${secondsSince(startedMs)} s.`)
}

/** How far the compiler is, by what it says of each project; of what it says only complaints are passed on. */
function buildProgress(startedMs) {
  let total = 0
  let begun = 0
  let toldMs = startedMs
  return {
    heard(line) {
      if (/^ {4}\* /.test(line)) total++
      else if (/ - (Project |Building project |Skipping build |Updating )/.test(line)) {
        if (!/ - Project /.test(line) || / is up to date/.test(line)) begun = Math.min(begun + 1, total)
        const now = performance.now()
        if (now - startedMs < QUIET_MS || now - toldMs < (process.stderr.isTTY ? 0 : TELL_EVERY_MS)) return
        toldMs = now
        const text = `  ${begun} of ${total} parts, ${secondsSince(startedMs)} s`
        if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
        else sayUnlessQuiet(text.trim())
      } else if (line !== '' && !/ - Projects in this build/.test(line)) {
        this.clear()
        console.error(line)
      }
    },
    clear() {
      if (process.stderr.isTTY && toldMs !== startedMs) process.stderr.write('\r\x1b[K')
    },
  }
}

function hashOfManifests(pin) {
  const members = ['packages', 'examples'].flatMap((dir) => readdirSync(dir).map((name) => join(dir, name)))
  const projects = ['.', ...members, 'benchmarks', 'test'].map((dir) => join(dir, 'package.json'))
  return hashOfFiles(pin, ['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc', ...projects])
}

function hashOfFiles(pin, files) {
  const hash = createHash('sha256').update(process.platform + process.arch + pin)
  for (const file of files) if (existsSync(file)) hash.update(file).update(readFileSync(file))
  return hash.digest('hex')
}

/** Names, sizes and times of what the compiler reads: cheap, and it sees deleted and older files too. */
function hashOfSources(salt) {
  const hash = createHash('sha256').update(salt)
  const add = (path) => {
    const { mtimeMs, size } = statSync(path)
    hash.update(`${path}\0${size}\0${mtimeMs}\0`)
  }
  const walk = (dir) => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name)
      if (entry.isDirectory() && !SKIPPED.includes(entry.name)) walk(path)
      if (entry.isFile() && /\.([cm]?tsx?|json)$/.test(entry.name)) add(path)
    }
  }
  add('tsconfig.base.json')
  for (const dir of ['packages', 'examples', 'benchmarks', 'test/chaos']) walk(dir)
  return hash.digest('hex')
}

/** Whether each package still has its output: a deleted `dist` changes no source. */
function isBuilt() {
  const { references } = JSON.parse(readFileSync('packages/tsconfig.json', 'utf8'))
  return references.every(({ path }) => existsSync(join('packages', path, 'dist/index.js')))
}

function run(command, args, cwd = root) {
  const env = { ...process.env, CI: process.env.CI ?? 'true' } // no prompts
  // What npm tells its scripts would make pnpm take itself for npm.
  const told = /^npm_(config_(user_agent|call|package)|lifecycle|package|command|execpath)/
  for (const name of Object.keys(env)) if (told.test(name)) delete env[name]
  // On Windows npx is a .cmd file, which only a shell starts; its arguments hold nothing to be quoted.
  const shell = process.platform === 'win32' && command === 'npx'
  const ended = spawnSync(command, args, {
    cwd,
    env,
    stdio: ['ignore', process.stderr, 'inherit'],
    shell,
  })
  if (ended.error) fail(`${command} could not be started: ${ended.error.message}`)
  if (ended.status !== 0) {
    const how = ended.signal ? `ended by ${ended.signal}` : `exit ${ended.status}`
    fail(`"${[command, ...args].join(' ')}" failed (${how}). Nothing after it was run.`)
  }
}

function stampOf(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

function writeStamp(path, value) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, value)
}

function secondsSince(startedMs) {
  return ((performance.now() - startedMs) / 1000).toFixed(1)
}

function say(message) {
  console.error(`• ${message}`)
}

function sayUnlessQuiet(message) {
  if (!quiet) say(message)
}

function fail(message) {
  console.error(`✗ ${message}`)
  process.exit(1)
}
