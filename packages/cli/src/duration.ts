/** Lengths of time and moments, as people type them. */
import { usage } from './failure.js'

const units = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `500ms`, `30s`, `5m`, `24h`, `90d`, in milliseconds; a bare number is seconds. */
export function parseDuration(text: string, option: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|min|h|d)?$/.exec(text.trim())
  const unit = (match?.[2] ?? 's') as keyof typeof units // the pattern allows only these
  const ms = match ? Math.round(Number(match[1]) * units[unit]) : Number.NaN
  if (Number.isSafeInteger(ms)) return ms
  throw usage(`${option} ${text} is no length of time`, 'write it like 30s, 5m, 24h or 90d')
}

/** A date (its end, in UTC), a date and time, or a length of time from now; in Unix milliseconds. */
export function parseMoment(text: string, option: string, nowMs: number): number {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    const ms = Date.parse(`${text}T23:59:59.999Z`)
    if (Number.isFinite(ms)) return ms
  } else if (/^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/.test(text)) {
    const ms = Date.parse(text)
    if (Number.isFinite(ms)) return ms
  } else if (/^\d+(?:\.\d+)?(s|m|min|h|d)$/.test(text)) return nowMs + parseDuration(text, option)
  throw usage(`${option} ${text} is no moment`, 'write it like 2026-06-30, 2026-06-30T12:00:00Z or 30d')
}

/** Like `parseMoment`, but a length of time is one before now, and a date its beginning where something is to begin. */
export function parsePastMoment(
  text: string,
  option: string,
  { nowMs, isStart }: { readonly nowMs: number; readonly isStart: boolean },
): number {
  if (/^\d+(?:\.\d+)?(s|m|min|h|d)$/.test(text)) return nowMs - parseDuration(text, option)
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text)
  return parseMoment(isDate && isStart ? `${text}T00:00:00Z` : text, option, nowMs)
}

/** `0.42 s`, `3 min`, `2 h`, `5 days`: as exact as a person needs it. */
export function describeMs(ms: number): string {
  if (ms < 10_000) return `${(ms / 1_000).toFixed(ms < 1_000 ? 2 : 1)} s`
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} days`
}
