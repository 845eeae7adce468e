/** What the runner can ask of a peer's process. Everything is plain JSON: the two may be different versions of Node. */
import type { Seat } from './peer.js'

export interface Calls {
  /** Imports the peer, then opens the log and reads one record of it if an id is given: how long without the import. */
  open(place: {
    directory: string
    seat: Seat
    ticket: unknown
    probe: string | null
  }): Promise<{ ms: number }>
  ticket(argument: null): Promise<unknown>
  follow(other: { ticket: unknown; records: number }): Promise<void>
  admit(follower: { ticket: unknown }): Promise<void>
  admitted(argument: null): Promise<void>
  append(work: { records: number; batch: number; limitMs: number }): Promise<Phase>
  /** Waits until this process holds so many records. */
  hold(work: { records: number; limitMs: number }): Promise<Phase>
  /** The same from the moment it begins to connect. */
  replicate(work: { ticket: unknown; records: number; limitMs: number }): Promise<Phase>
  /** Random ones, at most so many, none twice. */
  ids(sample: { most: number }): Promise<readonly string[]>
  /** Reads each, one after the other; fails when one is missing. */
  read(work: { ids: readonly string[]; limitMs: number }): Promise<Phase>
  close(argument: null): Promise<void>
}

/** What was done, in which time; `isStopped` when the time limit ended it. */
export interface Phase {
  readonly records: number
  readonly ms: number
  readonly isStopped: boolean
}

export interface Request {
  readonly id: number
  readonly call: keyof Calls
  readonly argument: unknown
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }
