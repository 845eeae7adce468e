/** One line of the table: the same work, put to one peer in one way of using it, each part in processes of its own. */
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Phase } from './calls.js'
import type { Peer, Seat, Variant } from './peer.js'
import { type PeerProcess, startPeerProcess } from './peer-process.js'

export interface Work {
  readonly records: number
  /** For appending. Other parts get `patience` times that, so that what was appended can also be replicated. */
  readonly limitMs: number
  readonly directory: string
  /** The Node that runs the peer. */
  readonly execPath: string
  readonly onPart: (part: string) => void
}

/** What was measured until something failed, and what failed. */
export interface Measured {
  readonly figures: Figures
  readonly failure: { readonly during: string; readonly why: string } | null
}

export interface Figures {
  readonly append?: Phase
  /** With two writers: from the first append until both hold every record. */
  readonly settle?: Phase
  /** A record, after the first writer closed its log, and again after it was opened, read, served and closed. */
  readonly diskBytes?: number
  readonly diskBytesLater?: number
  readonly reopenMs?: number
  readonly read?: Phase
  readonly replicate?: Phase
}

/** OrbitDB replicates at half the rate at which it appends; with time to spare. */
const patience = 3

/** Random look-ups, each of another record: enough for a steady rate, and more than OrbitDB's cache of 1,000 entries. */
const readsMax = 5_000

export async function measure(peer: Peer, variant: Variant, work: Work): Promise<Measured> {
  const seats = createSeats(peer, work)
  const figures: { -readonly [Name in keyof Figures]: Figures[Name] } = {}
  let during = 'append'
  const part = (name: string) => {
    during = name
    work.onPart(name)
  }
  try {
    part('append')
    const { writers, ticket } = await seatWriters(seats, variant)
    const beganMs = performance.now()
    figures.append = await appendShares(writers, variant, work)
    const { records } = figures.append
    if (writers.length > 1) {
      part('settle')
      figures.settle = { ...(await holdAll(writers, records, work)), ms: performance.now() - beganMs }
      if (figures.settle.isStopped)
        throw new Error(
          `after ${figures.settle.ms / 1000} s a writer held ${figures.settle.records} of ${records}`,
        )
    }
    const [probe, ...ids] = await writers[0].call('ids', { most: readsMax })
    if (probe === undefined) throw new Error('nothing was appended')
    for (const writer of writers) await seats.close(writer)
    figures.diskBytes = (await seats.diskBytes('first-writer')) / records

    part('reopen')
    const server = await seats.open('first-writer', { ticket, probe })
    figures.reopenMs = server.ms
    part('look up')
    figures.read = await server.process.call('read', { ids, limitMs: work.limitMs }, work.limitMs)

    part('replicate')
    const address = await server.process.call('ticket', null)
    const reader = await seats.open('reader', { ticket: address, probe: null })
    const replicating = { ticket: address, records, limitMs: work.limitMs * patience }
    figures.replicate = await reader.process.call('replicate', replicating, replicating.limitMs)
    await seats.close(reader.process)
    await seats.close(server.process)
    figures.diskBytesLater = (await seats.diskBytes('first-writer')) / records

    if (!figures.replicate.isStopped) {
      part('check what the reader stored')
      const stored = await seats.open('reader', { ticket: address, probe })
      await stored.process.call('read', { ids, limitMs: replicating.limitMs }, replicating.limitMs)
      await seats.close(stored.process)
    }
    return { figures, failure: null }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { figures, failure: { during, why } }
  } finally {
    await seats.endAll()
  }
}

type Writers = readonly [PeerProcess, ...PeerProcess[]]

async function seatWriters(
  seats: Seats,
  variant: Variant,
): Promise<{ readonly writers: Writers; readonly ticket: unknown }> {
  const { process: first } = await seats.open('first-writer', { ticket: null, probe: null })
  const ticket = await first.call('ticket', null)
  if (variant.writers === 1) return { writers: [first], ticket }
  const { process: second } = await seats.open('second-writer', { ticket, probe: null })
  await second.call('follow', { ticket, records: 0 })
  await first.call('admit', { ticket: await second.call('ticket', null) })
  await second.call('admitted', null)
  return { writers: [first, second], ticket }
}

/** All records that they append at the same time, in the time of the slowest. */
async function appendShares(writers: Writers, { batch }: Variant, work: Work): Promise<Phase> {
  const share = { records: Math.ceil(work.records / writers.length), batch, limitMs: work.limitMs }
  const phases = await Promise.all(writers.map((writer) => writer.call('append', share, work.limitMs)))
  return {
    records: phases.reduce((sum, { records }) => sum + records, 0),
    ms: Math.max(...phases.map(({ ms }) => ms)),
    isStopped: phases.some(({ isStopped }) => isStopped),
  }
}

/** Waits until each holds all; of those that do not in time, the one that holds least counts. */
async function holdAll(writers: Writers, records: number, work: Work): Promise<Phase> {
  const holding = { records, limitMs: work.limitMs * patience }
  const phases = await Promise.all(writers.map((writer) => writer.call('hold', holding, holding.limitMs)))
  return {
    records: Math.min(...phases.map((phase) => phase.records)),
    ms: Math.max(...phases.map(({ ms }) => ms)),
    isStopped: phases.some(({ isStopped }) => isStopped),
  }
}

interface Seats {
  /** Starts the process of a seat and opens its log, in the seat's own directory. */
  open(
    seat: Seat,
    how: { readonly ticket: unknown; readonly probe: string | null },
  ): Promise<{ readonly process: PeerProcess; readonly ms: number }>
  close(process: PeerProcess): Promise<void>
  /** What lies in the seat's directory. */
  diskBytes(seat: Seat): Promise<number>
  endAll(): Promise<void>
}

function createSeats(peer: Peer, work: Work): Seats {
  const running = new Set<PeerProcess>()
  const directoryOf = (seat: Seat) => join(work.directory, seat)
  return {
    async open(seat, { ticket, probe }) {
      const directory = directoryOf(seat)
      await mkdir(directory, { recursive: true })
      const started = startPeerProcess(peer.name, work.execPath)
      running.add(started)
      const { ms } = await started.call('open', { directory, seat, ticket, probe })
      return { process: started, ms }
    },
    async close(process) {
      await process.call('close', null)
      await process.end()
      running.delete(process)
    },
    async diskBytes(seat) {
      let bytes = 0
      const entries = await readdir(directoryOf(seat), { withFileTypes: true, recursive: true })
      for (const entry of entries) {
        if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size
      }
      return bytes
    },
    async endAll() {
      await Promise.all([...running].map((process) => process.end()))
    },
  }
}
