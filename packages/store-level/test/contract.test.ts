import { join } from 'node:path'
import { storeContract } from '@chirograph/interface'
import * as kit from '../../workspace/kit.ts'
import { openLevelStore } from '../src/index.js'

async function levelSubject() {
  const home = await kit.tempDir()
  const directory = join(home.path, 'store')
  return { open: () => openLevelStore(directory, { createIfMissing: true }), dispose: home.dispose }
}

storeContract('LevelDB store', levelSubject, kit)
