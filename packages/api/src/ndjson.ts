/** Newline-delimited JSON: one value a line, so that neither side holds a long answer whole. */

export const ndjson = 'application/x-ndjson'

export async function* jsonLines(values: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`
}

/** The values of a streamed answer. A line longer than `lineCharactersMax` ends it with an error. */
export async function* valuesOfLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > lineCharactersMax) throw new Error('a line of the answer does not end')
    for (const line of lines) if (line !== '') yield JSON.parse(line)
  }
  rest += decoder.decode()
  if (rest !== '') yield JSON.parse(rest)
}

/** A credential with an embedded image stays below 512 KiB. */
const lineCharactersMax = 4 * 1024 * 1024
