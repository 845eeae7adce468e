/** A migration as part of a start: told to the operator, who did not ask for it and may have to wait. */
import type { Clock, Store } from '@chirograph/interface'
import type { Genesis } from '@chirograph/status'
import { migrateStore } from './migrate.js'
import type { Notice } from './notice.js'

/** How often the log says how far it is. */
const noticeEveryMs = 2_000

export async function migrateWithNotices(
  store: Store,
  {
    genesis,
    found,
    clock,
    onNotice,
  }: {
    readonly genesis: Genesis
    readonly found: string
    readonly clock: Clock
    readonly onNotice: (notice: Notice) => void
  },
): Promise<void> {
  const readGenesis = async () => genesis
  let toldAtMs = clock.nowMs()
  const startedMs = toldAtMs
  const planned = await migrateStore(store, { readGenesis, isDryRun: true })
  if (planned.kind !== 'planned') return
  onNotice({
    level: 'info',
    what: 'the data directory has an older format and is brought up to date; a stop in between does no harm',
    facts: { format: found, to: planned.toSchema, events: planned.events, rows: planned.rows },
  })
  const done = await migrateStore(store, {
    readGenesis,
    onProgress({ what, moved, total }) {
      if (clock.nowMs() - toldAtMs < noticeEveryMs) return
      toldAtMs = clock.nowMs()
      onNotice({ level: 'info', what: `moving ${what}`, facts: { moved, of: total } })
    },
  })
  if (done.kind !== 'done') return
  const { toSchema, events, authors, strays, lost, rows } = done
  onNotice({
    level: 'info',
    what: 'the data directory is up to date',
    facts: { format: toSchema, events, authors, strays, rows, ms: clock.nowMs() - startedMs },
  })
  if (lost > 0)
    onNotice({
      level: 'warn',
      what: 'events that the data directory had listed were not in it; chirograph fsck tells of which chains',
      facts: { events: lost },
    })
}
