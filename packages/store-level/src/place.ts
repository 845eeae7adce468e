/** Which folder a database is in, whatever its path: a copy and a restored backup are others. */
import type { BigIntStats } from 'node:fs'
import { stat, utimes } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'

/** More than the grain of the clocks that file systems keep. */
const grainMs = 20

/**
 * The folder's number, and the moment at which it was made. Devices have other numbers after a restart of some machines,
 * and in each container, so theirs is taken only where the file system does not keep that moment.
 */
export async function placeOfStore(path: string): Promise<string> {
  let found = await stat(path, { bigint: true })
  if (!isMadeBeforeChanged(found)) {
    // Just made, or Node shows the last change for want of anything else: one more change tells them apart.
    await setTimeout(grainMs)
    await utimes(path, new Date(), new Date(Number(found.mtimeMs)))
    found = await stat(path, { bigint: true })
  }
  const { dev, ino, birthtimeNs } = found
  return isMadeBeforeChanged(found) ? `${ino} made ${birthtimeNs}` : `${dev}:${ino}`
}

function isMadeBeforeChanged({ birthtimeNs, ctimeNs }: BigIntStats): boolean {
  return birthtimeNs > 0n && birthtimeNs < ctimeNs
}
