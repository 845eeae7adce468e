/** The running node's log: lines for a person, or JSON for machines; on stderr. */
import pino, { type Logger } from 'pino'
import type { Notice } from '@chirograph/node'
import { plainText } from './plain-text.js'
import type { Colours } from './terminal.js'

export interface LogOptions {
  readonly isJson: boolean
  readonly level: 'debug' | 'info' | 'warn'
  readonly colours: Colours
  readonly write: (line: string) => void
}

export function createLog({ isJson, level, colours, write }: LogOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: named },
  }
  const forPeople = (line: string): void => write(`${lineForPeople(JSON.parse(line), colours)}\n`)
  return pino(options, { write: isJson ? write : forPeople })
}

export function logNotice(log: Logger, { level, what, facts }: Notice): void {
  log[level](facts, what)
}

function named(level: string): { level: string } {
  return { level }
}

/** `14:02:11 warn  refused what a peer sent  reason=gap-sequence` */
export function lineForPeople(entry: Readonly<Record<string, unknown>>, colours: Colours): string {
  const { level, time, msg, ...facts } = entry
  const { dim, yellow, red } = colours
  const colour = level === 'error' || level === 'fatal' ? red : level === 'warn' ? yellow : dim
  const told = Object.entries(facts).map(([name, value]) => `${name}=${shown(value)}`)
  const clock = String(time).slice(11, 19)
  return `${dim(clock)} ${colour(String(level).padEnd(5))} ${plainText(String(msg))}${told.length > 0 ? dim(`  ${plainText(told.join(' '))}`) : ''}`
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  return /\s/.test(text) ? JSON.stringify(text) : text
}
