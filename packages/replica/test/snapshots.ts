/** Snapshots of what four replicas agreed on. */
import '../../../test/native.ts'
import {
  beginHead,
  createSnapshotAssembly,
  createSnapshotSource,
  finishSnapshot,
  progressOf,
  type Snapshot,
  takeChunkFrame,
  takeHeadFrame,
} from '@chirograph/replica'
import { ok } from '../../workspace/kit.ts'
import { type createFour, ed25519, genesis } from './member.js'

/** What the first of them would hand out, as whoever asked for it has it. */
export function snapshotOf({ replicas: [source], announced }: ReturnType<typeof createFour>): Snapshot {
  ok(source)
  const tips = new Map(announced.map((event) => [event.id as string, event]))
  const made = createSnapshotSource(source.final, tips)
  const assembly = createSnapshotAssembly({ genesis, ed25519, aboveHeight: 0 })
  beginHead(assembly)
  for (const frame of made.headFrames) takeHeadFrame(assembly, frame)
  for (const hash of progressOf(assembly)?.missing ?? []) {
    const frame = made.chunkFrame(hash)
    ok(frame)
    takeChunkFrame(assembly, frame)
  }
  const finished = finishSnapshot(assembly)
  if (finished.kind !== 'complete') throw new Error(JSON.stringify(finished))
  return finished.snapshot
}
