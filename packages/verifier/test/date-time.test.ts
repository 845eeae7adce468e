import { describeTime, parseDateTime } from '@chirograph/verifier'
import { is, seeded, suite } from '../../workspace/kit.ts'

suite('date and time', (it) => {
  it('agrees with the platform on every day and time zone', () => {
    const random = seeded(20261124)
    for (let i = 0; i < 2000; i++) {
      const timeMs =
        Date.UTC(random.int(9000) + 500, random.int(12), random.int(28) + 1) + random.int(86_400_000)
      is(parseDateTime(new Date(timeMs).toISOString()), timeMs)
      const text = new Date(timeMs).toISOString()
      is(describeTime(timeMs), `${text.slice(0, 10)} ${text.slice(11, 16)} UTC`)
      const zoned = `${text.slice(0, 19)}${random.pick(['+05:30', '-14:00', '+14:00', '-00:15'])}`
      is(parseDateTime(zoned), Date.parse(zoned))
    }
  })

  it('knows leap days', () => {
    is(parseDateTime('2024-02-29T00:00:00Z'), Date.UTC(2024, 1, 29))
    is(parseDateTime('2000-02-29T00:00:00Z'), Date.UTC(2000, 1, 29))
    is(parseDateTime('2023-02-29T00:00:00Z'), undefined)
    is(parseDateTime('1900-02-29T00:00:00Z'), undefined)
  })

  it('drops what is below a millisecond', () => {
    is(parseDateTime('1970-01-01T00:00:00.0019999Z'), 1)
    is(parseDateTime('1970-01-01T00:00:00.5Z'), 500)
  })

  it('refuses what XML Schema does not call a dateTimeStamp', () => {
    const wrong = [
      '2023-01-01T00:00:00',
      '2023-01-01',
      '2023-01-01 00:00:00Z',
      '2023-1-1T00:00:00Z',
      '2023-13-01T00:00:00Z',
      '2023-00-01T00:00:00Z',
      '2023-04-31T00:00:00Z',
      '2023-01-00T00:00:00Z',
      '2023-01-01T24:00:00Z',
      '2023-01-01T00:60:00Z',
      '2023-01-01T00:00:60Z',
      '2023-01-01T00:00:00+14:01',
      '2023-01-01T00:00:00+01:60',
      '2023-01-01T00:00:00.Z',
      '2023-01-01t00:00:00z',
      ' 2023-01-01T00:00:00Z',
      '',
    ]
    for (const text of wrong) is(parseDateTime(text), undefined, text)
  })
})
