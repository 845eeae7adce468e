/** Dates and instants in the text forms that credentials and spreadsheets use. */
import { yearMax, yearMin } from './limits.js'

/** `2026-06-12`, a day of the calendar without a time zone. */
export type CalendarDate = string

/** An instant as XML Schema dateTimeStamp in UTC, whole seconds: `2026-06-12T09:30:00Z`. */
export function instantText(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`
}

/** A real day between `yearMin` and `yearMax`, written as year, month and day. */
export function isCalendarDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (match === null) return false
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number] // three groups matched
  if (year < yearMin || year > yearMax || month < 1 || month > 12 || day < 1) return false
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return day <= (days[month - 1] ?? 0)
}

/** The day's first instant in UTC, in milliseconds. */
export function startOfDayMs(date: CalendarDate): number {
  return Date.parse(`${date}T00:00:00Z`)
}

/** The day's last whole second in UTC, in milliseconds. */
export function endOfDayMs(date: CalendarDate): number {
  return Date.parse(`${date}T23:59:59Z`)
}

/** Noon in UTC falls on the same day in every zone from UTC−12 to UTC+11, so viewers show the day that was meant. */
export function noonText(date: CalendarDate): string {
  return `${date}T12:00:00Z`
}
