/** That whatever reads bytes or text from outside is under the fuzzer of `test/conformance/hostile-bytes.test.ts`. */
import { readdirSync } from 'node:fs'
import { equal, ok, suite } from '../../packages/workspace/kit.ts'
import { readText } from '../../packages/workspace/packages.ts'

const judging = ['test/conformance/hostile-bytes.test.ts', 'test/conformance/kept-judges.ts']

/** Those that no judge names, and why. */
const reasons: Readonly<Record<string, string>> = {
  'api readBounded':
    'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'api readCohortRequest': 'a closed schema over JSON that is parsed',
  'api readDiscovery':
    'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'api readRequest': 'a closed schema over JSON that is parsed',
  'cli parseDuration': 'a word on a command line',
  'cli parseFast': 'under a decoder that is judged',
  'cli parseMoment': 'a word on a command line',
  'cli parsePastMoment': 'a word on a command line',
  'cli readApplicationFile':
    'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'cli readBytes': 'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'cli readCohort':
    'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'cli readCredentials': 'a word on a command line',
  'cli readIfThere':
    'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'cli readJson': 'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'cli readMember':
    'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'cli readNetwork':
    'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'cli readProof': 'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'cli readSeeds': 'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'cli readShaped':
    'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'cli readTarget': 'a word on a command line',
  'cli readText': 'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'codec decodeByTree': 'under a decoder that is judged',
  'codec decodePage': 'under a decoder that is judged',
  'codec parseJson': 'under a decoder that is judged',
  'codec readArgument': 'under a decoder that is judged',
  'codec readArray': 'under a decoder that is judged',
  'codec readCbor': 'under a decoder that is judged',
  'codec readLink': 'under a decoder that is judged',
  'codec readSimple': 'under a decoder that is judged',
  'codec readStraight': 'under a decoder that is judged',
  'codec readUint': 'under a decoder that is judged',
  'codec readValue': 'under a decoder that is judged',
  'consensus decodeRest': 'under a decoder that is judged',
  'credential readParsed': 'under a decoder that is judged',
  'crypto decodePoint': 'under the vectors and claims of `packages/crypto`',
  'event decodeShape': 'under a decoder that is judged',
  'event readLinks': 'under a decoder that is judged',
  'event readSegment': 'under a decoder that is judged',
  'interface readChainKey': 'under a decoder that is judged',
  'interface readU32': 'under a decoder that is judged',
  'interface readU64': 'under a decoder that is judged',
  'log readClaims':
    'under `answerSync`, which packages/replica and packages/log test with claims of their own',
  'network-libp2p parseAddress': "under the library's parser of addresses",
  'node decodeKeys': 'under a decoder that is judged',
  'node readMap': 'takes a map that is opened',
  'node readOldPlace': 'under a decoder that is judged',
  'node readU64': 'under a decoder that is judged',
  'replica readNext': 'frames of a snapshot by the shapes that are judged',
  'simulator readActors': 'a word on a command line',
  'simulator readCertificates': 'a word on a command line',
  'simulator readFaults': 'a word on a command line',
  'status decodeJson': 'under a decoder that is judged',
  'status decodeOwn': 'over a state whose root is checked',
  'status readRow': 'over a state whose root is checked',
  'store-level readBounded':
    'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'store-level readClosingNote':
    'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'store-level readLockHolder':
    'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'store-level readLog':
    'takes a path: what is in the file goes to a parser that is judged, or to a closed schema',
  'verifier decodeProofValue': 'one member of a credential',
  'verifier readCheckpoint': 'a status proof and what is in it, which are judged',
  'verifier readNetworkEntry': 'one member of a credential',
}

suite('what reads bytes or text from outside', (it) => {
  const readers = sourceFiles().flatMap((path) => readersIn(path))
  const judges = judging.map((path) => withoutImports(readText(path))).join('\n')
  const isJudged = (name: string) => new RegExp(`\\b${name}\\b`).test(judges)

  it('is found', () => ok(readers.length > 60, `${readers.length} readers`))

  it('is judged under hostile bytes, or has a reason not to be', () => {
    const open = readers.filter(({ name, place }) => !isJudged(name) && reasons[place] === undefined)
    equal(
      open.map(({ place }) => place),
      [],
    )
  })

  it('has a reason only where there is such a reader and no judge', () => {
    const needed = new Set(readers.filter(({ name }) => !isJudged(name)).map(({ place }) => place))
    equal(
      Object.keys(reasons).filter((place) => !needed.has(place)),
      [],
    )
  })
})

interface Reader {
  readonly name: string
  /** Package and name. */
  readonly place: string
}

/** Functions named for reading whose parameters are bytes, a text or anything. */
function readersIn(path: string): Reader[] {
  const [, packageName = ''] = path.split('/')
  const pattern = /function ((?:decode|parse|read)(?![a-z])\w*)(?:<[^(]*>)?\(([^)]*)\)/g
  return [...readText(path).matchAll(pattern)].flatMap(([, name = '', parameters = '']) =>
    /: (Uint8Array|string|unknown|Reading|Input)\b/.test(parameters)
      ? [{ name, place: `${packageName} ${name}` }]
      : [],
  )
}

function sourceFiles(): string[] {
  const packages = readdirSync(new URL('../../packages/', import.meta.url), { withFileTypes: true })
  return packages
    .filter((one) => one.isDirectory() && one.name !== 'workspace')
    .flatMap(({ name }) => filesIn(`packages/${name}/src`))
    .sort()
}

function filesIn(folder: string): string[] {
  const url = new URL(`../../${folder}/`, import.meta.url)
  return readdirSync(url, { withFileTypes: true }).flatMap((one) => {
    if (one.isDirectory()) return filesIn(`${folder}/${one.name}`)
    return one.name.endsWith('.ts') ? [`${folder}/${one.name}`] : []
  })
}

function withoutImports(text: string): string {
  return text.replace(/^import [^;]*? from '[^']*'$/gm, '')
}
