/** Enters what a process says into its ledger, and its votes into the book of what validators may say. */
import { fromHex } from '@chirograph/codec'
import { createVoteOracle, OracleBreach } from '@chirograph/simulator'
import type { Ledger } from './ledger.js'
import type { Report } from './protocol.js'

export interface Hearing {
  report(report: Report): void
  breaches(): readonly string[]
}

export function createHearing(ledger: Ledger, validator: number): Hearing {
  const votes = createVoteOracle()
  const breaches: string[] = []

  function say(hex: string): void {
    try {
      votes.sent(validator, fromHex(hex) ?? new Uint8Array())
    } catch (error) {
      if (!(error instanceof OracleBreach)) throw error
      breaches.push(error.message)
    }
  }

  return {
    breaches: () => [...ledger.breaches, ...breaches],
    report(report) {
      switch (report.kind) {
        case 'acknowledged':
          return ledger.acknowledged(report.id)
        case 'shown':
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
