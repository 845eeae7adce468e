/** Node processes: started ahead of time, given their orders, listened to, and killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { bundle } from '../../../packages/workspace/bundle.mjs'
import type { Order, Phase, Report, StartOrder } from './protocol.js'

/** A process that runs one life of one node. */
export interface Life {
  /** The last one it told of. */
  readonly phase: Phase
  /** Whether a write was under way when it was last heard of. */
  readonly isWriting: boolean
  send(order: Exclude<Order, { kind: 'start' }>): void
  /** The first report after now that fits; fails when the process ends before, or none comes in time. */
  report<Kind extends Report['kind']>(
    kind: Kind,
    fits?: (report: Extract<Report, { kind: Kind }>) => boolean,
  ): Promise<Extract<Report, { kind: Kind }>>
  /** Resolves when the process is gone, however it ended, and all that it said was heard. */
  readonly ended: Promise<unknown>
  /** SIGSTOP and SIGCONT: it stands still, and its peers see nothing of it but silence. */
  pause(): void
  resume(): void
  /** SIGKILL. Resolves when the process is gone and all that it said was heard. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export interface Processes {
  /** Begins a life; `onReport` hears everything it says, in order. */
  begin(start: StartOrder, onReport: (report: Report) => void): Life
  dispose(): Promise<void>
}

const program = fileURLToPath(new URL('../dist/node-process.js', import.meta.url))
const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Long enough for a loaded machine; whatever takes longer never comes. */
const patienceMs = 60_000

/**
 * Keeps `ahead` processes ready, so that the time of a restart is the node's own and not that of its imports. Those cost
 * 0.95 s of a core, 1.25 s with libp2p, and as a bundle 0.35 and 0.4: most of what a life costs that is killed at once.
 */
export async function createProcesses({
  ahead,
  isWired,
  fileBlocksMax,
}: {
  readonly ahead: number
  /** Whether they exchange with others. */
  readonly isWired: boolean
  /** The largest file that they may write, in the units of `ulimit -f`: to them the disk is full beyond it. */
  readonly fileBlocksMax?: number
}): Promise<Processes> {
  const { directory, fileOf } = await bundle(root, [program])
  const bundled = fileOf(program) ?? program
  const ready: NodeProcess[] = []
  const alive = new Set<NodeProcess>()

  function prepare(): void {
    const command = [process.execPath, bundled, ...(isWired ? ['--wire'] : [])]
    const limited =
      fileBlocksMax === undefined ? [] : ['sh', '-c', `ulimit -f ${fileBlocksMax}; exec "$@"`, 'sh']
    const [file = '', ...args] = [...limited, ...command]
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      serialization: 'advanced',
    })
    const prepared = { child, closed: once(child, 'close') }
    alive.add(prepared)
    child.once('close', () => alive.delete(prepared))
    ready.push(prepared)
  }

  return {
    begin(start, onReport) {
      while (ready.length <= ahead) prepare()
      const next = ready.shift()
      if (!next) throw new Error('a process is ready')
      return createLife(next, start, onReport)
    },
    async dispose() {
      ready.length = 0
      await Promise.all([...alive].map(end))
      await rm(directory, { recursive: true })
    },
  }
}

interface NodeProcess {
  readonly child: ChildProcess
  /** It is gone, and all that it wrote was read. */
  readonly closed: Promise<unknown>
}

function createLife(one: NodeProcess, start: StartOrder, onReport: (report: Report) => void): Life {
  const { child, closed } = one
  let phase: Phase = 'starting'
  let isWriting = false
  let lastComplaint: string | undefined
  const waiting = new Set<(report: Report | null) => void>()
  onLines(child, (line) => {
    const report = JSON.parse(line) as Report // written by node-process.ts
    if (report.kind === 'phase') phase = report.phase
    if (report.kind === 'writing') isWriting = report.isWriting
    if (report.kind === 'complaint') lastComplaint = report.text
    onReport(report)
    for (const tell of waiting) tell(report)
  })
  child.once('close', () => {
    for (const tell of waiting) tell(null)
  })
  child.send({ kind: 'start', start } satisfies Order)

  return {
    get phase() {
      return phase
    },
    get isWriting() {
      return isWriting
    },
    send: (order) => void child.send(order),
    report: (kind, fits = () => true) =>
      new Promise((resolve, reject) => {
        const limit = setTimeout(
          () => done(`said nothing of "${kind}" for ${patienceMs} ms, while ${phase}`),
          patienceMs,
        )
        const done = (failure: string) => {
          clearTimeout(limit)
          waiting.delete(hear)
          reject(new Error(`a node process ${failure}`))
        }
        const hear = (report: Report | null) => {
          if (report === null)
            return done(
              `ended (${child.signalCode ?? child.exitCode}) before it told of "${kind}", while ${phase}; ` +
                `its last complaint: ${lastComplaint ?? 'none'}`,
            )
          // The kind was compared just before.
          if (report.kind !== kind || !fits(report as Parameters<typeof fits>[0])) return
          clearTimeout(limit)
          waiting.delete(hear)
          resolve(report as Parameters<typeof fits>[0])
        }
        waiting.add(hear)
      }),
    ended: closed,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    kill: () => end(one),
    async stop() {
      if (child.connected) child.send({ kind: 'stop' } satisfies Order)
      await closed
    },
  }
}

async function end({ child, closed }: NodeProcess): Promise<void> {
  child.kill('SIGKILL')
  await closed
}

/** A line without its end was cut off by the kill: it was not said. */
function onLines(child: ChildProcess, hear: (line: string) => void): void {
  let rest = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) hear(line)
  })
}
