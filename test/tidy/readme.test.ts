import { existsSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript-api'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { packages, readText, root } from '../../packages/workspace/packages.ts'

interface Example {
  readonly readme: string
  readonly code: string
  /** Lines of the README before the code, so that a message names the README's own line. */
  readonly linesBefore: number
}

const readmes = ['README.md', ...packages().map(({ dir }) => `${dir}/README.md`)].filter((path) =>
  existsSync(join(root, path)),
)

suite('README examples', (it) => {
  it('are in the root README', () => {
    if (readmes.includes('README.md')) ok(examplesIn('README.md', readText('README.md')).length > 0)
  })

  it(
    'compile against the packages',
    () => {
      equal(problemsOf(readmes.flatMap((path) => examplesIn(path, readText(path)))), [])
    },
    { timeoutMs: 60_000 },
  )

  it(
    'are told apart from other code, and their mistakes are placed',
    () => {
      const text = '# T\n\n```sh\nls\n```\n\n```ts\nconst a: number = 1\nconst b: string = a\n```\n'
      const examples = examplesIn('T.md', text)
      is(examples.length, 1)
      equal(problemsOf(examples), [`T.md:9 Type 'number' is not assignable to type 'string'.`])
    },
    { timeoutMs: 60_000 },
  )
})

function examplesIn(readme: string, text: string): readonly Example[] {
  return [...text.matchAll(/^```(?:ts|typescript)\b[^\n]*\n([\s\S]*?)^```/gm)].map((found) => ({
    readme,
    code: found[1] ?? '',
    linesBefore: text.slice(0, found.index).split('\n').length,
  }))
}

/** One compiler run over all examples, each a module of its own that stands, for the compiler, in `test/`. */
function problemsOf(examples: readonly Example[]): readonly string[] {
  const byPath = new Map(
    examples.map((example, index) => [join(root, `test/readme-example-${index}.ts`), example]),
  )
  const { config } = ts.readConfigFile(join(root, 'test/tsconfig.json'), ts.sys.readFile)
  const parsed = ts.parseJsonConfigFileContent(
    { ...config, include: undefined, files: [] },
    ts.sys,
    join(root, 'test'),
  )
  const options: ts.CompilerOptions = { ...parsed.options, incremental: false, tsBuildInfoFile: undefined }
  const host = ts.createCompilerHost(options)
  const sourceOf = (path: string): string | undefined => {
    const example = byPath.get(path)
    return example && `${'\n'.repeat(example.linesBefore)}${example.code}\nexport {}\n`
  }
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (path) => byPath.has(path) || fileExists(path)
  host.readFile = (path) => sourceOf(path) ?? readFile(path)
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const source = sourceOf(path)
    return source === undefined
      ? getSourceFile(path, languageVersion, ...rest)
      : ts.createSourceFile(path, source, languageVersion)
  }

  const program = ts.createProgram([...byPath.keys()], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, ' ')
    const example = file && byPath.get(file.fileName)
    if (!file || !example) return message
    return `${example.readme}:${file.getLineAndCharacterOfPosition(start ?? 0).line + 1} ${message}`
  })
}
