/** `chirograph fsck`: looks at everything in the log of a stopped node, and puts right what can be. */
import type { Command } from 'commander'
import type { OrgId } from '@chirograph/event'
import { isChirographError, type Store } from '@chirograph/interface'
import type { CheckProgress, Finding, StoreCheck } from '@chirograph/node'
import type { Genesis } from '@chirograph/status'
import { type Context, contextOf } from '../context.js'
import { assertInitialised, type DataDir } from '../data-dir.js'
import { exitCodes } from '../exit-codes.js'
import { renderFsck } from '../fsck-view.js'
import { interruptible } from '../interrupt.js'
import { readSeeds } from '../keys-file.js'
import { batchesLost, isLoss, logLost } from '../lost-log.js'
import { readNetwork } from '../network-file.js'
import { shownPath } from '../paths.js'
import { createProgressLine } from '../progress-line.js'
import { withStore } from '../stopped-store.js'

interface Looked {
  readonly check: StoreCheck
  readonly repaired: readonly Finding[] | null
  readonly whyNotComputed: string | null
}

export function addFsck(program: Command): void {
  program
    .command('fsck')
    .summary('look for damage in the log of a stopped node, and repair it')
    .description(
      'Holds every row of the log against what it follows from: chains, hashes, signatures, certificates, indexes, the state. With --repair it rebuilds what follows from the rest, and removes damaged events so that the node fetches them again from other members. Votes and the note of what was signed are never touched.',
    )
    .option('--repair', 'put right what can be; a stop in between does no harm')
    .addHelpText(
      'after',
      `
Exit codes: 0 nothing is damaged, ${exitCodes.damaged} damage is there, ${exitCodes.repaired} all damage was put right, ${exitCodes.interrupted} stopped before the end

Examples:
  $ chirograph fsck
  $ chirograph fsck --repair
  $ chirograph fsck --json`,
    )
    .action((options: { repair?: boolean }, command: Command) => fsck(contextOf(command), options))
}

async function fsck(context: Context, { repair = false }: { repair?: boolean }): Promise<void> {
  const { terminal, dataDir } = context
  await assertInitialised(dataDir)
  const { genesis } = await readNetwork(dataDir.network)
  const seeds = await readSeeds(dataDir.keys)
  // Loaded here, because it takes half a second that no other command should spend.
  const [{ checkStore, orgIdOfSeeds, repairStore, whyNotComputable }, { fastestBls, fastestEd25519 }] =
    await Promise.all([import('@chirograph/node'), import('@chirograph/crypto-native')])
  const ed25519 = fastestEd25519()
  const org = orgIdOfSeeds(seeds, ed25519)
  const progress = createProgressLine(terminal)
  const onProgress = ({ what, rows }: CheckProgress) =>
    progress.show(`Looking at ${what}: ${rows.toLocaleString('en-GB')}`)
  const hint = 'run it again; what was repaired stays repaired'
  const { check, repaired, whyNotComputed } = await interruptible(terminal, { hint }, (signal) =>
    withStore(context, async (store): Promise<Looked> => {
      const options = { genesis, org, ed25519, bls: fastestBls(), signal, onProgress }
      if (!repair) {
        const check = await checkStore(store, options)
        if (check.isEmpty) throw logLost(dataDir.log, 'is empty')
        if (check.total === 0) await askRegistrar(dataDir, { store, genesis, org })
        return { check, repaired: null, whyNotComputed: whyNotComputable(check) }
      }
      const { left, repaired, whyNotComputed } = await repairStore(store, options)
      return { check: left, repaired, whyNotComputed: whyNotComputed ?? whyNotComputable(left) }
    }),
  )
    .finally(progress.clear)
    .catch(async (error: unknown) => {
      const told = isChirographError(error, 'STORE_MISSING')
        ? logLost(dataDir.log, 'is missing', error)
        : error
      if (terminal.isJson && isLoss(told)) {
        const { listFindings } = await import('@chirograph/node')
        const nowhere = { author: null, generation: null, sequence: null, id: null }
        const finding = {
          code: 'database-damaged',
          what: told.what,
          standing: 'final',
          ...nowhere,
          fix: null,
        } as const
        terminal.json({ state: 'damaged', findings: listFindings([finding]), repaired: [], total: 1 })
      }
      throw told
    })
  const isClean = check.total === 0
  const state = !isClean ? 'damaged' : repaired !== null && repaired.length > 0 ? 'repaired' : 'clean'
  process.exitCode = { clean: exitCodes.ok, damaged: exitCodes.damaged, repaired: exitCodes.repaired }[state]
  if (terminal.isJson) {
    const { listFindings } = await import('@chirograph/node')
    const { findings, ...rest } = check
    terminal.json({
      state,
      findings: listFindings(findings, whyNotComputed),
      repaired: listFindings(repaired ?? []),
      ...rest,
    })
  } else
    terminal.data(
      context.copyable(
        renderFsck({ check, repaired, whyNotComputed, place: shownPath(dataDir.log) }, terminal.colours),
      ),
    )
}

/** A log that was cut short holds together in itself; the registrar knows what must be in it. */
async function askRegistrar(
  { log, registrar: place }: DataDir,
  { store, genesis, org }: { readonly store: Store; readonly genesis: Genesis; readonly org: OrgId },
): Promise<void> {
  const [{ examineStore }, { openLevelStore }] = await Promise.all([
    import('@chirograph/node'),
    import('@chirograph/store-level'),
  ])
  // What is wrong with the registrar is for doctor to say.
  const registrar = await openLevelStore(place, { createIfMissing: false }).catch(() => undefined)
  try {
    const examined = await examineStore(store, { genesis, org, registrar })
    const lacking = examined.kind === 'sound' ? (examined.batchesLacking ?? 0) : 0
    if (lacking > 0) throw batchesLost(log, lacking)
  } finally {
    await registrar?.close()
  }
}
