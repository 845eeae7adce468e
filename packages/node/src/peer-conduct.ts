/**
 * How each peer behaves: a score of 100 that faults lower and time restores. Below a threshold a peer is throttled: it
 * is asked last and rarely, and its budgets shrink. At 0 it is dropped, each time for twice as long. All in memory: a
 * restart forgives.
 */
import { judgementOf, type PeerFault } from './peer-faults.js'

export type ConductState = 'ok' | 'throttled' | 'dropped'

export interface Conduct {
  /** From 100, blameless, down to 0. */
  readonly score: number
  readonly state: ConductState
  /** Why the score is below 100: the latest fault that lowered it, in plain words. */
  readonly why: string | null
}

export interface PeerConduct {
  note(peer: string, fault: PeerFault): void
  /** A whole answer: it makes up for stalls and broken ones, not for proofs. */
  noteAnswer(peer: string): void
  of(peer: string): Conduct
  /**
   * It brings more of what is valid than an honest peer can: it is throttled until it has brought no such thing for a
   * while. No points are lost, so this never drops anybody.
   */
  hold(peer: string): void
  /** Whether it is throttled for that. */
  isHeld(peer: string): boolean
  /** Whether the peer may be asked for something now: a throttled one rarely, a dropped one not at all. Takes its turn. */
  takeTurn(peer: string, task: string): boolean
  /** Finds out who has recovered; to be called now and then. */
  review(): void
}

export interface PeerConductOptions {
  readonly nowMs: () => number
  /** A peer's state changed; `forMs` says how long a dropped one stays away. */
  readonly onChange: (peer: string, conduct: Conduct, forMs: number) => void
}

/** Below this score a peer is throttled: one proof, or three stalls in a row. */
const throttledBelow = 60

/** Faults count half after this long: a peer that had one bad day is not held to it the next. */
const halfLifeMs = 10 * 60_000

/** A dropped peer stays away for this long, twice as long the next time, and never longer than the bound. */
const dropFirstMs = 60_000
const dropMaxMs = 60 * 60_000

/** After this long without being dropped, the next time is half as long again. */
const forgiveDropMs = 60 * 60_000

/** Points that a peer has still lost right after a drop: one more fault, and it is dropped again. */
const lostAtDrop = 95

/** A throttled peer is asked for one thing this often: it may be the only one that has it. */
const throttledTurnMs = 60_000

/** A peer that was held is throttled for so long after the last time. */
const heldMs = 30_000
const heldWhy = 'it brings more of one member’s events than others get to bring'

/** What a whole answer makes up for: half a stall. */
const answerPoints = 10

/** Peers remembered; only members connect, so this is above every network that fits one process. */
const peersMax = 1_024

interface Ledger {
  /** Points lost by proofs and by costs, as of `atMs`. */
  proofs: number
  costs: number
  atMs: number
  why: string | null
  state: ConductState
  droppedUntilMs: number
  heldUntilMs: number
  /** How often it was dropped, less what was forgiven. */
  drops: number
  /** When a throttled peer was last asked, by task. */
  readonly turns: Map<string, number>
}

export function createPeerConduct({ nowMs, onChange }: PeerConductOptions): PeerConduct {
  const ledgers = new Map<string, Ledger>()

  function ledgerOf(peer: string): Ledger {
    let ledger = ledgers.get(peer)
    if (ledger === undefined) {
      if (ledgers.size >= peersMax) forgetOne()
      ledger = blameless(nowMs())
      ledgers.set(peer, ledger)
    }
    return ledger
  }

  /** The best of those that are not dropped; of equals, the one known longest. */
  function forgetOne(): void {
    let best: { readonly peer: string; readonly score: number } | undefined
    for (const [peer, ledger] of ledgers) {
      const score = ledger.state === 'dropped' ? -1 : scoreOf(ledger)
      if (best === undefined || score > best.score) best = { peer, score }
    }
    if (best !== undefined) ledgers.delete(best.peer)
  }

  function settle(peer: string, ledger: Ledger): void {
    const now = nowMs()
    if (ledger.state === 'dropped') {
      if (now < ledger.droppedUntilMs) return
      // Good conduct is shown among us: what is forgiven counts from its return.
      ledger.atMs = Math.max(ledger.atMs, ledger.droppedUntilMs)
    }
    decay(ledger, now)
    const score = scoreOf(ledger)
    const isDropped = score <= 0 && ledger.state !== 'dropped'
    const state: ConductState = isDropped
      ? 'dropped'
      : score < throttledBelow || now < ledger.heldUntilMs
        ? 'throttled'
        : 'ok'
    const forMs = isDropped ? drop(ledger, now) : 0
    if (state === ledger.state) return
    ledger.state = state
    onChange(peer, conductOf(ledger), forMs)
  }

  function changed(peer: string, change: (ledger: Ledger) => void): void {
    const ledger = ledgerOf(peer)
    settle(peer, ledger)
    change(ledger)
    settle(peer, ledger)
  }

  return {
    note(peer, fault) {
      const judgement = judgementOf(fault)
      if (judgement.kind === 'fair') return
      changed(peer, (ledger) => {
        if (ledger.state === 'dropped') return
        ledger.why = judgement.why
        if (judgement.kind === 'proof') ledger.proofs = Math.min(100, ledger.proofs + judgement.points)
        else ledger.costs = Math.max(ledger.costs, Math.min(judgement.most, ledger.costs + judgement.points))
      })
    },

    noteAnswer(peer) {
      if (!ledgers.has(peer)) return
      changed(peer, (ledger) => {
        ledger.costs = Math.max(0, ledger.costs - answerPoints)
      })
    },

    hold(peer) {
      changed(peer, (ledger) => {
        ledger.heldUntilMs = nowMs() + heldMs
        ledger.why ??= heldWhy
      })
    },

    isHeld: (peer) => nowMs() < (ledgers.get(peer)?.heldUntilMs ?? 0),

    of(peer) {
      const ledger = ledgers.get(peer)
      if (ledger === undefined) return { score: 100, state: 'ok', why: null }
      settle(peer, ledger)
      return conductOf(ledger)
    },

    takeTurn(peer, task) {
      const ledger = ledgers.get(peer)
      if (ledger === undefined) return true
      settle(peer, ledger)
      if (ledger.state !== 'throttled') return ledger.state === 'ok'
      const now = nowMs()
      if (now - (ledger.turns.get(task) ?? Number.NEGATIVE_INFINITY) < throttledTurnMs) return false
      ledger.turns.set(task, now)
      return true
    },

    review() {
      for (const [peer, ledger] of ledgers) {
        settle(peer, ledger)
        if (
          ledger.state === 'ok' &&
          scoreOf(ledger) === 100 &&
          isForgiven(ledger, nowMs()) &&
          nowMs() >= ledger.heldUntilMs
        )
          ledgers.delete(peer)
      }
    },
  }
}

function blameless(atMs: number): Ledger {
  const state = { why: null, state: 'ok', droppedUntilMs: 0, heldUntilMs: 0, drops: 0 } as const
  return { proofs: 0, costs: 0, atMs, ...state, turns: new Map() }
}

/** Books the drop and says how long it lasts. What is left of the score for afterwards is a throttled peer's. */
function drop(ledger: Ledger, now: number): number {
  const quietMs = Math.max(0, now - ledger.droppedUntilMs)
  ledger.drops = Math.max(0, ledger.drops - Math.floor(quietMs / forgiveDropMs))
  const forMs = Math.min(dropMaxMs, dropFirstMs * 2 ** ledger.drops)
  ledger.drops++
  ledger.droppedUntilMs = now + forMs
  ledger.proofs = Math.min(ledger.proofs, lostAtDrop)
  ledger.costs = Math.min(ledger.costs, lostAtDrop - ledger.proofs)
  return forMs
}

function isForgiven({ drops, droppedUntilMs }: Ledger, now: number): boolean {
  return now - droppedUntilMs >= drops * forgiveDropMs
}

function decay(ledger: Ledger, now: number): void {
  // A clock that was set back must not undo what has passed.
  const factor = 2 ** (-Math.max(0, now - ledger.atMs) / halfLifeMs)
  ledger.proofs *= factor
  ledger.costs *= factor
  ledger.atMs = now
  if (scoreOf(ledger) === 100 && now >= ledger.heldUntilMs) ledger.why = null
}

function scoreOf({ proofs, costs }: Ledger): number {
  return Math.max(0, 100 - Math.round(proofs + costs))
}

function conductOf(ledger: Ledger): Conduct {
  const { state, why } = ledger
  return { score: state === 'dropped' ? 0 : scoreOf(ledger), state, why }
}
