#!/usr/bin/env node
/**
 * Runs every test file in a process of its own and says what happened, one line a file. The last line is
 * `N passed, N failed`, with `, N skipped` when there are any; the exit code is 1 on any failure.
 *
 *   node packages/workspace/run-tests.mjs [--checks] [--jobs N] [--limit SECONDS] [--linger SECONDS]
 *                                         [--root DIRECTORY] [SUBSTRING…]
 *
 * A file passes only if it prints uvu's totals once, ran at least one test, passed every test it ran, and
 * exits with 0. uvu's Total leaves skipped tests out. `--checks` puts lint and the type check first; each
 * counts as one test. Substrings choose among the names.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { bundle } from './bundle.mjs'

const windows = process.platform === 'win32'

/** Simulations take longest, so they start first and nothing waits for one alone at the end. */
const SLOW_FIRST = [/^test\/simulation\//, /^test\//]
const options = parseArguments(process.argv.slice(2))
const { root } = options
const running = new Set()
let interrupted = false
let bundles
process.on('exit', () => {
  if (bundles !== undefined) rmSync(bundles.directory, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interrupted = true
    for (const child of running) killTree(child)
    console.log(`\ninterrupted by ${signal}`)
    process.exit(1)
  })
}
process.exitCode = await main()

async function main() {
  const jobs = [...(options.checks ? checks() : []), ...testFiles()].filter(
    ({ name }) => options.names.length === 0 || options.names.some((part) => name.includes(part)),
  )
  if (jobs.length === 0) {
    console.log(`no test file matches ${options.names.join(' ') || 'anything'}`)
    console.log('0 passed, 1 failed')
    return 1
  }

  const tests = jobs.flatMap(({ test }) => test ?? [])
  bundles = await bundle(root, tests).catch((error) => {
    // One file is enough. As it stands it says itself what is wrong with it.
    const [{ text, location } = { text: error.message }] = error.errors ?? []
    console.log(`not bundled, so every file starts slowly: ${location?.file ?? ''} ${text}`)
    return undefined
  })

  const totals = { passed: 0, failed: 0, skipped: 0 }
  const failedNames = []
  const queue = [...jobs]
  const worker = async () => {
    for (let job = queue.shift(); job && !interrupted; job = queue.shift()) {
      const result = await run(job)
      report(job, result)
      totals.passed += result.passed
      totals.failed += result.failed
      totals.skipped += result.skipped
      if (result.failed > 0) failedNames.push(job.name)
    }
  }
  await Promise.all(Array.from({ length: options.jobs }, worker))

  if (failedNames.length > 0) console.log(`\nfailed:\n${failedNames.map((name) => `  ${name}`).join('\n')}`)
  const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''
  console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`)
  return totals.failed > 0 ? 1 : 0
}

function testFiles() {
  const under = (dir) =>
    (existsSync(join(root, dir)) ? readdirSync(join(root, dir)) : []).map((name) => `${dir}/${name}/test`)
  const rank = (name) => [...SLOW_FIRST, /./].findIndex((pattern) => pattern.test(name))
  return ['test', ...under('packages'), ...under('examples')]
    .flatMap(walk)
    .filter((name) => name.endsWith('.test.ts'))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map((name) => ({ name, test: join(root, name), judge: judgeTests }))
}

/** As a bundle a test is what it is with a loader of TypeScript, and its process starts in a quarter of the time. */
function argumentsOf({ args, test }) {
  if (args !== undefined) return args
  const bundled = bundles?.fileOf(test)
  return bundled === undefined
    ? ['--import', import.meta.resolve('tsx'), test]
    : ['--enable-source-maps', bundled]
}

function checks() {
  const bin = (path, ...args) => [join(root, 'node_modules', path), ...args]
  return [
    { name: 'types', args: bin('typescript/bin/tsc', '-p', 'test', '--pretty', 'false'), judge: judgeCheck },
    { name: 'lint', args: bin('@biomejs/biome/bin/biome', 'check', '--colors=off'), judge: judgeCheck },
  ]
}

function walk(dir) {
  if (!existsSync(join(root, dir))) return []
  return readdirSync(join(root, dir), { withFileTypes: true }).flatMap((entry) => {
    const name = `${dir}/${entry.name}`
    if (entry.isDirectory())
      return entry.name === 'node_modules' || entry.name === 'fixtures' ? [] : walk(name)
    return entry.isFile() ? [name] : []
  })
}

/** Runs one job to its end, or to its time limit, with everything that it started. */
function run(job) {
  return new Promise((done) => {
    const startedMs = performance.now()
    // A process group of its own, so that the end of the file is the end of whatever it started.
    const child = spawn(process.execPath, argumentsOf(job), {
      cwd: root,
      detached: !windows,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(child)
    const chunks = []
    let stopped
    let linger
    const stop = (reason) => {
      stopped ??= reason
      killTree(child)
    }
    const limit = setTimeout(
      () => stop(`took longer than ${options.limitSeconds} s`),
      options.limitSeconds * 1000,
    )
    const collect = (chunk) => {
      chunks.push(chunk)
      const text = stripVTControlCharacters(chunk.toString())
      if (linger === undefined && /^\s*Duration: /m.test(text)) {
        const reason = `had not exited ${options.lingerSeconds} s after its tests: something is left open`
        linger = setTimeout(() => stop(reason), options.lingerSeconds * 1000)
      }
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error) => chunks.push(Buffer.from(`${error.message}\n`)))
    child.on('exit', () => killTree(child))
    child.on('close', (code, signal) => {
      clearTimeout(limit)
      clearTimeout(linger)
      running.delete(child)
      const output = stripVTControlCharacters(Buffer.concat(chunks).toString())
      const seconds = (performance.now() - startedMs) / 1000
      done({ ...job.judge({ output, code, signal, stopped }), output, seconds })
    })
  })
}

/** Why the process itself failed, or nothing. */
function processFault({ code, signal, stopped }) {
  if (stopped) return stopped
  if (signal) return `ended by ${signal}`
  if (code !== 0) return `exit code ${code}`
  return undefined
}

function judgeCheck(ended) {
  const fault = processFault(ended)
  return { passed: fault ? 0 : 1, failed: fault ? 1 : 0, skipped: 0, fault }
}

function judgeTests(ended) {
  const all = (label) =>
    [...ended.output.matchAll(new RegExp(`^\\s+${label}:\\s+(\\d+)\\s*$`, 'gm'))].map((m) => Number(m[1]))
  const [totals, passes, skips] = [all('Total'), all('Passed'), all('Skipped')]
  const total = totals[0] ?? 0
  const passed = passes[0] ?? 0
  const skipped = skips[0] ?? 0
  const fault =
    processFault(ended) ??
    (totals.length === 0 ? 'printed no uvu totals' : undefined) ??
    (totals.length > 1 ? `printed uvu totals ${totals.length} times` : undefined) ??
    (total === 0 ? 'ran no test' : undefined) ??
    (passed !== total ? `passed ${passed} of ${total}` : undefined)
  // A fault that no failed test accounts for still counts as one.
  return { passed, failed: fault ? Math.max(1, total - passed) : 0, skipped, fault }
}

function report({ name }, { passed, skipped, fault, output, seconds }) {
  const count = `${passed} passed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  console.log(
    `${fault ? 'FAIL' : 'ok  '} ${name}  ${count}  ${seconds.toFixed(1)} s${fault ? `  (${fault})` : ''}`,
  )
  if (fault) console.log(output.trimEnd().replace(/^/gm, '     '))
  else for (const [line] of output.matchAll(/^skipped: .*$/gm)) console.log(`     ${line}`)
}

function killTree(child) {
  if (child.pid === undefined) return
  if (windows) {
    spawnSync('taskkill', ['/pid', String(child.pid), '/T', '/F'], { stdio: 'ignore' })
    return
  }
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH' && error.code !== 'EPERM') throw error // gone already, or a zombie (macOS)
  }
}

function parseArguments(args) {
  const parsed = {
    checks: false,
    jobs: 2,
    limitSeconds: 180,
    /** How long a process may live on after its totals; what it left open is a fault of its own. */
    lingerSeconds: 10,
    root: dirname(dirname(dirname(fileURLToPath(import.meta.url)))),
    names: [],
  }
  const positive = (option, value) => {
    if (!(Number(value) > 0)) usage(`${option} needs a number above 0`)
    return Number(value)
  }
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--checks') parsed.checks = true
    else if (args[i] === '--jobs') parsed.jobs = Math.ceil(positive('--jobs', args[++i]))
    else if (args[i] === '--limit') parsed.limitSeconds = positive('--limit', args[++i])
    else if (args[i] === '--linger') parsed.lingerSeconds = positive('--linger', args[++i])
    else if (args[i] === '--root') parsed.root = resolve(args[++i] ?? usage('--root needs a directory'))
    else if (args[i].startsWith('-')) usage(`unknown option ${args[i]}`)
    else parsed.names.push(args[i].replaceAll('\\', '/'))
  }
  return parsed
}

function usage(problem) {
  console.log(`${problem}; the options are listed at the top of ${fileURLToPath(import.meta.url)}`)
  console.log('0 passed, 1 failed')
  process.exit(1)
}
