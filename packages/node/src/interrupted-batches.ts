/** Batches that were on their way when the node stopped: dropped unless kept whole, else published once it is known whether they were. */
import { type EventId, fromHex, toHex } from '@chirograph/codec'
import type { EventBody, OrgId, RecordClass } from '@chirograph/event'
import {
  type ChirographError,
  type Clock,
  eventRange,
  isChirographError,
  readEventKey,
  type Store,
} from '@chirograph/interface'
import { ownTip } from '@chirograph/replica'
import { signingRefused } from './node-errors.js'
import type { Notice } from './notice.js'
import type { BatchEntry, Registrar } from './registrar.js'
import type { Shell } from './shell.js'
import type { SigningQueue } from './signing-queue.js'
import { readEvent } from './stored-event.js'

interface Args {
  readonly org: OrgId
  readonly store: Store
  readonly shell: Pick<Shell, 'replica' | 'authors' | 'whenHistoryIsWhole'>
  readonly registrar: Registrar
  readonly publish: SigningQueue['publish']
  /** Not beside issuing: a batch that is on its way has no event yet, and would be published twice. */
  readonly inTurn: <T>(run: () => Promise<T>) => Promise<T>
  readonly clock: Clock
  readonly onNotice: (notice: Notice) => void
}

export interface InterruptedBatches {
  /** Deals with all there are. Resolves too where they have to wait: then they are tried again until that has ended. */
  finish(): Promise<void>
  /** A batch was kept and may not be published yet: it waits like one of before the start. */
  wait(refusal: ChirographError): void
  stop(): void
}

/** How often a node that may not sign yet tries again to publish what waits. */
const resumeEveryMs = 5_000

export function createInterruptedBatches(args: Args): InterruptedBatches {
  const { shell, clock, onNotice } = args
  let cancel: () => void = () => {}
  /** The next try is arranged. */
  let isWaiting = false
  let isStopped = false
  let told: string | undefined

  async function finish(): Promise<void> {
    const dropped = await args.inTurn(() => args.registrar.dropUnfinished())
    if (dropped > 0)
      onNotice({
        level: 'warn',
        what: 'a stop cut short the keeping of a batch: nothing of it was issued, issue it again',
        facts: { credentials: dropped },
      })
    try {
      const batches = await args.inTurn(() => resumePrepared(args, (root) => findPublished(args, root)))
      told = undefined
      if (batches > 0) onNotice({ level: 'info', what: 'finished batches that waited', facts: { batches } })
    } catch (error) {
      if (!isChirographError(error, 'NODE_SIGNING_REFUSED')) throw error
      wait(error)
    }
  }

  /** After the log was lost nothing may be signed until members have been heard, so this may take several tries. */
  function wait({ what: why }: ChirographError): void {
    if (isStopped) return
    // It may wait for people, and long: told once for each reason.
    if (why !== told) onNotice({ level: 'warn', what: 'a batch waits to be published', facts: { why } })
    told = why
    if (isWaiting) return
    isWaiting = true
    // Whether it was published shows when the own history is whole: then at once.
    if (shell.replica.isHistoryWhole) cancel = clock.setTimer(resumeEveryMs, tryAgain)
    else shell.whenHistoryIsWhole(tryAgain)
  }

  function tryAgain(): void {
    isWaiting = false
    finish().catch((error: unknown) => {
      if (isStopped) return
      onNotice({
        level: 'error',
        what: 'a batch waits to be published, and the next start will try again',
        facts: { error: String(error) },
      })
    })
  }

  return {
    finish,
    wait,
    stop() {
      isStopped = true
      cancel()
    },
  }
}

/**
 * Publishes batches that were prepared before a crash and may not have been published: nothing is half issued.
 * `findPublished` looks for the event with a root in this member's own chain.
 */
async function resumePrepared(
  context: Pick<Args, 'registrar' | 'publish'>,
  findPublished: (root: string) => Promise<EventId | undefined>,
): Promise<number> {
  let resumed = 0
  for await (const batch of context.registrar.batches()) {
    if (batch.event !== null) continue
    const event = (await findPublished(batch.root)) ?? (await context.publish(bodyOf(batch))).id
    await context.registrar.markPublished(batch.root, event)
    resumed++
  }
  return resumed
}

/** The event with this root in the own chain. */
async function findPublished({ org, store, shell }: Args, root: string): Promise<EventId | undefined> {
  const { replica, authors } = shell
  // Before its own history is back, what this node published is not told from what it did not.
  if (!replica.isHistoryWhole) throw signingRefused('own-events-missing')
  const author = authors.numberOf(org)
  if (author === undefined) return undefined
  const generations = (ownTip(replica)?.generation ?? 0) + 1
  for (let generation = 0; generation < generations; generation++) {
    const range = eventRange({ author, generation, fromSequence: 0, toSequence: Number.MAX_SAFE_INTEGER })
    for await (const [key] of store.range(range)) {
      const event = await readEvent(store, readEventKey(key))
      if (event?.body.kind === 'credential.issueBatch' && toHex(event.body.root) === root) return event.id
    }
  }
  return undefined
}

function bodyOf({ root, body }: BatchEntry): EventBody {
  const { paddedSize, recordClass, credentialType, schemaDigest } = body
  // Written by issueBatch from a Batch; createEvent checks every field against its shape once more.
  return {
    kind: 'credential.issueBatch',
    root: bytesOf(root),
    paddedSize: Number(paddedSize),
    recordClass: String(recordClass) as RecordClass,
    credentialType: String(credentialType) as 'open-badge-3',
    schemaDigest: bytesOf(String(schemaDigest)),
  }
}

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (!bytes) throw new Error(`not hex: ${hex.slice(0, 80)}`)
  return bytes
}
