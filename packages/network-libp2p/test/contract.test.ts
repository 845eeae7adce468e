import { networkContract } from '@chirograph/interface'
import * as kit from '../../workspace/kit.ts'
import { memberNetworks } from './members.ts'

networkContract(
  'libp2p network',
  async (count) => ({ networks: memberNetworks(count), dispose: async () => {} }),
  kit,
)
