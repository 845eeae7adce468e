/**
 * Instants as credentials write them (XML Schema 1.1 part 2, dateTimeStamp), without the platform's Date: pure code
 * has no clock, and Date accepts texts that the standard does not.
 */

const pattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:(Z)|([+-])(\d\d):(\d\d))$/

/** Unix milliseconds of a date and time with a time zone; undefined for any other text. Parts of a millisecond drop. */
export function parseDateTime(text: string): number | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as Six // six groups of digits
  const zoneHour = Number(match[10] ?? 0)
  const zoneMinute = Number(match[11] ?? 0)
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  // XML Schema allows time zones up to 14:00 and knows no leap seconds.
  if (hour > 23 || minute > 59 || second > 59 || zoneHour * 60 + zoneMinute > 840 || zoneMinute > 59)
    return undefined
  const milliseconds = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'))
  const minutesAhead = (zoneHour * 60 + zoneMinute) * (match[9] === '-' ? -1 : 1)
  const minutes = (daysFromEpoch({ year, month, day }) * 24 + hour) * 60 + minute - minutesAhead
  return (minutes * 60 + second) * 1000 + milliseconds
}

/** `2026-11-24 13:05 UTC`, for people. Years from 0 to 9999 and beyond; times before 1970 too. */
export function describeTime(timeMs: number): string {
  const minutes = Math.floor(timeMs / 60_000)
  const { year, month, day } = civilFromDays(Math.floor(minutes / 1440))
  const minuteOfDay = ((minutes % 1440) + 1440) % 1440
  const [hour, minute] = [Math.floor(minuteOfDay / 60), minuteOfDay % 60]
  return `${pad(year, 4)}-${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)} UTC`
}

type Six = [number, number, number, number, number, number]

interface CivilDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms"). */
function daysFromEpoch({ year, month, day }: CivilDate): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** The inverse of `daysFromEpoch`, from the same source. */
function civilFromDays(days: number): CivilDate {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const leapDays =
    Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

function pad(number: number, length = 2): string {
  return String(number).padStart(length, '0')
}
