/** The network contract is itself proven here: the memory network keeps it. */
import * as kit from '../../workspace/kit.ts'
import { memoryHub, networkContract } from '../src/index.js'

networkContract(
  'memory network',
  async (count) => {
    const hub = memoryHub()
    const networks = Array.from({ length: count }, (_, index) => hub.network(`peer-${index}`))
    return { networks, dispose: async () => {} }
  },
  kit,
)
