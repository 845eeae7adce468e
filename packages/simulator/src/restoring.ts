/** Somebody puts an old backup of a member's disk in its place: its votes since are forgotten (consensus H16). */
import type { Random } from './random.js'
import type { Simulation } from './simulation.js'

/** In so many runs it happens, once or twice and always to the same member, who is one of the f. */
const restoreChance = 0.2
/** How old a backup is: from within a view to much of a run. */
const ageMs = [1, 3_000] as const

export function planRestores(
  simulation: Simulation,
  { random, faultsMs, onRestore }: { random: Random; faultsMs: number; onRestore: () => void },
): void {
  if (!random.chance(restoreChance)) return
  const members = simulation.genesis.organisations.map((_, index) => index)
  const byzantine = members.filter((index) => simulation.isByzantine(index))
  const index = random.pick(members.filter((one) => !byzantine.includes(one)))
  if (byzantine.length >= Math.ceil(members.length / 3) - 1) return
  for (let restore = random.between(1, 2); restore > 0; restore--) {
    const takenMs = random.int(faultsMs)
    const putBackMs = Math.min(takenMs + random.between(...ageMs), faultsMs)
    simulation.after(takenMs, () => {
      const putBack = simulation.backup(index)
      simulation.after(putBackMs - takenMs, () => {
        onRestore()
        putBack({ shows: true })
      })
    })
  }
}
