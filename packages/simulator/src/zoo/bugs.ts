/** All bugs of the zoo, in the order of their table. */
import { amnesiaBugs } from './amnesia-bugs.js'
import type { Bug } from './bug.js'
import { certificateBugs } from './certificate-bugs.js'
import { epochBugs } from './epoch-bugs.js'
import { executionBugs } from './execution-bugs.js'
import { logBugs } from './log-bugs.js'
import { progressBugs } from './progress-bugs.js'
import { votingBugs } from './voting-bugs.js'

export const bugs: readonly Bug[] = [
  ...votingBugs,
  ...certificateBugs,
  ...executionBugs,
  ...epochBugs,
  ...amnesiaBugs,
  ...progressBugs,
  ...logBugs,
]

export function bugNamed(name: string): Bug | undefined {
  return bugs.find((bug) => bug.name === name)
}
