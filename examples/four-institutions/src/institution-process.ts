/** An institution as an operating-system process: started, asked, stopped, and killed. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Calls, Reply, StartOptions } from './calls.js'
import type { Institution } from './institutions.js'

export interface InstitutionProcess {
  readonly institution: Institution
  call<Name extends keyof Calls>(name: Name, ...argument: Parameters<Calls[Name]>): ReturnType<Calls[Name]>
  /** SIGKILL: no warning, no flush, as a power cut for the process. Returns when the signal is sent. */
  kill(): void
  isRunning(): boolean
  /** Resolves once a killed process is gone and its files are free. */
  gone(): Promise<void>
  /** Starts it, again after a kill on the same directory. */
  start(): Promise<void>
  stop(): Promise<void>
}

const program = fileURLToPath(new URL('./institution.js', import.meta.url))

export function createInstitutionProcess(
  institution: Institution,
  options: Omit<StartOptions, 'isNew'>,
): InstitutionProcess {
  let child: ChildProcess | undefined
  let wasStarted = false
  let requests = 0
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>()

  function settle(reply: Reply): void {
    const waiter = waiting.get(reply.id)
    waiting.delete(reply.id)
    if ('error' in reply) waiter?.reject(new Error(`${institution.name}: ${reply.error.message}`))
    else waiter?.resolve(reply.result)
  }

  function call(name: keyof Calls, argument?: unknown): Promise<unknown> {
    const id = requests++
    return new Promise((resolve, reject) => {
      if (!child?.connected) return reject(new Error(`${institution.name} is not running`))
      waiting.set(id, { resolve, reject })
      child.send({ id, call: name, argument })
    })
  }

  function isRunning(): boolean {
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }

  function ended(): void {
    for (const { reject } of waiting.values()) reject(new Error(`${institution.name}'s process ended`))
    waiting.clear()
  }

  return {
    institution,
    // The generic signature says which argument and result belong to which name; the wire carries them as they are.
    call: call as InstitutionProcess['call'],
    kill: () => void child?.kill('SIGKILL'),
    isRunning,
    async gone() {
      if (child && isRunning()) await once(child, 'exit')
    },
    async start() {
      child = fork(program, { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
      child.on('message', (message) => settle(message as Reply)) // sent by institution.ts
      child.once('exit', ended)
      await call('start', { ...options, isNew: !wasStarted })
      wasStarted = true
    },
    async stop() {
      if (!child?.connected) return
      const exit = once(child, 'exit')
      await call('stop')
      await exit
    },
  }
}
