/** Starts `serve.ts` as a process of its own and talks to it. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { NodeStatus } from '@chirograph/node'
import type { ServeOptions } from './serve-options.js'

export interface ServingProcess {
  readonly address: string
  status(): Promise<{ readonly status: NodeStatus; readonly memory: NodeJS.MemoryUsage }>
  stop(): Promise<void>
}

export async function startServing(options: ServeOptions): Promise<ServingProcess> {
  const child = fork(fileURLToPath(new URL('./serve.js', import.meta.url)), [JSON.stringify(options)], {
    execArgv: ['--expose-gc'],
  })
  const answer = async (kind: string) => {
    for (;;) {
      const [message] = await once(child, 'message')
      if (message.kind === kind) return message
    }
  }
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the serving process ended (${code})`)
  })
  failed.catch(() => {})
  const ready = await Promise.race([answer('ready'), failed])
  return {
    address: ready.addresses[0],
    async status() {
      const answered = answer('status')
      child.send({ kind: 'status' })
      return Promise.race([answered, failed])
    },
    async stop() {
      const ended = once(child, 'exit')
      child.send({ kind: 'stop' })
      await ended
    },
  }
}
