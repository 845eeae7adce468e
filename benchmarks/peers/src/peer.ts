/** What each compared system implements, in one file of its own, so that one runner puts the same work to all. */

export const peerNames = ['chirograph', 'hypercore', 'autobase', 'orbitdb'] as const
export type PeerName = (typeof peerNames)[number]

/** `Ticket` is what a process needs to open the same log and to reach this one; plain JSON, as it crosses processes. */
export interface Peer<Ticket = unknown> {
  readonly name: PeerName
  /** The npm packages whose installed versions the report names; none when it is part of this repository. */
  readonly packages: readonly string[]
  /** The oldest Node major that it runs on. */
  readonly nodeMajorMin: number
  readonly variants: readonly Variant[]
  /** What a reader must know to compare fairly; printed under the table. */
  readonly remarks: readonly string[]
  /** Imports the packages. Only called in a process of its own, so that one that cannot be loaded harms no other. */
  load(): Promise<Opener<Ticket>>
}

export interface Variant {
  readonly label: string
  /** Each writer is a process; two are connected while they append, half of the records each. */
  readonly writers: 1 | 2
  /** Records given to one call of `append`; the next call waits for it. */
  readonly batch: number
}

export interface Opener<Ticket> {
  /** Opens the log in a directory, or makes it. What it resolves to can be appended to and read from. */
  open(place: Place<Ticket>): Promise<Log<Ticket>>
}

export interface Place<Ticket> {
  readonly directory: string
  readonly seat: Seat
  /** From the process that made the log; null in that process itself, the first time. */
  readonly ticket: Ticket | null
}

export type Seat = 'first-writer' | 'second-writer' | 'reader'

export interface Log<Ticket> {
  /** Begins to serve others, if it did not, and says how they come to it. */
  ticket(): Promise<Ticket>
  /** Connects to a process that holds this many records, and goes on to fetch them. */
  follow(ticket: Ticket, records: number): Promise<void>
  /** Lets the follower with this ticket append too; nothing to do where whoever is in the network may. */
  admit(follower: Ticket): Promise<void>
  /** Resolves when this process may append. */
  admitted(): Promise<void>
  /** Resolves when the peer itself calls the records appended. */
  append(records: readonly Uint8Array[]): Promise<void>
  /** Records that are verified, as far as this peer verifies, and handed to its disk. */
  held(): number
  /** Names of records appended here, or of all; each is one for `read`. */
  ids(): readonly string[]
  /** Reads one whole record by its name from what is stored here. */
  read(id: string): Promise<Uint8Array | null>
  close(): Promise<void>
}

/** Bytes of one record. */
export const recordBytes = 300
