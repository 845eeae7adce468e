/** Server-sent events (WHATWG HTML, "Server-sent events"): messages with ids, and a sign of life while there are none. */
import { signOfLifeMs } from './limits.js'
import type { Problem } from './problem.js'

export const sse = 'text/event-stream'

export type StreamMessage<T> =
  | { readonly id: string; readonly event?: undefined; readonly data: T }
  | { readonly id?: undefined; readonly event: 'problem'; readonly data: Problem }

/** Each message as one block of text; a comment now and then, so that neither side holds a dead connection. */
export async function* serverSentEvents(
  messages: AsyncIterable<StreamMessage<unknown>>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const iterator = messages[Symbol.asyncIterator]()
  try {
    yield ': events follow\n\n'
    for (let next = iterator.next(); !signal.aborted; ) {
      const told = await soonerOf(next, signOfLifeMs)
      if (told === undefined) {
        yield ': still here\n\n'
        continue
      }
      if (told.done) return
      yield blockOf(told.value)
      next = iterator.next()
    }
  } finally {
    await iterator.return?.()
  }
}

function blockOf({ id, event, data }: StreamMessage<unknown>): string {
  const head = event === undefined ? `id: ${id}\n` : `event: ${event}\n`
  return `${head}data: ${JSON.stringify(data)}\n\n`
}

/** What comes, or undefined when nothing has come after so long. */
async function soonerOf<T>(coming: Promise<T>, afterMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, afterMs, undefined)
  })
  try {
    return await Promise.race([coming, late])
  } finally {
    clearTimeout(timer)
  }
}
