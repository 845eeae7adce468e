/** `chirograph proof` and `chirograph anchor`: what a verifier needs when it is offline. */
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { decodeCertificate, decodeHeaderCore, schemeNumbers, signersOf } from '@chirograph/consensus'
import {
  anchorOf,
  batchRowShape,
  credentialRowShape,
  decodeRow,
  decodeStatusProof,
  orgRowShape,
  statusOfRow,
  statusProofBytesMax,
} from '@chirograph/status'
import { companionEndings } from '../companion-files.js'
import { type Context, contextOf } from '../context.js'
import { describeMs } from '../duration.js'
import { invalid, jsonText, readBytes, readIfThere, writeWhole } from '../files.js'
import { readNetwork } from '../network-file.js'
import { resolvePath, shownPath } from '../paths.js'
import { safeName } from '../safe-name.js'
import { readTarget, type Target } from '../targets.js'

export function addProof(program: Command): void {
  const proof = program
    .command('proof')
    .summary('make or look at portable status proofs')
    .description('Make or look at portable status proofs.')
  proof
    .command('export')
    .summary('write fresh status proofs')
    .description(
      'Writes a fresh status proof for each target. With it and the anchor, anyone can verify the credential offline. Credentials of other members need the receipt beside their file.',
    )
    .argument('<target...>', 'a credential file, credential id, handle, or learner id')
    .option(
      '--out <path>',
      'a file, or a folder when there are several (default: beside the credential file)',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ chirograph proof export credentials/S-0001--welding--1a2b.credential.json\n  $ chirograph proof export S-0001 --out S-0001.proof.cbor',
    )
    .action((targets: string[], options: { out?: string }, command: Command) =>
      exportProofs(contextOf(command), targets, options.out),
    )
  proof
    .command('show')
    .summary('say what a status proof says')
    .description('Says what a status proof says. Whether it is true is what chirograph verify answers.')
    .argument('<file>', 'a proof file')
    .addHelpText('after', '\nExamples:\n  $ chirograph proof show S-0001.proof.cbor')
    .action((file: string, _options: object, command: Command) => show(contextOf(command), resolvePath(file)))

  const anchor = program
    .command('anchor')
    .summary('make the trust anchor for offline verification')
    .description('Make the trust anchor for offline verification.')
  anchor
    .command('export')
    .summary('write the trust anchor of the network')
    .description(
      'Writes the small file that an offline verifier starts from: the network and the keys of its members. Whoever relies on it should get it from somebody they trust.',
    )
    .option('--out <file>', 'where to write it (default: standard output)')
    .addHelpText('after', '\nExamples:\n  $ chirograph anchor export --out anchor.json')
    .action((options: { out?: string }, command: Command) => exportAnchor(contextOf(command), options.out))
}

async function exportProofs(
  context: Context,
  texts: readonly string[],
  out: string | undefined,
): Promise<void> {
  const { terminal, deadline } = context
  const targets: [string, Target][] = []
  for (const text of texts) targets.push([text, await readTarget(text)])
  const api = await context.connect()
  const isFolder = out !== undefined && (targets.length > 1 || (await isDirectory(resolvePath(out))))
  for (const [text, target] of targets) {
    const { source, receipt } = target
    const asked =
      typeof source === 'string' ? { key: source } : { ...source, ...(receipt !== undefined && { receipt }) }
    const bytes = await api.prove('handle' in asked ? { key: asked.handle } : asked, { signal: deadline() })
    const name = target.fileBase ?? resolvePath(safeName(text))
    const path =
      out === undefined
        ? name + companionEndings.proof
        : isFolder
          ? join(resolvePath(out), basename(name) + companionEndings.proof)
          : resolvePath(out)
    await writeWhole(path, bytes, { mode: 0o600 })
    if (terminal.isJson) terminal.json({ target: text, file: path, bytes: bytes.length })
    else terminal.data(`${terminal.colours.green('✔')} ${shownPath(path)}  ${bytes.length} bytes`)
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    // It is to be made, as a file.
    return false
  }
}

async function exportAnchor(context: Context, out: string | undefined): Promise<void> {
  const { terminal, dataDir, deadline } = context
  // The anchor follows from the genesis: a node need not run for it.
  const isKept = (await readIfThere(dataDir.network)) !== undefined
  const anchor = isKept
    ? anchorOf((await readNetwork(dataDir.network)).genesis)
    : await (await context.connect()).anchor({ signal: deadline() })
  if (out === undefined) {
    terminal.data(jsonText(anchor).trimEnd())
    return
  }
  const path = resolvePath(out)
  await writeWhole(path, jsonText(anchor))
  if (terminal.isJson) terminal.json({ file: path, networkId: anchor.networkId })
  else
    terminal.data(
      `${terminal.colours.green('✔')} ${shownPath(path)}: the anchor of “${anchor.name}”, ${anchor.validators.members.length} members`,
    )
}

async function show({ terminal, copyable }: Context, path: string): Promise<void> {
  const proofBytes = new Uint8Array(await readBytes(path, statusProofBytesMax))
  const hint = 'give a file made with: chirograph proof export'
  const decoded = decodeStatusProof(proofBytes)
  if (!decoded.ok) throw invalid(path, decoded.detail, hint)
  const { headerCore, certificate: certificateBytes, org, batch, credential, leaf } = decoded.value
  const header = decodeHeaderCore(headerCore)
  const certificate = decodeCertificate(certificateBytes)
  const orgRow = decodeRow(orgRowShape, org.value)
  const batchRow = decodeRow(batchRowShape, batch.value)
  const row = credential.value === null ? undefined : decodeRow(credentialRowShape, credential.value)
  if (!certificate.ok) throw invalid(path, 'its certificate cannot be read', hint)
  if (!header.ok || !orgRow || !batchRow || (credential.value !== null && !row))
    throw invalid(path, 'its rows cannot be read', hint)
  const { height, timeMs } = header.value.core
  const state = statusOfRow(row, { atMs: Date.now(), compromises: orgRow.compromises })
  const scheme = certificate.value.scheme === schemeNumbers.ed25519 ? 'ed25519' : 'bls12-381'
  const signers = signersOf(certificate.value).length
  if (terminal.isJson) {
    terminal.json({
      height,
      timeMs,
      issuer: orgRow.name,
      batch: leaf.batch,
      index: leaf.index,
      status: state,
      recordClass: batchRow.recordClass,
      certificate: { scheme, signers, bytes: certificateBytes.length },
      bytes: proofBytes.length,
    })
    return
  }
  const age = Math.max(0, Date.now() - timeMs)
  const lines: [string, string][] = [
    ['says', `${state.state}${'reason' in state ? `, ${state.reason}` : ''}`],
    ['as of', `height ${height}, ${new Date(timeMs).toISOString()}, ${describeMs(age)} ago`],
    ['issuer', orgRow.name],
    ['batch', `${leaf.batch}, leaf ${leaf.index}, ${batchRow.recordClass}`],
    [
      'signed',
      `by ${signers}, ${scheme === 'ed25519' ? 'ed25519 signatures' : 'one BLS signature'}, ${certificateBytes.length} bytes`,
    ],
    ['size', `${proofBytes.length} bytes`],
  ]
  terminal.data(lines.map(([label, text]) => `${label.padEnd(7)} ${text}`).join('\n'))
  terminal.say(copyable(`\nWhether this is true is told by: chirograph verify`))
}
