/** Enters what a process says into its ledger, and its votes into the book of what validators may say. */
import { type EventId, fromHex } from '@chirograph/codec'
import { createVoteOracle, OracleBreach } from '@chirograph/simulator'
import type { Ledger } from './ledger.js'
import type { Report } from './protocol.js'

export interface Hearing {
  report(report: Report): void
  /** Its disk is another one from now on: what it held is not looked for any more, and what it said is not forgotten. */
  renew(ledger: Ledger): void
  breaches(): readonly string[]
}

export function createHearing(first: Ledger, validator: number): Hearing {
  let ledger = first
  const votes = createVoteOracle()
  const breaches: string[] = []
  const signed = new Map<number, EventId>()

  function say(hex: string): void {
    try {
      votes.sent(validator, fromHex(hex) ?? new Uint8Array())
    } catch (error) {
      if (!(error instanceof OracleBreach)) throw error
      breaches.push(error.message)
    }
  }

  function show({ sequence, id }: Extract<Report, { kind: 'shown' }>): void {
    const first = signed.get(sequence) ?? id
    if (first !== id) breaches.push(`sequence ${sequence} was signed twice: ${first} and ${id}`)
    signed.set(sequence, first)
  }

  return {
    renew(next) {
      breaches.push(...ledger.breaches)
      ledger = next
    },
    breaches: () => [...ledger.breaches, ...breaches],
    report(report) {
      switch (report.kind) {
        case 'acknowledged':
          return ledger.acknowledged(report.id)
        case 'shown':
          show(report)
          return ledger.shown(report)
        case 'said':
          return say(report.hex)
        case 'final':
          return ledger.finalised(report)
        case 'issued':
          ledger.acknowledged(report.event)
          return ledger.issued(report)
        case 'snapshot':
          return ledger.tookSnapshot()
        case 'started':
        case 'told':
          return ledger.restarted(report.held)
        case 'complaint':
          breaches.push(report.text)
      }
    },
  }
}
