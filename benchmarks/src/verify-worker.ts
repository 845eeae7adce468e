/** One thread of `Vn`: verifies for a while and says how fast. */
import { parentPort } from 'node:worker_threads'
import { verifications } from './limits.js'
import { ratePerSecond } from './measure.js'

parentPort?.postMessage(await ratePerSecond(verifications))
