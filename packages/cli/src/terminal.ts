/** Where output goes: data to stdout, talk to stderr, colour only on a terminal that wants it. */
import pc from 'picocolors'

export type Colours = ReturnType<typeof pc.createColors>

export interface Terminal {
  readonly isJson: boolean
  readonly isVerbose: boolean
  /** Whether a person is watching stderr: then progress is shown. */
  readonly isWatched: boolean
  /** Colours for `data`. */
  readonly colours: Colours
  /** Colours for `say` and `complain`. */
  readonly talkColours: Colours
  /** What was asked for. */
  data(text: string): void
  /** A value as one line of JSON. */
  json(value: unknown): void
  /** What a person likes to know; left out with `--quiet` and `--json`. */
  say(text: string): void
  /** What a person has to know. */
  complain(text: string): void
}

export interface TerminalOptions {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly color?: boolean
}

/** A stream, as much of it as output needs. */
export interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export function createTerminal(
  { json = false, quiet = false, verbose = false, color = true }: TerminalOptions,
  streams: { readonly stdout: Output; readonly stderr: Output } = process,
  env: NodeJS.ProcessEnv = process.env,
): Terminal {
  const { stdout, stderr } = streams
  // https://no-color.org: set and not empty means no colour.
  const mayColour = color && !env.NO_COLOR && env.TERM !== 'dumb'
  return {
    isJson: json,
    isVerbose: verbose,
    isWatched: stderr.isTTY === true && !quiet && !json,
    colours: pc.createColors(mayColour && stdout.isTTY === true),
    talkColours: pc.createColors(mayColour && stderr.isTTY === true),
    data: (text) => void stdout.write(`${text}\n`),
    json: (value) => void stdout.write(`${JSON.stringify(value)}\n`),
    say: (text) => {
      if (!quiet && !json) stderr.write(`${text}\n`)
    },
    complain: (text) => void stderr.write(`${text}\n`),
  }
}
