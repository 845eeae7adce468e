/** `chirograph doctor`: one look at everything that can be wrong with a node, running or stopped. */
import { statfs } from 'node:fs/promises'
import type { Command } from 'commander'
import { isChirographError } from '@chirograph/interface'
import { type Context, contextOf } from '../context.js'
import { assertInitialised, type DataDir, readConfig } from '../data-dir.js'
import { type Check, checksOfRunning, checksOfStopped, diskCheck } from '../doctor-checks.js'
import { exitCodes } from '../exit-codes.js'
import { jsonText, readIfThere, writeWhole } from '../files.js'
import { isExposed, readSeeds } from '../keys-file.js'
import { logLost } from '../lost-log.js'
import { readNetwork } from '../network-file.js'
import { resolvePath, shownPath } from '../paths.js'
import type { Colours } from '../terminal.js'

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('find out what is wrong, and what to do')
    .description(
      'Looks at a node and its folder, running or stopped: one check a line, with the cause and what to do. Exits with 1 when something is broken.',
    )
    .option(
      '--report <file>',
      'also write the findings to a file to show to others; it names no keys and no addresses',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ chirograph doctor\n  $ chirograph doctor --report doctor.json\n  $ chirograph doctor --json',
    )
    .action((options: { report?: string }, command: Command) => doctor(contextOf(command), options))
}

async function doctor(context: Context, { report }: { report?: string }): Promise<void> {
  const { terminal, dataDir } = context
  await assertInitialised(dataDir)
  const running = await runningStatus(context)
  const keys = await keysCheck(dataDir)
  const looked: Check[] = [
    keys,
    await configCheck(dataDir),
    diskCheck(await freeBytes(dataDir.path)),
    ...(running === undefined
      ? [await registrarCheck(dataDir), ...(await stoppedChecks(dataDir, keys))]
      : checksOfRunning(running)),
  ]
  const isBroken = looked.some(({ state }) => state === 'failed')
  const checks = bySeverity([
    ...(running === undefined ? [] : [nodeCheck(running.pid)]),
    ...looked,
    ...(running === undefined ? [stoppedCheck(isBroken)] : []),
  ])
  const typed = checks.map(({ hint, ...check }) => ({
    ...check,
    ...(hint !== undefined && { hint: context.copyable(hint) }),
  }))
  if (report !== undefined) {
    // As they stand: where the folder is concerns nobody else.
    const path = resolvePath(report)
    await writeWhole(path, jsonText({ checks, node: process.version, platform: process.platform }))
    terminal.say(`Written to ${shownPath(path)}.`)
  }
  if (terminal.isJson) terminal.json({ checks: typed })
  else terminal.data(render(typed, terminal.colours))
  if (isBroken) process.exitCode = exitCodes.failed
}

/** The worst first: what is broken comes before what has to wait for it. */
function bySeverity(checks: readonly Check[]): Check[] {
  const order: readonly Check['state'][] = ['failed', 'warning', 'unknown', 'ok']
  return checks.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state))
}

function nodeCheck(pid: number): Check {
  return { name: 'node', state: 'ok', what: `runs as process ${pid}` }
}

/** The last thing to be done, where anything else is to be. */
function stoppedCheck(isBroken: boolean): Check {
  const hint = isBroken
    ? 'first put right what is broken; then: chirograph start'
    : 'start it: chirograph start'
  return { name: 'node', state: 'warning', what: 'the node does not run', hint }
}

/** Undefined when no node answers. */
async function runningStatus(context: Context) {
  try {
    const api = await context.connect()
    return await api.node({ signal: context.deadline(5_000) })
  } catch {
    // Whatever the reason: what a running node would say is not to be had, and the folder is looked at instead.
    return undefined
  }
}

async function stoppedChecks(dataDir: DataDir, keys: Check): Promise<Check[]> {
  if (keys.state === 'failed')
    return [{ name: 'log', state: 'unknown', what: 'without the keys it is not known whose it has to be' }]
  if ((await readIfThere(dataDir.network)) === undefined)
    return [
      {
        name: 'network',
        state: 'warning',
        what: 'this folder belongs to no network yet',
        hint: 'name it at the first start: chirograph start --network network.json',
      },
    ]
  // Loaded here, because it takes half a second that no other command should spend.
  const [{ examineStore, orgIdOfSeeds }, { openLevelStore }, { fastestEd25519 }] = await Promise.all([
    import('@chirograph/node'),
    import('@chirograph/store-level'),
    import('@chirograph/crypto-native'),
  ])
  try {
    const { genesis } = await readNetwork(dataDir.network)
    const org = orgIdOfSeeds(await readSeeds(dataDir.keys), fastestEd25519())
    const store = await openLevelStore(dataDir.log, { createIfMissing: false })
    // What is wrong with it is said of it alone.
    const registrar = await openLevelStore(dataDir.registrar, { createIfMissing: false }).catch(
      () => undefined,
    )
    try {
      return checksOfStopped(await examineStore(store, { genesis, org, registrar }))
    } finally {
      await registrar?.close()
      await store.close()
    }
  } catch (error) {
    const { what, hint } = partsOf(
      isChirographError(error, 'STORE_MISSING') ? logLost(dataDir.log, 'is missing', error) : error,
    )
    return [{ name: 'log', state: 'failed', what, hint }]
  }
}

async function configCheck(dataDir: DataDir): Promise<Check> {
  try {
    await readConfig(dataDir)
  } catch (error) {
    return { name: 'config', state: 'failed', ...partsOf(error) }
  }
  return { name: 'config', state: 'ok', what: 'readable' }
}

/** That it opens: what is in it is known to it alone. */
async function registrarCheck(dataDir: DataDir): Promise<Check> {
  const { openLevelStore } = await import('@chirograph/store-level')
  try {
    await (await openLevelStore(dataDir.registrar, { createIfMissing: false })).close()
  } catch (error) {
    const { what } = partsOf(error)
    return {
      name: 'registrar',
      state: 'failed',
      what,
      hint: 'bring the folder named registrar back from a backup: no other node has what is in it; if it is lost for good, move away what is left of it and go on with an empty one: chirograph start --new-registrar',
    }
  }
  return { name: 'registrar', state: 'ok', what: 'opens; nobody else has what is in it, so keep a backup' }
}

async function keysCheck(dataDir: DataDir): Promise<Check> {
  const keys = shownPath(dataDir.keys)
  try {
    await readSeeds(dataDir.keys)
  } catch (error) {
    return { name: 'keys', state: 'failed', ...partsOf(error) }
  }
  return (await isExposed(dataDir.keys))
    ? {
        name: 'keys',
        state: 'warning',
        what: `others on this machine can read ${keys}`,
        hint: `chmod 600 ${keys}`,
      }
    : { name: 'keys', state: 'ok', what: 'readable, and by nobody else' }
}

async function freeBytes(path: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  } catch {
    // Not every file system tells.
    return null
  }
}

function partsOf(error: unknown): { what: string; hint: string } {
  const what = error instanceof Error && 'what' in error ? String(error.what) : String(error)
  const hint = error instanceof Error && 'hint' in error ? String(error.hint) : 'look at the message'
  return { what, hint }
}

function render(checks: readonly Check[], { green, yellow, red, dim }: Colours): string {
  const width = Math.max(...checks.map(({ name }) => name.length))
  const sign = { ok: green('✔'), warning: yellow('!'), failed: red('✘'), unknown: dim('?') }
  const lines = checks.flatMap(({ name, state, what, hint }) => [
    `  ${sign[state]} ${name.padEnd(width)}  ${what}`,
    ...(hint === undefined || state === 'ok' ? [] : [`    ${' '.repeat(width)}  ${dim(`→ ${hint}`)}`]),
  ])
  const wrong = checks.filter(({ state }) => state === 'failed').length
  const odd = checks.filter(({ state }) => state === 'warning' || state === 'unknown').length
  const sum =
    wrong + odd === 0
      ? green('Everything looks right.')
      : `${wrong > 0 ? red(`${wrong} broken`) : '0 broken'}, ${odd > 0 ? yellow(`${odd} to look at`) : '0 to look at'}, ${checks.length - wrong - odd} right.`
  return [...lines, '', `  ${sum}`].join('\n')
}
