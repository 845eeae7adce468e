/** The thread's side of verify-pool.ts: says when it is ready, then answers each buffer of jobs, in order. */
import { parentPort } from 'node:worker_threads'
import { fastestEd25519 } from './fastest.js'
import { checkPacked } from './packed-jobs.js'

if (parentPort === null) throw new Error('verify-worker runs as a worker thread only')
const port = parentPort
const ed25519 = fastestEd25519()
port.on('message', (packed: ArrayBuffer) => port.postMessage(checkPacked(ed25519, packed)))
port.postMessage('ready')
