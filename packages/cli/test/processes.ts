/** The command in processes of its own, as people run it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../bin/chirograph.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** What runs; `kill` it in every case. */
export interface Running {
  readonly child: ChildProcess
  /** The first line on stdout, parsed: with `--json` it says that the node serves. */
  readonly ready: Promise<{ readonly url: string; readonly pid: number }>
  readonly ended: Promise<Ended>
}

/** Runs the command in a folder until it ends. */
export function chirograph(cwd: string, ...args: readonly string[]): Promise<Ended> {
  return output(launch(cwd, args))
}

/** Starts a node; `ready` rejects with its output when it ends before it serves. */
export function startNode(cwd: string, dataDir: string, ...args: readonly string[]): Running {
  const child = launch(cwd, ['start', '--json', '--data-dir', dataDir, ...args])
  const ended = output(child)
  const ready = new Promise<{ url: string; pid: number }>((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(JSON.parse(text.split('\n', 1)[0] ?? ''))
    })
    ended.then(({ code, err }) => reject(new Error(`ended with ${code} before it served: ${err}`)), reject)
  })
  return { child, ready, ended }
}

function launch(cwd: string, args: readonly string[]): ChildProcess {
  // What npm sets would change where relative paths lead.
  const { INIT_CWD: _init, npm_execpath: _npm, CHIROGRAPH_DATA_DIR: _dir, ...env } = process.env
  return spawn(process.execPath, [script, ...args], { cwd, env })
}

async function output(child: ChildProcess): Promise<Ended> {
  let out = ''
  let err = ''
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const [code] = await once(child, 'close')
  return { code: typeof code === 'number' ? code : null, out, err }
}
