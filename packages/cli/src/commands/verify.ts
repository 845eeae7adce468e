/** `chirograph verify`: is this credential to be believed, online or offline. */
import type { Command } from 'commander'
import { fastestBls, fastestEd25519 } from '@chirograph/crypto-native'
import { parseOrgId } from '@chirograph/event'
import { anchorOf, statusProofBytesMax } from '@chirograph/status'
import { type Anchor, credentialBytesMax, parseAnchor, type Verdict, verify } from '@chirograph/verifier'
import { companionBase, companionEndings } from '../companion-files.js'
import { type Context, contextOf } from '../context.js'
import { parseDuration, parseMoment } from '../duration.js'
import { failure, usage } from '../failure.js'
import { invalid, readBytes, readIfThere, readJson, readText } from '../files.js'
import { readNetwork } from '../network-file.js'
import { findOrganisation } from '../organisation.js'
import { resolvePath, shownPath } from '../paths.js'
import { outcomeOf, renderVerdict, verdictExitCode } from '../verdict-view.js'

interface VerifyOptions {
  readonly proof?: string
  readonly anchor?: string
  readonly receipt?: string
  readonly offline?: boolean
  readonly maxAge?: string
  readonly at?: string
  readonly recognisedBy?: string[]
}

export function addVerify(program: Command): void {
  program
    .command('verify')
    .summary('say whether a credential is to be believed')
    .description(
      'Answers in one of four ways: Verified, Verified with a warning, Could not check, Not valid; then says what every check found. Offline it needs a status proof and an anchor, and no network at all; otherwise the running node makes a fresh proof. Receipt and proof that lie beside the credential are found by their names.',
    )
    .argument('<file>', 'the credential')
    .option('--proof <file>', 'its status proof')
    .option('--anchor <file>', "the network's trust anchor; implies --offline")
    .option('--receipt <file>', 'its receipt, so that a node of any member can prove its status now')
    .option('--offline', 'ask no node; without --anchor, trust the network of the data directory')
    .option('--max-age <time>', 'how old the status may be', '24h')
    .option('--at <when>', 'judge as of this moment (offline only)')
    .option(
      '--recognised-by <whom...>',
      "whose recognitions count: network for the network's own, members by id or name (offline only; default: network)",
    )
    .addHelpText(
      'after',
      `
Exit codes: 0 verified, 20 not valid, 21 revoked or suspended, 22 expired or not yet valid,
            23 could not check, 24 issuer unknown

Examples:
  $ chirograph verify S-0001.credential.json
  $ chirograph verify S-0001.credential.json --proof S-0001.proof.cbor --anchor anchor.json`,
    )
    .action((file: string, options: VerifyOptions, command: Command) =>
      judge(contextOf(command), resolvePath(file), options),
    )
}

async function judge(context: Context, path: string, options: VerifyOptions): Promise<void> {
  const { terminal } = context
  const isOffline = options.offline === true || options.anchor !== undefined
  if (!isOffline && options.at !== undefined)
    throw usage('--at needs --offline: a node answers for now', 'add --offline, with a proof of that time')
  if (!isOffline && options.recognisedBy !== undefined)
    throw usage(
      "--recognised-by needs --offline: a node counts the network's recognitions",
      'add --offline, with a proof',
    )
  const credential = await readText(path, credentialBytesMax)
  const verdict = isOffline
    ? await offline(context, { path, credential, options })
    : await online(context, { path, credential, options })
  if (terminal.isJson) terminal.json({ outcome: outcomeOf(verdict), ...verdict })
  else terminal.data(renderVerdict(verdict, terminal.colours))
  process.exitCode = verdictExitCode(verdict)
}

interface Asked {
  readonly path: string
  readonly credential: string
  readonly options: VerifyOptions
}

async function offline(context: Context, { path, credential, options }: Asked): Promise<Verdict> {
  const { at, maxAge } = options
  const proof = await readProof(context, path, options)
  const nowMs = Date.now()
  const anchor = await readAnchor(context, options)
  const recognisers = recognisersOf(options.recognisedBy, anchor)
  return verify(credential, {
    ...(proof && { proof }),
    anchor,
    policy: { maxAgeSeconds: maxAgeOf(maxAge), ...(recognisers && { recognisers }) },
    atMs: at === undefined ? nowMs : parseMoment(at, '--at', nowMs),
    ed25519: fastestEd25519(),
    bls: fastestBls(),
  })
}

async function online(context: Context, { path, credential, options }: Asked): Promise<Verdict> {
  const api = await context.connect().catch((error: unknown) => {
    throw failure(
      'API_UNREACHABLE',
      `no node is running on ${shownPath(context.dataDir.path)} to ask`,
      'start it with chirograph start, or verify offline with --proof and --anchor',
      error,
    )
  })
  const receiptPath =
    options.receipt === undefined
      ? companionBase(path) + companionEndings.receipt
      : resolvePath(options.receipt)
  const hasReceipt = options.receipt !== undefined || (await readIfThere(receiptPath)) !== undefined
  // A fresh proof tells more than the one that was stapled; that one is used when it is asked for.
  const proof = options.proof === undefined ? undefined : await readProof(context, path, options)
  const { verdict } = await api.verify(credential, {
    ...(hasReceipt && { receipt: await readJson(receiptPath) }),
    ...(proof && { proof }),
    maxAgeSeconds: maxAgeOf(options.maxAge),
    signal: context.deadline(),
  })
  return verdict
}

async function readProof(
  { terminal }: Context,
  path: string,
  { proof }: VerifyOptions,
): Promise<Uint8Array | undefined> {
  if (proof !== undefined) return new Uint8Array(await readBytes(resolvePath(proof), statusProofBytesMax))
  const beside = companionBase(path) + companionEndings.proof
  const bytes = await readIfThere(beside, statusProofBytesMax)
  if (bytes) terminal.say(`using the status proof ${shownPath(beside)}`)
  return bytes && new Uint8Array(bytes)
}

async function readAnchor({ dataDir }: Context, { anchor }: VerifyOptions): Promise<Anchor> {
  if (anchor !== undefined) {
    const path = resolvePath(anchor)
    const parsed = parseAnchor(await readText(path))
    if (parsed.kind === 'anchor') return parsed.anchor
    throw invalid(
      path,
      `${parsed.path}: ${parsed.detail}`,
      'give the file that chirograph anchor export made',
    )
  }
  if (await readIfThere(dataDir.network)) return anchorOf((await readNetwork(dataDir.network)).genesis)
  throw usage(
    'verifying offline needs the trust anchor of the network',
    'add --anchor anchor.json; any member makes it with: chirograph anchor export --out anchor.json',
  )
}

/** Members are called as the anchor has them; of one that is not in it only the whole id will do. */
function recognisersOf(named: readonly string[] | undefined, anchor: Anchor) {
  const organisations = anchor.validators.members.map(({ org, name }) => ({ id: org, name }))
  return named?.map((text) =>
    text === 'network' ? text : (parseOrgId(text) ?? findOrganisation({ organisations }, text).org),
  )
}

function maxAgeOf(text: string | undefined): number {
  return Math.floor(parseDuration(text ?? '24h', '--max-age') / 1_000)
}
