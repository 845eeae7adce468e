/**
 * How late an event loop is on this machine with nothing to do: what an event loop's delay is to be compared with. Run
 * as a thread, this is the idle loop.
 */
import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { percentile } from './measure.js'

/** Of a timer of this many milliseconds: Node counts it in with the delay. */
export const delayResolutionMs = 2

export interface Delay {
  readonly p99Ms: number
  readonly maxMs: number
}

/** Begins to measure; the returned function ends it. */
export function measureDelay(): () => Delay {
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs })
  delay.enable()
  return () => {
    delay.disable()
    return { p99Ms: delay.percentile(99) / 1e6, maxMs: delay.max / 1e6 }
  }
}

/** The same of a thread that does nothing else meanwhile. */
export async function measureIdleDelay(): Promise<() => Promise<Delay>> {
  const worker = new Worker(new URL(import.meta.url))
  const answer = () =>
    new Promise<Delay>((resolve, reject) => worker.once('message', resolve).once('error', reject))
  await answer()
  return async () => {
    const measured = answer()
    worker.postMessage('end')
    const delay = await measured
    await worker.terminate()
    return delay
  }
}

/**
 * The processor time that the main thread takes from one turn of a timer to the next, at the 99th percentile: how long
 * it holds its loop itself, without what a busy machine adds. Linux alone tells it; undefined elsewhere.
 */
export function measureHeld(): () => number | undefined {
  const turns: number[] = []
  let before = processorMs()
  const timer = setInterval(() => {
    const now = processorMs()
    if (now !== undefined && before !== undefined) turns.push(now - before)
    before = now
  }, delayResolutionMs)
  return () => {
    clearInterval(timer)
    return turns.length === 0 ? undefined : percentile(turns, 0.99)
  }
}

function processorMs(): number | undefined {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e6
  } catch {
    // Another platform, or a kernel that does not count it.
    return undefined
  }
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort
  const end = measureDelay()
  port.once('message', () => port.postMessage(end()))
  port.postMessage(null)
}
