/** A peer in a process of its own: started with the Node that it needs, asked, and ended. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Calls, Reply } from './calls.js'

export interface PeerProcess {
  call<Name extends keyof Calls>(
    name: Name,
    argument: Parameters<Calls[Name]>[0],
    timeoutMs?: number,
  ): ReturnType<Calls[Name]>
  /** Ends the process; what it has not written by now is lost. */
  end(): Promise<void>
}

/** What a call may take over the time limit that it is told itself: start-up, imports, closing. */
const graceMs = 20_000

/** Of what a process says before it dies, so much is kept to tell why. */
const lastWordsMax = 4_000

const program = fileURLToPath(new URL('./peer-child.js', import.meta.url))

export function startPeerProcess(name: string, execPath: string): PeerProcess {
  const child = fork(program, [name], { execPath, execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>()
  let requests = 0
  let lastWords = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-lastWordsMax)
  })
  child.on('message', (message) => {
    const reply = message as Reply // sent by peer-child.ts
    const waiter = waiting.get(reply.id)
    waiting.delete(reply.id)
    if ('error' in reply) waiter?.reject(new Error(reply.error))
    else waiter?.resolve(reply.result)
  })
  // After `close` its standard error has been read to the end.
  child.once('close', (code, signal) => fail(`the process ended (${signal ?? `exit ${code}`})`))
  child.on('error', (error) => fail(error.message))

  function fail(how: string): void {
    const why = /^\w*Error.*$/m.exec(lastWords)?.[0]
    for (const { reject } of waiting.values()) reject(new Error(why ? `${how}: ${why}` : how))
    waiting.clear()
  }

  async function call(name: keyof Calls, argument: unknown, timeoutMs = 0): Promise<unknown> {
    const id = requests++
    let timer: NodeJS.Timeout | undefined
    const answer = new Promise((resolve, reject) => {
      if (!child.connected) return reject(new Error('the process is gone'))
      waiting.set(id, { resolve, reject })
      timer = setTimeout(
        () => reject(new Error(`no answer within ${(timeoutMs + graceMs) / 1000} s`)),
        timeoutMs + graceMs,
      )
      // Why a message could not be sent is told by `error` or `close`.
      child.send({ id, call: name, argument }, () => {})
    })
    return answer.finally(() => clearTimeout(timer))
  }

  return {
    // The generic signature says which argument and result belong to which name; the wire carries them as they are.
    call: call as PeerProcess['call'],
    async end() {
      if (isRunning(child)) {
        const gone = once(child, 'exit')
        child.kill('SIGKILL')
        await gone
      }
    },
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}
