/**
 * One process after the other on one directory, each killed at a random moment: a member whose peers are all away,
 * which accepts events and waits, and the only member of a network, which also agrees with itself and issues.
 */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom, type Random } from '@chirograph/simulator'
import { createHearing } from './hearing.js'
import { createLedger } from './ledger.js'
import { genesisOf, memberOf, membersOf, validatorOf } from './members.js'
import type { Life, Processes } from './processes.js'
import type { StartOrder, Work } from './protocol.js'
import type { Tally } from './tally.js'

export type AloneKind = 'one of four, alone' | 'the only member'

export interface CampaignOptions {
  readonly seed: number
  readonly cycles: number
  readonly directory: string
  readonly tally: Tally
  /** Called after each kill. */
  readonly onCycle?: () => void
}

/** Lives on one directory, before the next one is begun: start-up reads all that is pending. */
const livesPerDirectory = 8

/** What a life is made to do, and in which phase it is to be killed. */
const plans: Record<AloneKind, readonly (readonly [Work, 'starting' | keyof typeof killAfterMsMax])[]> = {
  'one of four, alone': [
    ['publish', 'starting'],
    ['publish', 'publishing'],
    ['publish', 'publishing'],
  ],
  'the only member': [
    ['finalise', 'starting'],
    ['publish', 'publishing'],
    ['finalise', 'finalising'],
    ['issue', 'issuing'],
    ['issue', 'issuing'],
  ],
}

/** How long into a phase the kill comes, at most: what a loaded machine needs for it, once or a few times. */
const killAfterMsMax = { publishing: 120, finalising: 150, issuing: 900 } as const

/** Resolves with what did not hold, and with the directory that shows it; ends at the first breach. */
export async function killAlone(
  kind: AloneKind,
  { processes, ...options }: CampaignOptions & { readonly processes: Processes },
): Promise<readonly string[]> {
  const random = createRandom(options.seed, kind.length)
  for (let done = 0, round = 0; done < options.cycles; round++) {
    const cycles = Math.min(livesPerDirectory, options.cycles - done)
    const directory = join(options.directory, `${kind.replaceAll(/\W+/g, '-')}-${round}`)
    await mkdir(directory)
    const breaches = await killOnOneDirectory(kind, { ...options, processes, directory, cycles, random })
    if (breaches.length > 0) return [...breaches, `seed ${options.seed}, see ${directory}`]
    await rm(directory, { recursive: true })
    done += cycles
  }
  return []
}

async function killOnOneDirectory(
  kind: AloneKind,
  run: CampaignOptions & { readonly processes: Processes; readonly random: Random },
): Promise<readonly string[]> {
  const { random, processes, tally, directory } = run
  const member = memberOf(0)
  const members = membersOf(kind === 'the only member' ? 1 : 4)
  const genesis = genesisOf(members, { timeMs: Date.now() - 1000, viewTimeoutMs: 200 })
  const ledger = createLedger(member.org)
  const hear = createHearing(ledger, validatorOf(genesis, member))
  let wasStarted = false
  let beganAtMs = 0
  let startMs = 300
  const begin = (work: Work): Life => {
    const start: StartOrder = {
      directory,
      isNew: !wasStarted,
      cursor: ledger.cursor,
      genesis,
      seeds: member.seeds,
      wire: null,
      work,
      seed: random.int(2 ** 32),
    }
    beganAtMs = performance.now()
    return processes.begin(start, (report) => {
      if (report.kind === 'started') {
        wasStarted = true
        startMs = performance.now() - beganAtMs
      }
      hear.report(report)
    })
  }
  for (let cycle = 0; cycle < run.cycles && hear.breaches().length === 0; cycle++) {
    const [work, target] = random.pick(plans[kind])
    const life = begin(work)
    if (target !== 'starting') await life.report('phase', ({ phase }) => phase === target)
    await sleep(random.int(Math.ceil(target === 'starting' ? startMs * 1.2 : killAfterMsMax[target])))
    await life.kill()
    // A life that finalises also publishes, now and then: it counts as what it was for.
    const when = target === 'starting' || life.phase === 'starting' ? life.phase : target
    ledger.ended(tally.killed(kind, when, { isInWrite: life.isWriting }))
    run.onCycle?.()
  }
  if (hear.breaches().length > 0) return hear.breaches()
  const last = begin('rest')
  await last.report('phase', ({ phase }) => phase === 'resting')
  await last.stop()
  return hear.breaches()
}
