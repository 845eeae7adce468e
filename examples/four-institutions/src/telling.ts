/** How the story reaches a person: on the terminal as it happens, or at the end as one JSON document. */
import pc from 'picocolors'

export interface Fact {
  readonly name: string
  readonly expected: string
  readonly seen: string
  readonly holds: boolean
}

export interface Telling {
  chapter(title: string): void
  line(text: string): void
  /** One expectation of the story; the demo succeeds only when every one of them held. */
  expect(fact: { name: string; expected: string; seen: string; holds?: boolean }): void
  readonly facts: readonly Fact[]
}

export function createTelling({ isQuiet }: { isQuiet: boolean }): Telling {
  const facts: Fact[] = []
  let chapters = 0
  const print = (text: string) => {
    if (!isQuiet) process.stdout.write(`${text}\n`)
  }
  return {
    facts,
    chapter(title) {
      chapters++
      print(`\n${pc.bold(`${chapters}. ${title}`)}`)
    },
    line: (text) => print(`   ${text}`),
    expect({ name, expected, seen, holds = expected === seen }) {
      facts.push({ name, expected, seen, holds })
      const mark = holds ? pc.green('✓') : pc.red('✗')
      print(`   ${mark} ${name}: ${seen}${holds ? '' : pc.red(` (expected ${expected})`)}`)
    },
  }
}

export function milliseconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
