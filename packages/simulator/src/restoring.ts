/** Somebody puts an old backup of a member's disk in its place: its votes since are forgotten (consensus H16). */
import type { Random } from './random.js'
import type { Simulation } from './simulation.js'

/** In so many runs it happens, once or more often and always to the same member, who is one of the f. */
const restoreChance = 0.2
/** How old a backup is: from within the same view, where what is forgotten can still be contradicted, or long ago. */
const freshMs = [1, 80] as const
const staleMs = [80, 3_000] as const

export function planRestores(
  simulation: Simulation,
  { random, faultsMs, onRestore }: { random: Random; faultsMs: number; onRestore: () => void },
): void {
  if (!random.chance(restoreChance)) return
  const members = simulation.genesis.organisations.map((_, index) => index)
  const byzantine = members.filter((index) => simulation.isByzantine(index))
  const index = random.pick(members.filter((one) => !byzantine.includes(one)))
  if (byzantine.length >= Math.ceil(members.length / 3) - 1) return
  for (let restore = random.between(1, 4); restore > 0; restore--) {
    const takenMs = random.int(faultsMs)
    const [from, to] = random.chance(0.6) ? freshMs : staleMs
    const putBackMs = Math.min(takenMs + random.between(from, to), faultsMs)
    simulation.after(takenMs, () => {
      const putBack = simulation.backup(index)
      simulation.after(putBackMs - takenMs, () => {
        onRestore()
        putBack({ shows: true })
      })
    })
  }
}
